//! Privacy: rows of every room that tell of an erased ticket. Its rule: each table that has to do with a
//! ticket is named here with what becomes of its rows; a test demands it of every new one.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::fate::{FATES, Fate};
use crate::db::schema::{idempotency, job};
use crate::db::{Conn, Tx, dump, each};
use crate::error::Result;

/// Does with every other room's rows of the ticket what its fate says; a room that this program was built
/// without has no table.
pub(super) fn settle(tx: &mut Tx<'_>, id: i64, no: &str) -> Result<()> {
    let there: BTreeSet<String> =
        dump::tables(tx.conn)?.into_iter().map(|table| table.name).collect();
    for (table, fate) in FATES.iter().filter(|(table, _)| there.contains(*table)) {
        // The id is our own number; what a text may hold is bound.
        let (order, bound) = match fate {
            Fate::Stays | Fate::ByItsRoom => continue,
            Fate::Goes => (format!("DELETE FROM {table} WHERE ticket_id = {id}"), String::new()),
            Fate::GoesOf { by } => (format!("DELETE FROM {table} WHERE {by} = $1"), no.to_owned()),
            Fate::GoesWhere { names } => {
                (format!("DELETE FROM {table} WHERE {names} LIKE $1"), format!("%\"{no}\"%"))
            }
            Fate::GoesAbout { names, only } => {
                let order = format!("DELETE FROM {table} WHERE {names} LIKE $1 AND {only}");
                unname(tx, (table, names), id, (&order, no))?;
                continue;
            }
        };
        let order = diesel::sql_query(order);
        each!(tx.conn, c => if bound.is_empty() {
            order.execute(c)?
        } else {
            order.bind::<Text, _>(bound).execute(c)?
        });
    }
    Ok(())
}

/// Runs `order`, which deletes the rows of `table` that are the ticket's alone, and takes its number out of the JSON
/// list `names` of the others.
fn unname(
    tx: &mut Tx<'_>,
    (table, names): (&str, &str),
    id: i64,
    (order, no): (&str, &str),
) -> Result<()> {
    let quoted = format!("\"{no}\"");
    let pattern = format!("%{quoted}%");
    each!(tx.conn, c => diesel::sql_query(order).bind::<Text, _>(&pattern).execute(c)?);
    // First or between others, last, alone.
    let without =
        format!("replace(replace(replace({names}, $1 || ',', ''), ',' || $1, ''), $1, '')");
    let left =
        format!("UPDATE {table} SET {names} = {without} WHERE {names} LIKE '%' || $1 || '%'");
    each!(tx.conn, c => diesel::sql_query(left).bind::<Text, _>(&quoted).execute(c)?);
    let latest = format!("UPDATE {table} SET ticket_id = 0 WHERE ticket_id = {id}");
    each!(tx.conn, c => diesel::sql_query(latest).execute(c)?);
    Ok(())
}

/// Drops later work, dead or waiting, whose body names the ticket, but not of the kind `but`.
pub(super) fn drop_jobs(tx: &mut Tx<'_>, id: i64, no: &str, but: &str) -> Result<()> {
    let names = job::body.like(format!("%{id}%")).or(job::body.like(format!("%\"{no}\"%")));
    let gone = job::table.filter(job::kind.ne(but)).filter(names);
    each!(tx.conn, c => diesel::delete(gone).execute(c)?);
    Ok(())
}

/// Drops the jobs `ids`: what they are for is done.
pub(super) fn drop_done(tx: &mut Tx<'_>, ids: &[i64]) -> Result<()> {
    let gone = job::table.filter(job::id.eq_any(ids.to_vec()));
    diesel::delete(gone).execute(tx.conn)?;
    Ok(())
}

/// The answers kept for repeated requests after the key `after`, sealed.
pub(super) fn kept_answers(
    conn: &mut Conn,
    after: &str,
    most: i64,
) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(idempotency::table
        .filter(idempotency::key.gt(after))
        .order(idempotency::key)
        .limit(most)
        .select((idempotency::key, idempotency::answer))
        .load(conn)?)
}

/// Drops the answers kept under `keys`.
pub(super) fn drop_answers(tx: &mut Tx<'_>, keys: &[String]) -> Result<()> {
    let gone = idempotency::table.filter(idempotency::key.eq_any(keys.to_vec()));
    diesel::delete(gone).execute(tx.conn)?;
    Ok(())
}
