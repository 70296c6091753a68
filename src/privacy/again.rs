//! Privacy: erasures done again after a restore. Its rule: a backup made before them still holds the persons,
//! so none is forgotten: the new site's file has them all, and one that cannot be done is told by its number.

use std::path::Path;
use std::sync::Arc;

use super::erase::{clean_up, destroy};
use super::journal::{Line, carry, journal_file, read};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::ticket::store::{self, Grounds};

/// What became of the erasures of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Again {
    /// How many were done now.
    pub done: usize,
    /// The numbers of those that are still worked on, as the backup has them: end them, and erase them again.
    pub live: Vec<String>,
}

/// Does the erasures that `file` tells of again, on a site that came back from an earlier backup.
///
/// # Errors
/// `privacy.journal` where the file cannot be read; as [`super::erase()`].
pub fn apply_again(hotline: &Arc<Hotline>, data_dir: &Path, file: &Path) -> Result<Again> {
    if !file.is_file() {
        let place = file.display().to_string();
        return Err(Error::with(Kind::Invalid, "privacy.journal", &[("file", &place)]));
    }
    let lines = read(file)?;
    // First, so that whatever breaks this off loses none.
    carry(&lines, &journal_file(data_dir))?;
    let (mut keys, mut jobs, mut live) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let Line { no, ground, asked_by, agreed_by, reason, .. } = line;
        let Some(id) = hotline.db.read(|conn| store::id_of(conn, &no))? else { continue };
        let grounds = Grounds { ground, asked_by, agreed_by, reason };
        match destroy(hotline, (id, &no), grounds, None) {
            Ok((key, job)) => {
                keys.extend(key);
                jobs.push(job);
            }
            // In the backup it was still worked on.
            Err(error) if error.code() == "privacy.live" => live.push(no),
            Err(error) => return Err(error),
        }
    }
    clean_up(hotline, data_dir, &jobs)?;
    hotline.db.scrub(&keys)?;
    Ok(Again { done: keys.len(), live })
}
