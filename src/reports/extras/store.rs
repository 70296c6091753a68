//! Reports: what no fact says, out of the tables. Its rule: counted by the database where a window is not loaded, and
//! never a ticket outside the scope.

mod acting;
mod bottom;

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::late::{Limit, late_at};
use super::totals::Alike;
use super::{Extras, Month, Overdue, Totals, cases, reasons};
use crate::assessment::facts::{Edition, Facts, GroupBy, StateName, ValidSurvey, WorkName};
use crate::db::schema::{assignment, ledger, tickets};
use crate::db::{Conn, each};
use crate::directory::AssessmentClass;
use crate::error::Result;
use crate::limits::Window;
use crate::reports::frame::Frame;
use crate::ticket::store::Vault;
use crate::time::Stamp;

/// How many windows the trend has.
const WINDOWS: usize = 12;
/// How many of them stand for a unit whose answers are few.
const QUARTER: usize = 3;

/// Everything that a report says besides the figures of `facts` (those of the scope).
///
/// # Errors
/// What the database says.
pub fn load(
    conn: &mut Conn,
    vault: Vault<'_>,
    frame: &Frame,
    facts: &Facts,
    first: Option<Stamp>,
) -> Result<Extras> {
    let windows = windows(frame.window);
    let mut extras = Extras { first, ..Extras::default() };
    let quarter_from = windows.len().saturating_sub(QUARTER);
    let mut quarter: BTreeMap<String, Totals> = BTreeMap::new();
    for (place, window) in windows.iter().enumerate() {
        let known = first.is_some_and(|first| first < window.start.plus_millis(DAY_MS));
        let by_key = if known && *window == frame.window && frame.leaves_surveys_out() {
            // As the report counts them.
            Totals::of_facts(facts, &frame.question(grouping(frame), Edition::All))
        } else {
            let groups = if known { alike(conn, frame, window)? } else { Vec::new() };
            Totals::by_key(&groups, window, &frame.scoring)
        };
        let mut totals = Totals::default();
        for (key, sums) in &by_key {
            totals.add(sums);
            if place >= quarter_from {
                quarter.entry(key.clone()).or_default().add(sums);
            }
        }
        extras.trend.push(Month { window: *window, totals: known.then_some(totals) });
    }
    // Three weeks are no quarter, and a district's part of a unit's tickets was not counted by unit.
    let is_by_unit = frame.inside().is_none_or(|(by, _)| by == GroupBy::Unit);
    extras.quarter = (is_by_unit && frame.window.is_named()).then_some(quarter);
    // A year, whatever the report is about.
    let from = frame.window.year_before().end;
    extras.year_by_estate = by_estate(conn, frame, from)?;
    extras.overdue = overdue(conn, frame)?;
    extras.reasons = reasons::load(conn, vault, &frame.window, facts)?;
    extras.cases = cases::load(conn, vault, frame, facts)?;
    extras.warnings = acting::warnings(conn, frame)?;
    extras.campaigns = acting::campaigns(conn, vault.keys, frame)?;
    extras.bottom = bottom::cases(conn, frame)?;
    Ok(extras)
}

const DAY_MS: i64 = 86_400_000;

/// The windows up to `last`, the oldest first.
fn windows(last: Window) -> Vec<Window> {
    let mut all = vec![last];
    let mut at = last;
    while all.len() < WINDOWS {
        at = at.previous();
        all.push(at);
    }
    all.reverse();
    all
}

type Line = (Option<String>, StateName, AssessmentClass, Option<String>, i64);

/// By what a window is counted that is not loaded: by unit, or by what the scope is about.
fn grouping(frame: &Frame) -> GroupBy {
    match frame.inside() {
        None | Some((GroupBy::Channel, _)) => GroupBy::Unit,
        Some((by, _)) => by,
    }
}

/// The tickets received in `window` by what they have in common; by unit, or by what the scope is about.
fn alike(conn: &mut Conn, frame: &Frame, window: &Window) -> Result<Vec<Alike>> {
    let end = window.end.min(frame.now);
    let within = || {
        tickets::received_at.ge(window.start.millis()).and(tickets::received_at.lt(end.millis()))
    };
    macro_rules! by {
        ($key:ident) => {
            each!(conn, c => tickets::table
                .filter(within())
                .group_by((
                    tickets::$key,
                    tickets::state,
                    tickets::assessment_class,
                    tickets::survey,
                ))
                .select((
                    tickets::$key,
                    tickets::state,
                    tickets::assessment_class,
                    tickets::survey,
                    count_star(),
                ))
                .load::<Line>(c))?
        };
    }
    let scope = frame.inside();
    let lines: Vec<Line> = match grouping(frame) {
        GroupBy::Head => by!(lead_head),
        GroupBy::Category => by!(category),
        GroupBy::Estate => by!(estate),
        GroupBy::Company => by!(company),
        GroupBy::Region => by!(region),
        GroupBy::Unit | GroupBy::Channel => by!(lead_unit),
    };
    let inside = |key: Option<&String>| {
        scope.is_none_or(|(_, keys)| key.is_some_and(|key| keys.contains(key)))
    };
    let mine = lines.into_iter().filter(|line| inside(line.0.as_ref()));
    Ok(mine
        .map(|(key, state, class, survey, count)| {
            let survey = survey.as_deref().and_then(ValidSurvey::read);
            Alike { key, state, class, survey, count }
        })
        .collect())
}

/// How many tickets each estate has had since `from`.
fn by_estate(conn: &mut Conn, frame: &Frame, from: Stamp) -> Result<BTreeMap<String, i64>> {
    let end = frame.window.end.min(frame.now);
    let within = || {
        tickets::received_at
            .ge(from.millis())
            .and(tickets::received_at.lt(end.millis()))
            .and(tickets::estate.is_not_null())
    };
    macro_rules! by {
        ($key:ident) => {
            each!(conn, c => tickets::table
                .filter(within())
                .group_by((tickets::estate, tickets::$key))
                .select((tickets::estate, tickets::$key, count_star()))
                .load::<(Option<String>, Option<String>, i64)>(c))?
        };
    }
    let scope = frame.inside();
    let lines = match scope.map(|(by, _)| by) {
        None | Some(GroupBy::Estate) => each!(conn, c => tickets::table
            .filter(within())
            .group_by(tickets::estate)
            .select((tickets::estate, tickets::estate, count_star()))
            .load::<(Option<String>, Option<String>, i64)>(c))?,
        Some(GroupBy::Head) => by!(lead_head),
        Some(GroupBy::Category) => by!(category),
        Some(GroupBy::Company) => by!(company),
        Some(GroupBy::Region) => by!(region),
        Some(GroupBy::Unit | GroupBy::Channel) => by!(lead_unit),
    };
    let mut counts = BTreeMap::new();
    for (estate, key, count) in lines {
        let inside =
            scope.is_none_or(|(_, keys)| key.as_ref().is_some_and(|key| keys.contains(key)));
        if let Some(estate) = estate.filter(|_| inside) {
            *counts.entry(estate).or_insert(0) += count;
        }
    }
    Ok(counts)
}

/// Category, estate, company and region.
type OfTicket = (Option<String>, Option<String>, Option<String>, Option<String>);

/// Assignments that were at work at the end of the window (or are now, while it runs) though the limit that ran then (of
/// handling or of a rework) was over, the longest due first. What was done since (handed in, sent back, put on the
/// ledger) changes nothing; what turned out not to be theirs is void.
fn overdue(conn: &mut Conn, frame: &Frame) -> Result<Vec<Overdue>> {
    let at = frame.window.end.min(frame.now);
    let open = open_at(conn, at)?;
    let ids: Vec<i64> = open.keys().copied().collect();
    let standing = on_ledger(conn, at)?;
    let scope = frame.inside();
    let mut found: Vec<Overdue> = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        for (ticket, k, unit, head, handle, first, second) in due_of(conn, some, at)? {
            let Some(due_at) = late_at([handle, first, second], at) else { continue };
            let Some(of_ticket) = open.get(&ticket) else { continue };
            let inside = scope
                .is_none_or(|(by, keys)| is_inside(by, keys, (&unit, head.as_deref()), of_ticket));
            if inside && !standing.contains(&ticket) {
                found.push(Overdue { ticket, k, unit, due_at });
            }
        }
    }
    found.sort_by_key(|it| (it.due_at, it.ticket, it.k));
    Ok(found)
}

/// Ids that one statement names: within what either database takes.
const AT_ONCE: usize = 900;

/// Tickets that had not ended by `at`: those that live, and those that ended since. By their indexes: of all
/// assignments that were ever due most are long done.
fn open_at(conn: &mut Conn, at: Stamp) -> Result<BTreeMap<i64, OfTicket>> {
    type Line = (i64, OfTicket);
    let at = at.millis();
    let keys = (tickets::category, tickets::estate, tickets::company, tickets::region);
    let mut open: Vec<Line> = each!(conn, c => tickets::table
        .filter(tickets::ended_at.is_null().and(tickets::received_at.lt(at)))
        .select((tickets::id, keys))
        .load(c))?;
    open.extend(each!(conn, c => tickets::table
        .filter(tickets::ended_at.ge(at).and(tickets::received_at.lt(at)))
        .select((tickets::id, keys))
        .load::<Line>(c))?);
    Ok(open.into_iter().collect())
}

/// An assignment with its three limits: of handling and of two reworks.
type Due = (i64, i32, String, Option<String>, Limit, Limit, Limit);

/// The assignments of `tickets` that something was due of before `at`.
fn due_of(conn: &mut Conn, tickets: &[i64], at: Stamp) -> Result<Vec<Due>> {
    let void: Vec<&str> =
        WorkName::ALL.iter().filter(|it| it.is_void()).map(|it| it.as_str()).collect();
    let at = at.millis();
    let past = assignment::handle_due_at
        .lt(at)
        .or(assignment::rework1_due_at.lt(at))
        .or(assignment::rework2_due_at.lt(at));
    Ok(each!(conn, c => assignment::table
        .filter(assignment::ticket_id.eq_any(tickets.to_vec()))
        .filter(assignment::state.ne_all(void.clone()))
        .filter(assignment::part.ne("copy"))
        .filter(assignment::is_sub.eq(false))
        .filter(past.assume_not_null())
        .select((
            assignment::ticket_id,
            assignment::k,
            assignment::unit,
            assignment::head,
            (assignment::handle_due_at, assignment::handle_stopped_at),
            (assignment::rework1_due_at, assignment::rework1_stopped_at),
            (assignment::rework2_due_at, assignment::rework2_stopped_at),
        ))
        .load(c))?)
}

/// Tickets that stood on the ledger just before `at`: their limits stood still.
fn on_ledger(conn: &mut Conn, at: Stamp) -> Result<BTreeSet<i64>> {
    let at = at.millis();
    let written_off = ledger::written_off_at.ge(at).assume_not_null();
    let cancelled = ledger::cancelled_at.ge(at).assume_not_null();
    let ids: Vec<i64> = each!(conn, c => ledger::table
        .filter(ledger::approved_at.lt(at))
        .filter(ledger::written_off_at.is_null().or(written_off))
        .filter(ledger::cancelled_at.is_null().or(cancelled))
        .select(ledger::ticket_id)
        .load(c))?;
    Ok(ids.into_iter().collect())
}

fn is_inside(
    by: GroupBy,
    keys: &BTreeSet<String>,
    (unit, head): (&str, Option<&str>),
    (category, estate, company, region): &OfTicket,
) -> bool {
    let key = match by {
        GroupBy::Unit => Some(unit),
        GroupBy::Head => head,
        GroupBy::Category => category.as_deref(),
        GroupBy::Estate => estate.as_deref(),
        GroupBy::Company => company.as_deref(),
        GroupBy::Region => region.as_deref(),
        GroupBy::Channel => None,
    };
    key.is_some_and(|key| keys.contains(key))
}
