//! Upstream: lists of owed answers. Its rule: pages go on by key; the light is part of the query.

use diesel::prelude::*;

use super::Row;
use crate::db::Conn;
use crate::db::page::{cut, key_at, one_more, read_key_at};
use crate::db::schema::backfill;
use crate::error::Result;
use crate::limits::Light;
use crate::time::Stamp;
use crate::upstream::{Backfill, BackfillState};

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Any of these; none means every state.
    pub states: Vec<BackfillState>,
    pub light: Option<Light>,
    pub upstream_no: Option<String>,
    pub ticket_no: Option<String>,
    /// Caused from this instant on …
    pub from: Option<Stamp>,
    /// … and before this one.
    pub to: Option<Stamp>,
}

/// A page of at most `limit`, the most urgent first, and the key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by a list.
pub fn page(
    conn: &mut Conn,
    filter: &Filter,
    now: Stamp,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Backfill>, Option<String>)> {
    let mut query = narrowed(filter, now);
    if let Some(after) = after {
        let (due, id) = read_key_at(after)?;
        query = query
            .filter(backfill::due_at.ge(due))
            .filter(backfill::due_at.gt(due).or(backfill::due_at.eq(due).and(backfill::id.gt(id))));
    }
    let most = one_more(limit);
    let rows: Vec<Row> = query
        .order((backfill::due_at, backfill::id))
        .limit(most)
        .select(Row::as_select())
        .load(conn)?;
    let (rows, next) = cut(rows, limit, |row| key_at((row.due_at, row.id)));
    Ok((rows.into_iter().map(Backfill::from).collect(), next))
}

type Query = backfill::BoxedQuery<'static, crate::db::conn::MultiBackend>;

fn narrowed(filter: &Filter, now: Stamp) -> Query {
    let mut query = backfill::table.into_boxed();
    if !filter.states.is_empty() {
        query = query.filter(backfill::state.eq_any(filter.states.clone()));
    }
    if let Some(no) = &filter.upstream_no {
        query = query.filter(backfill::upstream_no.eq(no.clone()));
    }
    if let Some(no) = &filter.ticket_no {
        query = query.filter(backfill::ticket_no.eq(no.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(backfill::caused_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(backfill::caused_at.lt(to));
    }
    // As `Backfill::light` says of one.
    let open = || backfill::state.eq_any(BackfillState::OPEN);
    let late = || {
        open().and(backfill::due_at.lt(now)).or(diesel::dsl::not(open())
            .and(backfill::settled_at.assume_not_null().gt(backfill::due_at)))
    };
    match filter.light {
        None => query,
        Some(Light::Red) => query.filter(late()),
        Some(Light::Yellow) => {
            query.filter(open().and(backfill::due_at.ge(now)).and(backfill::soon_at.le(now)))
        }
        Some(Light::Green) => query
            .filter(diesel::dsl::not(late()))
            .filter(diesel::dsl::not(open().and(backfill::soon_at.le(now)))),
    }
}

/// The latest answer of each ticket among those caused in `[from, to)`, by id after `after`.
///
/// # Errors
/// As the database says.
pub fn latest_caused(
    conn: &mut Conn,
    (from, to): (Stamp, Stamp),
    after: i64,
    most: i64,
) -> Result<Vec<Backfill>> {
    let later = diesel::alias!(backfill as later);
    let is_later = later
        .filter(later.field(backfill::ticket_id).eq(backfill::ticket_id))
        .filter(later.field(backfill::revision).gt(backfill::revision))
        .filter(later.field(backfill::caused_at).lt(to));
    let rows: Vec<Row> = backfill::table
        .filter(backfill::caused_at.ge(from))
        .filter(backfill::caused_at.lt(to))
        .filter(backfill::id.gt(after))
        .filter(diesel::dsl::not(diesel::dsl::exists(is_later)))
        .order(backfill::id)
        .limit(most)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Backfill::from).collect())
}

/// Every answer of these tickets of the platform, by its number there; each ticket's in their order.
///
/// # Errors
/// As the database says.
pub fn all_of(conn: &mut Conn, numbers: &[String]) -> Result<Vec<Backfill>> {
    let rows: Vec<Row> = backfill::table
        .filter(backfill::upstream_no.eq_any(numbers.to_vec()))
        .order((backfill::ticket_id, backfill::revision))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Backfill::from).collect())
}
