//! Upstream: which changes of a ticket owe the platform an answer. Its rule: decided by the ticket before
//! and after alone; what did not come from upstream costs neither a query nor a row.

use super::{Cause, store};
use crate::db::Tx;
use crate::error::Result;
use crate::jobs;
use crate::limits::{Calendar, ClockName, Profile, Timer};
use crate::ticket::{State, Ticket};
use crate::time::Stamp;

/// A change of a ticket that has just been written.
#[derive(Clone, Copy)]
pub struct Moved<'a> {
    pub id: i64,
    pub version: i32,
    pub before: &'a Ticket,
    pub after: &'a Ticket,
}

/// What `before` becoming `after` owes the platform that gave us the ticket.
pub fn owed(before: &Ticket, after: &Ticket) -> Option<Cause> {
    let live_again = !before.state.is_live() && after.state.is_live();
    let asked_no_more = before.withdrawal.is_some() && after.withdrawal.is_none();
    match (&before.state, &after.state) {
        // What is merged is answered by the ticket it was merged into.
        (_, State::Merged { .. }) => None,
        (State::Merged { .. }, _) => Some(Cause::Reopen),
        (State::Replied { .. }, State::Surveying { .. } | State::Closed { .. }) => {
            Some(Cause::Reply)
        }
        (_, State::Surveying { .. } | State::Closed { .. }) if before.direct != after.direct => {
            Some(Cause::Answer)
        }
        (State::Surveying { .. }, State::InUnits { .. }) => Some(Cause::Rework),
        (old, State::Declined { .. }) if old.is_live() => Some(Cause::Decline),
        (old, State::Diverted { .. }) if old.is_live() => Some(Cause::Divert),
        (old, State::Withdrawn { .. }) if old.is_live() => Some(Cause::Withdraw),
        _ if live_again => Some(Cause::Reopen),
        _ if answers(before) != answers(after) => Some(Cause::Survey),
        (old, State::Closed { .. }) if old.is_live() => Some(Cause::Close),
        _ if asked_no_more => Some(Cause::Kept),
        _ => None,
    }
}

/// The last valid survey, by its place.
fn answers(ticket: &Ticket) -> Option<usize> {
    ticket.attempts.iter().rposition(|attempt| attempt.answers().is_some())
}

/// Whether those merged into the ticket get their answer with it. Where it ends without one they stand for
/// themselves again.
const fn answers_all(cause: Cause) -> bool {
    matches!(cause, Cause::Reply | Cause::Answer)
}

/// Writes down what `moved` owes, with its clock and the work to send it, in the same transaction.
///
/// # Errors
/// As the database says.
pub fn follow(
    tx: &mut Tx<'_>,
    profile: &Profile,
    calendar: &Calendar,
    moved: &Moved<'_>,
) -> Result<()> {
    let Moved { before, after, .. } = *moved;
    if after.upstream.is_none() && after.children.is_empty() {
        return Ok(());
    }
    let cause = owed(before, after);
    if let (Some(upstream), Some(cause)) = (&after.upstream, cause) {
        let given = upstream.due_at;
        let own = store::Owner { id: moved.id, no: &after.no, upstream_no: &upstream.no };
        owe(tx, (profile, calendar), moved, (cause, given), &own)?;
    }
    let joined = || after.children.iter().filter(|no| !before.children.contains(no));
    let answered = matches!(after.state, State::Surveying { .. } | State::Closed { .. });
    let children: Vec<&str> = match cause {
        Some(cause) if answers_all(cause) => after.children.iter().map(String::as_str).collect(),
        // Merged into a ticket whose answer has been given already.
        _ if answered => joined().map(String::as_str).collect(),
        _ => return Ok(()),
    };
    for child in store::upstream_of(tx.conn, &children)? {
        let own = store::Owner { id: child.0, no: &child.1, upstream_no: &child.2 };
        owe(tx, (profile, calendar), moved, (Cause::Merge, None), &own)?;
    }
    Ok(())
}

/// The first answer is due when the platform said, every later one (and the first where it said
/// nothing) the profile's time after its cause.
fn owe(
    tx: &mut Tx<'_>,
    (profile, calendar): (&Profile, &Calendar),
    moved: &Moved<'_>,
    (cause, given): (Cause, Option<Stamp>),
    own: &store::Owner<'_>,
) -> Result<()> {
    let revision = store::last_revision(tx.conn, own.id)? + 1;
    // Taken out of the ticket it was merged into before anything was answered: nothing to take back.
    let taken_out = matches!(moved.before.state, State::Merged { .. });
    if revision == 1 && taken_out {
        return Ok(());
    }
    let span = profile.backfill.limit.0;
    let given = given.filter(|_| revision == 1).map(|at| crate::limits::Span::Until { at });
    let timer = Timer::start(
        ClockName::Overall,
        given.unwrap_or(span),
        tx.now,
        None,
        &profile.id(),
        calendar,
    );
    let source = (moved.id, moved.version);
    let id = store::insert(tx, own, revision, cause, source, (timer.soon_at, timer.due_at))?;
    let now = tx.now;
    jobs::put_at(tx, super::JOB, &id, now)?;
    Ok(())
}
