//! Lifecycle: the trails of tickets that were there before anybody kept trails. Its rule: a handful at a time, and
//! doing it twice changes nothing; no event, since no ticket changes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Hotline;
use crate::error::Result;
use crate::jobs;
use crate::ticket::store::{self, Vault};

/// How many tickets one write looks at: each is opened, which no other write waits for long.
const HANDFUL: i64 = 50;

/// The job: goes on after this ticket. The migration that made the rows' table puts the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trails {
    pub after: i64,
}

impl Trails {
    /// The kind of the job.
    pub const JOB: &'static str = "ticket.trails";
}

impl Hotline {
    /// Writes the trails of the next tickets, and puts the job for those after them in the same write.
    ///
    /// # Errors
    /// The database's own; a document that cannot be opened.
    pub fn write_trails(self: &Arc<Self>, job: Trails) -> Result<()> {
        let hotline = Arc::clone(self);
        self.db.write(move |tx| {
            let vault = Vault { keys: &hotline.keys };
            if let Some(after) = store::write_trails(tx, vault, job.after, HANDFUL)? {
                jobs::put(tx, Trails::JOB, &Trails { after })?;
            }
            Ok(())
        })
    }
}
