//! Sheets as offices keep them: every row a ticket or back with its reason, taken back without a trace, read
//! again without duplicates.

mod counted;
mod messy;
mod moved;
mod reference;
mod small;

use std::sync::Arc;

use jiesu::assessment::Shelf;
use jiesu::jobs::Bell;
use jiesu::lifecycle::Hotline;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::sheets::mapping::Mapping;
use jiesu::moving::{Run, batches, import_sheet, undo};
use jiesu::sheet::Form;
use jiesu::ticket::store::{self, Stored};
use jiesu::time::Stamp;

use crate::support::databases::{Folder, TestDb, on_each_database, say};
use crate::support::town;
use counted::{counts, rejected};
use messy::{Fate, Messy};

pub(super) fn stamp(text: &str) -> Stamp {
    Stamp::parse(&format!("{text}+08:00")).unwrap()
}

/// The demo city at 1 November 2026, with no ticket in it.
pub(super) fn city(test: &TestDb) -> Arc<Hotline> {
    let hotline = town::hotline(test);
    test.clock.set(stamp("2026-11-01T09:00:00"));
    let city = |tx: &mut jiesu::db::Tx<'_>| {
        let today = "2026-11-01".parse().unwrap();
        jiesu::directory::demo::load(tx, &jiesu::identity::Actor::system(), today).map(drop)
    };
    hotline.db.write(city).unwrap();
    hotline
}

pub(super) fn load(hotline: &Hotline, no: &str) -> Option<Stored> {
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap();
    hotline.db.read(|conn| store::load(conn, rules.vault(&hotline.keys), no)).unwrap()
}

/// How many rows the messy sheets have; 5 000 by `JIESU_SHEET_ROWS`.
fn rows() -> usize {
    std::env::var("JIESU_SHEET_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(400)
}

/// What a site wrote down for its sheets.
pub(super) fn mapping() -> Mapping {
    Mapping::with("[values.unit]\n'住保科' = 'baozhang'\n").unwrap()
}

fn facts(hotline: &Hotline, shelf: &Shelf) -> usize {
    let period = (stamp("2025-01-01T00:00:00"), stamp("2026-12-01T00:00:00"));
    hotline.db.read(|conn| shelf.facts(conn, period, 90)).unwrap().count()
}

/// Every row became what was known of it beforehand.
fn check(hotline: &Hotline, sheet: &Messy, what: &str) {
    for row in &sheet.rows {
        let Fate::Ticket(due) = &row.fate else { continue };
        let there =
            load(hotline, &due.no).unwrap_or_else(|| panic!("{what}: {} is not there", due.no));
        let ticket = there.ticket;
        assert_eq!(ticket.received_at, due.received_at, "{what} {}", due.no);
        assert_eq!(ticket.content, due.content, "{what} {}", due.no);
        assert_eq!(ticket.channel.as_str(), due.channel, "{what} {}", due.no);
        assert_eq!(ticket.caller.phone.as_deref(), Some(due.phone.as_str()), "{what} {}", due.no);
        let mut units = ticket.assignments.values().map(|a| (a.part.as_str(), a.unit.to_string()));
        assert_eq!(units.next(), Some(("lead", due.lead.clone())), "{what} {}", due.no);
        let assists: Vec<String> = units.map(|(_, unit)| unit).collect();
        assert_eq!(assists, due.assists, "{what} {}", due.no);
        assert_eq!(ticket.ended_at(), due.closed_at, "{what} {}", due.no);
        let solved = ticket.valid_surveys().1.and_then(|survey| survey.solved);
        assert_eq!(solved.map(|it| it.as_str()), due.solved, "{what} {}", due.no);
    }
}

/// Every other row is in the sheet of rejects, once, with each of its reasons.
fn check_rejects(sheet: &Messy, said: &[(String, String)]) {
    assert_eq!(said.len() as u64, sheet.count().2);
    let mut said = said.iter();
    for row in &sheet.rows {
        let Fate::Rejected(columns) = &row.fate else { continue };
        let (first, reason) = said.next().unwrap();
        assert_eq!(*first, row.first(), "{reason}");
        let named = |column: &&str| reason.contains(&format!("{column}："));
        assert!(columns.iter().all(named), "{columns:?}: {reason}");
        let others = messy::HEADINGS.iter().filter(|heading| named(heading)).count();
        assert_eq!(others, columns.len(), "{columns:?}: {reason}");
    }
}

fn a_messy_sheet(test: &TestDb, form: Form) {
    let hotline = city(test);
    let folder = Folder::new();
    let seals = seal_file(folder.path());
    let seal = || hotline.seal(&seals, &Bell::default()).unwrap();
    let proven = |what: &str| {
        let proof = hotline.prove(&seals).unwrap();
        assert!(proof.holds(), "{what}: {:?}", proof.problems);
    };
    let shelf = Shelf::default();
    // What was there before stays as it was.
    let native = counted::native(&hotline);
    seal();
    let (before, facts_before) = (counts(test), facts(&hotline, &shelf));

    let sheet = Messy::of(rows(), form);
    let path = sheet.write(folder.path());
    let dry = import_sheet(&hotline, &path, &mapping(), Run::Dry).unwrap();
    assert_eq!(counts(test), before, "a dry run changes nothing");
    let done = import_sheet(&hotline, &path, &mapping(), Run::Real).unwrap();
    let (tickets, skipped, refused) = sheet.count();
    say(&format!("{form:?}: {tickets} tickets, {skipped} skipped, {refused} rejected: {done:?}"));
    assert_eq!((done.imported, done.skipped, done.rejected), (tickets, skipped, refused));
    assert_eq!((dry.imported, dry.skipped, dry.rejected), (tickets, skipped, refused));
    assert_eq!(done.unused, ["备注"]);
    check(&hotline, &sheet, "first");

    let listed = &batches(&hotline).unwrap()[0];
    let listed = [listed.lines, listed.skipped, listed.rejected].map(i64::cast_unsigned);
    assert_eq!(listed, [tickets + skipped + refused, skipped, refused]);

    let rejects = done.rejects.clone().unwrap();
    check_rejects(&sheet, &rejected(&rejects, form));

    // Read again: no duplicate, and the same rejects; the sheet of rejects itself: the same again.
    let again = import_sheet(&hotline, &path, &mapping(), Run::Real).unwrap();
    assert_eq!((again.imported, again.skipped, again.rejected), (0, tickets + skipped, refused));
    let mended = import_sheet(&hotline, &rejects, &mapping(), Run::Real).unwrap();
    assert_eq!((mended.imported, mended.skipped, mended.rejected), (0, 0, refused));
    let twice = rejected(&mended.rejects.unwrap(), form);
    assert_eq!(twice, rejected(&rejects, form));
    assert!(facts(&hotline, &shelf) > facts_before);
    proven("before any seal");
    seal();
    proven("sealed");

    // Taken back: no row of any table, no figure, and the chain holds.
    let undone = undo(&hotline, done.batch).unwrap();
    assert_eq!((undone.removed as u64, undone.kept.len()), (tickets, 0));
    assert_eq!(facts(&hotline, &shelf), facts_before);
    assert_eq!(counts(test), before, "no trace");
    assert!(sheet.numbers().all(|no| load(&hotline, no).is_none()));
    assert_eq!(counted::native(&hotline), native);
    proven("taken back");

    // And once more from the beginning.
    let done = import_sheet(&hotline, &path, &mapping(), Run::Real).unwrap();
    assert_eq!((done.imported, done.skipped, done.rejected), (tickets, skipped, refused));
    check(&hotline, &sheet, "second");
    seal();
    proven("brought in again");
}

on_each_database! {
    fn a_messy_workbook_becomes_tickets_and_rejects_and_is_taken_back_without_a_trace(test: &TestDb) {
        a_messy_sheet(test, Form::Xlsx);
    }

    fn the_same_as_csv_in_the_encoding_that_excel_saves_in_china(test: &TestDb) {
        a_messy_sheet(test, Form::Csv);
    }
}
