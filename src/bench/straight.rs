//! Bench: the yardstick: the same rows written by prepared statements straight on SQLite. Its rule:
//! the same schema, the same pragmas, the same number of tickets to a commit, nothing of ours in
//! between.

use std::path::Path;
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::engine::Speed;
use crate::error::{Error, Result};

/// The rows of one ticket: the table's place in [`TABLES`] and its values.
pub type TicketRows = Vec<(usize, Vec<Value>)>;

/// What a new ticket writes, in that order, and the column that names the ticket.
const TABLES: [(&str, &str); 9] = [
    ("ticket", "id"),
    ("assignment", "ticket_id"),
    ("contact", "ticket_id"),
    ("whistle", "ticket_id"),
    ("ledger", "ticket_id"),
    ("caller_key", "ticket_id"),
    ("ticket_body", "ticket_id"),
    ("event", "ticket_id"),
    ("unsealed", "ticket_id"),
];

/// The rows of every ticket in the file, in the order in which they came.
///
/// # Errors
/// Where SQLite cannot read it.
pub fn rows(file: &Path) -> Result<Vec<TicketRows>> {
    let conn = Connection::open(file).map_err(Error::internal)?;
    let ids: Vec<i64> = ask(&conn, "SELECT id FROM ticket ORDER BY id", |row| row.get(0))?;
    let mut tickets: Vec<TicketRows> = ids.iter().map(|_| Vec::new()).collect();
    for (place, (table, key)) in TABLES.iter().enumerate() {
        let columns = columns(&conn, table)?.len();
        let sql = format!("SELECT {key}, * FROM {table} ORDER BY {key}");
        let read = |row: &rusqlite::Row<'_>| {
            let values = (1..=columns).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
            Ok((row.get::<_, i64>(0)?, values))
        };
        let mut at = 0;
        for (id, values) in ask(&conn, &sql, read)? {
            while ids.get(at).is_some_and(|there| *there < id) {
                at += 1;
            }
            let ticket =
                tickets.get_mut(at).ok_or_else(|| Error::internal("a row without a ticket"))?;
            ticket.push((place, values));
        }
    }
    Ok(tickets)
}

/// Writes `tickets` into an empty database of the same schema, `group` of them to a commit.
///
/// # Errors
/// Where SQLite refuses.
pub fn write(schema_of: &Path, file: &Path, tickets: &[TicketRows], group: usize) -> Result<Speed> {
    drop(std::fs::remove_file(file));
    let schema = schema(schema_of)?;
    let conn = Connection::open(file).map_err(Error::internal)?;
    conn.execute_batch("PRAGMA journal_mode = WAL").map_err(Error::internal)?;
    conn.execute_batch(&schema).map_err(Error::internal)?;
    conn.execute_batch(crate::db::WRITER_PRAGMAS).map_err(Error::internal)?;
    let began = Instant::now();
    let mut statements = Vec::new();
    for (table, _) in TABLES {
        let marks = vec!["?"; columns(&conn, table)?.len()].join(", ");
        let sql = format!("INSERT INTO {table} VALUES ({marks})");
        statements.push(conn.prepare(&sql).map_err(Error::internal)?);
    }
    for members in tickets.chunks(group.max(1)) {
        conn.execute_batch("BEGIN IMMEDIATE").map_err(Error::internal)?;
        for (table, values) in members.iter().flatten() {
            statements[*table].execute(params_from_iter(values)).map_err(Error::internal)?;
        }
        conn.execute_batch("COMMIT").map_err(Error::internal)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    Ok(Speed { tickets: tickets.len(), seconds, group })
}

fn schema(file: &Path) -> Result<String> {
    let conn = Connection::open(file).map_err(Error::internal)?;
    let parts: Vec<String> = ask(
        &conn,
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
         ORDER BY type DESC, rowid",
        |row| row.get(0),
    )?;
    Ok(parts.join(";\n"))
}

fn columns(conn: &Connection, table: &str) -> Result<Vec<String>> {
    ask(conn, &format!("SELECT name FROM pragma_table_info('{table}')"), |row| row.get(0))
}

fn ask<T>(
    conn: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare(sql).map_err(Error::internal)?;
    let found = statement.query_map([], read).map_err(Error::internal)?;
    found.collect::<rusqlite::Result<_>>().map_err(Error::internal)
}
