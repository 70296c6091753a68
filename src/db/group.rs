//! Ground: SQLite's one writer. Its rule: writes that wait together are committed together, each
//! as if it were alone.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SendError, Sender};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::failure::{away, panicked, underneath};
use super::file::{Place, Seat, lock};
use super::member::{Entry, Member, answer};
use super::{Conn, Desk, Tx};
use crate::error::{Error, Result};

/// A group ends here even if more are waiting.
const MEMBERS: usize = 128;
const LONGEST: Duration = Duration::from_millis(20);
/// After a refusal the next so many members are looked at more closely: where one is, more are.
const WARY: u32 = 1_000;

/// What the writing thread owns.
pub(super) struct Clerk {
    seat: Seat,
    place: Place,
    desk: Arc<Desk>,
    commits: Arc<AtomicU64>,
    /// The number of the open transaction.
    transaction: Cell<u64>,
    /// For how many more members it is asked, before they run, how many rows have changed.
    wary: Cell<u32>,
}

impl Clerk {
    pub(super) fn new(seat: Seat, place: Place, desk: Arc<Desk>, commits: Arc<AtomicU64>) -> Self {
        let (transaction, wary) = (Cell::new(0), Cell::new(0));
        Self { seat, place, desk, commits, transaction, wary }
    }

    /// Opens the connection again where it was given up.
    fn reopen(&self, seat: &mut Option<Conn>) -> Result<()> {
        if seat.is_none() {
            *seat = Some(self.place.open_writer()?);
        }
        Ok(())
    }

    /// Writes group after group until nobody is left who could ask. Waking those who wait was a
    /// sixteenth of this thread's time: `answers` is another's, which does it while the next group is
    /// written.
    pub(super) fn work(&self, queue: &Receiver<Box<dyn Member>>, answers: &Sender<Vec<Entry>>) {
        while let Ok(first) = queue.recv() {
            let mut seat = lock(&self.seat);
            drop(self.reopen(&mut seat));
            let Some(Conn::Sqlite(conn)) = seat.as_mut() else {
                first.answer(Err(away("the database cannot be opened")));
                continue;
            };
            if let Err(error) = self.begin(conn) {
                self.mend(&mut seat);
                drop(seat);
                first.answer(Err(error.into()));
                continue;
            }
            let mut group: Vec<Entry> = Vec::new();
            let together = self.together(&mut seat, first, queue, &mut group);
            if together.is_err() && self.again(&mut seat, &mut group).is_err() {
                self.mend(&mut seat);
                for (member, fate) in &mut group {
                    *fate = self.alone(&mut seat, member.as_mut());
                }
            }
            // Answered with the seat free: a caller may read at once.
            drop(seat);
            if let [_] = group.as_slice() {
                answer(group);
            } else if let Err(SendError(group)) = answers.send(group) {
                answer(group);
            }
        }
        lock(&self.seat).take();
    }

    /// Runs `first` and all that wait within the open transaction and commits it. An error means
    /// that nothing of it is on disk.
    fn together(
        &self,
        seat: &mut Option<Conn>,
        first: Box<dyn Member>,
        queue: &Receiver<Box<dyn Member>>,
        group: &mut Vec<Entry>,
    ) -> Result<()> {
        let began = Instant::now();
        let mut next = Some(first);
        let mut whole = Ok(());
        while let Some(mut member) = next.take() {
            let outcome = self.trusting(seat, member.as_mut());
            let (fate, intact) = match outcome {
                Outcome::Went(fate) => (fate, true),
                Outcome::Lost => (Ok(()), false),
            };
            group.push((member, fate));
            if !intact {
                whole = Err(Error::internal("a member failed with the group's work open"));
                break;
            }
            if group.len() < MEMBERS && began.elapsed() < LONGEST {
                next = queue.try_recv().ok();
            }
        }
        whole?;
        self.commit(seat)
    }

    /// Runs the group once more from its beginning, each member in a savepoint: one of them failed
    /// after it had changed something. An error means that nothing of it is on disk.
    fn again(&self, seat: &mut Option<Conn>, group: &mut [Entry]) -> Result<()> {
        let Some(Conn::Sqlite(conn)) = seat.as_mut() else { return Err(away("closed")) };
        while depth(conn) > 0 {
            AnsiTransactionManager::rollback_transaction(conn)?;
        }
        self.begin(conn)?;
        for (member, fate) in group {
            match self.within(seat, member.as_mut()) {
                Outcome::Went(went) => *fate = went,
                Outcome::Lost => return Err(Error::internal("rolled back underneath")),
            }
        }
        self.commit(seat)
    }

    fn commit(&self, seat: &mut Option<Conn>) -> Result<()> {
        let Some(Conn::Sqlite(conn)) = seat.as_mut() else { return Err(away("closed")) };
        AnsiTransactionManager::commit_transaction(conn)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Runs one member as it is. A savepoint for each would copy every page that it touches; so
    /// there is none, and a member that fails after it has changed something costs the group a
    /// second run. Most refusals change nothing; that is known of those that come after one, and
    /// the first in a long while costs its group a second run too.
    fn trusting(&self, seat: &mut Option<Conn>, member: &mut dyn Member) -> Outcome {
        let Some(conn) = seat.as_mut() else { return Outcome::Lost };
        let wary = self.wary.get();
        let before = if wary > 0 { changes(conn) } else { None };
        self.wary.set(wary.saturating_sub(1));
        let fate = self.run(conn, member);
        if let Err(error) = &fate {
            self.wary.set(WARY);
            let untouched = before.is_some() && before == changes(conn);
            // A database error may have rolled everything back.
            if !untouched || underneath(error).is_some() {
                return Outcome::Lost;
            }
        }
        let Conn::Sqlite(sqlite) = conn else { return Outcome::Lost };
        if depth(sqlite) == 1 && is_open(sqlite) { Outcome::Went(fate) } else { Outcome::Lost }
    }

    /// Runs one member in a savepoint, so that a refusal or a panic leaves nothing of it.
    fn within(&self, seat: &mut Option<Conn>, member: &mut dyn Member) -> Outcome {
        let Some(conn) = seat.as_mut() else { return Outcome::Lost };
        if let Conn::Sqlite(sqlite) = conn
            && AnsiTransactionManager::begin_transaction(sqlite).is_err()
        {
            return Outcome::Lost;
        }
        let fate = self.run(conn, member);
        let Conn::Sqlite(sqlite) = conn else { return Outcome::Lost };
        let closed = if fate.is_ok() {
            // A member that left a transaction of its own open has not finished.
            if depth(sqlite) == 2 {
                AnsiTransactionManager::commit_transaction(sqlite)
            } else {
                Err(diesel::result::Error::BrokenTransactionManager)
            }
        } else {
            let mut back = Ok(());
            while back.is_ok() && depth(sqlite) > 1 {
                back = AnsiTransactionManager::rollback_transaction(sqlite);
            }
            back
        };
        // A full disk can roll the whole transaction back without a word: then the savepoint is
        // gone, and so is everybody's work.
        if closed.is_ok() && depth(sqlite) == 1 { Outcome::Went(fate) } else { Outcome::Lost }
    }

    /// Runs one member in a transaction of its own.
    fn alone(&self, seat: &mut Option<Conn>, member: &mut dyn Member) -> Result<()> {
        self.reopen(seat)?;
        let Some(conn) = seat.as_mut() else { return Err(away("closed")) };
        if let Conn::Sqlite(sqlite) = conn {
            self.begin(sqlite)?;
        }
        let fate = self.run(conn, member);
        let Conn::Sqlite(sqlite) = conn else { return Err(away("closed")) };
        let ended = match &fate {
            Ok(()) if depth(sqlite) == 1 => AnsiTransactionManager::commit_transaction(sqlite),
            _ => Err(diesel::result::Error::BrokenTransactionManager),
        };
        if let Err(error) = ended {
            self.mend(seat);
            return fate.and(Err(error.into()));
        }
        fate
    }

    fn begin(&self, conn: &mut SqliteConnection) -> QueryResult<()> {
        self.transaction.set(self.desk.transaction());
        AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
    }

    fn run(&self, conn: &mut Conn, member: &mut dyn Member) -> Result<()> {
        let (now, ids) = (self.desk.clock.now(), &self.desk.ids);
        let mut tx = Tx { conn, now, ids, transaction: self.transaction.get() };
        catch_unwind(AssertUnwindSafe(|| member.run(&mut tx))).unwrap_or_else(|_| Err(panicked()))
    }

    /// Makes the connection fit for the next transaction: a file is opened again; memory, which
    /// would be lost, is rolled back.
    fn mend(&self, seat: &mut Option<Conn>) {
        if !self.place.is_memory() {
            seat.take();
            drop(self.reopen(seat));
            return;
        }
        if let Some(Conn::Sqlite(conn)) = seat.as_mut() {
            // Where no transaction is open any more, this fails and has nothing to do.
            drop(conn.batch_execute("ROLLBACK"));
            let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
            *status = diesel::connection::TransactionManagerStatus::default();
        }
    }
}

enum Outcome {
    /// The member ran, and its savepoint is closed.
    Went(Result<()>),
    /// The transaction is gone with all members' work.
    Lost,
}

/// Whether the transaction is still there: a full disk can roll it back without a word, and SQLite
/// says so only by letting another begin.
fn is_open(conn: &mut SqliteConnection) -> bool {
    conn.batch_execute("BEGIN").is_err()
}

diesel::define_sql_function! {
    /// SQLite's own count of changed rows; a function, so that its statement is prepared once.
    fn total_changes() -> diesel::sql_types::BigInt;
}

/// How many rows this connection has changed since it was opened.
fn changes(conn: &mut Conn) -> Option<i64> {
    let Conn::Sqlite(sqlite) = conn else { return None };
    diesel::select(total_changes()).get_result(sqlite).ok()
}

/// How many transactions are open, one in another; none where the manager is broken.
fn depth(conn: &mut SqliteConnection) -> u32 {
    AnsiTransactionManager::transaction_manager_status_mut(conn)
        .transaction_depth()
        .ok()
        .flatten()
        .map_or(0, std::num::NonZeroU32::get)
}
