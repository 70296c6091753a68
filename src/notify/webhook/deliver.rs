//! Webhooks: telling. Its rule: the call is made outside any write; what came of it is one write; the
//! same identifier and the same bytes go out on each try. An endpoint that is away is left in peace
//! for a while, so that it holds up nobody's letters.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::secret::sign;
use super::store::{self, Delivery, Row};
use crate::audit::{self, Entry};
use crate::db::{Db, Tx};
use crate::directory;
use crate::error::{Error, Result};
use crate::jobs::{self, Fail, TRIES, back_off};
use crate::outward::{Answer, Failure, Outward, Url};
use crate::sealing::{MasterKey, place};
use crate::time::Stamp;

/// The kind of the job.
pub const JOB: &str = "webhook.deliver";
/// Longest wait for a receiver.
const PATIENCE: Duration = Duration::from_secs(10);
/// An endpoint where nothing has arrived for so long is disabled.
const FAILING_DAYS: i64 = 3;
/// Letters of an answer that are kept.
const ANSWER_LETTERS: usize = 200;

/// Longest time for which an endpoint is left in peace, whatever it asks for.
const LONGEST_AWAY: TimeDelta = TimeDelta::hours(1);

/// The job's body.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Due {
    pub delivery: i64,
    /// Whether a person asked for it, a test or a replay: it goes to one that is left in peace too.
    #[serde(default)]
    pub by_hand: bool,
}

/// Whoever tells.
pub struct Deliverer {
    db: Db,
    keys: Arc<MasterKey>,
    outward: Outward,
    away: Mutex<BTreeMap<i64, Away>>,
}

/// How an endpoint has failed on this node since something last arrived there.
#[derive(Debug, Clone, Copy)]
struct Away {
    /// Of which address: another one has not failed yet.
    place: u64,
    until: Stamp,
    failures: i32,
}

impl Away {
    /// Stands for the address as it is sealed: each time it is set it is sealed anew.
    fn place(endpoint: &Row) -> u64 {
        let mut hasher = DefaultHasher::new();
        endpoint.url.hash(&mut hasher);
        hasher.finish()
    }
}

/// What came of a try.
struct Tried {
    status: Option<u16>,
    ms: i64,
    answer: Option<String>,
    outcome: Result<(), Failed>,
}

enum Failed {
    Again {
        why: &'static str,
        after: Option<TimeDelta>,
    },
    /// This delivery is over.
    Never {
        why: &'static str,
    },
    /// And so is the endpoint.
    Gone,
}

impl Deliverer {
    pub fn new(db: Db, keys: Arc<MasterKey>, outward: Outward) -> Self {
        Self { db, keys, outward, away: Mutex::default() }
    }

    /// Does the job: tells, and notes what came of it. The next try is a job of its own, since the
    /// log counts the tries.
    ///
    /// # Errors
    /// The database's own.
    pub fn work(&self, due: Due) -> Result<(), Fail> {
        let found = self.db.read(|conn| {
            let Some(delivery) = store::delivery(conn, due.delivery)? else { return Ok(None) };
            let endpoint = store::one(conn, delivery.webhook_id)?;
            Ok(endpoint.map(|endpoint| (delivery, endpoint)))
        })?;
        let Some((delivery, endpoint)) = found.filter(|(delivery, _)| !delivery.is_over()) else {
            return Ok(());
        };
        if endpoint.disabled_at.is_some() {
            return Ok(self.bury(delivery, "webhook.disabled")?);
        }
        if let Some(until) = self.away_until(&endpoint).filter(|_| !due.by_hand) {
            return Ok(self.db.write(move |tx| {
                // Apart from each other, so that not all come back at once.
                let later = until.plus_millis(due.delivery.rem_euclid(10_000));
                jobs::put_at(tx, JOB, &due, later).map(drop)
            })?);
        }
        let tried = self.tell(&delivery, &endpoint)?;
        self.remember(&delivery, &endpoint, &tried);
        Ok(self.note(delivery, &endpoint, tried)?)
    }

    /// Until when the endpoint is left in peace. Enabled again, or since something last arrived, it
    /// has not failed yet, whatever this node remembers.
    fn away_until(&self, endpoint: &Row) -> Option<Stamp> {
        endpoint.failing_since?;
        let (now, place) = (self.db.now(), Away::place(endpoint));
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let away = away.get(&endpoint.id).filter(|away| away.place == place);
        away.map(|away| away.until).filter(|until| now < *until)
    }

    fn remember(&self, delivery: &Delivery, endpoint: &Row, tried: &Tried) {
        let (id, place) = (endpoint.id, Away::place(endpoint));
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match tried.outcome {
            Err(Failed::Again { after, .. }) => {
                let before = away.get(&id).filter(|away| away.place == place);
                let failures = before.map_or(1, |it| it.failures + 1);
                let wait = after.unwrap_or_else(|| back_off(failures, delivery.id));
                let until = self.db.now().plus(wait);
                away.insert(id, Away { place, until, failures });
            }
            _ => drop(away.remove(&id)),
        }
    }

    /// Makes the call.
    fn tell(&self, delivery: &Delivery, endpoint: &Row) -> Result<Tried> {
        let began = self.db.now();
        let open =
            |sealed: &[u8], column| self.keys.open(sealed, &place("webhook", column, endpoint.id));
        let url = String::from_utf8(open(&endpoint.url, "url")?).map_err(Error::internal)?;
        let mut secrets = vec![open(&endpoint.secret, "secret")?];
        if let Some(old) = &endpoint.old_secret
            && endpoint.old_until.is_some_and(|until| began < until)
        {
            secrets.push(open(old, "secret")?);
        }
        let (id, seconds) = (delivery.message_id(), began.millis().div_euclid(1_000));
        let signatures: Vec<String> =
            secrets.iter().map(|secret| sign(secret, &id, seconds, &delivery.body)).collect();
        let (timestamp, signature) = (seconds.to_string(), signatures.join(" "));
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", id.as_str()),
            ("webhook-timestamp", timestamp.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        let answered = Url::parse(&url)
            .and_then(|url| self.outward.post(&url, &headers, delivery.body.as_bytes(), PATIENCE));
        let ms = self.db.now().millis_since(began).max(0);
        Ok(match answered {
            Ok(answer) => of_answer(&answer, ms),
            Err(failure) => Tried { status: None, ms, answer: None, outcome: Err(failed(failure)) },
        })
    }

    /// Writes what came of a try, and the job of the next.
    fn note(&self, delivery: Delivery, endpoint: &Row, tried: Tried) -> Result<()> {
        let (id, since) = (endpoint.id, endpoint.failing_since);
        let began = self.db.now().plus_millis(-tried.ms);
        let delivery = Delivery {
            tries: delivery.tries + 1,
            tried_at: Some(began),
            status: tried.status.map(i32::from),
            ms: Some(tried.ms),
            answer: tried.answer,
            why: None,
            ..delivery
        };
        let outcome = tried.outcome;
        self.db.write(move |tx| {
            let mut after = delivery.clone();
            match &outcome {
                Ok(()) => {
                    after.delivered_at = Some(tx.now);
                    if since.is_some() {
                        store::note_failing(tx, id, None)?;
                    }
                }
                Err(Failed::Gone) => {
                    fail(&mut after, "webhook.gone", tx.now);
                    disable(tx, id, "webhook.gone")?;
                }
                Err(Failed::Never { why }) => {
                    fail(&mut after, why, tx.now);
                    note_failure(tx, id, since)?;
                }
                Err(Failed::Again { why, .. }) if after.tries >= TRIES => {
                    fail(&mut after, why, tx.now);
                    note_failure(tx, id, since)?;
                }
                Err(Failed::Again { why, after: wait }) => {
                    after.why = Some((*why).to_owned());
                    let wait = wait.unwrap_or_else(|| back_off(after.tries, after.id));
                    let due = Due { delivery: after.id, by_hand: false };
                    jobs::put_at(tx, JOB, &due, tx.now.plus(wait))?;
                    note_failure(tx, id, since)?;
                }
            }
            store::save_delivery(tx, &after)
        })
    }

    fn bury(&self, delivery: Delivery, why: &'static str) -> Result<()> {
        self.db.write(move |tx| {
            let mut after = delivery.clone();
            fail(&mut after, why, tx.now);
            store::save_delivery(tx, &after)
        })
    }
}

fn of_answer(answer: &Answer, ms: i64) -> Tried {
    let outcome = match answer.taken() {
        Ok(()) => Ok(()),
        Err(_) if answer.status == 410 => Err(Failed::Gone),
        // Whoever answers 404 or 302 today may be put right tomorrow.
        Err(Failure::Status) => Err(Failed::Again { why: Failure::Status.code(), after: None }),
        Err(failure) => Err(failed(failure)),
    };
    let text = || {
        let text = String::from_utf8_lossy(&answer.body);
        text.chars().filter(|c| !c.is_control()).take(ANSWER_LETTERS).collect()
    };
    let said = outcome.is_err().then(text);
    Tried { status: Some(answer.status), ms, answer: said, outcome }
}

fn failed(failure: Failure) -> Failed {
    match failure {
        Failure::Later { after_s } => Failed::Again {
            why: failure.code(),
            after: after_s.map(|it| TimeDelta::seconds(i64::from(it)).min(LONGEST_AWAY)),
        },
        _ if failure.is_final() => Failed::Never { why: failure.code() },
        _ => Failed::Again { why: failure.code(), after: None },
    }
}

fn fail(delivery: &mut Delivery, why: &str, at: Stamp) {
    delivery.why = Some(why.to_owned());
    delivery.dead_at = Some(at);
}

/// An endpoint where nothing has arrived for days is disabled.
fn note_failure(tx: &mut Tx<'_>, id: i64, since: Option<Stamp>) -> Result<()> {
    match since {
        None => {
            let now = tx.now;
            store::note_failing(tx, id, Some(now))
        }
        Some(since) if tx.now >= since.plus(TimeDelta::days(FAILING_DAYS)) => {
            disable(tx, id, "webhook.failing")
        }
        Some(_) => Ok(()),
    }
}

/// By the program itself; noted for the auditor, and every node knows before its next write.
fn disable(tx: &mut Tx<'_>, id: i64, why: &'static str) -> Result<()> {
    let Some(mut row) = store::one(tx.conn, id)?.filter(|row| row.disabled_at.is_none()) else {
        return Ok(());
    };
    row.disabled_at = Some(tx.now);
    row.disabled_why = Some(why.to_owned());
    store::save(tx, &row)?;
    let id = id.to_string();
    let entry = Entry::new((0, "system"), "webhook.disable", ("webhook", &id)).detailed(why);
    audit::record(tx, &entry)?;
    directory::store::append(tx, "system", &[]).map(drop)
}
