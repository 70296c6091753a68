//! Privacy: the erasures, outside the database. Its rule: a backup made before an erasure still holds the person,
//! so whoever restores one does the erasures since then again, from this file; who was erased is for its owner's
//! eyes only.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::ticket::store::{self, Erasure, Ground};
use crate::time::Stamp;

/// Erasures of one read.
const PAGE: i64 = 500;

/// A line of the file, as JSON.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub no: String,
    pub at: Stamp,
    pub ground: Ground,
    pub asked_by: String,
    pub agreed_by: String,
    pub reason: String,
}

/// The file under a data directory.
pub fn journal_file(data_dir: &Path) -> PathBuf {
    data_dir.join("erasures.log")
}

/// Appends every erasure that the file does not have yet.
pub(super) fn write_out(hotline: &Hotline, path: &Path) -> Result<()> {
    let known: BTreeSet<String> = read(path)?.into_iter().map(|line| line.no).collect();
    let mut fresh = String::new();
    let mut after = String::new();
    loop {
        let page = hotline.db.read(|conn| store::erasures_after(conn, &after, PAGE))?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.no);
        for erasure in page.into_iter().filter(|erasure| !known.contains(&erasure.no)) {
            let Erasure { no, at, ground, asked_by, agreed_by, reason, .. } = erasure;
            let line = Line { no, at, ground, asked_by, agreed_by, reason };
            fresh.push_str(&serde_json::to_string(&line).map_err(Error::internal)?);
            fresh.push('\n');
        }
    }
    append(path, &fresh)
}

/// Appends the lines of `from`, another site's, that the file does not have yet: a backup of that site may be
/// brought back here as well, or again.
pub(super) fn carry(from: &[Line], path: &Path) -> Result<()> {
    let known: BTreeSet<String> = read(path)?.into_iter().map(|line| line.no).collect();
    let mut fresh = String::new();
    for line in from.iter().filter(|line| !known.contains(&line.no)) {
        fresh.push_str(&serde_json::to_string(line).map_err(Error::internal)?);
        fresh.push('\n');
    }
    append(path, &fresh)
}

fn append(path: &Path, fresh: &str) -> Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    let mut file = open(path).map_err(Error::internal)?;
    file.write_all(fresh.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::internal)
}

/// The file to append to, its owner's only: also one that an older program made for everybody.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// The lines of the file; none where it is not there. The end of a line that a crash cut off is none.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::internal(error)),
    };
    let unreadable = |error: serde_json::Error| {
        let file = path.display().to_string();
        Error::with(Kind::Invalid, "privacy.journal", &[("file", &file)]).because(error)
    };
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).map_err(unreadable)).collect()
}
