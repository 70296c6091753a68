//! Lifecycle: sealing the chains of events. Its rule: one at a time makes a seal; every seal leaves
//! the house — a line of the log, a line of a file — so that whoever holds the database cannot take
//! it back unseen.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Hotline;
use crate::error::{Error, Result};
use crate::jobs::Bell;
use crate::sealing::hex;
use crate::ticket::seal::Seal;
use crate::ticket::store;

/// Marks that one seal takes at most: a seal is a short write.
const MARKS: i64 = 1_000;
/// Longer than any line of the file.
const LAST_LINE: u64 = 1_024;

/// The file of seals under a data directory.
pub fn seal_file(data_dir: &Path) -> PathBuf {
    data_dir.join("seals.log")
}

impl Hotline {
    /// Seals what has happened since the last seal, until nothing is left or `bell` stops it, and
    /// brings the file up to date; answers how many seals were made.
    ///
    /// # Errors
    /// The database's own; `internal` where the file cannot be written (the next round mends it).
    pub fn seal(self: &Arc<Self>, file: &Path, bell: &Bell) -> Result<usize> {
        let mut made = 0;
        while !bell.stopped() {
            let leaves = self.db.read(|conn| store::unsealed_heads(conn, MARKS))?;
            if leaves.is_empty() {
                break;
            }
            let keys = Arc::clone(&self.keys);
            let seal = self.db.write(move |tx| store::insert_seal(tx, &keys, &leaves))?;
            let (no, at) = (seal.no, seal.at.to_string());
            let (root, mac) = (hex(&seal.root), hex(&seal.mac));
            tracing::info!(target: "jiesu::seal", no, at, leaves = seal.leaves, root, mac, "sealed");
            made += 1;
        }
        self.write_out(file)?;
        Ok(made)
    }

    /// Appends every seal that the file does not have yet, those of other nodes too.
    fn write_out(&self, path: &Path) -> Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::internal)?;
        let mut after = last_number(&mut file).map_err(Error::internal)?;
        loop {
            let seals = self.db.read(|conn| store::seals_after(conn, after, 500))?;
            let Some(last) = seals.last() else { return Ok(()) };
            after = last.no;
            let lines: String = seals.iter().map(|seal| format!("{}\n", seal.line())).collect();
            file.write_all(lines.as_bytes())
                .and_then(|()| file.sync_data())
                .map_err(Error::internal)?;
        }
    }
}

/// The number of the last whole line, 0 where there is none; the file stands at its end, and a line
/// that a crash cut off is gone.
fn last_number(file: &mut File) -> std::io::Result<i64> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(LAST_LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = from + u64::try_from(whole).unwrap_or_default();
    file.set_len(end)?;
    file.seek(SeekFrom::End(0))?;
    let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
    Ok(text.lines().next_back().and_then(Seal::number_of).unwrap_or_default())
}
