//! Proactive: answers of before anybody kept rows of them. Its rule: they are the past of what comes and call for
//! nothing; a handful at a time, and doing it twice changes nothing.

use serde::{Deserialize, Serialize};

use super::reading::survey_of;
use super::round::Watchman;
use super::store::{self, tickets};
use crate::error::Result;
use crate::jobs;

/// How many tickets are opened for one write.
const HANDFUL: i64 = 50;

/// The job: goes on after this ticket. A migration puts the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub after: i64,
}

impl Earlier {
    /// The kind of the job.
    pub const JOB: &'static str = "warning.answers";
}

impl Watchman {
    /// Keeps the answers of the next tickets that have one, and puts the job for those after them in the same write. An
    /// answer that the round has kept meanwhile stays.
    ///
    /// # Errors
    /// The database's own.
    pub fn look_back(&self, job: Earlier) -> Result<()> {
        let (last, heard) = self.db.read(|conn| {
            let some = tickets::answered_after(conn, job.after, HANDFUL)?;
            let mut heard = Vec::new();
            for ticket in &some {
                heard.extend(survey_of(conn, &self.keys, ticket)?);
            }
            Ok((some.last().map(|it| it.id), heard))
        })?;
        let Some(after) = last else { return Ok(()) };
        self.db.write(move |tx| {
            heard.iter().try_for_each(|survey| store::keep_earlier(tx, survey))?;
            jobs::put(tx, Earlier::JOB, &Earlier { after }).map(drop)
        })
    }
}
