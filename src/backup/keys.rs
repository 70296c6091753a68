//! Backup: the keys, apart. Its rule: they never lie in or above the folder of the data they open, and none
//! is written over.

use std::path::{Path, PathBuf};

use super::disk;
use crate::error::{Error, Kind, Result};
use crate::sealing::{KeyFolder, MasterKey};

/// The folder of the site's keys.
pub fn folder_of(data_dir: &Path) -> PathBuf {
    data_dir.join("keys")
}

/// Refuses a folder for the keys that lies in the one of the backup, or the other way round.
///
/// # Errors
/// `backup.keys_beside`.
pub fn demand_apart(keys: &Path, backup: &Path) -> Result<()> {
    let whole = |path: &Path| std::path::absolute(path).map_err(|error| disk::cannot(path, error));
    let (here, there) = (whole(keys)?, whole(backup)?);
    if here.starts_with(&there) || there.starts_with(&here) {
        return Err(Error::new(Kind::Invalid, "backup.keys_beside"));
    }
    Ok(())
}

/// Copies the site's keys to `to`; answers how many files there are.
///
/// # Errors
/// `backup.keys_other` where another key of the same name lies there.
pub fn keep(data_dir: &Path, to: &Path) -> Result<usize> {
    disk::make_folder(to)?;
    copy(&KeyFolder::at(&folder_of(data_dir)), to)
}

/// Puts the keys of the folder `from` where the site looks for them.
///
/// # Errors
/// `backup.keys_other` where another key lies there already.
pub fn bring_back(from: &Path, data_dir: &Path) -> Result<usize> {
    let to = folder_of(data_dir);
    disk::make_folder(&to)?;
    copy(&KeyFolder::at(from), &to)
}

/// The name of the set of keys in `folder`; nothing where it is not complete.
///
/// # Errors
/// `internal` where a file in it is no key.
pub fn name_of(folder: &Path) -> Result<Option<String>> {
    Ok(MasterKey::open_only(&KeyFolder::at(folder))?.map(|keys| keys.fingerprint()))
}

fn copy(from: &KeyFolder, to: &Path) -> Result<usize> {
    let files = from.files()?;
    for file in &files {
        let Some(name) = file.file_name() else { continue };
        let (target, bytes) = (to.join(name), disk::read_if_there(file)?.unwrap_or_default());
        match disk::read_if_there(&target)? {
            Some(there) if there == bytes => {}
            Some(_) => {
                let place = target.display().to_string();
                return Err(Error::with(Kind::Refused, "backup.keys_other", &[("file", &place)]));
            }
            None => disk::replace(&target, &bytes)?,
        }
    }
    disk::sync_folder(to)?;
    Ok(files.len())
}
