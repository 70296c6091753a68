//! Proactive: the rows of campaigns. Its rule: points and tickets lie in the row of their campaign.

use diesel::prelude::*;

use super::super::point::{CampaignState, Point};
use crate::db::schema::campaign;
use crate::db::{Conn, Tx, each};
use crate::directory::{CategoryCode, EstateCode};
use crate::error::Result;
use crate::time::Stamp;

/// A row of `campaign`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Identifiable,
)]
#[diesel(table_name = campaign, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct CampaignRow {
    pub id: i64,
    /// Like `2026-11`.
    pub month: String,
    pub goal: String,
    pub category: Option<CategoryCode>,
    pub estate: Option<EstateCode>,
    pub state: CampaignState,
    /// [`Point`]s, as JSON.
    pub points: String,
    /// Numbers of tickets, as JSON.
    pub tickets: String,
    pub created_at: Stamp,
    /// The login name.
    pub created_by: String,
    pub result: Option<String>,
    pub closed_at: Option<Stamp>,
}

impl CampaignRow {
    pub fn points(&self) -> Vec<Point> {
        serde_json::from_str(&self.points).unwrap_or_default()
    }
    pub fn numbers(&self) -> Vec<String> {
        serde_json::from_str(&self.tickets).unwrap_or_default()
    }
}

pub fn insert(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(campaign::table).values(row).execute(c)?);
    Ok(())
}

pub fn save(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<()> {
    each!(tx.conn, c => diesel::update(campaign::table.find(row.id)).set(row).execute(c)?);
    Ok(())
}

/// The campaign with this id.
///
/// # Errors
/// The database's own.
pub fn find(conn: &mut Conn, id: i64) -> Result<Option<CampaignRow>> {
    Ok(campaign::table.find(id).select(CampaignRow::as_select()).first(conn).optional()?)
}

/// At most `most` campaigns before the id `after`, the newest first; of one month where it is named.
///
/// # Errors
/// The database's own.
pub fn page(
    conn: &mut Conn,
    (month, state): (Option<&str>, Option<CampaignState>),
    after: Option<i64>,
    most: i64,
) -> Result<Vec<CampaignRow>> {
    let mut query = campaign::table.into_boxed();
    if let Some(month) = month {
        query = query.filter(campaign::month.eq(month.to_owned()));
    }
    if let Some(state) = state {
        query = query.filter(campaign::state.eq(state.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(campaign::id.lt(after));
    }
    Ok(query.order(campaign::id.desc()).limit(most).select(CampaignRow::as_select()).load(conn)?)
}
