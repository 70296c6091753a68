//! Ticket: which tickets somebody may have to decide about. Its rule: rows narrow, and the document, which only
//! whoever holds the keys reads, decides; an answer may name a ticket too many and never the newest too few.

use diesel::prelude::*;

use super::AT_ONCE;
use super::rows::TicketRow;
use crate::db::Conn;
use crate::db::schema::{assignment, tickets, trail};
use crate::error::Result;
use crate::ticket::state::{StateName, WorkName};
use crate::time::Stamp;

/// The tickets that live and have an open dispute, at most `most`.
///
/// # Errors
/// The database's own.
pub fn disputed(conn: &mut Conn, most: i64) -> Result<Vec<i64>> {
    let open = tickets::table
        .inner_join(assignment::table.on(assignment::ticket_id.eq(tickets::id)))
        .filter(tickets::ended_at.is_null())
        .filter(assignment::state.eq(WorkName::Disputed.as_str()))
        .order(tickets::id)
        .select(tickets::id)
        .limit(most);
    Ok(open.load(conn)?)
}

/// The tickets in `surveying` whose last valid survey was bad, the oldest first, at most `most`.
///
/// # Errors
/// The database's own.
pub fn badly_surveyed(conn: &mut Conn, most: usize) -> Result<Vec<i64>> {
    let asked: Vec<(i64, Option<String>)> = tickets::table
        .filter(tickets::state.eq(StateName::Surveying.as_str()))
        .filter(tickets::survey.is_not_null())
        .order((tickets::received_at, tickets::id))
        .select((tickets::id, tickets::survey))
        .load(conn)?;
    let is_bad =
        |answers: &str| answers.split(':').any(|it| matches!(it, "unsolved" | "dissatisfied"));
    let bad = asked.into_iter().filter(|(_, survey)| survey.as_deref().is_some_and(is_bad));
    Ok(bad.map(|(id, _)| id).take(most).collect())
}

/// The tickets received since `since` that somebody asked to leave the assessment, the newest first, at most `most`.
///
/// # Errors
/// The database's own.
pub fn lately_asked_to_leave(conn: &mut Conn, since: Stamp, most: i64) -> Result<Vec<i64>> {
    let asked = tickets::table
        .inner_join(trail::table.on(trail::ticket_id.eq(tickets::id)))
        .filter(tickets::received_at.ge(since.millis()))
        .filter(trail::exclusion_at.is_not_null())
        .order((tickets::received_at.desc(), tickets::id.desc()))
        .select(tickets::id)
        .limit(most);
    Ok(asked.load(conn)?)
}

/// The tickets of which a withdrawal waits for an agent who spoke to the citizen, who asked first before the others, at
/// most `most`.
///
/// # Errors
/// The database's own.
pub fn withdrawing(conn: &mut Conn, most: i64) -> Result<Vec<i64>> {
    let waiting = trail::table
        .filter(trail::withdrawal_at.is_not_null())
        .order((trail::withdrawal_at.asc(), trail::ticket_id.asc()))
        .select(trail::ticket_id)
        .limit(most);
    Ok(waiting.load(conn)?)
}

/// The rows of the tickets with these ids.
///
/// # Errors
/// The database's own.
pub fn rows(conn: &mut Conn, ids: &[i64]) -> Result<Vec<TicketRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let theirs = tickets::table.filter(tickets::id.eq_any(some.to_vec()));
        found.extend(theirs.select(TicketRow::as_select()).load::<TicketRow>(conn)?);
    }
    Ok(found)
}

/// The tickets of the callers with these phone hashes that ended since `since`.
///
/// # Errors
/// The database's own.
pub fn ended_of_callers(conn: &mut Conn, callers: &[String], since: Stamp) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for some in callers.chunks(AT_ONCE) {
        let theirs = tickets::table
            .filter(tickets::ended_at.ge(since.millis()))
            .filter(tickets::phone_hash.eq_any(some.to_vec()));
        found.extend(theirs.order(tickets::id).select(tickets::id).load::<i64>(conn)?);
    }
    Ok(found)
}
