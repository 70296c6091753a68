//! Backup: the files of attachments. Its rule: a file's name is the sum of what lies in it, so each is compared
//! with its name before it is kept or taken; and what a row of the snapshot needs is never dropped.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::disk::{self, cannot};
use super::{ATTACHMENTS, Manifest};
use crate::attachment::place_of;
use crate::db::{Conn, dump};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::ticket::store::{attachments_after, needed_files};

/// Rows of one read.
const PAGE: i64 = 500;

/// What the backup does about a file that a row needs and that lies whole neither in the site nor in an
/// earlier backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It is lost, and the operator must know before anything is relied on.
    Refused,
    /// The operator knows: the backup is made of what there is, and says what it lacks.
    Known,
    /// The files lie in a bucket, whose operator keeps them.
    Elsewhere,
}

/// A file that a row needs.
pub(super) struct Need {
    ticket_id: i64,
    hash: String,
}

/// The files that the rows of this read need, by their paths in the backup.
pub(super) type Needed = BTreeMap<String, Need>;

/// The files of every row whose file is kept and whose ticket has its key.
pub(super) fn needed(conn: &mut Conn) -> Result<Needed> {
    let mut needed = Needed::new();
    // A database that an older program left has no such rows.
    if !dump::tables(conn)?.iter().any(|table| table.name == "attachment") {
        return Ok(needed);
    }
    let mut place = (i64::MIN, 0);
    loop {
        let rows = attachments_after(conn, place, PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(needed) };
        place = (last.ticket_id, last.k);
        for (row, _) in rows.into_iter().filter(|(row, erased)| !row.gone && !erased) {
            let inside = format!("{ATTACHMENTS}/{}", place_of(row.ticket_id, &row.hash));
            needed.insert(inside, Need { ticket_id: row.ticket_id, hash: row.hash });
        }
    }
}

/// Brings every file that is `needed` whole into `dir`, from where it lies whole, and names it in the manifest.
///
/// # Errors
/// `backup.lost` where one is whole nowhere and that is `Refused`.
pub(super) fn bring(
    hotline: &Hotline,
    (data_dir, dir): (&Path, &Path),
    needed: &Needed,
    absent: Absent,
    manifest: &mut Manifest,
) -> Result<()> {
    for (inside, need) in needed {
        let (from, to) = (data_dir.join(inside), dir.join(inside));
        let sum = match disk::whole(&to, &need.hash) {
            Some(sum) => Some(sum),
            // Not there yet, or spoilt there: the site's own heals it.
            None if disk::whole(&from, &need.hash).is_some() => {
                match disk::copy(&from, &to, &need.hash) {
                    Err(_) if !from.exists() => None,
                    copied => copied?,
                }
            }
            None => None,
        };
        match sum {
            Some(sum) => drop(manifest.files.insert(inside.clone(), sum)),
            None if absent == Absent::Elsewhere => manifest.elsewhere += 1,
            // Erased since the snapshot, perhaps: then its file went with it.
            None if is_needed_still(hotline, need)? => manifest.lost.push(inside.clone()),
            None => {}
        }
    }
    match manifest.lost.first() {
        Some(first) if absent == Absent::Refused => {
            let count = manifest.lost.len().to_string();
            let values = [("count", count.as_str()), ("file", first.as_str())];
            Err(Error::with(Kind::Refused, "backup.lost", &values))
        }
        _ => Ok(()),
    }
}

fn is_needed_still(hotline: &Hotline, need: &Need) -> Result<bool> {
    let now = hotline.db.read(|conn| needed_files(conn, need.ticket_id))?;
    Ok(now.contains(&need.hash))
}

/// Takes away what no row of the snapshot needs, and what a broken-off copy left.
pub(super) fn drop_others(dir: &Path, needed: &Needed) -> Result<()> {
    for name in disk::files_below(&dir.join(ATTACHMENTS))?.into_keys() {
        let inside = format!("{ATTACHMENTS}/{name}");
        if !needed.contains_key(&inside) {
            let path = dir.join(inside);
            fs::remove_file(&path).map_err(|error| cannot(&path, error))?;
        }
    }
    Ok(())
}
