//! Privacy: what else tells of a ticket that was erased. Its rule: done twice it changes nothing; whatever
//! room keeps a copy of a case or an address has its line here.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::store;
use crate::db::{Tx, thoroughly};
use crate::error::{Error, Result};
use crate::feed;
use crate::lifecycle::Hotline;
use crate::sealing::place_of_answer;
use crate::ticket::store as tickets;

/// Folders under the data directory with letters that were written to files, each named
/// `NUMBER.…`.
const LETTERS: [&str; 2] = ["mail", "sms"];
/// Kept answers of one read.
const PAGE: i64 = 500;

/// The job: cleans up after this ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clean {
    pub id: i64,
    pub no: String,
}

impl Clean {
    /// The kind of the job.
    pub const JOB: &'static str = "privacy.clean";
}

/// Takes away letters in files, later work, and answers kept for repeated requests that name the ticket.
///
/// # Errors
/// The database's and the disk's own.
pub fn clean(hotline: &Arc<Hotline>, data_dir: &Path, job: &Clean) -> Result<()> {
    clean_all(hotline, data_dir, std::slice::from_ref(job))
}

/// The same for many: what has to be opened to be looked at is opened once for all of them.
pub(super) fn clean_all(hotline: &Arc<Hotline>, data_dir: &Path, jobs: &[Clean]) -> Result<()> {
    for job in jobs {
        attachments(&data_dir.join("attachments"), job.id)?;
        for folder in LETTERS {
            letters(&data_dir.join(folder), &job.no)?;
        }
        let gone = job.clone();
        hotline.db.write(move |tx| thoroughly(tx, |tx| rows(tx, &gone)))?;
    }
    if jobs.is_empty() { Ok(()) } else { answers(hotline, jobs) }
}

fn rows(tx: &mut Tx<'_>, gone: &Clean) -> Result<()> {
    store::settle(tx, gone.id, &gone.no)?;
    let upstream_no = tickets::row_of(tx.conn, gone.id)?.and_then(|row| row.upstream_no);
    feed::store::forget(tx, &gone.no, upstream_no.as_deref())?;
    store::drop_jobs(tx, gone.id, &gone.no, Clean::JOB)
}

/// Drops every kept answer that names one of the tickets, in its address or in what it says.
fn answers(hotline: &Arc<Hotline>, jobs: &[Clean]) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = hotline.db.read(|conn| store::kept_answers(conn, &after, PAGE))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        let names = |(key, sealed): &(String, Vec<u8>)| {
            let plain = hotline.keys.open(sealed, &place_of_answer(key));
            // What cannot be opened tells nothing to anybody.
            plain.is_ok_and(|plain| jobs.iter().any(|job| holds(&plain, job.no.as_bytes())))
        };
        let keys: Vec<String> =
            page.iter().filter(|kept| names(kept)).map(|kept| kept.0.clone()).collect();
        if !keys.is_empty() {
            hotline.db.write(move |tx| thoroughly(tx, |tx| store::drop_answers(tx, &keys)))?;
        }
    }
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && text.windows(word.len()).any(|part| part == word)
}

/// The folder of a ticket's files, all of them sealed under the key that is gone.
fn attachments(all: &Path, id: i64) -> Result<()> {
    let folder = all.join(format!("{:03x}", id.rem_euclid(4_096))).join(id.to_string());
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::internal(error)),
        _ => Ok(()),
    }
}

fn letters(folder: &Path, no: &str) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::internal(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::internal)?;
        let name = entry.file_name();
        let of_it =
            name.to_string_lossy().strip_prefix(no).is_some_and(|rest| rest.starts_with('.'));
        if of_it {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::internal(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}
