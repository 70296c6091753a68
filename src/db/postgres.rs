//! Ground: PostgreSQL. Its rule: every write is serialisable and may run again; a commit whose
//! answer was lost is never repeated.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::r2d2::{Error as ConnectError, HandleError, ManageConnection, Pool, PooledConnection};
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use diesel::{Connection, PgConnection};

use super::address::address;
use super::failure::{away, panicked, underneath};
use super::gate::Gate;
use super::watch::{Connecting, Ear, has_left};
use super::{Conn, Desk, Settings, Tx};
use crate::error::{Error, Result};

/// How long a caller waits for a connection before it is told to come back.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How often a write runs at least that others are in the way of, and for how long it goes on: the
/// busier the machine, the longer each try, and the more others come between.
const TRIES: u32 = 5;
/// How often of these beside the node's other writes; then alone.
const BESIDE: u32 = 3;
const BUSY: Duration = Duration::from_millis(1_200);
const WRITE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// In a transaction that has failed, COMMIT would roll back and call that success; a statement
/// before it, in the same message, does not.
const COMMIT: &str = "SELECT 1; COMMIT";

pub(super) struct Postgres {
    pool: Pool<Dial>,
    desk: Arc<Desk>,
    gate: Gate,
}

/// How one write went.
enum Went<T> {
    Done(Result<T>),
    /// Others were in the way and nothing was kept.
    Again(Error),
}

impl Postgres {
    pub(super) fn open(settings: &Settings, desk: &Arc<Desk>) -> Self {
        let pool = Pool::builder()
            .max_size(settings.connections.max(1))
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            // The BEGIN of each use is the test.
            .test_on_check_out(false)
            .error_handler(Box::new(Warn))
            .build_unchecked(Dial { address: address(settings) });
        Self { pool, desk: Arc::clone(desk), gate: Gate::default() }
    }

    pub(super) fn write<T, F>(&self, change: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T>,
    {
        let mut again = match self.attempt_beside(&change, 1) {
            Went::Done(result) => return result,
            Went::Again(error) => error,
        };
        let turn = {
            let _connecting = Connecting::begin();
            self.gate.turn()
        };
        let (mut tries, since) = (1, Instant::now());
        while !has_left() && (tries < TRIES || since.elapsed() < BUSY) {
            tries += 1;
            let went = if tries <= BESIDE {
                std::thread::sleep(Duration::from_millis(rand::random_range(1..=8)));
                self.attempt_beside(&change, tries)
            } else {
                let _alone = self.gate.alone(&turn);
                self.attempt(&change, tries)
            };
            match went {
                Went::Done(result) => return result,
                Went::Again(error) => again = error,
            }
        }
        Err(again)
    }

    fn attempt_beside<T, F>(&self, change: &F, tries: u32) -> Went<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T>,
    {
        let _beside = self.gate.beside();
        self.attempt(change, tries)
    }

    fn attempt<T, F>(&self, change: &F, tries: u32) -> Went<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T>,
    {
        let mut line = match self.begun(WRITE) {
            Ok(line) => line,
            Err(error) => return Went::Done(Err(error)),
        };
        let mut tx = Tx {
            conn: &mut line.conn,
            now: self.desk.clock.now(),
            ids: &self.desk.ids,
            transaction: self.desk.transaction(),
        };
        let made =
            catch_unwind(AssertUnwindSafe(|| change(&mut tx))).unwrap_or_else(|_| Err(panicked()));
        let ended = made.and_then(|made| match line.conn.depth() {
            // Whoever asked was told that it was not done.
            Ok(1) if has_left() => Err(away("its caller has left")),
            Ok(1) => Ok(made),
            Ok(_) => Err(Error::internal("a write left a transaction of its own open")),
            // The connection broke on the way: nothing was committed.
            Err(error) => Err(away(error)),
        });
        let made = match ended {
            Ok(made) => made,
            Err(error) => {
                line.end();
                return match underneath(&error).map(|cause| Fault::over(cause, line.lost)) {
                    // Whatever the words were: nothing was committed.
                    Some(Fault::Lost) => Went::Again(away(error)),
                    Some(Fault::Conflict) => Went::Again(error),
                    // Whoever lost a race for a key sees the winner's row the second time.
                    Some(Fault::Duplicate) if tries == 1 => Went::Again(error),
                    _ => Went::Done(Err(error)),
                };
            }
        };
        let Err(error) = line.conn.batch_execute(COMMIT) else { return Went::Done(Ok(made)) };
        line.end();
        match Fault::over(&error, line.lost) {
            // Perhaps after everything was kept: to repeat the write could keep it twice.
            Fault::Lost => Went::Done(Err(away(error))),
            Fault::Conflict => Went::Again(error.into()),
            Fault::Duplicate | Fault::Other => Went::Done(Err(error.into())),
        }
    }

    pub(super) fn read<T>(&self, ask: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut line = self.begun(READ)?;
        let answer = line.conn.look(ask);
        if let Ok(Err(error)) = &answer
            && underneath(error).map(Fault::of) == Some(Fault::Lost)
        {
            line.lost = true;
        }
        drop(line);
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Runs one statement outside any transaction.
    pub(super) fn outside(&self, sql: &str) -> Result<()> {
        let mut line = self.pool.get().map_err(away)?;
        Ok(line.conn.batch_execute(sql)?)
    }

    /// Runs `change` alone among all nodes: a row is locked for as long as it takes.
    pub(super) fn change_schema<T>(
        &self,
        change: impl FnOnce(&mut Conn) -> Result<T>,
    ) -> Result<T> {
        self.make_lock_row()?;
        let mut line = self.begun("BEGIN ISOLATION LEVEL READ COMMITTED")?;
        let conn = &mut line.conn;
        let made = conn
            .batch_execute("SELECT id FROM schema_lock WHERE id = 1 FOR UPDATE")
            .map_err(Error::from)
            .and_then(|()| change(conn))
            .and_then(|made| Ok(conn.batch_execute(COMMIT).map(|()| made)?));
        if made.is_err() {
            line.end();
        }
        made
    }

    fn make_lock_row(&self) -> Result<()> {
        let mut tries = 1;
        loop {
            let mut line = self.begun("BEGIN")?;
            let made = line.conn.batch_execute(
                "CREATE TABLE IF NOT EXISTS schema_lock (id INTEGER PRIMARY KEY NOT NULL);
                 INSERT INTO schema_lock (id) VALUES (1) ON CONFLICT (id) DO NOTHING;
                 COMMIT",
            );
            let Err(error) = made else { return Ok(()) };
            line.end();
            // Two nodes may make the table at once: one of them fails and looks again.
            if tries >= TRIES {
                return Err(error.into());
            }
            drop(line);
            std::thread::sleep(Duration::from_millis(rand::random_range(5..=50)));
            tries += 1;
        }
    }

    /// A connection with a transaction begun. One that was lost while it lay idle is noticed here
    /// and replaced.
    fn begun(&self, begin: &str) -> Result<PooledConnection<Dial>> {
        let _connecting = Connecting::begin();
        let mut last = None;
        for _ in 0..=self.pool.max_size() {
            let mut line = self.pool.get().map_err(away)?;
            match line.conn.begin(begin) {
                Ok(()) => return Ok(line),
                Err(error) => {
                    line.lost = true;
                    last = Some(error);
                }
            }
        }
        Err(last.map_or_else(|| away("no connection"), away))
    }
}

/// What a database error means for trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Lost,
    Conflict,
    Duplicate,
    Other,
}

impl Fault {
    fn of(error: &Diesel) -> Self {
        match error {
            Diesel::DatabaseError(kind, _) => match kind {
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                    Self::Lost
                }
                // A deadlock (40P01) arrives as unknown, in the server's language.
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::Unknown => {
                    Self::Conflict
                }
                DatabaseErrorKind::UniqueViolation => Self::Duplicate,
                _ => Self::Other,
            },
            Diesel::BrokenTransactionManager => Self::Lost,
            Diesel::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            _ => Self::Other,
        }
    }

    /// The same where it is known whether the connection is `lost`: it was rolled back since, and one
    /// that still answers has kept nothing.
    fn over(error: &Diesel, lost: bool) -> Self {
        if lost { Self::Lost } else { Self::of(error) }
    }
}

/// A connection of the pool.
pub(super) struct Line {
    conn: Conn,
    /// Not to be used again.
    lost: bool,
}

impl Line {
    /// Rolls back whatever is open.
    fn end(&mut self) {
        self.lost |= self.conn.undo().is_err();
    }
}

/// Makes connections to the one address.
struct Dial {
    address: String,
}

impl ManageConnection for Dial {
    type Connection = Line;
    type Error = ConnectError;

    fn connect(&self) -> Result<Line, ConnectError> {
        let mut conn =
            PgConnection::establish(&self.address).map_err(ConnectError::ConnectionError)?;
        conn.set_instrumentation(Ear);
        Ok(Line { conn: Conn::Postgres(conn), lost: false })
    }

    fn is_valid(&self, line: &mut Line) -> Result<(), ConnectError> {
        line.conn.batch_execute("SELECT 1").map_err(ConnectError::QueryError)
    }

    fn has_broken(&self, line: &mut Line) -> bool {
        line.lost || !matches!(line.conn.depth(), Ok(0))
    }
}

/// A connection that cannot be made is said once per try, without the address (it may hold a
/// password).
#[derive(Debug)]
struct Warn;

impl HandleError<ConnectError> for Warn {
    fn handle_error(&self, error: ConnectError) {
        tracing::warn!(%error, "no connection to PostgreSQL");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_means_is_asked_only_of_a_connection_that_still_answers() {
        use DatabaseErrorKind as Kind;
        let table = [
            (Kind::Unknown, Fault::Conflict),
            (Kind::SerializationFailure, Fault::Conflict),
            (Kind::ClosedConnection, Fault::Lost),
            (Kind::UnableToSendCommand, Fault::Lost),
            (Kind::UniqueViolation, Fault::Duplicate),
            (Kind::CheckViolation, Fault::Other),
        ];
        for (kind, answers) in table {
            let error = Diesel::DatabaseError(kind, Box::new(String::from("in any language")));
            assert_eq!(Fault::over(&error, false), answers);
            assert_eq!(Fault::over(&error, true), Fault::Lost);
        }
    }
}
