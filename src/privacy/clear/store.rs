//! Privacy: the rows of exports in clear. Its rule: what was asked and decided, never what was in the file.

use diesel::prelude::*;

use super::ClearState;
use crate::db::schema::clear_export;
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::time::Stamp;

/// A row of `clear_export`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = clear_export, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ClearRow {
    pub id: i64,
    pub asked_at: Stamp,
    pub asked_by: i64,
    /// The login name.
    pub asked_name: String,
    /// The filters of a list, as JSON.
    pub filters: String,
    /// `csv` or `xlsx`.
    pub form: String,
    /// Masked.
    pub reason: String,
    /// How many tickets there were when it was asked.
    pub tickets: i64,
    /// Of their identifiers.
    pub digest: String,
    pub state: ClearState,
    pub decided_at: Option<Stamp>,
    pub decided_name: Option<String>,
    pub decided_why: Option<String>,
    /// Of one that was approved.
    pub ends_at: Option<Stamp>,
    pub had_at: Option<Stamp>,
}

/// The one numbered `id`.
pub fn one(conn: &mut Conn, id: i64) -> Result<Option<ClearRow>> {
    let found = clear_export::table.find(id).select(ClearRow::as_select());
    Ok(found.first(conn).optional()?)
}

/// At most `most` before the one numbered `before`, the newest first: those of one asker, or all.
pub fn list(conn: &mut Conn, asker: Option<i64>, before: i64, most: i64) -> Result<Vec<ClearRow>> {
    let mut query = clear_export::table.into_boxed().filter(clear_export::id.lt(before));
    if let Some(asker) = asker {
        query = query.filter(clear_export::asked_by.eq(asker));
    }
    let query = query.order(clear_export::id.desc()).limit(most);
    Ok(query.select(ClearRow::as_select()).load(conn)?)
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &ClearRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(clear_export::table).values(row).execute(c))?;
    Ok(())
}

pub(super) fn save(tx: &mut Tx<'_>, row: &ClearRow) -> Result<()> {
    let there = clear_export::table.find(row.id);
    each!(tx.conn, c => diesel::update(there).set(row).execute(c))?;
    Ok(())
}
