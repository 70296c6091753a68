//! Ticket: many at once, for moving in and out. Its rule: page by page, so that memory stays the
//! same however many there are.

use diesel::prelude::*;

use super::{Stored, Vault, load_by_id};
use crate::db::Conn;
use crate::db::schema::tickets;
use crate::error::Result;
use crate::time::Stamp;

/// Which of `numbers` are taken.
pub fn known(conn: &mut Conn, numbers: &[&str]) -> Result<Vec<String>> {
    Ok(tickets::table
        .filter(tickets::no.eq_any(numbers.to_vec()))
        .select(tickets::no)
        .load(conn)?)
}

/// The city platform's numbers among `numbers` that tickets have, with the number of each ticket.
pub fn known_upstream(conn: &mut Conn, numbers: &[&str]) -> Result<Vec<(String, String)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<(Option<String>, String)> = tickets::table
        .filter(tickets::upstream_no.eq_any(numbers.to_vec()))
        .select((tickets::upstream_no, tickets::no))
        .load(conn)?;
    Ok(found.into_iter().filter_map(|(upstream, no)| Some((upstream?, no))).collect())
}

/// How far a reader has come: the last ticket's receipt and id; nothing at the beginning and at the
/// end.
pub type Place = Option<(Stamp, i64)>;

/// Tickets received in `[from, to)`, in the order of receipt, after the one last seen. One whose
/// key was erased is nowhere in it.
pub fn page(
    conn: &mut Conn,
    vault: Vault<'_>,
    (from, to): (Stamp, Stamp),
    after: Place,
    most: i64,
) -> Result<(Vec<Stored>, Place)> {
    let mut query = tickets::table
        .filter(tickets::received_at.ge(from.millis()))
        .filter(tickets::received_at.lt(to.millis()))
        .into_boxed();
    if let Some((at, id)) = after {
        let at = at.millis();
        let later = tickets::received_at.eq(at).and(tickets::id.gt(id));
        // The first says nothing new; by it the index is entered at this place and not walked up to it.
        query =
            query.filter(tickets::received_at.ge(at)).filter(tickets::received_at.gt(at).or(later));
    }
    let found: Vec<(i64, i64)> = query
        .order((tickets::received_at, tickets::id))
        .limit(most)
        .select((tickets::received_at, tickets::id))
        .load(conn)?;
    let next = found.last().map(|(at, id)| (Stamp::from_millis(*at), *id));
    let mut page = Vec::with_capacity(found.len());
    for (_, id) in found {
        page.extend(load_by_id(conn, vault, id)?);
    }
    Ok((page, next))
}
