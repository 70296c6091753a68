//! Audit: that the trail is written with its cause, read in pages and kept long enough.

use std::sync::Arc;

use super::*;
use crate::db::Db;
use crate::error::Error;
use crate::time::{Clock, HandClock};
use chrono::{NaiveDate, TimeDelta};

fn house() -> (Db, Arc<HandClock>) {
    let clock = Arc::new(HandClock::at(Stamp::from_millis(1_790_000_000_000)));
    let db = Db::open("sqlite://:memory:", clock.clone()).unwrap();
    db.migrate().unwrap();
    (db, clock)
}

fn open_ticket(no: &'static str) -> Entry<'static> {
    Entry::new((7, "zhang"), "ticket.open", ("ticket", no))
}

#[test]
fn a_line_says_who_did_what_to_what_and_why() {
    let (db, clock) = house();
    db.write(|tx| {
        let entry = Entry::new((7, "zhang"), "ticket.reveal", ("ticket", "2026-000001"));
        record(tx, &entry.for_purpose("call").detailed("phone"))
    })
    .unwrap();
    let lines = db.read(|conn| page(conn, &Filter::default(), 10)).unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line.at.millis(), line.account), (clock.now().millis(), 7));
    assert_eq!((line.name.as_str(), line.action.as_str()), ("zhang", "ticket.reveal"));
    assert_eq!((line.purpose.as_deref(), line.detail.as_deref()), (Some("call"), Some("phone")));
    assert_eq!((line.subject.as_str(), line.outcome), ("2026-000001", Went::Done));
}

#[test]
fn an_opening_is_noted_once_a_reader_and_day() {
    let (db, _) = house();
    let day = |d| NaiveDate::from_ymd_opt(2026, 10, d).unwrap();
    for (no, on) in [("1", 1), ("1", 1), ("2", 1), ("1", 2)] {
        db.write(move |tx| record_once(tx, &open_ticket(no), day(on))).unwrap();
    }
    let seen = |no| db.read(|conn| readers_of(conn, ("ticket", no), &["ticket.open"], 9)).unwrap();
    assert_eq!((seen("1").len(), seen("2").len(), seen("3").len()), (2, 1, 0));
}

#[test]
fn a_write_that_fails_leaves_no_line() {
    let (db, _) = house();
    let failed: Result<(), Error> = db.write(|tx| {
        record(tx, &open_ticket("1"))?;
        Err(Error::forbidden())
    });
    assert!(failed.is_err());
    assert!(db.read(|conn| page(conn, &Filter::default(), 10)).unwrap().is_empty());
}

#[test]
fn pages_follow_one_another_without_gap_or_double() {
    let (db, clock) = house();
    for round in 0..5 {
        db.write(|tx| {
            record(tx, &open_ticket("1"))?;
            record(tx, &open_ticket("2").refused())
        })
        .unwrap();
        clock.forward(TimeDelta::seconds(round));
    }
    let mut filter = Filter::default();
    let mut ids = Vec::new();
    loop {
        let lines = db.read(|conn| page(conn, &filter, 3)).unwrap();
        let Some(last) = lines.last() else { break };
        filter.after = Some((last.at, last.id));
        ids.extend(lines.iter().map(|line| line.id));
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((ids.len(), ids), (10, sorted));
    let only = Filter { subject: Some(("ticket".into(), "2".into())), ..Filter::default() };
    let lines = db.read(|conn| page(conn, &only, 10)).unwrap();
    assert!(lines.len() == 5 && lines.iter().all(|line| line.outcome == Went::Refused));
}

#[test]
fn no_line_is_dropped_within_half_a_year() {
    let (db, clock) = house();
    db.write(|tx| record(tx, &open_ticket("1"))).unwrap();
    clock.forward(TimeDelta::days(184));
    assert_eq!(db.write(|tx| drop_older_than(tx, 1, 100)).unwrap(), 0);
    clock.forward(TimeDelta::milliseconds(1));
    assert_eq!(db.write(|tx| drop_older_than(tx, 365, 100)).unwrap(), 0);
    assert_eq!(db.write(|tx| drop_older_than(tx, 1, 100)).unwrap(), 1);
}

#[test]
fn an_entry_of_many_things_is_told_for_each_of_them_and_goes_with_them() {
    let (db, clock) = house();
    db.write(|tx| {
        let entry = Entry::new((7, "zhang"), "ticket.clear_export", ("export", "1"));
        let entry = record_many(tx, &entry.for_purpose("抽查"))?;
        let numbers = |some: &[&str]| some.iter().map(|no| (*no).to_owned()).collect::<Vec<_>>();
        add_subjects(tx, (entry, 0), "ticket", &numbers(&["a_1", "a%3", "A-2"]))?;
        add_subjects(tx, (entry, 1), "ticket", &numbers(&["b-1"]))?;
        add_subjects(tx, (entry, 2), "ticket", &[])?;
        record(tx, &open_ticket("b-1"))
    })
    .unwrap();
    let actions = ["ticket.open", "ticket.clear_export"];
    let seen = |no| db.read(|conn| readers_of(conn, ("ticket", no), &actions, 9)).unwrap();
    let told: Vec<usize> =
        ["a_1", "a%3", "A-2", "a-2", "ab1", "a_", "b-1"].map(|no| seen(no).len()).to_vec();
    assert_eq!(told, [1, 1, 1, 0, 0, 0, 2]);
    assert_eq!(seen("a_1")[0].purpose.as_deref(), Some("抽查"));
    clock.forward(TimeDelta::days(185));
    assert_eq!(db.write(|tx| drop_older_than(tx, 184, 100)).unwrap(), 2);
    assert!(seen("a_1").is_empty());
}
