//! Ground: whose turn it is to make a write ready. Its rule: where one thread writes, those that work
//! for it leave it a core; else it waits for one among all whom it has just answered.

use std::sync::{Condvar, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use super::failure::away;
use super::file::lock;
use crate::error::{Error, Result};

/// As many turns as there are cores beside the writer's, at least one.
#[derive(Debug)]
pub(super) struct Turns {
    count: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

/// A turn, until it is dropped. Whoever has one must not wait for another.
#[must_use]
#[derive(Debug)]
pub struct Turn<'a>(Option<&'a Turns>);

impl Turns {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = cores.saturating_sub(1).max(1);
        Self { count, free: Mutex::new(count), freed: Condvar::new() }
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) fn take(&self) -> Turn<'_> {
        let free = self.freed.wait_while(lock(&self.free), |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn(Some(self))
    }
}

impl Turn<'_> {
    /// Where many write at once, nobody waits for a turn.
    pub(super) const fn of_nobody() -> Self {
        Self(None)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(turns) = self.0 {
            *lock(&turns.free) += 1;
            turns.freed.notify_one();
        }
    }
}

/// Threads that do nothing but make writes ready, one for each turn, so that nobody stands by and waits
/// for one. They begin with their first work.
pub struct Hands(Option<Runtime>);

impl Hands {
    pub(super) fn new(count: usize) -> Result<Self> {
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(count.max(1)).thread_name("ready");
        builder.build().map(|runtime| Self(Some(runtime))).map_err(Error::internal)
    }

    /// Has `work` done by one of them, in the order of asking.
    ///
    /// # Errors
    /// `unavailable` where the house is being closed.
    pub fn take(&self, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let runtime = self.0.as_ref().ok_or_else(|| away("the database is closed"))?;
        drop(runtime.spawn_blocking(work));
        Ok(())
    }
}

impl Drop for Hands {
    // Whoever drops it may be answering others and must not wait for them.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
