//! Ground: how long somebody has been waiting for the database. Its rule: the one who works says
//! since when it waits; the one who waits for the work leaves when that is too long, and what was
//! begun for somebody who has left is not committed.
//!
//! A server that is frozen (a hung disk, a stopped machine) answers nothing and closes nothing: libpq
//! would wait for ever, and no timeout of the server's own can run out. A thread in libpq cannot be
//! woken; so its caller goes, and the thread with its connection comes back when the server does, or
//! when the network says that there is none (`address.rs`).

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};

thread_local! {
    /// For whom this thread works, where somebody waits for it.
    static CALLER: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// How long one statement may be without an answer before the server is taken for gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// What one ticket needs.
    Ordinary,
    /// Figures of a month: a statement may take long, the beginning may not.
    Long,
}

/// What one caller and the thread that works for it know of each other.
#[derive(Debug)]
pub struct Watch {
    made: Instant,
    patience: Patience,
    /// Milliseconds after `made`, plus one; 0 while nothing is waited for.
    waits_since: AtomicU64,
    /// Whether a statement is on its way, rather than a connection.
    in_statement: AtomicBool,
    /// Whether the work has begun.
    begun: AtomicBool,
    /// Whether a connection was ever asked for.
    asked: AtomicBool,
    left: AtomicBool,
}

impl Watch {
    pub fn new(patience: Patience) -> Arc<Self> {
        Arc::new(Self {
            made: Instant::now(),
            patience,
            waits_since: AtomicU64::new(0),
            in_statement: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            left: AtomicBool::new(false),
        })
    }

    /// The watch of whoever waits for this thread's work, for another thread that does a part of it.
    pub fn here() -> Option<Arc<Self>> {
        caller()
    }

    /// Runs `work` for the caller of this watch; nothing where that one has left already.
    pub fn over<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> Option<T> {
        self.begun.store(true, Ordering::Release);
        if self.left.load(Ordering::Acquire) {
            return None;
        }
        // Taken back also where the work panics: the thread works for others afterwards.
        let _post = Post(CALLER.replace(Some(Arc::clone(self))));
        Some(work())
    }

    /// Whether the work has not begun, or has had no answer of the database, for longer than `longest`.
    pub fn is_stuck(&self, longest: Duration) -> bool {
        let run = self.millis();
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        if !self.begun.load(Ordering::Acquire) {
            return run > longest;
        }
        let since = self.waits_since.load(Ordering::Acquire);
        let counts =
            self.patience == Patience::Ordinary || !self.in_statement.load(Ordering::Acquire);
        since > 0 && counts && run.saturating_sub(since - 1) > longest
    }

    /// The caller goes: what is still to come is for nobody.
    pub fn leave(&self) {
        self.left.store(true, Ordering::Release);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// Gives the thread back to whoever it worked for before.
struct Post(Option<Arc<Watch>>);

impl Drop for Post {
    fn drop(&mut self) {
        CALLER.replace(self.0.take());
    }
}

fn caller() -> Option<Arc<Watch>> {
    CALLER.with_borrow(Clone::clone)
}

/// Whether somebody waited for this thread and does so no more.
pub(super) fn has_left() -> bool {
    caller().is_some_and(|watch| watch.left.load(Ordering::Acquire))
}

/// From now until it is dropped this thread waits for a connection with a transaction begun on it.
pub(super) struct Connecting(Option<Arc<Watch>>);

impl Connecting {
    pub(super) fn begin() -> Self {
        let caller = caller();
        if let Some(watch) = &caller {
            // The first time, what was waited for a thread was waited for the same reason.
            let again = watch.asked.swap(true, Ordering::AcqRel);
            let since = if again { watch.millis() } else { 0 };
            watch.waits_since.store(since + 1, Ordering::Release);
        }
        Self(caller)
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Some(watch) = &self.0 {
            watch.waits_since.store(0, Ordering::Release);
        }
    }
}

/// Hears of every statement of a connection.
pub(super) struct Ear;

impl Instrumentation for Ear {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let Some(watch) = caller() else { return };
        match event {
            // The BEGIN counts from when the connection was asked for.
            InstrumentationEvent::StartQuery { .. }
                if watch.waits_since.load(Ordering::Acquire) == 0 =>
            {
                watch.in_statement.store(true, Ordering::Release);
                watch.waits_since.store(watch.millis() + 1, Ordering::Release);
            }
            InstrumentationEvent::FinishQuery { .. }
                if watch.in_statement.swap(false, Ordering::AcqRel) =>
            {
                watch.waits_since.store(0, Ordering::Release);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn wait() {
        std::thread::sleep(SHORT * 2);
    }

    #[test]
    fn work_that_does_not_begin_is_stuck_and_is_not_done_once_its_caller_has_left() {
        let watch = Watch::new(Patience::Ordinary);
        assert!(!watch.is_stuck(SHORT));
        wait();
        assert!(watch.is_stuck(SHORT));
        watch.leave();
        assert_eq!(watch.over(|| 1), None);
    }

    #[test]
    fn work_that_takes_its_time_without_waiting_for_the_database_is_not_stuck() {
        let watch = Watch::new(Patience::Ordinary);
        let stuck = watch.over(|| {
            wait();
            watch.is_stuck(SHORT)
        });
        assert_eq!(stuck, Some(false));
    }

    #[test]
    fn a_connection_that_does_not_come_is_waited_for_until_it_is_there() {
        for patience in [Patience::Ordinary, Patience::Long] {
            let watch = Watch::new(patience);
            let seen = watch.over(|| {
                let connecting = Connecting::begin();
                wait();
                let before = watch.is_stuck(SHORT);
                drop(connecting);
                (before, watch.is_stuck(SHORT), has_left())
            });
            assert_eq!(seen, Some((true, false, false)));
        }
    }

    #[test]
    fn what_was_waited_for_a_thread_counts_with_what_is_waited_for_the_first_connection() {
        let watch = Watch::new(Patience::Ordinary);
        wait();
        let stuck = watch.over(|| {
            let first = Connecting::begin();
            let first_is = watch.is_stuck(SHORT);
            drop(first);
            let _second = Connecting::begin();
            (first_is, watch.is_stuck(SHORT))
        });
        assert_eq!(stuck, Some((true, false)));
    }

    #[test]
    fn a_thread_knows_its_own_caller_only() {
        let watch = Watch::new(Patience::Ordinary);
        watch.over(|| watch.leave());
        assert!(!has_left(), "the work is over");
        assert_eq!(Watch::new(Patience::Ordinary).over(has_left), Some(false));
    }
}
