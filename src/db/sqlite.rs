//! Ground: SQLite, embedded. Its rule: many readers, one writer, and nothing is answered before
//! it is on disk.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;

use super::failure::away;
use super::file::{Place, Seat, lock};
use super::group::Writer;
use super::{Conn, Desk, Settings, Tx};
use crate::error::Result;

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
