//! Proactive: tickets as the rules look at them, out of their rows. Its rule: from an index, and never a document.

use std::collections::BTreeSet;

use diesel::dsl::{count, count_star, min};
use diesel::prelude::*;

use super::super::city::{City, Counts, WEEK, weeks_known};
use super::super::seen::Seen;
use crate::db::Conn;
use crate::db::schema::{import_batch, imported, seal, seal_leaf, tickets};
use crate::directory::{UnitCode, Urgency};
use crate::error::Result;
use crate::ticket::StateName;
use crate::ticket::again::About;
use crate::ticket::listing;
use crate::time::Stamp;

/// The columns that the rules know.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = tickets)]
struct Row {
    id: i64,
    no: String,
    received_at: Stamp,
    state: StateName,
    urgency: Urgency,
    phone_hash: Option<String>,
    category: Option<String>,
    estate: Option<String>,
    region: Option<String>,
    company: Option<String>,
    lead_unit: Option<UnitCode>,
    survey: Option<String>,
    ended_at: Option<Stamp>,
    sealed: bool,
}

impl From<Row> for Seen {
    fn from(row: Row) -> Self {
        // `contacted:solved:satisfied` of the last valid survey.
        let dissatisfied = row.survey.map(|survey| survey.ends_with(":dissatisfied"));
        Self {
            id: row.id,
            no: row.no,
            at: row.received_at,
            state: row.state,
            urgency: row.urgency,
            caller: row.phone_hash,
            category: row.category,
            estate: row.estate,
            region: row.region,
            company: row.company,
            lead: row.lead_unit,
            dissatisfied,
            ended_at: row.ended_at,
            sealed: row.sealed,
        }
    }
}

/// A ticket that has changed, and what it was brought in by.
#[derive(Debug, Clone)]
pub struct Changed {
    pub ticket: Seen,
    /// Whether it came by an import: it calls for no warning then.
    pub imported: bool,
    /// Whether anything happened to it but the import.
    pub lives: bool,
}

/// The states in which a ticket does not count, as [`Seen::counts`] has it.
const NOT_COUNTED: [&str; 2] = [StateName::Declined.as_str(), StateName::Withdrawn.as_str()];

/// Tickets asked for at once.
const AT_ONCE: usize = 500;

/// The next seal after `mark` with the tickets that changed under it.
pub fn changed_after(conn: &mut Conn, mark: i64) -> Result<Option<(i64, Vec<Changed>)>> {
    let next: Option<i64> =
        seal::table.filter(seal::no.gt(mark)).select(min(seal::no)).first(conn)?;
    let Some(no) = next else { return Ok(None) };
    let leaves: Vec<(i64, i32)> = seal_leaf::table
        .filter(seal_leaf::seal_no.eq(no))
        .order(seal_leaf::ticket_id)
        .select((seal_leaf::ticket_id, seal_leaf::seq))
        .load(conn)?;
    let mut all = Vec::with_capacity(leaves.len());
    for some in leaves.chunks(AT_ONCE) {
        let ids: Vec<i64> = some.iter().map(|it| it.0).collect();
        let found: Vec<(Row, Option<i32>)> = tickets::table
            .left_join(imported::table.on(imported::no.eq(tickets::no)))
            .filter(tickets::id.eq_any(ids))
            .select((Row::as_select(), imported::events.nullable()))
            .load(conn)?;
        for (row, events) in found {
            let seq = some.iter().find(|it| it.0 == row.id).map_or(0, |it| it.1);
            let lives = events.is_none_or(|events| seq > events);
            all.push(Changed { ticket: row.into(), imported: events.is_some(), lives });
        }
    }
    Ok(Some((no, all)))
}

/// At most `most` tickets with a valid survey after the id `after`, in the order of ids.
pub fn answered_after(conn: &mut Conn, after: i64, most: i64) -> Result<Vec<Seen>> {
    let found: Vec<Row> = tickets::table
        .filter(tickets::id.gt(after).and(tickets::survey.is_not_null()))
        .order(tickets::id)
        .limit(most)
        .select(Row::as_select())
        .load(conn)?;
    Ok(found.into_iter().map(Seen::from).collect())
}

/// When the import began that brought in the ticket `no`; nothing where none did.
pub fn imported_at(conn: &mut Conn, no: &str) -> Result<Option<Stamp>> {
    let batch = imported::table.find(no.to_owned()).select(imported::batch);
    let Some(batch) = batch.first::<i64>(conn).optional()? else { return Ok(None) };
    let began = import_batch::table.find(batch).select(import_batch::began_at);
    Ok(began.first::<Stamp>(conn).optional()?)
}

/// The tickets of an estate received after `from`, in the order of time.
pub fn of_estate(conn: &mut Conn, estate: &str, from: Stamp) -> Result<Vec<Seen>> {
    let found: Vec<Row> = tickets::table
        .filter(tickets::estate.eq(estate.to_owned()))
        .filter(tickets::received_at.gt(from.millis()))
        .order((tickets::received_at, tickets::id))
        .select(Row::as_select())
        .load(conn)?;
    Ok(found.into_iter().map(Seen::from).collect())
}

/// The tickets of a caller about a matter received from `from` on, up to and with `to`, in the order of time.
pub fn of_caller(
    conn: &mut Conn,
    (caller, about): (&str, &About),
    (from, to): (Stamp, Stamp),
) -> Result<Vec<Seen>> {
    let found = listing::brought_by(conn, caller, about, from, to.plus_millis(1))?;
    let numbers: Vec<String> = found.into_iter().map(|it| it.0).collect();
    if numbers.is_empty() { Ok(Vec::new()) } else { numbered(conn, &numbers) }
}

/// The tickets with these numbers, in the order of time.
pub fn numbered(conn: &mut Conn, numbers: &[String]) -> Result<Vec<Seen>> {
    let found: Vec<Row> = tickets::table
        .filter(tickets::no.eq_any(numbers.to_vec()))
        .order((tickets::received_at, tickets::id))
        .select(Row::as_select())
        .load(conn)?;
    Ok(found.into_iter().map(Seen::from).collect())
}

/// How many tickets of `categories` that count were received after `from` up to `to`, and how many of those came by an
/// import.
pub fn count_of_categories(
    conn: &mut Conn,
    categories: &BTreeSet<String>,
    (from, to): (Stamp, Stamp),
) -> Result<(usize, usize)> {
    let (all, brought): (i64, i64) = tickets::table
        .left_join(imported::table.on(imported::no.eq(tickets::no)))
        .filter(tickets::received_at.gt(from.millis()).and(tickets::received_at.le(to.millis())))
        .filter(tickets::category.eq_any(categories.iter().cloned().collect::<Vec<_>>()))
        .filter(tickets::state.ne_all(NOT_COUNTED))
        .select((count_star(), count(imported::no.nullable())))
        .first(conn)?;
    let number = |n: i64| usize::try_from(n).unwrap_or_default();
    Ok((number(all), number(brought)))
}

/// The same tickets, the latest `most` of them, in the order of time.
pub fn latest_of_categories(
    conn: &mut Conn,
    categories: &BTreeSet<String>,
    (from, to): (Stamp, Stamp),
    most: usize,
) -> Result<Vec<Seen>> {
    let found: Vec<Row> = tickets::table
        .filter(tickets::received_at.gt(from.millis()).and(tickets::received_at.le(to.millis())))
        .filter(tickets::category.eq_any(categories.iter().cloned().collect::<Vec<_>>()))
        .filter(tickets::state.ne_all(NOT_COUNTED))
        .order((tickets::received_at.desc(), tickets::id.desc()))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(Row::as_select())
        .load(conn)?;
    Ok(found.into_iter().rev().map(Seen::from).collect())
}

/// Every ticket received before `to`, in the order of time: for a replay.
pub fn received_before(conn: &mut Conn, to: Stamp) -> Result<Vec<Seen>> {
    let found: Vec<Row> = tickets::table
        .filter(tickets::received_at.le(to.millis()))
        .order((tickets::received_at, tickets::id))
        .select(Row::as_select())
        .load(conn)?;
    Ok(found.into_iter().map(Seen::from).collect())
}

/// What the whole city did in the `weeks` full windows before the last seven days, and in those.
pub fn city(conn: &mut Conn, now: Stamp, weeks: u32) -> Result<City> {
    let week = now.plus_millis(-WEEK);
    let far = week.plus_millis(-WEEK * i64::from(weeks));
    let counted = |from: Stamp, to: Stamp| {
        tickets::table
            .filter(tickets::received_at.gt(from.millis()))
            .filter(tickets::received_at.le(to.millis()))
            .filter(tickets::estate.is_not_null().and(tickets::category.is_not_null()))
            .filter(tickets::state.ne_all(NOT_COUNTED))
    };
    let mut city = City::default();
    let by_category = |conn: &mut Conn, from, to| -> Result<Vec<(Option<String>, i64)>> {
        Ok(counted(from, to)
            .group_by(tickets::category)
            .select((tickets::category, count_star()))
            .load(conn)?)
    };
    for (category, count) in by_category(conn, far, week)? {
        let count = u64::try_from(count).unwrap_or_default();
        city.before += count;
        city.categories.insert(category.unwrap_or_default(), Counts { before: count, lately: 0 });
    }
    for (category, count) in by_category(conn, week, now)? {
        let counts = city.categories.entry(category.unwrap_or_default()).or_default();
        counts.lately = u64::try_from(count).unwrap_or_default();
    }
    let estates: Vec<Option<String>> =
        counted(far, week).select(tickets::estate).distinct().load(conn)?;
    city.estates = u64::try_from(estates.len()).unwrap_or(u64::MAX);
    let first: Option<Stamp> = tickets::table.select(min(tickets::received_at)).first(conn)?;
    city.weeks = weeks_known(first, now, weeks);
    Ok(city)
}
