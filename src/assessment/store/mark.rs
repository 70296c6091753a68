//! Assessment: which facts a reader sees, as a mark. Its rule: two readers with the same mark see
//! the same tickets; it costs no write, and one short question.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::Conn;
use crate::error::Result;

/// What stands for all that `conn` sees at present. It is of use only beside another of the same
/// database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// As it is written down beside what was made of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The mark of the snapshot that `conn` reads.
///
/// SQLite: a ticket changes only with an event, in one transaction, so the last row of the events tells how
/// far the tickets are; events are taken away only with a tombstone, and the last of those tells
/// of it, since a row's number is given again. PostgreSQL: the snapshot itself, which
/// transactions it holds and which it does not; another start of the server is another past.
pub fn mark(conn: &mut Conn) -> Result<Mark> {
    let mark = match conn {
        Conn::Sqlite(conn) => {
            let last = sql::<BigInt>("coalesce((SELECT max(rowid) FROM event), 0)");
            let gone = sql::<BigInt>("coalesce((SELECT max(no) FROM removal), 0)");
            let (last, gone) = diesel::select((last, gone)).get_result::<(i64, i64)>(conn)?;
            format!("{last} {gone}")
        }
        Conn::Postgres(conn) => {
            let seen = "pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text";
            diesel::select(sql::<Text>(seen)).get_result(conn)?
        }
    };
    Ok(Mark(mark))
}
