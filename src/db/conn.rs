//! Ground: one connection type over two databases. Its rule: the URL's scheme decides which;
//! nobody tries one after the other.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::{PgConnection, QueryResult, SqliteConnection};

use crate::error::Result;

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

impl Conn {
    /// Opens a transaction by the database's own words.
    pub(super) fn begin(&mut self, sql: &str) -> QueryResult<()> {
        each!(self, c => AnsiTransactionManager::begin_transaction_sql(c, sql))
    }

    /// Leaves every transaction, whatever was left open.
    pub(super) fn undo(&mut self) -> QueryResult<()> {
        while self.depth()? > 0 {
            each!(self, c => AnsiTransactionManager::rollback_transaction(c))?;
        }
        Ok(())
    }

    /// How many transactions are open, one in another; an error where the connection is broken.
    pub(super) fn depth(&mut self) -> QueryResult<u32> {
        let status = each!(self, c => AnsiTransactionManager::transaction_manager_status_mut(c));
        Ok(status.transaction_depth()?.map_or(0, NonZeroU32::get))
    }

    /// Asks within the snapshot that `begin` opens; a panic is carried past the clearing up.
    pub(super) fn look<T>(
        &mut self,
        ask: impl FnOnce(&mut Conn) -> Result<T>,
    ) -> std::thread::Result<Result<T>> {
        let answer = catch_unwind(AssertUnwindSafe(|| ask(self)));
        // Where this fails, the connection is seen to be broken and is not used again.
        drop(self.undo());
        answer
    }
}
