//! Ticket: which tickets wait for somebody's decision. Its rule: the row says what is asked, so that none is opened
//! in vain; the document, which only whoever holds the keys reads, and the command table decide.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::AT_ONCE;
use super::rows::TicketRow;
use super::trails::UNKNOWN;
use crate::db::Conn;
use crate::db::page::{cut, key_at, read_key_at};
use crate::db::schema::{assignment, tickets, trail};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::ticket::command::CommandName;
use crate::time::Stamp;

/// Which of the tickets that wait.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which<'a> {
    /// Those alone in which one of these has a part.
    pub units: Option<&'a BTreeSet<UnitCode>>,
    /// Those alone behind this key.
    pub after: Option<&'a str>,
}

/// At most `most` tickets that wait for one of `commands`, the longest received first, and the key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by this list.
pub fn waiting(
    conn: &mut Conn,
    commands: &[CommandName],
    which: Which<'_>,
    most: usize,
) -> Result<(Vec<i64>, Option<String>)> {
    let after = which.after.map(read_key_at).transpose()?;
    let waits = |asks: &str| {
        asks == UNKNOWN
            || asks.split(',').any(|one| commands.iter().any(|name| name.as_str() == one))
    };
    // Out of the index of what is asked, which is short: joined and in the tickets' order, the whole order would be
    // walked (two seconds at a million tickets).
    let asked: Vec<(i64, Option<String>)> = trail::table
        .filter(trail::asks.is_not_null())
        .select((trail::ticket_id, trail::asks))
        .load(conn)?;
    let waiting = asked.into_iter().filter(|(_, asks)| asks.as_deref().is_some_and(waits));
    let waiting: Vec<i64> = waiting.map(|(id, _)| id).collect();
    let mut found: Vec<(Stamp, i64)> = Vec::with_capacity(waiting.len());
    for some in waiting.chunks(AT_ONCE) {
        let mut query = tickets::table.filter(tickets::id.eq_any(some.to_vec())).into_boxed();
        if let Some(units) = which.units {
            let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
            query = query.filter(exists(
                assignment::table
                    .filter(assignment::ticket_id.eq(tickets::id))
                    .filter(assignment::unit.eq_any(codes)),
            ));
        }
        let rows = query.select((tickets::received_at, tickets::id));
        found.extend(rows.load::<(Stamp, i64)>(conn)?);
    }
    found.retain(|key| after.is_none_or(|after| *key > after));
    found.sort_unstable();
    let (found, next) = cut(found, most, |key| key_at(*key));
    Ok((found.into_iter().map(|(_, id)| id).collect(), next))
}

/// The rows of the tickets with these ids.
///
/// # Errors
/// The database's own.
pub fn rows(conn: &mut Conn, ids: &[i64]) -> Result<Vec<TicketRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let theirs = tickets::table.filter(tickets::id.eq_any(some.to_vec()));
        found.extend(theirs.select(TicketRow::as_select()).load::<TicketRow>(conn)?);
    }
    Ok(found)
}

/// The tickets of the callers with these phone hashes that ended since `since`.
///
/// # Errors
/// The database's own.
pub fn ended_of_callers(conn: &mut Conn, callers: &[String], since: Stamp) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for some in callers.chunks(AT_ONCE) {
        let theirs = tickets::table
            .filter(tickets::ended_at.ge(since.millis()))
            .filter(tickets::phone_hash.eq_any(some.to_vec()));
        found.extend(theirs.select(tickets::id).load::<i64>(conn)?);
    }
    // Not in the statement: in the order of ids SQLite looks at every ticket.
    found.sort_unstable();
    Ok(found)
}
