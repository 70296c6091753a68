//! Ground: SQLite, embedded. Its rule: many readers, one writer, and nothing is answered before
//! it is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, SqliteConnection};

use super::group::Writer;
use super::{Conn, Desk, Settings, Tx};
use crate::error::{Error, Result};

/// A connection that can be lost and opened again.
pub(super) type Seat = Arc<Mutex<Option<Conn>>>;

pub(super) struct Sqlite {
    readers: Readers,
    writer: Writer,
}

enum Readers {
    /// A file: idle connections wait here; under a rush more are opened.
    Many { place: Place, idle: Mutex<Vec<Conn>>, keep: usize },
    /// A database in memory has one connection, the writer's.
    Shared(Seat),
}

/// Where the database is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Memory,
    File(String),
}

impl Sqlite {
    pub(super) fn open(path: &str, settings: &Settings, desk: &Arc<Desk>) -> Result<Self> {
        let place = match path {
            "" | ":memory:" => Place::Memory,
            file => Place::File(file.to_owned()),
        };
        let seat: Seat = Arc::new(Mutex::new(Some(place.open_writer()?)));
        let readers = match &place {
            Place::Memory => Readers::Shared(Arc::clone(&seat)),
            Place::File(_) => {
                let keep = usize::try_from(settings.connections).unwrap_or(1).max(1);
                // One is opened now and kept: while any connection is open, the write-ahead log
                // is not recovered from the disk, so a commit that failed stays failed.
                let idle = Mutex::new(vec![place.open_reader()?]);
                Readers::Many { place: place.clone(), idle, keep }
            }
        };
        let writer = Writer::start(seat, place, settings.queue, Arc::clone(desk))?;
        Ok(Self { readers, writer })
    }

    pub(super) fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(change)
    }

    pub(super) fn read<T>(&self, ask: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        match &self.readers {
            Readers::Shared(seat) => {
                let mut seat = lock(seat);
                let conn = seat.as_mut().ok_or_else(|| super::failure::away("closed"))?;
                conn.batch_execute("PRAGMA query_only = ON")?;
                let answer = look(conn, ask);
                conn.batch_execute("PRAGMA query_only = OFF")?;
                answer.unwrap_or_else(|panic| resume_unwind(panic))
            }
            Readers::Many { place, idle, keep } => {
                let waiting = lock(idle).pop();
                let mut conn = match waiting {
                    Some(conn) => conn,
                    None => place.open_reader()?,
                };
                let answer = look(&mut conn, ask);
                let mut idle = lock(idle);
                if idle.len() < *keep && at_rest(&mut conn) {
                    idle.push(conn);
                }
                drop(idle);
                answer.unwrap_or_else(|panic| resume_unwind(panic))
            }
        }
    }
}

/// Asks within one snapshot; a panic is carried past the clearing up.
fn look<T>(
    conn: &mut Conn,
    ask: impl FnOnce(&mut Conn) -> Result<T>,
) -> std::thread::Result<Result<T>> {
    if let Err(error) = conn.begin() {
        return Ok(Err(error.into()));
    }
    let answer = catch_unwind(AssertUnwindSafe(|| ask(conn)));
    conn.undo();
    answer
}

fn at_rest(conn: &mut Conn) -> bool {
    matches!(conn.depth(), Ok(0))
}

impl Conn {
    fn begin(&mut self) -> diesel::QueryResult<()> {
        match self {
            Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction(conn),
            Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn),
        }
    }

    /// Leaves every transaction, whatever was left open.
    fn undo(&mut self) {
        while matches!(self.depth(), Ok(1..)) {
            let left = match self {
                Conn::Sqlite(conn) => AnsiTransactionManager::rollback_transaction(conn),
                Conn::Postgres(conn) => AnsiTransactionManager::rollback_transaction(conn),
            };
            if left.is_err() {
                break;
            }
        }
    }

    /// How many transactions are open, one in another.
    pub(super) fn depth(&mut self) -> diesel::QueryResult<u32> {
        let status = match self {
            Conn::Sqlite(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
            Conn::Postgres(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
        };
        Ok(status.transaction_depth()?.map_or(0, std::num::NonZeroU32::get))
    }
}

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
        conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        Ok(Conn::Sqlite(conn))
    }

    fn open_reader(&self) -> Result<Conn> {
        let mut conn = self.open()?;
        conn.batch_execute("PRAGMA query_only = ON;")?;
        Ok(Conn::Sqlite(conn))
    }

    fn open(&self) -> Result<SqliteConnection> {
        let path = match self {
            Place::Memory => ":memory:",
            Place::File(path) => path.as_str(),
        };
        let mut conn = SqliteConnection::establish(path).map_err(|error| {
            super::failure::away(format!("cannot open the SQLite file {path}: {error}"))
        })?;
        conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;")?;
        Ok(conn)
    }

    pub(super) fn is_memory(&self) -> bool {
        matches!(self, Place::Memory)
    }
}

/// Closes what can be closed and says why not otherwise.
pub(super) fn panicked() -> Error {
    Error::internal("a write panicked; the panic message stands in the log")
}
