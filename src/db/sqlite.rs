//! Ground: SQLite, embedded. Its rule: many readers, one writer, and nothing is answered before
//! it is on disk.

use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::failure::away;
use super::file::{Place, Seat, lock};
use super::queue::Writer;
use super::turn::{Hands, Turn, Turns};
use super::{Conn, Desk, Settings, Tx};
use crate::error::Result;

pub(super) struct Sqlite {
    readers: Readers,
    writer: Writer,
    turns: Turns,
    hands: Hands,
}

enum Readers {
    Many(Many),
    /// A database in memory has one connection, the writer's.
    Shared(Seat),
}

/// A file's readers. Opening one reads the whole schema, which takes longer than most questions:
/// so a few are shared by all who ask, and only behind long ones are more opened.
struct Many {
    place: Place,
    room: Mutex<Room>,
    freed: Condvar,
    keep: usize,
}

/// The idle connections, and how many are at work.
struct Room {
    idle: Vec<Conn>,
    at_work: usize,
}

/// How long one waits for a connection before another is opened.
const PATIENCE: Duration = Duration::from_millis(25);

impl Many {
    fn take(&self) -> Result<Conn> {
        let crowded = |room: &mut Room| room.idle.is_empty() && room.at_work >= self.keep;
        let waited = self.freed.wait_timeout_while(lock(&self.room), PATIENCE, crowded);
        let (mut room, _) = waited.unwrap_or_else(PoisonError::into_inner);
        room.at_work += 1;
        let waiting = room.idle.pop();
        drop(room);
        let taken = waiting.map_or_else(|| self.place.open_reader(), Ok);
        if taken.is_err() {
            lock(&self.room).at_work -= 1;
        }
        taken
    }

    fn give_back(&self, mut conn: Conn) {
        let whole = matches!(conn.depth(), Ok(0));
        let mut room = lock(&self.room);
        room.at_work -= 1;
        if whole && room.idle.len() < self.keep {
            room.idle.push(conn);
        }
        drop(room);
        self.freed.notify_one();
    }
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
                let room = Mutex::new(Room { idle: vec![place.open_reader()?], at_work: 0 });
                let freed = Condvar::new();
                Readers::Many(Many { place: place.clone(), room, freed, keep })
            }
        };
        let writer = Writer::start(seat, place, settings.queue, Arc::clone(desk))?;
        let turns = Turns::new();
        let hands = Hands::new(turns.count())?;
        Ok(Self { readers, writer, turns, hands })
    }

    pub(super) fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.writer.write(change)
    }

    pub(super) fn write_then<T, F, D>(&self, change: F, tell: D)
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        self.writer.write_then(change, tell);
    }

    /// Where the file is; nothing for a database in memory.
    pub(super) fn place(&self) -> Option<&Place> {
        match &self.readers {
            Readers::Many(many) => Some(&many.place),
            Readers::Shared(_) => None,
        }
    }

    pub(super) fn turn(&self) -> Turn<'_> {
        self.turns.take()
    }

    pub(super) const fn hands(&self) -> &Hands {
        &self.hands
    }

    pub(super) fn commits(&self) -> u64 {
        self.writer.commits()
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
            Readers::Many(many) => {
                let mut conn = many.take()?;
                let answer = snapshot(&mut conn, ask);
                many.give_back(conn);
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
