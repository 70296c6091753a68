//! Intake: the rows of declared incidents. Its rule: where and what it is lies in the row; a closed one stays as it was.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::state::IncidentState;
use crate::db::schema::{incident, linked, tickets};
use crate::db::{Conn, Tx, each};
use crate::directory::{CategoryCode, EstateCode, RegionCode};
use crate::error::Result;
use crate::ticket::StateName;
use crate::time::Stamp;

/// A row of `incident`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Identifiable,
)]
#[diesel(table_name = incident, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct IncidentRow {
    pub id: i64,
    pub title: String,
    pub category: Option<CategoryCode>,
    /// Codes, as a JSON list.
    pub estates: String,
    /// The same.
    pub regions: String,
    pub since: Stamp,
    pub expected_end: Option<Stamp>,
    /// What callers are told.
    pub tell: String,
    /// The number of the ticket that those of callers are merged into.
    pub lead: Option<String>,
    pub state: IncidentState,
    /// Rises with each change.
    pub version: i32,
    pub declared_at: Stamp,
    /// The login name.
    pub declared_by: String,
    pub changed_at: Stamp,
    /// The login name; of a closed one, who closed it.
    pub changed_by: String,
    pub result: Option<String>,
    pub closed_at: Option<Stamp>,
}

impl IncidentRow {
    pub fn estate_codes(&self) -> Vec<EstateCode> {
        serde_json::from_str(&self.estates).unwrap_or_default()
    }

    pub fn region_codes(&self) -> Vec<RegionCode> {
        serde_json::from_str(&self.regions).unwrap_or_default()
    }
}

/// Keeps a new one.
///
/// # Errors
/// The database's own, as everywhere here.
pub fn insert(tx: &mut Tx<'_>, row: &IncidentRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(incident::table).values(row).execute(c)?);
    Ok(())
}

pub fn save(tx: &mut Tx<'_>, row: &IncidentRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(incident::table.find(row.id)).set(row).execute(c)?);
    Ok(())
}

pub fn find(conn: &mut Conn, id: i64) -> Result<Option<IncidentRow>> {
    Ok(incident::table.find(id).select(IncidentRow::as_select()).first(conn).optional()?)
}

/// How many there are of the state `state`.
pub fn count(conn: &mut Conn, state: IncidentState) -> Result<i64> {
    Ok(incident::table.filter(incident::state.eq(state.as_str())).count().get_result(conn)?)
}

/// At most `most` of the state `state` before the id `after`, the newest first.
pub fn page(
    conn: &mut Conn,
    state: IncidentState,
    after: Option<i64>,
    most: i64,
) -> Result<Vec<IncidentRow>> {
    let mut query = incident::table.into_boxed().filter(incident::state.eq(state.as_str()));
    if let Some(after) = after {
        query = query.filter(incident::id.lt(after));
    }
    Ok(query.order(incident::id.desc()).limit(most).select(IncidentRow::as_select()).load(conn)?)
}

/// A ticket that an incident names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lead {
    pub id: i64,
    pub state: StateName,
    /// How many were merged into it.
    pub linked: i32,
}

/// The tickets with these numbers.
pub fn leads(conn: &mut Conn, numbers: Vec<String>) -> Result<BTreeMap<String, Lead>> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(String, i64, StateName, Option<i32>)> = tickets::table
        .left_join(linked::table.on(linked::ticket_id.eq(tickets::id)))
        .filter(tickets::no.eq_any(numbers))
        .select((tickets::no, tickets::id, tickets::state, linked::children.nullable()))
        .load(conn)?;
    let lead = |id, state, children: Option<i32>| Lead { id, state, linked: children.unwrap_or(0) };
    Ok(found.into_iter().map(|(no, id, state, n)| (no, lead(id, state, n))).collect())
}
