//! Ground: SQLite, embedded. Its rule: many readers, one writer, and nothing is answered before
//! it is on disk.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::failure::away;
use super::group::Writer;
use super::{Conn, Desk, Settings, Tx};
use crate::error::Result;

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
        self.writer.refuse_itself()?;
        match &self.readers {
            Readers::Shared(seat) => {
                let mut seat = lock(seat);
                let conn = seat.as_mut().ok_or_else(|| away("the database is closed"))?;
                conn.batch_execute("PRAGMA query_only = ON")?;
                let answer = snapshot(conn, ask);
                conn.batch_execute("PRAGMA query_only = OFF")?;
                answer.unwrap_or_else(|panic| resume_unwind(panic))
            }
            Readers::Many { place, idle, keep } => {
                let waiting = lock(idle).pop();
                let mut conn = waiting.map_or_else(|| place.open_reader(), Ok)?;
                let answer = snapshot(&mut conn, ask);
                let mut idle = lock(idle);
                if idle.len() < *keep && matches!(conn.depth(), Ok(0)) {
                    idle.push(conn);
                }
                drop(idle);
                answer.unwrap_or_else(|panic| resume_unwind(panic))
            }
        }
    }
}

fn snapshot<T>(
    conn: &mut Conn,
    ask: impl FnOnce(&mut Conn) -> Result<T>,
) -> std::thread::Result<Result<T>> {
    match conn.begin("BEGIN") {
        Ok(()) => conn.look(ask),
        Err(error) => Ok(Err(error.into())),
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
        // FAST zeroes what is deleted inside pages; ON also writes every freed page once more. In
        // a trial on a busy machine (three rounds, wide scatter) FAST was no slower than OFF and
        // ON was the slowest or level each time, a quarter on average. Personal data is sealed
        // before it gets here, so what a freed page still holds cannot be read. To be measured
        // again on a quiet machine.
        conn.batch_execute(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST;",
        )?;
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
        let mut conn = SqliteConnection::establish(path)
            .map_err(|error| away(format!("cannot open the SQLite file {path}: {error}")))?;
        conn.batch_execute("PRAGMA busy_timeout = 1500; PRAGMA temp_store = MEMORY;")?;
        Ok(conn)
    }

    pub(super) fn is_memory(&self) -> bool {
        matches!(self, Place::Memory)
    }
}
