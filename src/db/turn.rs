//! Ground: whose turn it is to make a write ready. Its rule: where one thread writes, those that work
//! for it leave it a core; else it waits for one among all whom it has just answered.

use std::sync::{Condvar, Mutex, PoisonError};

use super::file::lock;

/// As many turns as there are cores beside the writer's, at least one.
#[derive(Debug)]
pub(super) struct Turns {
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
        Self { free: Mutex::new(cores.saturating_sub(1).max(1)), freed: Condvar::new() }
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
