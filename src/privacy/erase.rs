//! Privacy: erasing a person (PIPL 47). Its rule: one write destroys the key and says who wanted it; what is
//! outside the database follows, and again for whoever asks again.

use std::path::Path;
use std::sync::Arc;

use super::clean::{Clean, clean};
use super::journal::{journal_file, write_out};
use super::{Two, masked};
use crate::audit::{self, Entry};
use crate::db::{Scrubbed, thoroughly};
use crate::error::{Error, Result};
use crate::jobs;
use crate::lifecycle::Hotline;
use crate::ticket::store::{self as tickets, Ground, Grounds};

/// The audit trail's word for it.
const ERASED: &str = "ticket.erase";

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
    let key = one(hotline, data_dir, (id, no), grounds, Some(two))?;
    hotline.db.scrub(&key.into_iter().collect::<Vec<_>>())
}

/// Erases one ticket, and cleans up after it; answers the bytes of the wrapped key that was destroyed.
pub(super) fn one(
    hotline: &Arc<Hotline>,
    data_dir: &Path,
    (id, no): (i64, &str),
    grounds: Grounds,
    two: Option<&Two>,
) -> Result<Option<Vec<u8>>> {
    let (key, row) = hotline
        .db
        .read(|conn| Ok((tickets::wrapped_key(conn, id)?, tickets::row_of(conn, id)?)))?;
    if row.ok_or_else(Error::not_found)?.state.is_live() {
        return Err(Error::refused("privacy.live"));
    }
    let job = Clean { id, no: no.to_owned() };
    let (house, two, later) = (Arc::clone(hotline), two.cloned(), job.clone());
    hotline.db.write(move |tx| {
        let erased = thoroughly(tx, |tx| tickets::erase(tx, &house.keys, id, &grounds))?;
        if erased {
            match &two {
                Some(two) => two.note(tx, ERASED, &later.no, &grounds.reason)?,
                None => {
                    let system = (0, grounds.asked_by.as_str());
                    let entry = Entry::new(system, ERASED, ("ticket", &later.no));
                    audit::record(tx, &entry.for_purpose(grounds.ground.as_str()))?;
                }
            }
        }
        // What is not done now, for a crash, is done by the worker.
        jobs::put(tx, Clean::JOB, &later).map(drop)
    })?;
    clean(hotline, data_dir, &job)?;
    write_out(hotline, &journal_file(data_dir))?;
    Ok(key)
}
