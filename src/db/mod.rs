//! Ground: the two databases behind one door. Its rule: everything that changes goes through
//! `Db::write` (one transaction, one instant), everything that asks goes through `Db::read`.

pub mod conn;
pub mod schema;

use std::sync::{Arc, Mutex};

use diesel::Connection;

pub use conn::Conn;
pub(crate) use conn::each;

use crate::error::{Error, Kind, Result};
use crate::time::{Clock, Stamp};

/// The door to the database; clones share it.
#[derive(Clone)]
pub struct Db {
    conn: Arc<Mutex<Conn>>,
    clock: Arc<dyn Clock>,
}

/// A write in progress: its connection and its one instant.
pub struct Tx<'a> {
    pub conn: &'a mut Conn,
    /// The instant of everything this write does.
    pub now: Stamp,
}

impl Db {
    /// Opens the database of `url` (`sqlite://PATH`, `sqlite://:memory:` or `postgres://…`).
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        let conn = diesel::SqliteConnection::establish(path).map_err(Error::internal)?;
        Ok(Self { conn: Arc::new(Mutex::new(Conn::Sqlite(conn))), clock })
    }

    /// Runs `change` in one transaction at one instant. It may run again (it must only use its
    /// `tx`); its answer is given only after it is on disk.
    pub fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let now = self.clock.now();
        let mut conn =
            self.conn.lock().map_err(|_| Error::new(Kind::Unavailable, "unavailable"))?;
        conn.transaction(|conn| change(&mut Tx { conn, now }).map_err(Wrapped::Ours)).map_err(
            |wrapped| match wrapped {
                Wrapped::Ours(error) => error,
                Wrapped::Diesel(error) => error.into(),
            },
        )
    }

    /// Asks without changing anything.
    pub fn read<T>(&self, ask: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn =
            self.conn.lock().map_err(|_| Error::new(Kind::Unavailable, "unavailable"))?;
        ask(&mut conn)
    }

    /// The present instant, for reads that need one.
    pub fn now(&self) -> Stamp {
        self.clock.now()
    }
}

enum Wrapped {
    Ours(Error),
    Diesel(diesel::result::Error),
}

impl From<diesel::result::Error> for Wrapped {
    fn from(error: diesel::result::Error) -> Self {
        Self::Diesel(error)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Error::not_found(),
            other => Error::internal(other),
        }
    }
}
