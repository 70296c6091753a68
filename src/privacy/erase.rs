//! Privacy: erasing a person (PIPL 47). Its rule: one write destroys the key and says who wanted it; what is
//! outside the database follows, and again for whoever asks again.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;

use super::clean::{Clean, clean_all};
use super::journal::{journal_file, write_out};
use super::{Two, masked, store};
use crate::audit::{self, Entry};
use crate::citizen;
use crate::db::{Scrubbed, thoroughly};
use crate::error::{Error, Result};
use crate::intake::vexatious;
use crate::jobs;
use crate::lifecycle::Hotline;
use crate::ticket::store::callers::hashes_of;
use crate::ticket::store::{self as tickets, Ground, Grounds};
use crate::time::Stamp;

/// The audit trail's word for it.
const ERASED: &str = "ticket.erase";
/// How long the cleaning up is left to whoever has destroyed the key.
const OURS: TimeDelta = TimeDelta::minutes(10);

/// Erases the person of the ticket numbered `no` because `two` say so, with everything that follows.
///
/// # Errors
/// 404; `privacy.live` while the ticket is worked on; the database's and the disk's own. Broken off, it
/// is given again: what was not taken away yet is then.
pub fn erase(
    hotline: &Arc<Hotline>,
    data_dir: &Path,
    no: &str,
    two: &Two,
    reason: &str,
) -> Result<Scrubbed> {
    let grounds = Grounds {
        ground: Ground::Request,
        asked_by: two.first.name.clone(),
        agreed_by: two.second.name.clone(),
        reason: masked(reason)?,
    };
    let id = hotline.db.read(|conn| tickets::id_of(conn, no))?.ok_or_else(Error::not_found)?;
    let (key, task) = destroy(hotline, (id, no), grounds, Some(two))?;
    clean_up(hotline, data_dir, &[task])?;
    hotline.db.scrub(&key.into_iter().collect::<Vec<_>>())
}

/// What is still to be done after a ticket whose key was destroyed, and the job that does it should we not.
pub(super) struct Task {
    job: i64,
    clean: Clean,
}

/// Destroys the key of one ticket, and with it what was said from its caller's numbers; answers the bytes of the
/// wrapped key, and what is left to do.
pub(super) fn destroy(
    hotline: &Arc<Hotline>,
    (id, no): (i64, &str),
    grounds: Grounds,
    two: Option<&Two>,
) -> Result<(Option<Vec<u8>>, Task)> {
    let (key, row) = hotline
        .db
        .read(|conn| Ok((tickets::wrapped_key(conn, id)?, tickets::row_of(conn, id)?)))?;
    let row = row.ok_or_else(Error::not_found)?;
    if row.state.is_live() {
        return Err(Error::refused("privacy.live"));
    }
    // A period that is over says nothing of what the same person has said since.
    let until = match grounds.ground {
        Ground::Request => Stamp::MAX,
        Ground::Retention => row.ended_at.unwrap_or(row.received_at),
    };
    let clean = Clean { id, no: no.to_owned() };
    let (house, two, later) = (Arc::clone(hotline), two.cloned(), clean.clone());
    let job = hotline.db.write(move |tx| {
        let erased = thoroughly(tx, |tx| {
            let callers = hashes_of(tx.conn, &later.no, id)?;
            citizen::forget_callers(tx, &callers, until)?;
            vexatious::store::forget_callers(tx, &callers, until)?;
            tickets::erase(tx, &house.keys, id, &grounds)
        })?;
        if erased {
            match &two {
                Some(two) => two.note(tx, ERASED, ("ticket", &later.no), &grounds.reason)?,
                None => {
                    let system = (0, grounds.asked_by.as_str());
                    let entry = Entry::new(system, ERASED, ("ticket", &later.no));
                    audit::record(tx, &entry.for_purpose(grounds.ground.as_str()))?;
                }
            }
        }
        // What is not done by then, for a crash, is done by the worker.
        let due_at = tx.now.plus(OURS);
        jobs::put_at(tx, Clean::JOB, &later, due_at)
    })?;
    Ok((key, Task { job, clean }))
}

/// Does what is left to do after `tasks`, and writes the erasures out.
pub(super) fn clean_up(hotline: &Arc<Hotline>, data_dir: &Path, tasks: &[Task]) -> Result<()> {
    let cleans: Vec<Clean> = tasks.iter().map(|task| task.clean.clone()).collect();
    clean_all(hotline, data_dir, &cleans)?;
    write_out(hotline, &journal_file(data_dir))?;
    let done: Vec<i64> = tasks.iter().map(|task| task.job).collect();
    hotline.db.write(move |tx| store::drop_done(tx, &done))
}
