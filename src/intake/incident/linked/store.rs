//! Intake: the rows of tickets that others were merged into. Its rule: a row a ticket, gone with the last that was
//! merged into it.

use diesel::prelude::*;

use super::super::state::IncidentState;
use crate::db::schema::{incident, linked, tickets};
use crate::db::{Conn, Tx, each};
use crate::directory::{CategoryCode, EstateCode, RegionCode};
use crate::error::Result;
use crate::ticket::StateName;
use crate::time::Stamp;

/// Keeps how many were merged into a ticket.
///
/// # Errors
/// The database's own, as everywhere here.
pub fn keep(tx: &mut Tx<'_>, id: i64, children: i32) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(linked::table)
        .values((linked::ticket_id.eq(id), linked::children.eq(children)))
        .on_conflict(linked::ticket_id)
        .do_update()
        .set(linked::children.eq(children))
        .execute(c)?);
    Ok(())
}

/// Nobody is merged into these any more, or they are gone themselves.
pub fn forget(tx: &mut Tx<'_>, ids: &[i64]) -> Result<()> {
    let own = linked::table.filter(linked::ticket_id.eq_any(ids.to_vec()));
    diesel::delete(own).execute(tx.conn)?;
    Ok(())
}

/// A live ticket that others were merged into.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct LinkedRow {
    pub id: i64,
    pub no: String,
    /// As lists show it.
    pub title: String,
    pub category: Option<CategoryCode>,
    pub estate: Option<EstateCode>,
    pub region: Option<RegionCode>,
    pub received_at: Stamp,
    pub children: i32,
}

fn live() -> Vec<&'static str> {
    let live = StateName::ALL.iter().filter(|state| state.is_live());
    live.map(|state| state.as_str()).collect()
}

/// The numbers of tickets that lead a declared incident, and stand there.
fn leads(conn: &mut Conn) -> Result<Vec<String>> {
    let leads: Vec<Option<String>> = incident::table
        .filter(incident::state.eq(IncidentState::Open.as_str()))
        .filter(incident::lead.is_not_null())
        .select(incident::lead)
        .load(conn)?;
    Ok(leads.into_iter().flatten().collect())
}

/// How many live ones there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    let leads = leads(conn)?;
    Ok(linked::table
        .inner_join(tickets::table.on(tickets::id.eq(linked::ticket_id)))
        .filter(tickets::state.eq_any(live()))
        .filter(tickets::no.ne_all(leads))
        .count()
        .get_result(conn)?)
}

/// At most `most` live ones before the id `after`, the newest first.
pub fn page(conn: &mut Conn, after: Option<i64>, most: i64) -> Result<Vec<LinkedRow>> {
    let leads = leads(conn)?;
    let mut query = linked::table
        .inner_join(tickets::table.on(tickets::id.eq(linked::ticket_id)))
        .filter(tickets::state.eq_any(live()))
        .filter(tickets::no.ne_all(leads))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(linked::ticket_id.lt(after));
    }
    Ok(query
        .order(linked::ticket_id.desc())
        .limit(most)
        .select((
            tickets::id,
            tickets::no,
            tickets::title,
            tickets::category,
            tickets::estate,
            tickets::region,
            tickets::received_at,
            linked::children,
        ))
        .load(conn)?)
}
