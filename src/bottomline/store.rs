//! Bottom line: the rows of cases, test calls and empty replies. Its rule: codes, times and ciphertext; nothing is
//! ever deleted, since the figures count it.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::{CaseState, Rang, Source};
use crate::db::conn::MultiBackend;
use crate::db::schema::{bottom_case, empty_reply, test_call, tickets};
use crate::db::{Conn, Tx, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::ticket::overlay::BottomLine;
use crate::time::Stamp;

/// A row of `bottom_case`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = bottom_case, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct CaseRow {
    pub id: i64,
    pub flag: BottomLine,
    pub source: Source,
    pub unit: UnitCode,
    pub ticket_id: Option<i64>,
    pub test_call_id: Option<i64>,
    pub opened_at: Stamp,
    /// Whoever flagged it; 0 for a citizen and for the program.
    pub opened_by: i64,
    /// Yellow from then on.
    pub soon_at: Stamp,
    pub due_at: Stamp,
    pub state: CaseState,
    /// Sealed.
    pub answer: Option<Vec<u8>>,
    pub answered_at: Option<Stamp>,
    pub answered_by: Option<i64>,
    /// The login name.
    pub answered_name: Option<String>,
    /// Sealed.
    pub decision: Option<Vec<u8>>,
    pub decided_at: Option<Stamp>,
    pub decided_by: Option<i64>,
    pub decided_name: Option<String>,
}

/// A row of `test_call`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = test_call, treat_none_as_default_value = false)]
pub struct TestCallRow {
    pub id: i64,
    pub unit: UnitCode,
    /// Which of the unit's published phones, from 0.
    pub phone: i32,
    /// The number as it was published then.
    pub number: String,
    pub at: Stamp,
    pub by_id: i64,
    pub by_name: String,
    pub outcome: Rang,
    /// Sealed.
    pub note: Option<Vec<u8>>,
}

/// Which cases are asked for, in a list and in figures alike.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Those of these units alone.
    pub units: Option<Vec<UnitCode>>,
    pub state: Option<CaseState>,
    pub flag: Option<BottomLine>,
    /// Opened in `[start, end)`.
    pub opened: Option<(Stamp, Stamp)>,
    /// Without those that rest on a ticket that stands excluded.
    pub is_assessed: bool,
}

type Query<'a> = bottom_case::BoxedQuery<'a, MultiBackend>;

impl Which {
    fn query<'a>(&self) -> Query<'a> {
        let mut query = bottom_case::table.into_boxed();
        if let Some(units) = &self.units {
            let units: Vec<String> = units.iter().map(ToString::to_string).collect();
            query = query.filter(bottom_case::unit.eq_any(units));
        }
        if let Some(state) = self.state {
            query = query.filter(bottom_case::state.eq(state.as_str()));
        }
        if let Some(flag) = self.flag {
            query = query.filter(bottom_case::flag.eq(flag.as_str()));
        }
        if let Some((start, end)) = self.opened {
            query = query.filter(bottom_case::opened_at.ge(start.millis()));
            query = query.filter(bottom_case::opened_at.lt(end.millis()));
        }
        if self.is_assessed {
            let own = tickets::id.nullable().eq(bottom_case::ticket_id);
            let excluded = tickets::table.filter(own).filter(tickets::excluded.is_not_null());
            query = query.filter(not(exists(excluded)));
        }
        query
    }
}

/// The case with this id.
pub(super) fn find(conn: &mut Conn, id: i64) -> Result<Option<CaseRow>> {
    Ok(bottom_case::table.find(id).select(CaseRow::as_select()).first(conn).optional()?)
}

/// At most `most` cases after the id `after`, the oldest first.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn, which: &Which, after: i64, most: i64) -> Result<Vec<CaseRow>> {
    let query = which.query().filter(bottom_case::id.gt(after));
    Ok(query.order(bottom_case::id).limit(most).select(CaseRow::as_select()).load(conn)?)
}

/// How many there are.
///
/// # Errors
/// The database's own.
pub fn count(conn: &mut Conn, which: &Which) -> Result<i64> {
    Ok(which.query().count().get_result(conn)?)
}

/// A case as the figures count it: unit, flag, state.
pub type Counted = (UnitCode, BottomLine, CaseState);

/// Every one of these cases.
///
/// # Errors
/// The database's own.
pub fn counted(conn: &mut Conn, which: &Which) -> Result<Vec<Counted>> {
    let columns = (bottom_case::unit, bottom_case::flag, bottom_case::state);
    Ok(which.query().select(columns).load(conn)?)
}

/// Whether a case of this ticket, unit and flag waits.
pub(super) fn waits_on_ticket(
    conn: &mut Conn,
    ticket: i64,
    unit: &UnitCode,
    flag: BottomLine,
) -> Result<bool> {
    let waiting = bottom_case::table
        .filter(bottom_case::ticket_id.eq(ticket))
        .filter(bottom_case::unit.eq(unit.as_str()))
        .filter(bottom_case::flag.eq(flag.as_str()))
        .filter(bottom_case::state.eq_any(waiting()));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(conn)?)
}

/// Whether a case of this published phone waits.
pub(super) fn waits_on_phone(conn: &mut Conn, unit: &UnitCode, number: &str) -> Result<bool> {
    let waiting = bottom_case::table
        .inner_join(test_call::table.on(bottom_case::test_call_id.eq(test_call::id.nullable())))
        .filter(bottom_case::unit.eq(unit.as_str()))
        .filter(test_call::number.eq(number))
        .filter(bottom_case::state.eq_any(waiting()));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(conn)?)
}

fn waiting() -> Vec<&'static str> {
    CaseState::ALL.iter().filter(|state| state.waits()).map(|state| state.as_str()).collect()
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &CaseRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(bottom_case::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, row: &CaseRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(bottom_case::table.find(row.id)).set(row).execute(c)?);
    Ok(())
}

// ---- test calls ---------------------------------------------------------------------------

pub(super) fn insert_call(tx: &mut Tx<'_>, row: &TestCallRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(test_call::table).values(row).execute(c)?);
    Ok(())
}

/// At most `most` calls after the id `after`, the oldest first; those to these units alone where some are named.
///
/// # Errors
/// The database's own.
pub fn list_calls(
    conn: &mut Conn,
    units: Option<&[UnitCode]>,
    after: i64,
    most: i64,
) -> Result<Vec<TestCallRow>> {
    let query = calls_of(units).filter(test_call::id.gt(after));
    Ok(query.order(test_call::id).limit(most).select(TestCallRow::as_select()).load(conn)?)
}

/// The same, the newest first: those before the id `before`.
///
/// # Errors
/// The database's own.
pub fn newest_calls(
    conn: &mut Conn,
    units: Option<&[UnitCode]>,
    before: i64,
    most: i64,
) -> Result<Vec<TestCallRow>> {
    let query = calls_of(units).filter(test_call::id.lt(before));
    Ok(query.order(test_call::id.desc()).limit(most).select(TestCallRow::as_select()).load(conn)?)
}

/// How many there are.
///
/// # Errors
/// The database's own.
pub fn count_calls(conn: &mut Conn, units: Option<&[UnitCode]>) -> Result<i64> {
    Ok(calls_of(units).count().get_result(conn)?)
}

fn calls_of<'a>(units: Option<&[UnitCode]>) -> test_call::BoxedQuery<'a, MultiBackend> {
    let query = test_call::table.into_boxed();
    match units {
        Some(units) => {
            let units: Vec<String> = units.iter().map(ToString::to_string).collect();
            query.filter(test_call::unit.eq_any(units))
        }
        None => query,
    }
}

/// The calls with these ids.
///
/// # Errors
/// The database's own.
pub fn calls(conn: &mut Conn, ids: &[i64]) -> Result<Vec<TestCallRow>> {
    let found = test_call::table.filter(test_call::id.eq_any(ids.to_vec()));
    Ok(found.select(TestCallRow::as_select()).load(conn)?)
}

/// Every call from `since` on, in order.
///
/// # Errors
/// The database's own.
pub fn calls_since(conn: &mut Conn, since: Stamp) -> Result<Vec<TestCallRow>> {
    Ok(test_call::table
        .filter(test_call::at.ge(since.millis()))
        .order(test_call::id)
        .select(TestCallRow::as_select())
        .load(conn)?)
}

/// The calls to one published phone from `since` on, in order.
pub(super) fn calls_to(
    conn: &mut Conn,
    unit: &UnitCode,
    number: &str,
    since: Stamp,
) -> Result<Vec<TestCallRow>> {
    Ok(test_call::table
        .filter(test_call::unit.eq(unit.as_str()))
        .filter(test_call::number.eq(number))
        .filter(test_call::at.ge(since.millis()))
        .order(test_call::id)
        .select(TestCallRow::as_select())
        .load(conn)?)
}

// ---- empty replies ------------------------------------------------------------------------

pub(super) fn add_empty_reply(tx: &mut Tx<'_>, ticket: i64, unit: &UnitCode) -> Result<()> {
    let values = (
        empty_reply::id.eq(tx.id()),
        empty_reply::ticket_id.eq(ticket),
        empty_reply::unit.eq(unit.as_str()),
        empty_reply::at.eq(tx.now),
    );
    each!(tx.conn, c => diesel::insert_into(empty_reply::table).values(values).execute(c)?);
    Ok(())
}

/// How many empty replies `unit` gave later than `since`.
pub(super) fn count_empty_replies(conn: &mut Conn, unit: &UnitCode, since: Stamp) -> Result<i64> {
    Ok(empty_reply::table
        .filter(empty_reply::unit.eq(unit.as_str()))
        .filter(empty_reply::at.gt(since.millis()))
        .count()
        .get_result(conn)?)
}

/// When the last case for empty replies of `unit` was opened.
pub(super) fn last_for_empty_replies(conn: &mut Conn, unit: &UnitCode) -> Result<Option<Stamp>> {
    Ok(bottom_case::table
        .filter(bottom_case::unit.eq(unit.as_str()))
        .filter(bottom_case::source.eq(Source::EmptyReply.as_str()))
        .select(diesel::dsl::max(bottom_case::opened_at))
        .first::<Option<Stamp>>(conn)?)
}
