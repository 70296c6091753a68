//! Backup: coming back from one. Its rule: nothing is touched before every file has been checked and the keys
//! fit; the database is filled in one transaction, last; and nothing is written over.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::disk::{self, cannot};
use super::{ATTACHMENTS, Content, Manifest};
use crate::db::dump::{self, Table};
use crate::db::{Conn, number};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::lifecycle::sealer::seal_file;

/// Rows and bytes of one statement.
const ROWS_AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 4 << 20;
/// Numbers of each series that are not given again: citizens were told some of them after the backup.
const NUMBERS: i64 = 10_000;

/// What came back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Rows of all tables, as the backup has them.
    pub rows: u64,
    pub attachments: usize,
    /// Migrations that this program has and the backup had not.
    pub migrated: Vec<String>,
}

/// Brings the backup in `dir`, of which `manifest` was read and whose files were all found whole, into the
/// empty site of `hotline` and `data_dir`.
///
/// # Errors
/// `restore.other_keys`, `restore.not_empty`; `db.newer` where a newer program made the backup; the
/// database's and the disk's own.
pub fn restore(
    hotline: &Hotline,
    data_dir: &Path,
    dir: &Path,
    manifest: &Manifest,
) -> Result<Restored> {
    if hotline.keys.fingerprint() != manifest.keys {
        return Err(Error::refused("restore.other_keys"));
    }
    if !hotline.db.read(dump::is_empty)? {
        return Err(Error::refused("restore.not_empty"));
    }
    seals(data_dir, dir, manifest)?;
    let attachments = attachments(data_dir, dir, manifest)?;
    let (tables, folder) = (manifest.tables.clone(), dir.join(&manifest.snapshot));
    let migrated = hotline.db.refill(manifest.migrations.clone(), move |conn| {
        let there = dump::tables(conn)?;
        // Children first: what the schema itself has put there gives way.
        for table in there.iter().rev() {
            dump::clear(conn, table)?;
        }
        fill_all(conn, &folder, &there, &tables)?;
        number::leave_gap(conn, NUMBERS)
    })?;
    Ok(Restored { rows: manifest.rows(), attachments, migrated })
}

/// The file of seals; one of another past is in the way.
fn seals(data_dir: &Path, dir: &Path, manifest: &Manifest) -> Result<()> {
    let to = seal_file(data_dir);
    let ours = disk::read_if_there(&dir.join(manifest.seals()))?;
    match (disk::read_if_there(&to)?, ours) {
        (None, Some(ours)) => disk::replace(&to, &ours),
        (None, None) => Ok(()),
        (there, ours) if there == ours => Ok(()),
        (Some(there), None) if there.is_empty() => Ok(()),
        _ => Err(Error::with(
            Kind::Refused,
            "restore.file_there",
            &[("file", &to.display().to_string())],
        )),
    }
}

fn attachments(data_dir: &Path, dir: &Path, manifest: &Manifest) -> Result<usize> {
    let inside = format!("{ATTACHMENTS}/");
    let mut count = 0;
    for (name, due) in manifest.files.iter().filter(|(name, _)| name.starts_with(&inside)) {
        let to: PathBuf = data_dir.join(name);
        // From a restore that was broken off.
        let there = disk::whole(&to, &due.sha256).is_some();
        if !there && disk::copy(&dir.join(name), &to, &due.sha256)?.is_none() {
            let changed = std::io::Error::other("changed since it was checked");
            return Err(cannot(&dir.join(name), changed));
        }
        count += 1;
    }
    Ok(count)
}

/// Fills the tables that are `there`, in their order: the database that the backup came from may lean on fewer
/// keys than this one.
fn fill_all(conn: &mut Conn, folder: &Path, there: &[Table], due: &[Content]) -> Result<()> {
    let strange = due.iter().find(|due| !there.iter().any(|there| there.name == due.table.name));
    if let Some(Content { table, .. }) = strange {
        return Err(Error::internal(format!("there is no table {}", table.name)));
    }
    for target in there {
        if let Some(content) = due.iter().find(|due| due.table.name == target.name) {
            fill(conn, folder, target, content)?;
        }
    }
    Ok(())
}

fn fill(conn: &mut Conn, folder: &Path, target: &Table, content: &Content) -> Result<()> {
    let Content { table, rows } = content;
    let path = folder.join(format!("{}.ndjson", table.name));
    let mut lines =
        BufReader::new(File::open(&path).map_err(|error| cannot(&path, error))?).lines();
    let mut filled = 0;
    loop {
        let (mut some, mut bytes) = (Vec::new(), 0);
        while some.len() < ROWS_AT_ONCE && bytes < BYTES_AT_ONCE {
            let Some(line) = lines.next() else { break };
            let line = line.map_err(|error| cannot(&path, error))?;
            bytes += line.len();
            some.push(line);
        }
        if some.is_empty() {
            break;
        }
        filled += dump::fill(conn, target, &table.columns, &some)? as u64;
    }
    let found = dump::count(conn, target)?;
    if filled == *rows && found == *rows {
        return Ok(());
    }
    let (name, due, found) = (table.name.as_str(), rows.to_string(), found.to_string());
    let values = [("table", name), ("due", due.as_str()), ("found", found.as_str())];
    Err(Error::with(Kind::Internal, "restore.count_off", &values))
}
