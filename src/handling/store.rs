//! Handling: the rows of supervisions, and of what was made of proposals. Its rule: they follow the document, in the
//! write that changes it; codes and times only.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::ladder::{Proposal, Rung, Verdict, Working};
use crate::db::schema::{assignment, supervision, supervision_word, tickets};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::ticket::Ticket;
use crate::ticket::overlay::Step;
use crate::ticket::state::{Part, StateName, WorkName};
use crate::time::Stamp;

/// A row of `supervision`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = supervision, treat_none_as_default_value = false)]
pub struct SupervisionRow {
    pub ticket_id: i64,
    /// Its place in the ticket.
    pub side: i32,
    pub unit: UnitCode,
    pub step: Step,
    pub opened_at: Stamp,
    pub due_at: Option<Stamp>,
    pub answered_at: Option<Stamp>,
    pub closed_at: Option<Stamp>,
}

fn rows(ticket_id: i64, ticket: &Ticket) -> Vec<SupervisionRow> {
    let mut rows = Vec::new();
    for (side, one) in &ticket.supervisions {
        for (unit, answer) in one.addressed() {
            rows.push(SupervisionRow {
                ticket_id,
                side: i32::try_from(*side).unwrap_or(i32::MAX),
                unit: unit.clone(),
                step: one.step,
                opened_at: one.opened_at,
                due_at: one.due_at,
                answered_at: answer.map(|said| said.at),
                closed_at: one.result.as_ref().map(|said| said.at),
            });
        }
    }
    rows
}

/// Writes the rows of a ticket's supervisions anew where `after` has others than `before`.
///
/// # Errors
/// The database's own.
pub fn follow(tx: &mut Tx<'_>, ticket: i64, before: &Ticket, after: &Ticket) -> Result<()> {
    if before.supervisions == after.supervisions {
        return Ok(());
    }
    let old = supervision::table.filter(supervision::ticket_id.eq(ticket));
    diesel::delete(old).execute(tx.conn)?;
    let rows = rows(ticket, after);
    each!(tx.conn, c => diesel::insert_into(supervision::table).values(&rows).execute(c)?);
    Ok(())
}

/// Final leads of tickets in the units' hands whose limit is over at `now`, or that were sent back at least once.
///
/// # Errors
/// The database's own.
pub fn working(conn: &mut Conn, now: Stamp) -> Result<Vec<Working>> {
    use assignment as a;
    type Limit = (Option<Stamp>, Option<Stamp>);
    type Line = (i64, i32, UnitCode, bool, i32, Limit, Limit, Limit);
    let at_work = [WorkName::Sent, WorkName::Signed, WorkName::Handling, WorkName::Disputed];
    let at_work: Vec<&str> = at_work.iter().map(|work| work.as_str()).collect();
    let over = a::handle_due_at.lt(now.millis());
    let found: Vec<Line> = a::table
        .filter(a::is_final.eq(true).and(a::part.eq(Part::Lead.as_str())))
        .filter(a::state.eq_any(at_work))
        .filter(over.assume_not_null().or(a::rework_count.gt(0)))
        .order((a::ticket_id, a::k))
        .select((
            a::ticket_id,
            a::k,
            a::unit,
            a::paused,
            a::rework_count,
            (a::handle_due_at, a::handle_stopped_at),
            (a::rework1_due_at, a::rework1_stopped_at),
            (a::rework2_due_at, a::rework2_stopped_at),
        ))
        .load(conn)?;
    let read = |(ticket, k, unit, paused, reworks, handle, first, second): Line| {
        let runs = [second, first, handle].into_iter().find(|limit| limit.0.is_some());
        let due_at = runs.filter(|limit| limit.1.is_none() && !paused).and_then(|limit| limit.0);
        Working { ticket, k, unit, due_at, reworks: u32::try_from(reworks).unwrap_or(0) }
    };
    Ok(found.into_iter().map(read).collect())
}

/// Every rung that is open, or was opened from `since` on.
///
/// # Errors
/// The database's own.
pub fn rungs(conn: &mut Conn, since: Stamp) -> Result<Vec<Rung>> {
    let lately = supervision::opened_at.ge(since.millis());
    let found: Vec<(SupervisionRow, StateName)> = supervision::table
        .inner_join(tickets::table.on(tickets::id.eq(supervision::ticket_id)))
        .filter(supervision::closed_at.is_null().or(lately))
        .select((SupervisionRow::as_select(), tickets::state))
        .load(conn)?;
    let read = |(row, state): (SupervisionRow, StateName)| Rung {
        ticket: row.ticket_id,
        side: row.side,
        unit: row.unit,
        step: row.step,
        opened_at: row.opened_at,
        is_closed: row.closed_at.is_some(),
        is_live: state.is_live(),
    };
    Ok(found.into_iter().map(read).collect())
}

/// Supervisions not closed yet, the first due first, those without a time last.
///
/// # Errors
/// The database's own.
pub fn open(conn: &mut Conn) -> Result<Vec<SupervisionRow>> {
    let found = supervision::table.filter(supervision::closed_at.is_null());
    let mut rows: Vec<SupervisionRow> = found.select(SupervisionRow::as_select()).load(conn)?;
    rows.sort_by(|a, b| {
        let key = |row: &SupervisionRow| (row.due_at.unwrap_or(Stamp::MAX), row.opened_at);
        (key(a), a.ticket_id, a.side, &a.unit).cmp(&(key(b), b.ticket_id, b.side, &b.unit))
    });
    Ok(rows)
}

/// The keys of proposals that a reviewer has decided.
///
/// # Errors
/// The database's own.
pub fn decided(conn: &mut Conn) -> Result<BTreeSet<String>> {
    let keys: Vec<String> = supervision_word::table.select(supervision_word::key).load(conn)?;
    Ok(keys.into_iter().collect())
}

/// Keeps what `by` (id and login name) made of a proposal.
///
/// # Errors
/// The database's own.
pub fn decide(
    tx: &mut Tx<'_>,
    proposal: &Proposal,
    verdict: Verdict,
    by: (i64, &str),
) -> Result<()> {
    let values = (
        supervision_word::key.eq(&proposal.key),
        supervision_word::ticket_id.eq(proposal.ticket),
        supervision_word::verdict.eq(verdict),
        supervision_word::at.eq(tx.now),
        supervision_word::by_id.eq(by.0),
        supervision_word::by_name.eq(by.1),
    );
    each!(tx.conn, c => diesel::insert_into(supervision_word::table).values(values).execute(c)?);
    Ok(())
}
