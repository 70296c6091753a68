//! What must hold after every command, and at the end of every life.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::tickets;
use jiesu::limits::{ClockName, Timer};
use jiesu::ticket::command::CommandName;
use jiesu::ticket::store::{self, Stored};
use jiesu::ticket::{Part, State, StateName, Ticket, event};
use jiesu::time::Stamp;

use crate::support::city::City;

/// Between two looks at a ticket; `name` is the command that was accepted on it, if one was.
pub fn step(before: &Stored, after: &Stored, name: Option<CommandName>) {
    assert!(after.version > before.version);
    leads(&after.ticket);
    limits(&before.ticket, &after.ticket, name);
    facts(&before.ticket, &after.ticket, name);
}

/// Exactly one live lead while units work on it, none otherwise; nothing is live after the end.
fn leads(ticket: &Ticket) {
    let live = |part: Part| {
        let fits = |a: &&jiesu::ticket::Assignment| a.part == part && a.is_live();
        ticket.assignments.values().filter(fits).count()
    };
    match ticket.state {
        State::InUnits { lead } | State::Replied { lead } | State::OnLedger { lead, .. } => {
            assert_eq!(live(Part::Lead), 1);
            assert_eq!(ticket.live_lead(), Some(lead));
        }
        State::Accepted {} | State::Consulting { .. } => assert_eq!(live(Part::Lead), 0),
        _ => assert_eq!(live(Part::Lead) + live(Part::Assist), 0, "{:?}", ticket.state),
    }
    let orphan = ticket.assignments.values().find(|a| {
        let above = a.parent.map(|k| &ticket.assignments[&k]);
        a.is_live() && above.is_some_and(|above| !above.is_live())
    });
    assert!(orphan.is_none(), "work passed down ends with the work above it: {orphan:?}");
}

type Limits<'a> = BTreeMap<(u32, usize, ClockName), &'a Timer>;

fn all_limits(ticket: &Ticket) -> Limits<'_> {
    let own = ticket.timers.iter().map(|(clock, timer)| ((0, 0, *clock), timer));
    let units = ticket.assignments.iter().flat_map(|(k, a)| {
        let first = a.timers.iter().map(|(clock, timer)| ((*k, 0, *clock), timer));
        let again = a.reworks.iter().enumerate();
        first.chain(again.map(|(i, rework)| ((*k, i + 1, ClockName::Rework), &rework.timer)))
    });
    own.chain(units).collect()
}

/// Commands that may move a limit which is there already: another urgency, a pause that ends, an
/// extension.
const MOVERS: [CommandName; 8] = [
    CommandName::Amend,
    CommandName::Dispatch,
    CommandName::Review,
    CommandName::SendBack,
    CommandName::ExtendDecide,
    CommandName::LedgerWriteOff,
    CommandName::LedgerCancel,
    CommandName::Unmerge,
];

/// A limit moves by a command that may move it, or by the sweep that finds a promise missed; and it
/// says why: a pause that ended, an extension or a note stands in it.
fn limits(before: &Ticket, after: &Ticket, name: Option<CommandName>) {
    let missed =
        |ticket: &Ticket| ticket.ledgers.iter().filter(|it| it.missed_at.is_some()).count();
    let may_move = match name {
        Some(name) => MOVERS.contains(&name),
        None => missed(after) > missed(before),
    };
    let reasons = |timer: &Timer| {
        let ended = timer.pauses.iter().filter(|pause| pause.to.is_some()).count();
        ended + timer.extensions.len() + timer.notes.len()
    };
    let now = all_limits(after);
    for (which, was) in all_limits(before) {
        let Some(is) = now.get(&which).filter(|is| is.starts_at == was.starts_at) else { continue };
        if is.due_at != was.due_at {
            assert!(may_move, "{which:?} moved by {name:?}: {was:?} {is:?}");
            assert!(reasons(is) > reasons(was), "{which:?} moved: {was:?} {is:?}");
        }
    }
}

/// What has happened stays: tries, contacts, reworks, disputes; void work comes back by unmerging alone (by command, or
/// as the ticket it was merged into ends otherwise than by an answer); the citizen's clock is touched by no dispute and
/// no dispatch.
fn facts(before: &Ticket, after: &Ticket, name: Option<CommandName>) {
    assert!(after.attempts.len() >= before.attempts.len());
    assert!(after.reworks() >= before.reworks() && after.reworks() <= 2);
    let merged = |ticket: &Ticket| ticket.state.name() == StateName::Merged;
    let unmerged = merged(before) && !merged(after);
    for (k, was) in &before.assignments {
        let is = &after.assignments[k];
        assert!(is.contacts.len() >= was.contacts.len() && is.disputes.len() >= was.disputes.len());
        let void = |a: &jiesu::ticket::Assignment| a.work.name().is_void();
        let back = void(was) && !void(is);
        assert!(!back || unmerged, "void work came back by {name:?}: {:?} {:?}", was.work, is.work);
        assert_eq!((&was.unit, was.part, was.sent_at), (&is.unit, is.part, is.sent_at));
    }
    let untouched = [CommandName::Dispute, CommandName::DisputeDecide, CommandName::Recall];
    if name.is_some_and(|name| untouched.contains(&name)) {
        assert_eq!(before.timers.get(&ClockName::Overall), after.timers.get(&ClockName::Overall));
    }
    let ended = !after.state.is_live();
    assert_eq!(ended, after.ended_at().is_some(), "{:?}", after.state.name());
    if after.state.name() == StateName::Accepted {
        assert!(after.timers.contains_key(&ClockName::Dispatch));
    }
}

/// The events make the ticket again, and the ticket every row.
pub fn rebuilds(city: &City, stored: &Stored) {
    let hotline = &city.hotline;
    let events = city.events(&stored.ticket.no);
    assert_eq!(i32::try_from(events.len()), Ok(stored.version));
    let again = event::replay(&events).unwrap();
    assert_eq!(again, stored.ticket);
    let rules = city.rules();
    let rows = hotline.db.read(|conn| store::rows_on_disk(conn, stored.id)).unwrap();
    let projected = store::rows_of(stored, &again, rules.vault(&hotline.keys));
    assert_eq!(rows, projected);
}

/// The program's own proof over all that was left, with every notice put back to its time: chains,
/// events, documents and rows.
pub fn proves(city: &City, next_at: Vec<(i64, Stamp)>) {
    let put_back = move |tx: &mut jiesu::db::Tx<'_>| {
        for (id, at) in &next_at {
            diesel::update(tickets::table.find(*id))
                .set(tickets::next_at.eq(Some(at.millis())))
                .execute(tx.conn)?;
        }
        Ok(())
    };
    city.hotline.db.write(put_back).unwrap();
    let proof = city.hotline.prove(std::path::Path::new("/nowhere")).unwrap();
    assert!(proof.tickets > 0 && proof.holds(), "{} problems: {:?}", proof.count, proof.problems);
}
