//! Ground: one connection type over two databases. Its rule: the URL's scheme decides which;
//! nobody tries one after the other.

use diesel::{PgConnection, SqliteConnection};

#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs the same statement on whichever database it is, typed for that one: needed for multi-row
/// inserts and `ON CONFLICT`, and faster on hot paths, since through the enum every statement is
/// rebuilt as text.
///
/// `each!(tx.conn, c => diesel::insert_into(t::table).values(&rows).execute(c))`
macro_rules! each {
    ($conn:expr, $c:ident => $run:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($c) => $run,
            $crate::db::Conn::Sqlite($c) => $run,
        }
    };
}
pub(crate) use each;
