//! Ground: who does later work. Its rule: claimed in a short write, worked outside any
//! transaction, finished or put back in another; any number of nodes may do so at once, and none
//! begins a job whose claim has passed to another.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use super::fail::{TRIES, back_off};
use super::{Fail, Job, store};
use crate::db::Db;
use crate::error::Result;
use crate::time::Stamp;

/// How many jobs are claimed at once.
const HANDFUL: i64 = 8;
/// A job is begun with at least so many of ten parts of the lease before it; else the claim is
/// renewed first.
const FRESH_TENTHS: i32 = 9;

type Work = Box<dyn Fn(&Job) -> Result<(), Fail> + Send + Sync>;
type Round = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// All that is done later, registered in one place.
pub struct Crew {
    db: Db,
    lease: TimeDelta,
    kinds: BTreeMap<&'static str, Work>,
    rounds: Vec<(&'static str, TimeDelta, Round)>,
}

impl Crew {
    /// Nobody yet. A claim lasts five minutes: what takes longer may be done twice.
    pub fn new(db: Db) -> Self {
        Self { db, lease: TimeDelta::minutes(5), kinds: BTreeMap::new(), rounds: Vec::new() }
    }

    /// Another length of claims.
    #[must_use]
    pub fn lease(mut self, lease: TimeDelta) -> Self {
        self.lease = lease;
        self
    }

    /// Who does jobs of `kind`. Jobs that nobody here does are left to other nodes.
    #[must_use]
    pub fn does(
        mut self,
        kind: &'static str,
        work: impl Fn(&Job) -> Result<(), Fail> + Send + Sync + 'static,
    ) -> Self {
        self.kinds.insert(kind, Box::new(work));
        self
    }

    /// What is done again and again, `every` so long after it last ended, on one node at a time.
    #[must_use]
    pub fn every(
        mut self,
        name: &'static str,
        every: TimeDelta,
        round: impl Fn() -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.rounds.push((name, every, Box::new(round)));
        self
    }

    /// Does what is due now, once: due rounds, then a handful of due jobs. Gives how many of both
    /// were done or tried.
    ///
    /// # Errors
    /// Only the database's own; what a job says stands in its row.
    pub fn step(&self) -> Result<usize> {
        let mut done = 0;
        for (name, every, round) in &self.rounds {
            done += usize::from(self.go_round(name, *every, round)?);
        }
        if self.kinds.is_empty() {
            return Ok(done);
        }
        let kinds: Vec<&'static str> = self.kinds.keys().copied().collect();
        let lease = self.lease;
        // Asking first costs no write where there is nothing to do.
        let now = self.db.now();
        if !self.db.read(|conn| store::any_due(conn, &kinds, now))? {
            return Ok(done);
        }
        let (claim, jobs) = self.db.write(move |tx| store::claim(tx, &kinds, HANDFUL, lease))?;
        for job in &jobs {
            if self.still_ours(job, claim, now)? {
                self.work(job, claim)?;
                done += 1;
            }
        }
        Ok(done)
    }

    /// Steps until nothing is due any more: for tests and for ending in order.
    ///
    /// # Errors
    /// As [`Crew::step`].
    pub fn drain(&self) -> Result<usize> {
        let mut done = 0;
        loop {
            match self.step()? {
                0 => return Ok(done),
                some => done += some,
            }
        }
    }

    /// Works until the bell stops it, looking every `pause` and whenever the bell rings. May run
    /// on several threads at once.
    pub fn run(&self, bell: &Bell, pause: Duration) {
        while !bell.stopped() {
            match self.step() {
                Ok(0) => bell.wait(pause),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(code = error.code(), cause = ?error.cause(), "later work waits");
                    bell.wait(pause);
                }
            }
        }
    }

    /// Whether the job, claimed at or after `claimed_at`, is still this crew's to do. Where those before
    /// it took long the lease may have run out and somebody else be at it: asked, and renewed, in one
    /// statement.
    fn still_ours(&self, job: &Job, claim: i64, claimed_at: Stamp) -> Result<bool> {
        let (id, lease) = (job.id, self.lease);
        if self.db.now() <= claimed_at.plus(lease - lease * FRESH_TENTHS / 10) {
            return Ok(true);
        }
        self.db.write(move |tx| store::renew(tx, id, claim, lease))
    }

    fn go_round(&self, name: &'static str, every: TimeDelta, round: &Round) -> Result<bool> {
        let lease = self.lease;
        let now = self.db.now();
        if !self.db.read(|conn| store::schedule_due(conn, name, now))? {
            return Ok(false);
        }
        let claim = self.db.write(move |tx| store::claim_schedule(tx, name, lease))?;
        let Some(claim) = claim else { return Ok(false) };
        let went = catch_unwind(AssertUnwindSafe(round));
        let why = match went {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.code()),
            Err(_) => Some("job.panicked"),
        };
        if let Some(why) = why {
            tracing::warn!(schedule = name, why, "a round failed");
        }
        self.db.write(move |tx| store::release_schedule(tx, name, claim, every, why))?;
        Ok(true)
    }

    fn work(&self, job: &Job, claim: i64) -> Result<()> {
        let went = match self.kinds.get(job.kind.as_str()) {
            // Whoever tried it last never came back to say so, again and again.
            _ if job.tries > TRIES => Err(Fail::never("job.never_ended")),
            Some(work) => catch_unwind(AssertUnwindSafe(|| work(job)))
                .unwrap_or_else(|_| Err(Fail::again("job.panicked"))),
            None => Err(Fail::again("job.nobody_does_it")),
        };
        let (id, tries) = (job.id, job.tries);
        let (again_after, why) = match went {
            Ok(()) => return self.db.write(move |tx| store::finish(tx, id, claim)),
            Err(Fail::Later { after, why }) => {
                tracing::warn!(job = id, kind = job.kind, why, "a job waits for somebody");
                return self.db.write(move |tx| store::hold_back(tx, id, claim, after, &why));
            }
            Err(Fail::Never { why }) => (None, why),
            Err(Fail::Again { why, .. }) if tries >= TRIES => (None, why),
            Err(Fail::Again { after, why }) => {
                (Some(after.unwrap_or_else(|| back_off(tries, id))), why)
            }
        };
        tracing::warn!(
            job = id,
            kind = job.kind,
            tries,
            why,
            dead = again_after.is_none(),
            "a job failed"
        );
        self.db.write(move |tx| match again_after {
            None => store::bury(tx, id, claim, &why),
            Some(after) => {
                let due_at = tx.now.plus(after);
                store::put_back(tx, id, claim, due_at, &why)
            }
        })
    }
}

/// Wakes the crew early, and ends its work.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<(Mutex<Rung>, Condvar)>);

#[derive(Debug, Default)]
struct Rung {
    rung: bool,
    stop: bool,
}

impl Bell {
    /// There is something to do: look now.
    pub fn ring(&self) {
        self.change(|state| state.rung = true);
    }

    /// No new work is begun.
    pub fn stop(&self) {
        self.change(|state| state.stop = true);
    }

    pub fn stopped(&self) -> bool {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).stop
    }

    fn change(&self, change: impl FnOnce(&mut Rung)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    /// Waits until it is rung or stopped, but no longer than that.
    pub fn wait(&self, longest: Duration) {
        let state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.0.1.wait_timeout_while(state, longest, |state| !state.rung && !state.stop);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.rung = false;
    }
}
