//! Places: which tickets wait for an estate, and what was put aside. Its rule: no decision here.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::Aside;
use crate::db::schema::{place_aside, tickets};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::StateName;
use crate::ticket::store::rows::TicketRow;
use crate::time::Stamp;

/// A row of `place_aside`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = place_aside, treat_none_as_default_value = false)]
pub(super) struct Row {
    pub ticket_id: i64,
    pub why: Aside,
    /// Codes of estates, separated by commas.
    pub offered: String,
    pub directory_version: i64,
    pub by_id: i64,
    pub at: Stamp,
}

/// Live tickets without an estate after the key `after`, the oldest first, up to `most`: not those that were put aside
/// by the directory as it is. Where a place changes, its ticket is put aside no more.
pub(super) fn placeless(
    conn: &mut Conn,
    directory_version: i64,
    after: Option<(Stamp, i64)>,
    most: i64,
) -> Result<Vec<TicketRow>> {
    let states = StateName::ALL.iter().filter(|state| state.is_live());
    let states: Vec<&str> = states.map(|state| state.as_str()).collect();
    let settled = place_aside::table
        .filter(place_aside::ticket_id.eq(tickets::id))
        .filter(place_aside::directory_version.eq(directory_version));
    let mut query = tickets::table
        .filter(tickets::estate.is_null())
        .filter(tickets::ended_at.is_null())
        // Said to be true, the states are no way in: by them SQLite would read all that is open, for the few without an estate.
        .filter(tickets::state.eq_any(states).eq(true))
        .filter(not(exists(settled)))
        .order((tickets::received_at, tickets::id))
        .limit(most)
        .select(TicketRow::as_select())
        .into_boxed();
    if let Some((at, id)) = after {
        let at = at.millis();
        let later = tickets::received_at.eq(at).and(tickets::id.gt(id));
        query =
            query.filter(tickets::received_at.ge(at)).filter(tickets::received_at.gt(at).or(later));
    }
    Ok(query.load(conn)?)
}

/// What was put aside of `ids`.
pub(super) fn asides(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Row>> {
    let found = place_aside::table.filter(place_aside::ticket_id.eq_any(ids.to_vec()));
    Ok(found.select(Row::as_select()).load(conn)?)
}

/// Puts a ticket aside; once more where it was before.
pub(super) fn put_aside(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    take_back(tx, row.ticket_id)?;
    each!(tx.conn, c => diesel::insert_into(place_aside::table).values(row).execute(c)?);
    Ok(())
}

/// Forgets that it was put aside.
pub(super) fn take_back(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    diesel::delete(place_aside::table.find(id)).execute(tx.conn)?;
    Ok(())
}
