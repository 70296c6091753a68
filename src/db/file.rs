//! Ground: a SQLite file and its connections. Its rule: every connection is opened here, with the
//! same pragmas.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::Conn;
use super::failure::away;
use crate::error::Result;

/// A connection that can be lost and opened again.
pub(super) type Seat = Arc<Mutex<Option<Conn>>>;

/// Where the database is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory,
    File(String),
}

/// What the writing connection promises beside the write-ahead log: acknowledged is on disk.
///
/// FAST zeroes what is deleted inside pages; ON also writes every freed page once more. In
/// a trial on a busy machine (three rounds, wide scatter) FAST was no slower than OFF and
/// ON was the slowest or level each time, a quarter on average. Personal data is sealed
/// before it gets here, so what a freed page still holds cannot be read. To be measured
/// again on a quiet machine.
///
/// The cache holds a group's pages (2 MB, SQLite's own, spilled them into the log twice; all of a larger
/// one is gone over at each commit, and a new ticket asks for no old page: decision 0011), and the log
/// is emptied into the file every 32 MB, not every 4: a page of a random index is then written
/// once for several groups.
pub const WRITER_PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA secure_delete = FAST; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 8192;";

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    /// The one connection that changes anything.
    pub(super) fn open_writer(&self) -> Result<Conn> {
        let mut conn = self.open()?;
        if let Place::File(_) = self {
            conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864;")?;
        }
        conn.batch_execute(WRITER_PRAGMAS)?;
        Ok(Conn::Sqlite(conn))
    }

    /// One that only looks.
    pub(super) fn open_reader(&self) -> Result<Conn> {
        let mut conn = self.open()?;
        // Up to 8 MiB of pages: figures of a month go through its rows in the order of an index,
        // and would read each page again for every row on it.
        conn.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -8192;")?;
        Ok(Conn::Sqlite(conn))
    }

    fn open(&self) -> Result<SqliteConnection> {
        let path = match self {
            Place::Memory => ":memory:",
            Place::File(path) => path.as_str(),
        };
        let mut conn = SqliteConnection::establish(path)
            .map_err(|error| away(format!("cannot open the SQLite file {path}: {error}")))?;
        conn.batch_execute("PRAGMA busy_timeout = 1500; PRAGMA temp_store = MEMORY;")?;
        Ok(conn)
    }

    pub(super) fn is_memory(&self) -> bool {
        matches!(self, Place::Memory)
    }
}
