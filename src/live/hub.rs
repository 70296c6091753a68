//! Live: one that follows for all who look on this node. Its rule: however many look, the database is asked once a round,
//! and not at all while nobody does; who comes too often loses their oldest place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::broadcast::{Receiver, Sender, channel};

use super::{AtWork, Changed, Follower, store};
use crate::db::Db;
use crate::error::Result;
use crate::time::Stamp;

/// Rounds that somebody may be behind before they are told that anything may have changed.
const BEHIND: usize = 64;
/// How long a count holds where nothing changed but the time.
const COUNTED: TimeDelta = TimeDelta::seconds(20);

/// What one round found.
#[derive(Debug)]
pub struct Round {
    pub changed: Changed,
    /// Tickets at which somebody began to work, or ended.
    pub attended: BTreeSet<String>,
    pub at_work: Arc<AtWork>,
    /// The program ends: whoever looks is sent home.
    pub is_last: bool,
}

/// What is counted for whom: the reader's scope in words, and the list.
pub type Count = (String, &'static str);

/// What was found out, for whoever comes.
#[derive(Debug, Default)]
struct Board {
    at_work: Arc<AtWork>,
    /// How many rounds have found something.
    turn: u64,
    /// In which turn and when something was counted last.
    counts: BTreeMap<Count, (u64, Stamp, i64)>,
}

/// Who follows for all.
#[derive(Debug)]
pub struct Hub {
    tell: Sender<Arc<Round>>,
    /// Whether somebody follows.
    is_on: Mutex<bool>,
    /// In the hands of whoever follows.
    follower: Mutex<Follower>,
    board: Mutex<Board>,
    /// The places of each account that looks.
    places: Mutex<BTreeMap<i64, BTreeSet<u64>>>,
    given: AtomicU64,
}

/// A place of somebody who looks, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    account: i64,
    no: u64,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            tell: channel(BEHIND).0,
            is_on: Mutex::default(),
            follower: Mutex::default(),
            board: Mutex::default(),
            places: Mutex::default(),
            given: AtomicU64::new(0),
        }
    }
}

impl Hub {
    /// A place for `account`, which has at most `most` of them: its oldest is lost to a new one.
    pub fn sit(self: &Arc<Self>, account: i64, most: usize) -> (Seat, Receiver<Arc<Round>>) {
        let no = self.given.fetch_add(1, Ordering::Relaxed);
        let mut places = locked(&self.places);
        let own = places.entry(account).or_default();
        own.insert(no);
        while own.len() > most.max(1) {
            own.pop_first();
        }
        (Seat { hub: self.clone(), account, no }, self.tell.subscribe())
    }

    /// Whether nobody follows yet: then the caller must, by [`Hub::round`] until [`Hub::rests`].
    pub fn needs_following(&self) -> bool {
        !std::mem::replace(&mut *locked(&self.is_on), true)
    }

    /// Whether nobody looks any more: then whoever follows must stop.
    pub fn rests(&self) -> bool {
        let mut is_on = locked(&self.is_on);
        if self.tell.receiver_count() > 0 {
            return false;
        }
        *locked(&self.follower) = Follower::default();
        let mut board = locked(&self.board);
        // What changes from now on nobody notices.
        *board = Board { turn: board.turn + 1, ..Board::default() };
        *is_on = false;
        true
    }

    /// One look at the database; whoever looks is told of what it found. It blocks.
    ///
    /// # Errors
    /// As the database says; the next round then tells of it.
    pub fn round(&self, db: &Db) -> Result<()> {
        let now = db.now();
        let mut follower = locked(&self.follower);
        let (at_work, changed) =
            db.read(|conn| Ok((store::at_work_now(conn, now)?, follower.look(conn)?)))?;
        drop(follower);
        let at_work = Arc::new(at_work);
        let mut board = locked(&self.board);
        let attended = differing(&board.at_work, &at_work);
        if !changed.is_any() && attended.is_empty() {
            return Ok(());
        }
        board.turn += 1;
        board.at_work = at_work.clone();
        drop(board);
        self.say(Round { changed, attended, at_work, is_last: false });
        Ok(())
    }

    /// Sends everybody home: the program ends.
    pub fn close(&self) {
        let changed = Changed::Tickets(BTreeSet::new());
        let (attended, at_work) = (BTreeSet::new(), Arc::default());
        self.say(Round { changed, attended, at_work, is_last: true });
    }

    fn say(&self, round: Round) {
        // Nobody may be there to hear it.
        drop(self.tell.send(Arc::new(round)));
    }

    /// Who is at work, as the last round found it.
    pub fn at_work(&self) -> Arc<AtWork> {
        locked(&self.board).at_work.clone()
    }

    /// What `count` counts, asked once for all who may see the same, as long as nothing changes.
    ///
    /// # Errors
    /// Those of `count`.
    pub fn counted(
        &self,
        what: Count,
        now: Stamp,
        count: impl FnOnce() -> Result<i64>,
    ) -> Result<i64> {
        let turn = {
            let board = locked(&self.board);
            if let Some((turn, at, counted)) = board.counts.get(&what)
                && *turn == board.turn
                && now < at.plus(COUNTED)
            {
                return Ok(*counted);
            }
            board.turn
        };
        let counted = count()?;
        locked(&self.board).counts.insert(what, (turn, now, counted));
        Ok(counted)
    }
}

/// The tickets at which others are at work than before.
fn differing(before: &AtWork, after: &AtWork) -> BTreeSet<String> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|no| before.get(*no) != after.get(*no)).cloned().collect()
}

impl Seat {
    /// Which of `of` turns is its own, so that not all look at once.
    pub fn rank(&self, of: u32) -> u32 {
        u32::try_from(self.no % u64::from(of.max(1))).unwrap_or_default()
    }

    /// Whether it is still this one's.
    pub fn holds(&self) -> bool {
        locked(&self.hub.places).get(&self.account).is_some_and(|own| own.contains(&self.no))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = locked(&self.hub.places);
        if let Some(own) = places.get_mut(&self.account) {
            own.remove(&self.no);
            if own.is_empty() {
                places.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_too_often_loses_the_oldest_place_and_no_other() {
        let hub = Arc::new(Hub::default());
        let (first, _) = hub.sit(1, 2);
        let (second, _) = hub.sit(1, 2);
        let (other, _) = hub.sit(2, 2);
        let (third, _) = hub.sit(1, 2);
        assert_eq!([&first, &second, &third, &other].map(Seat::holds), [false, true, true, true]);
        drop(third);
        let (fourth, _) = hub.sit(1, 2);
        assert!(second.holds() && fourth.holds());
    }

    #[test]
    fn one_follows_while_somebody_looks_and_nobody_else() {
        let hub = Arc::new(Hub::default());
        let seat = hub.sit(1, 2);
        assert!(hub.needs_following() && !hub.needs_following() && !hub.rests());
        drop(seat);
        assert!(hub.rests() && hub.needs_following());
    }

    #[test]
    fn what_is_counted_for_one_holds_for_all_until_something_changes() {
        let hub = Hub::default();
        let now = Stamp::from_millis(0);
        let count = |now, number| hub.counted(("All".to_owned(), "open"), now, || Ok(number));
        assert_eq!(count(now, 3).unwrap(), 3);
        assert_eq!(count(now, 4).unwrap(), 3);
        assert_eq!(count(now.plus(COUNTED), 5).unwrap(), 5, "a light changes with the time");
        locked(&hub.board).turn += 1;
        assert_eq!(count(now, 6).unwrap(), 6);
    }

    #[test]
    fn a_ticket_is_told_of_when_somebody_comes_to_it_and_when_the_last_one_goes() {
        let at = |no: &str, user: i64| (no.to_owned(), BTreeMap::from([(user, "某".to_owned())]));
        let before = AtWork::from([at("a", 1), at("b", 1)]);
        let after = AtWork::from([at("a", 1), at("c", 2)]);
        assert_eq!(differing(&before, &after), BTreeSet::from(["b".to_owned(), "c".to_owned()]));
    }
}
