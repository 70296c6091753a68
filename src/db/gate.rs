//! Ground: the gate through which this node's writes go to PostgreSQL. Its rule: they go side by side,
//! until one has lost against the others too often; that one goes alone, and waits for it only so
//! long: one that hangs must not hold up all.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody stands at the gate at most; then the database's own order must do.
const LONGEST: Duration = Duration::from_millis(400);

#[derive(Debug, Default)]
pub(super) struct Gate {
    inside: Mutex<Inside>,
    changed: Condvar,
    /// Held by the one write that runs again.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct Inside {
    running: usize,
    /// Somebody wants to be, or is, alone.
    alone: bool,
}

/// Somebody is through the gate, until this is dropped.
pub(super) struct Through<'a> {
    gate: &'a Gate,
    alone: bool,
}

impl Gate {
    /// Waits until no other write of this node runs again: many that do are in each other's way for
    /// as long as they do.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes beside the others.
    pub(super) fn beside(&self) -> Through<'_> {
        let mut inside = self.wait(|inside| !inside.alone);
        inside.running += 1;
        Through { gate: self, alone: false }
    }

    /// Goes alone; only for who holds the turn.
    pub(super) fn alone(&self, _turn: &MutexGuard<'_, ()>) -> Through<'_> {
        self.lock().alone = true;
        let mut inside = self.wait(|inside| inside.running == 0);
        inside.running += 1;
        Through { gate: self, alone: true }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, until: impl Fn(&Inside) -> bool) -> MutexGuard<'_, Inside> {
        let since = Instant::now();
        let mut inside = self.lock();
        while !until(&inside) {
            let Some(left) = LONGEST.checked_sub(since.elapsed()) else { break };
            let waited = self.changed.wait_timeout(inside, left);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inside
    }
}

impl Drop for Through<'_> {
    fn drop(&mut self) {
        let mut inside = self.gate.lock();
        inside.running -= 1;
        if self.alone {
            inside.alone = false;
        }
        drop(inside);
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn who_goes_alone_meets_nobody_and_the_others_come_after() {
        let (gate, inside, met) = (Gate::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (gate, inside, met) = (&gate, &inside, &met);
                scope.spawn(move || {
                    for _ in 0..20 {
                        let turn = (n % 4 == 0).then(|| gate.turn());
                        let through = match &turn {
                            Some(turn) => gate.alone(turn),
                            None => gate.beside(),
                        };
                        let others = inside.fetch_add(1, Ordering::SeqCst);
                        if turn.is_some() {
                            met.fetch_add(others, Ordering::SeqCst);
                        }
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(through);
                    }
                });
            }
        });
        assert_eq!(met.into_inner(), 0);
        assert_eq!(gate.lock().running, 0);
    }

    #[test]
    fn one_that_hangs_holds_nobody_up_for_long() {
        let gate = Gate::default();
        let _hangs = gate.beside();
        let since = Instant::now();
        let turn = gate.turn();
        drop(gate.alone(&turn));
        assert!(since.elapsed() >= LONGEST);
        drop(gate.beside());
        assert!(since.elapsed() < LONGEST * 2, "nobody is alone any more");
    }
}
