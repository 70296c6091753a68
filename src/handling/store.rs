//! Handling: the rows of supervisions, and of what was made of proposals. Its rule: they follow the document, in the
//! write that changes it; codes and times only.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::ladder::{About, Disappointing, Proposal, Rung, Verdict, Working};
use crate::db::schema::{
    assignment, import_batch, imported, ledger, supervision, supervision_word, tickets, warning,
};
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

/// Writes the rows of a ticket's supervisions anew where `after` has others than `before`; of nothing before, after it
/// was moved in.
///
/// # Errors
/// The database's own.
pub fn follow(tx: &mut Tx<'_>, ticket: i64, before: Option<&Ticket>, after: &Ticket) -> Result<()> {
    if before.map_or(after.supervisions.is_empty(), |it| it.supervisions == after.supervisions) {
        return Ok(());
    }
    let old = supervision::table.filter(supervision::ticket_id.eq(ticket));
    diesel::delete(old).execute(tx.conn)?;
    let rows = rows(ticket, after);
    each!(tx.conn, c => diesel::insert_into(supervision::table).values(&rows).execute(c)?);
    Ok(())
}

/// Final leads at work whose limit is over at `now`, or that were sent back or asked after at least once. What stands still on the
/// ledger is not at work; what was due before it was moved in is left alone, as the sweep leaves it. Of the ticket
/// `only`, or of all.
///
/// # Errors
/// The database's own.
pub fn working(conn: &mut Conn, now: Stamp, only: Option<i64>) -> Result<Vec<Working>> {
    use assignment as a;
    type Limit = (Option<Stamp>, Option<Stamp>);
    type Line = (i64, i32, UnitCode, (i32, i32), Limit, Limit, Limit, Option<Stamp>);
    let at_work = [WorkName::Sent, WorkName::Signed, WorkName::Handling, WorkName::Disputed];
    let at_work: Vec<&str> = at_work.iter().map(|work| work.as_str()).collect();
    let with_units = [StateName::InUnits, StateName::OnLedger].map(StateName::as_str);
    let over = a::handle_due_at.lt(now.millis());
    let (first, last) = only.map_or((i64::MIN, i64::MAX), |id| (id, id));
    let found: Vec<Line> = tickets::table
        .inner_join(a::table.on(a::ticket_id.eq(tickets::id)))
        .left_join(imported::table.on(imported::no.eq(tickets::no)))
        .left_join(import_batch::table.on(import_batch::id.eq(imported::batch)))
        .filter(tickets::id.between(first, last).and(tickets::state.eq_any(with_units)))
        .filter(a::is_final.eq(true).and(a::part.eq(Part::Lead.as_str())))
        .filter(a::state.eq_any(at_work).and(a::paused.eq(false)))
        .filter(over.assume_not_null().or(a::rework_count.gt(0)).or(a::urges.gt(0)))
        .order((a::ticket_id, a::k))
        .select((
            a::ticket_id,
            a::k,
            a::unit,
            (a::rework_count, a::urges),
            (a::handle_due_at, a::handle_stopped_at),
            (a::rework1_due_at, a::rework1_stopped_at),
            (a::rework2_due_at, a::rework2_stopped_at),
            import_batch::began_at.nullable(),
        ))
        .load(conn)?;
    let read = |(ticket, k, unit, counted, handle, first, second, moved_in): Line| {
        let last = [second, first, handle].into_iter().find(|limit| limit.0.is_some());
        let is_of_old = moved_in.is_some_and(|at| last.is_some_and(|it| it.0 < Some(at)));
        let due_at = last.filter(|limit| limit.1.is_none()).and_then(|limit| limit.0);
        let (reworks, urges) = counted;
        let (reworks, urges) =
            (u32::try_from(reworks).unwrap_or(0), u32::try_from(urges).unwrap_or(0));
        (!is_of_old).then_some(Working {
            ticket,
            k,
            unit,
            due_at,
            progress_due_at: None,
            reworks,
            urges,
        })
    };
    let mut all: Vec<Working> = found.into_iter().filter_map(read).collect();
    all.extend(silent(conn, now, (first, last))?);
    Ok(all)
}

/// Final leads of cases that stand still on the ledger, and whose unit has not said in time how they stand.
fn silent(conn: &mut Conn, now: Stamp, (first, last): (i64, i64)) -> Result<Vec<Working>> {
    use assignment as a;
    type Line = (i64, i32, UnitCode, Option<Stamp>, Option<Stamp>);
    let over = ledger::progress_due_at.lt(now.millis());
    let found: Vec<Line> = tickets::table
        .inner_join(a::table.on(a::ticket_id.eq(tickets::id)))
        .inner_join(ledger::table.on(ledger::ticket_id.eq(tickets::id)))
        .left_join(imported::table.on(imported::no.eq(tickets::no)))
        .left_join(import_batch::table.on(import_batch::id.eq(imported::batch)))
        .filter(tickets::id.between(first, last))
        .filter(tickets::state.eq(StateName::OnLedger.as_str()).and(over.assume_not_null()))
        .filter(a::is_final.eq(true).and(a::part.eq(Part::Lead.as_str())))
        .order((a::ticket_id, a::k))
        .select((
            a::ticket_id,
            a::k,
            a::unit,
            ledger::progress_due_at,
            import_batch::began_at.nullable(),
        ))
        .load(conn)?;
    let read = |(ticket, k, unit, progress_due_at, moved_in): Line| {
        let is_of_old = moved_in.is_some_and(|at| progress_due_at < Some(at));
        let lead = Working { ticket, k, unit, due_at: None, progress_due_at, reworks: 0, urges: 0 };
        (!is_of_old).then_some(lead)
    };
    Ok(found.into_iter().filter_map(read).collect())
}

/// Final leads of live tickets on which an open alarm about dissatisfied answers in a row rests last; of two alarms about a
/// ticket the first. Of the ticket `only`, or of all.
///
/// # Errors
/// The database's own.
pub fn disappointing(conn: &mut Conn, only: Option<i64>) -> Result<Vec<Disappointing>> {
    use assignment as a;
    let (first, last) = only.map_or((i64::MIN, i64::MAX), |id| (id, id));
    // The codes of a warning's rule, grade and state; what a demotion left to be watched proposes nothing.
    let alarms: Vec<(i64, i64, i32)> = warning::table
        .filter(warning::rule.eq("dissatisfied").and(warning::grade.eq("alarm")))
        .filter(warning::state.ne("closed").and(warning::ticket_id.between(first, last)))
        .order(warning::id)
        .select((warning::ticket_id, warning::id, warning::n))
        .load(conn)?;
    let mut of: BTreeMap<i64, (i64, i32)> = BTreeMap::new();
    for (ticket, id, n) in alarms {
        of.entry(ticket).or_insert((id, n));
    }
    let ids: Vec<i64> = of.keys().copied().collect();
    let live = StateName::ALL.iter().filter(|state| state.is_live()).map(|state| state.as_str());
    let found: Vec<(i64, i32, UnitCode)> = tickets::table
        .inner_join(a::table.on(a::ticket_id.eq(tickets::id)))
        .filter(tickets::id.eq_any(ids))
        .filter(tickets::state.eq_any(live.collect::<Vec<_>>()))
        .filter(a::is_final.eq(true).and(a::part.eq(Part::Lead.as_str())))
        .order((a::ticket_id, a::k))
        .select((a::ticket_id, a::k, a::unit))
        .load(conn)?;
    let read = |(ticket, k, unit): (i64, i32, UnitCode)| {
        let (warning, n) = *of.get(&ticket)?;
        Some(Disappointing { ticket, k, unit, warning, row: u32::try_from(n).unwrap_or(0) })
    };
    Ok(found.into_iter().filter_map(read).collect())
}

/// Every rung that is open, or was opened from `since` on; of one ticket or unit, where `only` that is asked about. What
/// a unit's rungs add up to is counted from `since` on: its older ones are not read.
///
/// # Errors
/// The database's own.
pub fn rungs(conn: &mut Conn, since: Stamp, only: Option<&About>) -> Result<Vec<Rung>> {
    use assignment as a;
    let recent = || supervision::opened_at.ge(since.millis());
    let wanted = || supervision::closed_at.is_null().or(recent());
    let mut found = supervision::table
        .inner_join(tickets::table.on(tickets::id.eq(supervision::ticket_id)))
        .filter(wanted())
        .into_boxed();
    let own = a::ticket_id.eq(supervision::ticket_id).and(a::unit.eq(supervision::unit));
    let mut works = supervision::table
        .inner_join(a::table.on(own))
        .filter(wanted())
        .filter(a::part.ne(Part::Copy.as_str()))
        .into_boxed();
    match only {
        None => {}
        Some(About::Ticket(id)) => {
            found = found.filter(supervision::ticket_id.eq(*id));
            works = works.filter(supervision::ticket_id.eq(*id));
        }
        Some(About::Unit(unit)) => {
            found = found.filter(supervision::unit.eq(unit.as_str())).filter(recent());
            works = works.filter(supervision::unit.eq(unit.as_str())).filter(recent());
        }
    }
    let found: Vec<(SupervisionRow, StateName)> =
        found.select((SupervisionRow::as_select(), tickets::state)).load(conn)?;
    let works: Vec<(i64, UnitCode, WorkName, bool)> = works
        .select((supervision::ticket_id, supervision::unit, a::state, a::taken_back))
        .load(conn)?;
    // Of each unit of a ticket: whether anything of its work is not void, and whether anything was its own.
    let mut units: BTreeMap<(i64, UnitCode), (bool, bool)> = BTreeMap::new();
    for (ticket, unit, work, taken_back) in works {
        let (works, is_own) = units.entry((ticket, unit)).or_default();
        *works |= !work.is_void();
        // What a merge alone recalled was the unit's.
        *is_own |= work != WorkName::Returned && !taken_back;
    }
    let read = |(row, state): (SupervisionRow, StateName)| {
        let of_unit = units.get(&(row.ticket_id, row.unit.clone()));
        Rung {
            ticket: row.ticket_id,
            side: row.side,
            step: row.step,
            opened_at: row.opened_at,
            due_at: row.due_at,
            answered_at: row.answered_at,
            closed_at: row.closed_at,
            is_live: state.is_live() && of_unit.is_some_and(|(works, _)| *works),
            is_void: of_unit.is_some_and(|(_, is_own)| !is_own),
            unit: row.unit,
        }
    };
    Ok(found.into_iter().map(read).collect())
}

/// Supervisions not closed yet of tickets that are not over, the first due first, those without a time last.
///
/// # Errors
/// The database's own.
pub fn open(conn: &mut Conn) -> Result<Vec<SupervisionRow>> {
    let live = StateName::ALL.iter().filter(|state| state.is_live()).map(|state| state.as_str());
    let found = supervision::table
        .inner_join(tickets::table.on(tickets::id.eq(supervision::ticket_id)))
        .filter(supervision::closed_at.is_null())
        .filter(tickets::state.eq_any(live.collect::<Vec<_>>()));
    let mut rows: Vec<SupervisionRow> = found.select(SupervisionRow::as_select()).load(conn)?;
    rows.sort_by(|a, b| {
        let key = |row: &SupervisionRow| (row.due_at.unwrap_or(Stamp::MAX), row.opened_at);
        (key(a), a.ticket_id, a.side, &a.unit).cmp(&(key(b), b.ticket_id, b.side, &b.unit))
    });
    Ok(rows)
}

/// The keys of proposals that a reviewer has decided; where `only` one is asked about, those that matter to it: all of
/// its ticket, of which the worse is proposed first, or of a unit its own.
///
/// # Errors
/// The database's own.
pub fn decided(conn: &mut Conn, only: Option<(&About, &str)>) -> Result<BTreeSet<String>> {
    let mut keys = supervision_word::table.into_boxed();
    match only {
        None => {}
        Some((About::Ticket(id), _)) => keys = keys.filter(supervision_word::ticket_id.eq(*id)),
        Some((About::Unit(_), key)) => keys = keys.filter(supervision_word::key.eq(key)),
    }
    let keys: Vec<String> = keys.select(supervision_word::key).load(conn)?;
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
