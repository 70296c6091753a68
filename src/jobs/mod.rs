//! Ground: work that is done later. Its rule: a job is a row, written in the transaction of its
//! cause, and is done at least once; so doing it twice must do no harm.

mod crew;
mod fail;
mod store;

pub use crew::{Bell, Crew};
pub use fail::{Fail, TRIES, back_off};
pub use store::{Counts, Dead, counts, dead, put, put_at, revive};

use serde::de::DeserializeOwned;

use crate::time::Stamp;

/// A job as whoever works it gets it. It carries ids: reload, and decide anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The same on each try: good for a mail's Message-ID or an idempotency key.
    pub id: i64,
    pub kind: String,
    /// JSON, as it was put.
    pub body: String,
    pub created_at: Stamp,
    /// The how-manieth try this is, from 1.
    pub tries: i32,
}

impl Job {
    /// What was put.
    ///
    /// # Errors
    /// `Never`, where an older program put something that this one does not understand.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Fail> {
        serde_json::from_str(&self.body)
            .map_err(|_| Fail::Never { why: "job.body_unreadable".to_owned() })
    }
}
