//! Upstream: carrying owed answers to the platform. Its rule: a job carries an id, reloads and decides anew;
//! a ticket's answers go in their order; what may have arrived is asked for before it is sent again.

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::facts::{self, Facts};
use super::platform::{Arrived, Platform, Verdict};
use super::store::{self, Went};
use super::{Backfill, BackfillState, Form};
use crate::config::Upstream;
use crate::db::{Db, Tx};
use crate::directory::{Cached, Directory};
use crate::error::{Error, Kind, Result};
use crate::jobs;
use crate::outward::Outward;
use crate::sealing::MasterKey;
use crate::ticket::store::Vault;
use crate::time::Stamp;

/// The job that carries the answer whose id it is put with.
pub const JOB: &str = "upstream.backfill";

/// The wait after the first try; it doubles.
const FIRST_S: i64 = 5;
const LONGEST_S: i64 = 900;
/// By then the tries of a job, which end after five hours and a half at the most, are surely over.
const FORGOTTEN: TimeDelta = TimeDelta::hours(6);

/// Who carries answers.
#[derive(Clone)]
pub struct Carrier {
    pub(super) db: Db,
    keys: Arc<MasterKey>,
    directory: Cached,
    pub(super) zone: Tz,
    pub form: Arc<Form>,
    /// None where the city has no interface: answers wait for a sheet or a person.
    pub platform: Option<Platform>,
    give_up: TimeDelta,
}

impl Carrier {
    /// As configured.
    ///
    /// # Errors
    /// `upstream.form` where the form cannot be read.
    pub fn of(
        config: &Upstream,
        outward: Outward,
        (db, keys, directory): (Db, Arc<MasterKey>, Cached),
        zone: Tz,
    ) -> Result<Self> {
        Ok(Self {
            db,
            keys,
            directory,
            zone,
            form: Arc::new(Form::load(&config.form)?),
            platform: Platform::of(config, outward),
            give_up: TimeDelta::hours(i64::from(config.give_up_hours)),
        })
    }

    /// Tries to bring the answer `id` to the platform.
    ///
    /// # Errors
    /// The database's own.
    pub fn carry(&self, id: i64) -> Result<()> {
        let now = self.db.now();
        let Some(owed) = self.db.read(|conn| its_turn(conn, id, now))? else { return Ok(()) };
        if self.form.leaves_out(owed.cause) {
            return self.settle(&owed, BackfillState::LeftOut, None);
        }
        let Some(platform) = &self.platform else {
            return self.db.write(move |tx| store::wake_at(tx, id, None));
        };
        let message = match self.facts(&owed) {
            Ok(facts) => self.form.message(&facts, self.zone),
            // Erased meanwhile: there is nothing left to say.
            Err(error) if error.kind() == Kind::NotFound => {
                return self.settle(&owed, BackfillState::Dead, Some(error.code().to_owned()));
            }
            Err(error) => return Err(error),
        };
        match self.ask(platform, &owed, &message) {
            Verdict::Accepted => self.settle(&owed, BackfillState::Acknowledged, None),
            Verdict::Refused(code) => self.settle(&owed, BackfillState::Refused, Some(code)),
            Verdict::Unknown => self.come_again(&owed, "unknown", Arrived::No),
            Verdict::Again { why, arrived } => self.come_again(&owed, &why, arrived),
        }
    }

    /// What `owed` says.
    ///
    /// # Errors
    /// `ticket.erased`; the database's own.
    pub fn facts(&self, owed: &Backfill) -> Result<Facts> {
        self.db.read(|conn| {
            let source = facts::source(conn, Vault { keys: &self.keys }, owed)?;
            let directory: Arc<Directory> = self.directory.current(conn)?;
            Ok(Facts::of(owed, &source, &directory))
        })
    }

    fn ask(&self, platform: &Platform, owed: &Backfill, message: &serde_json::Value) -> Verdict {
        let id = owed.message_id();
        if owed.state == BackfillState::Sent && platform.tells_status() {
            match platform.status(&self.form, &id) {
                Verdict::Unknown => {}
                // Whether it is there stays as open as it was.
                Verdict::Again { why, .. } => {
                    return Verdict::Again { why, arrived: Arrived::Perhaps };
                }
                known => return known,
            }
        }
        platform.take(&self.form, &id, message)
    }

    fn settle(&self, owed: &Backfill, state: BackfillState, why: Option<String>) -> Result<()> {
        let owed = owed.clone();
        let went = Went { state, next_at: None, why };
        self.db.write(move |tx| {
            if !store::went(tx, &owed, &went)? {
                return Ok(());
            }
            if state == BackfillState::Acknowledged {
                store::supersede(tx, &owed)?;
            }
            wake_next(tx, owed.ticket_id)
        })
    }

    /// Later, unless that has been so for too long.
    fn come_again(&self, owed: &Backfill, why: &str, arrived: Arrived) -> Result<()> {
        let now = self.db.now();
        if now >= owed.asked_at.plus(self.give_up) {
            return self.settle(owed, BackfillState::Dead, Some(why.to_owned()));
        }
        let perhaps = arrived == Arrived::Perhaps || owed.state == BackfillState::Sent;
        let state = if perhaps { BackfillState::Sent } else { BackfillState::Waiting };
        let next_at = now.plus(back_off(owed.tries, owed.id));
        let went = Went { state, next_at: Some(next_at), why: Some(why.to_owned()) };
        let owed = owed.clone();
        self.db.write(move |tx| {
            if store::went(tx, &owed, &went)? {
                jobs::put_at(tx, JOB, &owed.id, next_at)?;
            }
            Ok(())
        })
    }

    /// Wakes what waited while no interface was configured, and what a job that died has left behind: it would
    /// hold up every later answer of its ticket.
    ///
    /// # Errors
    /// The database's own.
    pub fn wake(&self) -> Result<()> {
        if self.platform.is_none() {
            return Ok(());
        }
        loop {
            let long_ago = self.db.now().plus(-FORGOTTEN);
            let asleep = self.db.read(|conn| store::asleep(conn, long_ago, 200))?;
            if asleep.is_empty() {
                return Ok(());
            }
            self.db.write(move |tx| {
                let now = tx.now;
                for id in &asleep {
                    store::wake_at(tx, *id, Some(now))?;
                    jobs::put(tx, JOB, id)?;
                }
                Ok(())
            })?;
        }
    }
}

/// The answer, if it is still to be sent, now, and no earlier one of its ticket is (which wakes it).
fn its_turn(conn: &mut crate::db::Conn, id: i64, now: Stamp) -> Result<Option<Backfill>> {
    let Some(owed) = store::one(conn, id)? else { return Ok(None) };
    let due = owed.state.is_tried() && owed.next_at.is_none_or(|at| at <= now);
    let first = due && store::first_tried(conn, owed.ticket_id)? == Some(id);
    Ok(first.then_some(owed))
}

/// The ticket's next answer goes at once, now that the one before is settled.
pub(super) fn wake_next(tx: &mut Tx<'_>, ticket_id: i64) -> Result<()> {
    let Some(next) = store::first_tried(tx.conn, ticket_id)? else { return Ok(()) };
    let now = tx.now;
    store::wake_at(tx, next, Some(now))?;
    jobs::put(tx, JOB, &next)?;
    Ok(())
}

/// 5 s doubling up to a quarter of an hour; spread, so that what failed together does not come back
/// together.
fn back_off(tries: i32, id: i64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(0, 16)).unwrap_or_default();
    let plain_ms = (FIRST_S << doublings).min(LONGEST_S) * 1_000;
    TimeDelta::milliseconds(plain_ms + id.rem_euclid(plain_ms / 5))
}

/// The answer that a person or the platform's list speaks of, while it is owed.
pub(super) fn open_one(tx: &mut Tx<'_>, id: i64) -> Result<Backfill> {
    let owed = store::one(tx.conn, id)?.ok_or_else(Error::not_found)?;
    if owed.state.is_open() { Ok(owed) } else { Err(Error::refused("upstream.settled")) }
}
