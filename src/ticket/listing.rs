//! Ticket: lists. Its rule: what a reader may see is part of the query, the same that
//! `sight::sight` says of one ticket; pages go on by key, never by offset.

use std::collections::BTreeSet;

use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::again::About;
use super::sight::{Scope, scope};
use super::state::StateName;
use super::store::AT_ONCE;
use super::store::callers::{keys_of, parts};
use super::store::rows::{TicketRow, accused_key};
use crate::code_enum;
use crate::db::Conn;
use crate::db::page::{cut, key_at, one_more, read_key_at};
use crate::db::schema::{assignment, caller_key, tickets};
use crate::directory::{CategoryCode, Channel, Directory, EstateCode, Kind, RegionCode, UnitCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::limits::Light;
use crate::sealing::MasterKey;
use crate::time::Stamp;

code_enum! {
    /// In which order a list goes.
    pub enum Sort {
        Newest = "-received_at" "最新在前",
        Oldest = "received_at" "最早在前",
        Due = "due_at" "最急在前",
    }
}

/// What a list is narrowed to; an empty filter narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub states: Vec<StateName>,
    /// Any of these works on it.
    pub units: Option<BTreeSet<UnitCode>>,
    pub categories: Option<BTreeSet<CategoryCode>>,
    pub estate: Option<EstateCode>,
    pub regions: Option<BTreeSet<RegionCode>>,
    pub light: Option<Light>,
    pub kind: Option<Kind>,
    pub channel: Option<Channel>,
    pub received_from: Option<Stamp>,
    /// Not included.
    pub received_to: Option<Stamp>,
    pub sort: Option<Sort>,
    /// Only tickets of a caller with one of these keys.
    pub callers: Option<Vec<String>>,
    /// Not the sealed ones that accuse one of these (as rows write it): whose they are is not for the accused to find.
    pub accusing: BTreeSet<String>,
}

/// The list of a caller's tickets for `actor`; `hashes` are those of the caller's numbers and names.
/// Whoever gets a handling copy may not learn from a list whose it is (domain.md §11).
///
/// # Errors
/// 403 for a property company, which gets nothing but copies where anybody is to be protected.
pub fn of_callers(
    actor: &Actor,
    directory: &Directory,
    keys: &MasterKey,
    hashes: Vec<String>,
) -> Result<Filter> {
    if actor.company {
        return Err(Error::forbidden());
    }
    let own = actor.unit.iter().filter(|_| matches!(scope(actor), Scope::Units(_)));
    let accusing = own.flat_map(|unit| {
        let above = directory.ancestors(unit);
        above.into_iter().chain([unit.clone()])
    });
    let accusing = accusing.map(|unit| accused_key(keys, unit.as_str())).collect();
    Ok(Filter { callers: Some(hashes), accusing, ..Filter::default() })
}

/// A unit with at most so many parts in all is entered by them: of a million tickets walked in the order of the list it
/// would have a page after every one of them was looked at. One with more has a page soon.
const FEW: i64 = 1_500;

type Query<'a> = tickets::BoxedQuery<'a, crate::db::conn::MultiBackend>;

/// A page of at most `limit` rows after the key `after`, and the key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by a list.
pub fn page(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    now: Stamp,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<TicketRow>, Option<String>)> {
    let sort = filter.sort.unwrap_or(Sort::Newest);
    let Some(query) = scoped(scope) else { return Ok((Vec::new(), None)) };
    let parts = if filter.callers.is_some() { parts(conn)? } else { Vec::new() };
    let mut query = entered(conn, narrowed(query, filter, &parts, now), scope, filter)?;
    if let Some(after) = after {
        let (key, id) = read_key_at(after)?;
        // What stands first of each says nothing new; by it the index is entered at this place and not walked up to it.
        query = match sort {
            Sort::Newest => query.filter(tickets::received_at.le(key)).filter(
                tickets::received_at
                    .lt(key)
                    .or(tickets::received_at.eq(key).and(tickets::id.lt(id))),
            ),
            Sort::Oldest => query.filter(tickets::received_at.ge(key)).filter(
                tickets::received_at
                    .gt(key)
                    .or(tickets::received_at.eq(key).and(tickets::id.gt(id))),
            ),
            Sort::Due => query.filter(tickets::red_at.ge(key)).filter(
                tickets::red_at.gt(key).or(tickets::red_at.eq(key).and(tickets::id.gt(id))),
            ),
        };
    }
    let query = match sort {
        Sort::Newest => query.order((tickets::received_at.desc(), tickets::id.desc())),
        Sort::Oldest => query.order((tickets::received_at.asc(), tickets::id.asc())),
        Sort::Due => query
            .filter(tickets::red_at.is_not_null())
            .order((tickets::red_at.asc(), tickets::id.asc())),
    };
    let most = one_more(limit);
    let rows: Vec<TicketRow> = query.select(TicketRow::as_select()).limit(most).load(conn)?;
    Ok(cut(rows, limit, |row| {
        let at = match sort {
            Sort::Due => row.red_at.unwrap_or(Stamp::MAX),
            _ => row.received_at,
        };
        key_at((at, row.id))
    }))
}

/// How many rows all pages of the list have.
///
/// # Errors
/// The database's own.
pub fn count(conn: &mut Conn, scope: &Scope, filter: &Filter, now: Stamp) -> Result<i64> {
    let Some(query) = scoped(scope) else { return Ok(0) };
    let parts = if filter.callers.is_some() { parts(conn)? } else { Vec::new() };
    let mut query = entered(conn, narrowed(query, filter, &parts, now), scope, filter)?;
    if filter.sort == Some(Sort::Due) {
        query = query.filter(tickets::red_at.is_not_null());
    }
    Ok(query.select(count_star()).first(conn)?)
}

/// The tickets received in `[from, to)` of the caller with the phone hash `caller` about `about`: number and
/// instant of each, the oldest first.
///
/// # Errors
/// The database's own.
pub fn brought_by(
    conn: &mut Conn,
    caller: &str,
    about: &About,
    from: Stamp,
    to: Stamp,
) -> Result<Vec<(String, Stamp)>> {
    let parts = parts(conn)?;
    // From the index of callers, as every search for them; the whole hash decides.
    let theirs = caller_key::table
        .filter(caller_key::part.eq_any(parts))
        .filter(caller_key::hash.eq_any(keys_of(&[caller.to_owned()])))
        .select(caller_key::ticket_id);
    let mut query = tickets::table
        .into_boxed()
        .filter(tickets::id.eq_any(theirs))
        .filter(tickets::phone_hash.eq(caller.to_owned()))
        .filter(tickets::category.eq(about.category.clone()))
        .filter(tickets::received_at.ge(from.millis()))
        .filter(tickets::received_at.lt(to.millis()));
    query = match (&about.estate, &about.region) {
        (Some(estate), _) => query.filter(tickets::estate.eq(estate.clone())),
        (None, Some(region)) => {
            query.filter(tickets::estate.is_null()).filter(tickets::region.eq(region.clone()))
        }
        (None, None) => return Ok(Vec::new()),
    };
    Ok(query
        .order((tickets::received_at, tickets::id))
        .select((tickets::no, tickets::received_at))
        .load(conn)?)
}

/// The same up to `most`, which costs no more than a page of so many.
///
/// # Errors
/// The database's own.
pub fn count_up_to(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    now: Stamp,
    most: i64,
) -> Result<i64> {
    let Some(query) = scoped(scope) else { return Ok(0) };
    let parts = if filter.callers.is_some() { parts(conn)? } else { Vec::new() };
    let mut query = entered(conn, narrowed(query, filter, &parts, now), scope, filter)?;
    if filter.sort == Some(Sort::Due) {
        query = query.filter(tickets::red_at.is_not_null());
    }
    let found: Vec<i64> = query.select(tickets::id).limit(most).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// Whether the ticket numbered `no` stands in a list that `scope` sees.
///
/// # Errors
/// The database's own.
pub fn has(conn: &mut Conn, scope: &Scope, no: &str) -> Result<bool> {
    let Some(query) = scoped(scope) else { return Ok(false) };
    let found = query.filter(tickets::no.eq(no.to_owned())).select(tickets::id);
    Ok(found.first::<i64>(conn).optional()?.is_some())
}

/// Those of the tickets `numbers` that stand in a list that `scope` sees.
///
/// # Errors
/// The database's own.
pub fn named(conn: &mut Conn, scope: &Scope, numbers: &[String]) -> Result<Vec<TicketRow>> {
    let mut found = Vec::new();
    for some in numbers.chunks(AT_ONCE) {
        let Some(query) = scoped(scope) else { break };
        let query = query.filter(tickets::no.eq_any(some.to_vec()));
        found.extend(query.select(TicketRow::as_select()).load::<TicketRow>(conn)?);
    }
    Ok(found)
}

/// Those of `ids` that stand in a list that `scope` sees.
///
/// # Errors
/// The database's own.
pub fn visible(conn: &mut Conn, scope: &Scope, ids: &[i64]) -> Result<BTreeSet<i64>> {
    let mut seen = BTreeSet::new();
    for some in ids.chunks(AT_ONCE) {
        let Some(query) = scoped(scope) else { break };
        let found = query.filter(tickets::id.eq_any(some.to_vec())).select(tickets::id);
        seen.extend(found.load::<i64>(conn)?);
    }
    Ok(seen)
}

/// `query`, by the parts of its units where these have few.
fn entered<'a>(
    conn: &mut Conn,
    query: Query<'a>,
    scope: &Scope,
    filter: &Filter,
) -> Result<Query<'a>> {
    let own = match scope {
        Scope::Units(units) => Some(units),
        _ => None,
    };
    for units in filter.units.iter().chain(own) {
        let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
        let theirs = || {
            assignment::table
                .filter(assignment::unit.eq_any(codes.clone()))
                .select(assignment::ticket_id)
        };
        let one_more: Option<i64> = theirs().offset(FEW).first(conn).optional()?;
        if one_more.is_none() {
            return Ok(query.filter(tickets::id.eq_any(theirs())));
        }
    }
    Ok(query)
}

/// Every ticket that `scope` may see; none where it sees nothing.
fn scoped<'a>(scope: &Scope) -> Option<Query<'a>> {
    let all = tickets::table.into_boxed();
    match scope {
        Scope::Nothing => None,
        Scope::All => Some(all),
        Scope::Upstream => Some(all.filter(tickets::upstream_no.is_not_null())),
        Scope::Units(units) => {
            let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
            Some(
                all.filter(exists(
                    assignment::table
                        .filter(assignment::ticket_id.eq(tickets::id))
                        .filter(assignment::unit.eq_any(codes))
                        .filter(assignment::taken_back.eq(false)),
                )),
            )
        }
    }
}

fn texts<T: ToString>(codes: &BTreeSet<T>) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

fn narrowed<'a>(mut query: Query<'a>, filter: &Filter, parts: &[i32], now: Stamp) -> Query<'a> {
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        let in_one = tickets::state.eq_any(states);
        // A list of the most urgent is walked by what runs out, of which there is little; entered by the states, SQLite
        // would read and sort all that is open. Said to be true, it is no way in.
        query = match filter.sort {
            Some(Sort::Due) => query.filter(in_one.eq(true)),
            _ => query.filter(in_one),
        };
    }
    if let Some(units) = &filter.units {
        let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
        query = query.filter(exists(
            assignment::table
                .filter(assignment::ticket_id.eq(tickets::id))
                .filter(assignment::unit.eq_any(codes))
                .filter(not(assignment::state.eq_any(["returned", "recalled"]))),
        ));
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(tickets::category.eq_any(texts(categories)));
    }
    if let Some(regions) = &filter.regions {
        let codes: Vec<String> = regions.iter().map(ToString::to_string).collect();
        query = query.filter(tickets::region.eq_any(codes));
    }
    if let Some(estate) = &filter.estate {
        query = query.filter(tickets::estate.eq(estate.as_str().to_owned()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(tickets::kind.eq(kind.as_str()));
    }
    if let Some(channel) = filter.channel {
        query = query.filter(tickets::channel.eq(channel.as_str()));
    }
    if let Some(from) = filter.received_from {
        query = query.filter(tickets::received_at.ge(from.millis()));
    }
    if let Some(to) = filter.received_to {
        query = query.filter(tickets::received_at.lt(to.millis()));
    }
    if let Some(callers) = &filter.callers {
        // From the index of callers to the tickets: a caller has few of them.
        let theirs = caller_key::table
            .filter(caller_key::part.eq_any(parts.to_vec()))
            .filter(caller_key::hash.eq_any(keys_of(callers)))
            .select(caller_key::ticket_id);
        query = query.filter(tickets::id.eq_any(theirs));
    }
    if !filter.accusing.is_empty() {
        let accused =
            tickets::accused.is_null().or(tickets::accused.ne_all(texts(&filter.accusing)));
        query = query.filter(tickets::sealed.eq(false).or(accused.assume_not_null()));
    }
    lit(query, filter.light, now.millis())
}

/// The worst light of overall and the lead's handle clock, as `Ticket::light` says it.
fn lit(query: Query<'_>, light: Option<Light>, now: i64) -> Query<'_> {
    match light {
        None => query,
        Some(Light::Red) => query.filter(tickets::red_at.lt(now)),
        Some(Light::Yellow) => {
            query.filter(tickets::red_at.ge(now)).filter(tickets::yellow_at.le(now))
        }
        Some(Light::Green) => {
            query.filter(tickets::yellow_at.is_null().or(tickets::yellow_at.gt(now)))
        }
    }
}
