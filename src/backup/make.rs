//! Backup: making one while the house is at work. Its rule: one read of one instant for all tables, the files
//! of the attachments after it, and the manifest last; what was there before stays whole until then, and whole
//! it stays where this one is refused.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use super::disk::{self, Written, cannot};
use super::files::{self, Absent, Needed};
use super::{ATTACHMENTS, Content, DRAFT, LOCK, MANIFEST, Manifest, SNAPSHOT};
use crate::db::{Conn, dump, migrate};
use crate::error::{Error, Kind, Result};
use crate::lifecycle::Hotline;
use crate::lifecycle::sealer::seal_file;
use crate::ticket::seal::Seal;
use crate::ticket::store;

/// Makes a backup of the site in `dir`, a new folder or that of an earlier backup of the same site, whose
/// attachments are compared with their names and not copied again.
///
/// # Errors
/// `backup.lost` where a file that a row needs lies whole nowhere and `absent` has it refused;
/// `backup.not_ours` where something else lies in `dir`, `backup.other_site` where its backup needs
/// other keys, `backup.running` where one is being made there; `backup.file` and `full` as the disk says.
pub fn make(hotline: &Hotline, data_dir: &Path, dir: &Path, absent: Absent) -> Result<Manifest> {
    disk::make_folder(dir)?;
    let _lock = lock(dir)?;
    let before = Manifest::read(dir)?;
    let keys = hotline.keys.fingerprint();
    match &before {
        Some(before) if before.keys != keys => return Err(Error::refused("backup.other_site")),
        Some(_) => {}
        None => demand_nothing_else(dir)?,
    }
    let kept = before.as_ref().map(|before| before.snapshot.as_str());
    drop_snapshots(dir, kept)?;
    let made_at = hotline.db.now();
    let mut manifest = Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        database: String::new(),
        keys,
        migrations: Vec::new(),
        last_seal: 0,
        snapshot: format!("{SNAPSHOT}{}", made_at.millis()),
        tables: Vec::new(),
        files: BTreeMap::new(),
        lost: Vec::new(),
        elsewhere: 0,
    };
    disk::make_folder(&dir.join(&manifest.snapshot))?;
    let needed = hotline.db.read(|conn| snapshot(conn, dir, &mut manifest))?;
    seals(&seal_file(data_dir), dir, &mut manifest)?;
    disk::sync_folder(&dir.join(&manifest.snapshot))?;
    if let Err(error) = files::bring(hotline, (data_dir, dir), &needed, absent, &mut manifest) {
        drop_snapshots(dir, kept)?;
        return Err(error);
    }
    disk::replace(&dir.join(MANIFEST), manifest.text()?.as_bytes())?;
    drop_snapshots(dir, Some(&manifest.snapshot))?;
    files::drop_others(dir, &needed)?;
    disk::sync_folder(dir)?;
    Ok(manifest)
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file = File::create(&path).map_err(|error| cannot(&path, error))?;
    file.try_lock().map_err(|_| Error::refused("backup.running"))?;
    Ok(file)
}

/// What a broken-off backup left is ours; anything else is somebody's.
fn demand_nothing_else(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(|error| cannot(dir, error))? {
        let name = entry.map_err(|error| cannot(dir, error))?.file_name();
        let name = name.to_string_lossy();
        let ours =
            [LOCK, ATTACHMENTS, DRAFT].contains(&name.as_ref()) || name.starts_with(SNAPSHOT);
        if !ours {
            let place = dir.display().to_string();
            return Err(Error::with(Kind::Refused, "backup.not_ours", &[("dir", &place)]));
        }
    }
    Ok(())
}

fn drop_snapshots(dir: &Path, but: Option<&str>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(|error| cannot(dir, error))? {
        let entry = entry.map_err(|error| cannot(dir, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(SNAPSHOT) && but != Some(name.as_str()) {
            fs::remove_dir_all(entry.path()).map_err(|error| cannot(&entry.path(), error))?;
        }
    }
    Ok(())
}

/// Every table, as all of them are at the instant of this read; answers which files its rows need.
fn snapshot(conn: &mut Conn, dir: &Path, manifest: &mut Manifest) -> Result<Needed> {
    manifest.database = match conn {
        Conn::Sqlite(_) => "sqlite".to_owned(),
        Conn::Postgres(_) => "postgres".to_owned(),
    };
    manifest.migrations = migrate::versions(conn)?;
    manifest.last_seal = store::last_seal(conn)?.map_or(0, |seal| seal.no);
    for table in dump::tables(conn)? {
        let name = manifest.file_of(&table.name);
        let mut file = Written::begin(&dir.join(&name))?;
        let mut rows = 0;
        dump::rows(conn, &table, &mut |line| {
            rows += 1;
            file.add(line.as_bytes())?;
            file.add(b"\n")
        })?;
        manifest.files.insert(name, file.end()?);
        manifest.tables.push(Content { table, rows });
    }
    files::needed(conn)
}

/// The lines outside the database of the seals that the snapshot has.
fn seals(log: &Path, dir: &Path, manifest: &mut Manifest) -> Result<()> {
    let Some(bytes) = disk::read_if_there(log)? else { return Ok(()) };
    let name = manifest.seals();
    let mut file = Written::begin(&dir.join(&name))?;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let no = std::str::from_utf8(line).ok().and_then(Seal::number_of);
        // A line that a crash cut off is none; one that is not ours is kept for the proof to find.
        if line.ends_with(b"\n") && no.is_none_or(|no| no <= manifest.last_seal) {
            file.add(line)?;
        }
    }
    manifest.files.insert(name, file.end()?);
    Ok(())
}
