//! Ticket: what tickets were about and who got them, in codes alone. Its rule: nothing of a case is
//! read here but an instant, so that whoever keeps the catalogue may be shown it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::{AT_ONCE, Vault, load_by_id};
use crate::db::Conn;
use crate::db::conn::MultiBackend;
use crate::db::page::one_more;
use crate::db::schema::{assignment, tickets};
use crate::directory::{CategoryCode, EstateCode, RegionCode, UnitCode};
use crate::error::Result;
use crate::ticket::state::{Part, Work, WorkName};
use crate::time::Stamp;

/// What a ticket is about and where.
type Codes = (Option<CategoryCode>, Option<RegionCode>, Option<EstateCode>);

/// A ticket as the dispatch catalogue sees it, and the units that had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    pub no: String,
    pub category: Option<CategoryCode>,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    /// Whether some units get a handling copy only.
    pub sealed: bool,
    /// As [`super::rows::accused_key`] writes it.
    pub accused: Option<String>,
    /// The last lead that was neither returned nor recalled.
    pub lead: Option<UnitCode>,
    /// Assists that were neither returned nor recalled, without what units passed down.
    pub assists: BTreeSet<UnitCode>,
}

/// How far a look at tickets goes; all of them where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Those on one of these matters.
    pub categories: Option<BTreeSet<CategoryCode>>,
    /// Those in one of these regions, or, without a region, at one of these estates.
    pub places: Option<(BTreeSet<RegionCode>, BTreeSet<EstateCode>)>,
    pub estate: Option<EstateCode>,
    /// Of all these so many, the newest, with whatever came in the same instant as the first of them.
    pub newest: Option<u32>,
}

type Query<'a> = tickets::BoxedQuery<'a, MultiBackend>;

/// The tickets received in `[from, to)`, in the order of receipt.
///
/// # Errors
/// The database's own.
pub fn dispatched(conn: &mut Conn, from: Stamp, to: Stamp) -> Result<Vec<Dispatched>> {
    looked_at(conn, (from, to), &Reach::default())
}

/// The tickets received in `[from, to)` to which `reach` goes, in the order of receipt, and whether more on the same
/// matters and at the same places came before the newest. They are not counted: that would be a walk through the month.
///
/// # Errors
/// The database's own.
pub fn reached(
    conn: &mut Conn,
    (from, to): (Stamp, Stamp),
    reach: &Reach,
) -> Result<(Vec<Dispatched>, bool)> {
    let back = (tickets::received_at.desc(), tickets::id.desc());
    let mut at = |between, offset: u32| {
        let instants = received(between, reach).order(back).select(tickets::received_at);
        instants.limit(1).offset(i64::from(offset)).get_result::<Stamp>(conn).optional()
    };
    let (mut since, mut partial) = (from, false);
    if let Some(newest) = reach.newest
        && let Some(first) = at((from, to), newest.saturating_sub(1))?
    {
        partial = at((from, first), 0)?.is_some();
        since = first;
    }
    Ok((looked_at(conn, (since, to), reach)?, partial))
}

/// What was received in `[from, to)` on the matters and at the places of `reach`.
fn received<'a>((from, to): (Stamp, Stamp), reach: &Reach) -> Query<'a> {
    let mut query: Query<'a> = tickets::table.into_boxed();
    query = query
        .filter(tickets::received_at.ge(from.millis()))
        .filter(tickets::received_at.lt(to.millis()));
    if let Some(categories) = &reach.categories {
        query = query.filter(tickets::category.eq_any(texts(categories)));
    }
    if let Some((regions, estates)) = &reach.places {
        let at_estates = tickets::region.is_null().and(tickets::estate.eq_any(texts(estates)));
        query = query.filter(tickets::region.eq_any(texts(regions)).or(at_estates));
    }
    if let Some(estate) = &reach.estate {
        query = query.filter(tickets::estate.eq(estate.as_str().to_owned()));
    }
    query
}

fn texts<T: ToString>(codes: &BTreeSet<T>) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// All of [`received`], in the order of receipt.
fn looked_at(conn: &mut Conn, between: (Stamp, Stamp), reach: &Reach) -> Result<Vec<Dispatched>> {
    type Line = (i64, String, Codes, (bool, Option<String>), Option<UnitCode>);
    let lines: Vec<Line> = received(between, reach)
        .order((tickets::received_at.asc(), tickets::id.asc()))
        .select((
            tickets::id,
            tickets::no,
            (tickets::category, tickets::region, tickets::estate),
            (tickets::sealed, tickets::accused),
            tickets::lead_unit,
        ))
        .load(conn)?;
    let ids: Vec<i64> = lines.iter().map(|(id, ..)| *id).collect();
    let void = [WorkName::Returned.as_str(), WorkName::Recalled.as_str()];
    let mut of: BTreeMap<i64, BTreeSet<UnitCode>> = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let assists: Vec<(i64, UnitCode)> = assignment::table
            .filter(assignment::ticket_id.eq_any(some.to_vec()))
            .filter(assignment::part.eq(Part::Assist.as_str()))
            .filter(assignment::is_sub.eq(false))
            .filter(assignment::state.ne_all(void))
            .select((assignment::ticket_id, assignment::unit))
            .load(conn)?;
        for (ticket, unit) in assists {
            of.entry(ticket).or_default().insert(unit);
        }
    }
    let dispatched = |(id, no, codes, (sealed, accused), lead): Line| {
        let (category, region, estate) = codes;
        let assists = of.remove(&id).unwrap_or_default();
        Dispatched { no, category, region, estate, sealed, accused, lead, assists }
    };
    Ok(lines.into_iter().map(dispatched).collect())
}

/// A ticket that its lead rightly returned, and who leads it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub no: String,
    pub category: Option<CategoryCode>,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    pub refused: UnitCode,
    pub lead: UnitCode,
}

/// The leads' assignments that were returned since `since`, the dispute upheld, where another unit leads the ticket now;
/// of the `most` that were sent to another lead last, and whether there are more of these.
///
/// # Errors
/// As the database says.
pub fn returned(
    conn: &mut Conn,
    vault: Vault<'_>,
    since: Stamp,
    most: usize,
) -> Result<(Vec<Returned>, bool)> {
    // Who has it instead was sent it after the decision, and is not the ticket's first part. The conditions are said as
    // the two short indexes say them (`assignment_again`, `assignment_returned`): bound, they might not be used.
    let mut sent_again: Vec<i64> = assignment::table
        .filter(assignment::sent_at.ge(since))
        .filter(sql::<Bool>("assignment.part = 'lead' AND assignment.k > 1"))
        .order((assignment::sent_at.desc(), assignment::ticket_id.desc()))
        .select(assignment::ticket_id)
        .limit(one_more(most))
        .load(conn)?;
    let partial = sent_again.len() > most;
    sent_again.truncate(most);
    let ids: BTreeSet<i64> = sent_again.into_iter().collect();
    let refused = refused(conn, &ids)?;
    let owned = owned(conn, refused.iter().map(|(id, ..)| *id).collect())?;
    let mut found = Vec::with_capacity(refused.len());
    for (id, k, sent_at, unit) in refused {
        // When it was decided stands in the document alone; what was sent since was decided since.
        if let Some((no, (category, region, estate), lead)) = owned.get(&id)
            && (sent_at >= since || returned_at(conn, vault, id, k)?.is_some_and(|at| at >= since))
        {
            found.push(Returned {
                no: no.clone(),
                category: category.clone(),
                region: region.clone(),
                estate: estate.clone(),
                refused: unit,
                lead: lead.clone(),
            });
        }
    }
    Ok((found, partial))
}

/// The assignments of the tickets `ids` that their leads returned: ticket, place, when sent, to whom.
fn refused(conn: &mut Conn, ids: &BTreeSet<i64>) -> Result<Vec<(i64, i32, Stamp, UnitCode)>> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut refused = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let theirs = assignment::table
            .filter(assignment::ticket_id.eq_any(some.to_vec()))
            .filter(sql::<Bool>("assignment.part = 'lead' AND assignment.state = 'returned'"))
            .select((assignment::ticket_id, assignment::k, assignment::sent_at, assignment::unit));
        refused.extend(theirs.load::<(i64, i32, Stamp, UnitCode)>(conn)?);
    }
    refused.sort_unstable_by_key(|(id, k, ..)| (*id, *k));
    Ok(refused)
}

/// A ticket's number, its codes, and the unit that leads it or led it last.
type Owned = (String, Codes, UnitCode);

/// Those of the tickets `ids` that a unit leads or led.
fn owned(conn: &mut Conn, ids: BTreeSet<i64>) -> Result<BTreeMap<i64, Owned>> {
    type Line = (i64, String, Codes, Option<UnitCode>);
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut found = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let theirs = tickets::table.filter(tickets::id.eq_any(some.to_vec()));
        let lines: Vec<Line> = theirs
            .select((
                tickets::id,
                tickets::no,
                (tickets::category, tickets::region, tickets::estate),
                tickets::lead_unit,
            ))
            .load(conn)?;
        let kept = |(id, no, codes, lead): Line| Some((id, (no, codes, lead?)));
        found.extend(lines.into_iter().filter_map(kept));
    }
    Ok(found)
}

/// When the assignment `k` was returned; nothing where the ticket was erased.
fn returned_at(conn: &mut Conn, vault: Vault<'_>, id: i64, k: i32) -> Result<Option<Stamp>> {
    let stored = load_by_id(conn, vault, id)?;
    let place = u32::try_from(k).ok();
    let assignment = stored.as_ref().zip(place).and_then(|(it, k)| it.ticket.assignments.get(&k));
    Ok(match assignment.map(|it| &it.work) {
        Some(Work::Returned { at }) => Some(*at),
        _ => None,
    })
}

/// A unit's newest assignments that are looked at for its record.
const LOOKED_AT: i64 = 300;

/// Of the last `most` matters of `category` among the newest assignments of `unit` as the lead: how many it
/// returned, the dispute upheld, and how many there are.
pub fn lately_led(
    conn: &mut Conn,
    unit: &UnitCode,
    category: &CategoryCode,
    most: usize,
) -> Result<(usize, usize)> {
    // In the order of the index: what was taken back was no matter of the unit's.
    let newest: Vec<(WorkName, Part, Option<CategoryCode>)> = assignment::table
        .inner_join(tickets::table.on(tickets::id.eq(assignment::ticket_id)))
        .filter(assignment::unit.eq(unit.as_str().to_owned()))
        .filter(assignment::taken_back.eq(false))
        .order(assignment::ticket_id.desc())
        .limit(LOOKED_AT)
        .select((assignment::state, assignment::part, tickets::category))
        .load(conn)?;
    let led = newest
        .into_iter()
        .filter(|(_, part, of)| *part == Part::Lead && of.as_ref() == Some(category));
    let states: Vec<WorkName> = led.take(most).map(|(state, ..)| state).collect();
    let returned = states.iter().filter(|state| **state == WorkName::Returned).count();
    Ok((returned, states.len()))
}
