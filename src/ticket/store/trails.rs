//! Ticket: the row of its trail, for the signals, with which decisions it waits for. Its rule: it follows from the document like every row beside
//! it; a ticket of before there were such rows gets its own with its next change, or from the job that goes
//! through all of them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Vault, load_by_id};
use crate::db::schema::{tickets, trail};
use crate::db::{Conn, Tx, each};
use crate::error::{Error, Result};
use crate::sealing::Broken;
use crate::ticket::Ticket;
use crate::ticket::command::CommandName;
use crate::ticket::trail::Trail;
use crate::time::Stamp;

/// What the row of a ticket asks that was there before rows said it (migration 0053): it may be anything.
pub(super) const UNKNOWN: &str = "?";

/// A row of `trail`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = trail, primary_key(ticket_id), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct TrailRow {
    pub ticket_id: i64,
    pub spoke_at: Option<Stamp>,
    pub survey_at: Option<Stamp>,
    pub bad_at: Option<Stamp>,
    pub exclusion_at: Option<Stamp>,
    pub phone_at: Option<Stamp>,
    pub asked: i32,
    pub prompted: Option<bool>,
    /// Names of commands joined by commas; [`UNKNOWN`] of a ticket that was there before rows said it.
    pub asks: Option<String>,
}

impl TrailRow {
    /// As the signals read it.
    pub fn trail(&self) -> Trail {
        Trail {
            spoke_at: self.spoke_at,
            survey_at: self.survey_at,
            bad_at: self.bad_at,
            exclusion_at: self.exclusion_at,
            phone_at: self.phone_at,
            asked: u32::try_from(self.asked).unwrap_or_default(),
            prompted: self.prompted,
        }
    }
}

pub(super) fn trail_row(ticket: &Ticket, ticket_id: i64) -> Option<TrailRow> {
    let (trail, asks) = (Trail::of(ticket), joined(&ticket.asks()));
    if trail.is_none() && asks.is_none() {
        return None;
    }
    let trail = trail.unwrap_or_default();
    Some(TrailRow {
        ticket_id,
        spoke_at: trail.spoke_at,
        survey_at: trail.survey_at,
        bad_at: trail.bad_at,
        exclusion_at: trail.exclusion_at,
        phone_at: trail.phone_at,
        asked: i32::try_from(trail.asked).unwrap_or(i32::MAX),
        prompted: trail.prompted,
        asks,
    })
}

fn joined(asks: &BTreeSet<CommandName>) -> Option<String> {
    let names: Vec<&str> = asks.iter().map(|name| name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// Puts `new` in the place of whatever row `ticket_id` has.
pub(super) fn replace(tx: &mut Tx<'_>, ticket_id: i64, new: Option<&TrailRow>) -> Result<()> {
    let Some(row) = new else {
        diesel::delete(trail::table.find(ticket_id)).execute(tx.conn)?;
        return Ok(());
    };
    let there = trail::table.find(ticket_id);
    let changed = each!(tx.conn, c => diesel::update(there).set(row).execute(c)?);
    if changed == 0 {
        insert(tx, row)?;
    }
    Ok(())
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &TrailRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(trail::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn trail_of(conn: &mut Conn, ticket_id: i64) -> Result<Option<TrailRow>> {
    let row = trail::table.find(ticket_id).select(TrailRow::as_select());
    Ok(row.first(conn).optional()?)
}

/// Writes the trails of up to `most` tickets after the id `after`, each as its document has it now; answers
/// the last id looked at, nothing where there is none left. One whose key was destroyed, or whose document cannot be
/// read, keeps what it has.
pub fn write_trails(
    tx: &mut Tx<'_>,
    vault: Vault<'_>,
    after: i64,
    most: i64,
) -> Result<Option<i64>> {
    let ids: Vec<i64> = tickets::table
        .filter(tickets::id.gt(after))
        .order(tickets::id)
        .limit(most)
        .select(tickets::id)
        .load(tx.conn)?;
    for id in &ids {
        match load_by_id(tx.conn, vault, *id) {
            Ok(Some(stored)) => replace(tx, *id, trail_row(&stored.ticket, *id).as_ref())?,
            Ok(None) => {}
            // What is wrong with it may quote it.
            Err(error) if is_unreadable(&error) => {
                tracing::warn!(ticket = *id, "a ticket's document cannot be read: its trail stays");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(ids.last().copied())
}

/// Whether it is the document's fault, not the database's.
fn is_unreadable(error: &Error) -> bool {
    error.cause().is_some_and(|cause| cause.is::<Broken>() || cause.is::<serde_json::Error>())
}
