//! Privacy: erasures done again after a restore. Its rule: a backup made before them still holds the persons,
//! so none is forgotten; one that cannot be done is told.

use std::path::Path;
use std::sync::Arc;

use super::erase::one;
use super::journal::{Line, read};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::ticket::store::{self, Grounds};

/// Does the erasures that `file` tells of again, on a site that came back from an earlier backup; answers
/// how many it did.
///
/// # Errors
/// `privacy.journal` where the file cannot be read; as [`super::erase()`].
pub fn apply_again(hotline: &Arc<Hotline>, data_dir: &Path, file: &Path) -> Result<usize> {
    if !file.is_file() {
        let place = file.display().to_string();
        return Err(Error::with(Kind::Invalid, "privacy.journal", &[("file", &place)]));
    }
    let mut keys = Vec::new();
    for line in read(file)? {
        let Line { no, ground, asked_by, agreed_by, reason, .. } = line;
        let Some(id) = hotline.db.read(|conn| store::id_of(conn, &no))? else { continue };
        let grounds = Grounds { ground, asked_by, agreed_by, reason };
        match one(hotline, data_dir, (id, &no), grounds, None) {
            Ok(key) => keys.extend(key),
            // In the backup it was still worked on.
            Err(error) if error.code() == "privacy.live" => {
                tracing::warn!(
                    no,
                    "erased since the backup, but live in it: end it and erase it again"
                );
            }
            Err(error) => return Err(error),
        }
    }
    hotline.db.scrub(&keys)?;
    Ok(keys.len())
}
