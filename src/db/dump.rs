//! Ground: a database as text, table by table, and back. Its rule: it knows no table by name: what is
//! there is asked of the database, so that a table nobody thought of is not left out; and a line is
//! the same whichever of the two databases made it.
//!
//! A line is a JSON array of a row's values in the order of the columns: bytes in hexadecimal, yes and no as
//! 1 and 0. The database itself makes it and reads it, hundreds of rows in a statement.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde::{Deserialize, Serialize};

use super::Conn;
use crate::error::{Error, Result};

/// diesel's note of what was applied, and the row that migrating nodes wait for: not the site's.
const NOT_OURS: [&str; 2] = ["__diesel_schema_migrations", "schema_lock"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    Text,
    Integer,
    Bytes,
    Flag,
    Real,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub holds: Holds,
}

/// A table as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    in_table: String,
    #[diesel(sql_type = Text)]
    named: String,
    #[diesel(sql_type = Text)]
    of_type: String,
}

#[derive(QueryableByName)]
struct Leans {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Every table of the site, each after those that its foreign keys point to.
///
/// # Errors
/// `internal` where a column is of a type that both databases do not share.
pub fn tables(conn: &mut Conn) -> Result<Vec<Table>> {
    let ask = match conn {
        Conn::Sqlite(_) => {
            "SELECT m.name AS in_table, c.name AS named, c.type AS of_type
             FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             ORDER BY m.name, c.cid"
        }
        Conn::Postgres(_) => {
            "SELECT table_name::text AS in_table, column_name::text AS named, data_type::text AS of_type
             FROM information_schema.columns WHERE table_schema = current_schema()
             ORDER BY table_name, ordinal_position"
        }
    };
    let found: Vec<Found> = diesel::sql_query(ask).load(conn)?;
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for Found { in_table, named, of_type } in found {
        if !NOT_OURS.contains(&in_table.as_str()) {
            let holds = holds(&in_table, &of_type)?;
            tables.entry(in_table).or_default().push(Column { name: named, holds });
        }
    }
    let order = in_order(tables.keys().cloned().collect(), &leans(conn)?);
    let table = |name: String| {
        let columns = tables.remove(&name).unwrap_or_default();
        Table { name, columns }
    };
    Ok(order.into_iter().map(table).collect())
}

fn holds(table: &str, of: &str) -> Result<Holds> {
    Ok(match of.to_ascii_lowercase().as_str() {
        "text" => Holds::Text,
        "bigint" | "integer" => Holds::Integer,
        "blob" | "bytea" => Holds::Bytes,
        "boolean" => Holds::Flag,
        "double" | "double precision" => Holds::Real,
        other => return Err(Error::internal(format!("{table} has a column of type {other}"))),
    })
}

fn leans(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let ask = match conn {
        Conn::Sqlite(_) => {
            "SELECT m.name AS child, f.\"table\" AS parent
             FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
        }
        Conn::Postgres(_) => {
            "SELECT child.relname::text AS child, parent.relname::text AS parent
             FROM pg_constraint c JOIN pg_class child ON child.oid = c.conrelid
             JOIN pg_class parent ON parent.oid = c.confrelid
             WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace"
        }
    };
    let found: Vec<Leans> = diesel::sql_query(ask).load(conn)?;
    Ok(found.into_iter().map(|Leans { child, parent }| (child, parent)).collect())
}

/// Parents first; what leans on itself, or in a circle, stands where the alphabet puts it.
fn in_order(names: BTreeSet<String>, leans: &[(String, String)]) -> Vec<String> {
    let mut waiting: Vec<String> = names.into_iter().collect();
    let mut order: Vec<String> = Vec::new();
    while !waiting.is_empty() {
        let is_free = |name: &String| {
            !leans
                .iter()
                .any(|(child, parent)| child == name && parent != name && waiting.contains(parent))
        };
        let next = waiting.iter().position(is_free).unwrap_or(0);
        order.push(waiting.remove(next));
    }
    order
}

/// Whether the site has no table yet.
///
/// # Errors
/// As the database says.
pub fn is_empty(conn: &mut Conn) -> Result<bool> {
    Ok(tables(conn)?.is_empty())
}

/// How many rows a table has.
///
/// # Errors
/// As the database says.
pub fn count(conn: &mut Conn, table: &Table) -> Result<u64> {
    let ask = format!("SELECT count(*) AS count FROM {}", quoted(&table.name));
    let Count { count } = diesel::sql_query(ask).get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Hands every row of `table` to `take`, one by one however many there are.
///
/// # Errors
/// As the database says, and as `take` does.
pub fn rows(
    conn: &mut Conn,
    table: &Table,
    take: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<()> {
    let postgres = matches!(conn, Conn::Postgres(_));
    let values: Vec<String> = table.columns.iter().map(|column| out(column, postgres)).collect();
    let make = if postgres { "json_build_array" } else { "json_array" };
    let (values, name) = (values.join(", "), quoted(&table.name));
    let ask = format!("SELECT CAST({make}({values}) AS TEXT) AS line FROM {name}");
    match conn {
        Conn::Sqlite(conn) => {
            for line in diesel::sql_query(ask).load_iter::<Line, DefaultLoadingMode>(conn)? {
                take(&line?.line)?;
            }
        }
        Conn::Postgres(conn) => {
            for line in diesel::sql_query(ask).load_iter::<Line, PgRowByRowLoadingMode>(conn)? {
                take(&line?.line)?;
            }
        }
    }
    Ok(())
}

/// A column's value as JSON has it.
fn out(column: &Column, postgres: bool) -> String {
    let name = quoted(&column.name);
    match column.holds {
        Holds::Bytes if postgres => format!("encode({name}, 'hex')"),
        Holds::Bytes => format!("CASE WHEN {name} IS NULL THEN NULL ELSE lower(hex({name})) END"),
        Holds::Flag if postgres => format!("{name}::int"),
        _ => name,
    }
}

/// Takes away what the schema itself has put into `table`.
///
/// # Errors
/// As the database says.
pub fn clear(conn: &mut Conn, table: &Table) -> Result<()> {
    diesel::sql_query(format!("DELETE FROM {}", quoted(&table.name))).execute(conn)?;
    Ok(())
}

/// Puts `lines` into `table`, whose `columns` they name in their order; answers how many rows came to be.
///
/// # Errors
/// As the database says: a line that is none of [`rows`] is `internal`.
pub fn fill(conn: &mut Conn, table: &Table, columns: &[Column], lines: &[String]) -> Result<usize> {
    let postgres = matches!(conn, Conn::Postgres(_));
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        // What it holds is said by the table that is filled.
        let there = table.columns.iter().find(|there| there.name == column.name);
        let there = there.ok_or_else(|| {
            Error::internal(format!("{} has no column {}", table.name, column.name))
        })?;
        names.push(quoted(&there.name));
        values.push(into(there, at, postgres));
    }
    let (name, names, values) = (quoted(&table.name), names.join(", "), values.join(", "));
    let rows = if postgres {
        "jsonb_array_elements($1::jsonb) AS rows(value)"
    } else {
        "json_each(?1) AS rows"
    };
    let put = format!("INSERT INTO {name} ({names}) SELECT {values} FROM {rows}");
    let all = format!("[{}]", lines.join(","));
    Ok(diesel::sql_query(put).bind::<Text, _>(all).execute(conn)?)
}

/// The value at `at` of a line, as the column wants it.
fn into(column: &Column, at: usize, postgres: bool) -> String {
    if !postgres {
        let value = format!("json_extract(rows.value, '$[{at}]')");
        return match column.holds {
            Holds::Bytes => format!("unhex({value})"),
            _ => value,
        };
    }
    let value = format!("rows.value->>{at}");
    match column.holds {
        Holds::Text => value,
        Holds::Integer => format!("({value})::bigint"),
        Holds::Bytes => format!("decode({value}, 'hex')"),
        Holds::Flag => format!("(({value})::int)::boolean"),
        Holds::Real => format!("({value})::double precision"),
    }
}

/// A name of ours (letters, digits, underscores), safe as it stands and in quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_leant_on_comes_first() {
        let names = ["account", "api_key", "refresh_token", "login_session", "self"];
        let leans = [
            ("api_key", "account"),
            ("login_session", "account"),
            ("refresh_token", "login_session"),
            ("self", "self"),
            ("account", "self"),
        ];
        let leans: Vec<(String, String)> = leans
            .iter()
            .map(|(child, parent)| ((*child).to_owned(), (*parent).to_owned()))
            .collect();
        let order = in_order(names.iter().map(|name| (*name).to_owned()).collect(), &leans);
        assert_eq!(order, ["self", "account", "api_key", "login_session", "refresh_token"]);
    }
}
