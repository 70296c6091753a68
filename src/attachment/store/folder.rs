//! Attachment: files in folders of this machine. Its rule: a file comes under its name by a rename, after
//! it was synced; then its folder and every folder above it is synced, whoever has made them.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::super::disk::Disk;
use super::super::draft::Draft;
use super::super::on_disk;
use super::super::sealed::Broken;
use super::{There, broken, hash_of, is_hash, shard};
use crate::error::Result;
use crate::time::Stamp;

/// The folder `attachments` of a data directory.
pub struct Folder {
    disk: Arc<dyn Disk>,
    root: PathBuf,
}

impl Folder {
    /// The folder `root`, made where it is absent.
    pub fn open(disk: Arc<dyn Disk>, root: &Path) -> Result<Self> {
        if !root.is_dir() {
            disk.make_folder(root).map_err(on_disk)?;
            if let Some(above) = root.parent() {
                disk.sync_folder(above).map_err(on_disk)?;
            }
        }
        Ok(Self { disk, root: root.to_path_buf() })
    }

    fn of(&self, ticket_id: i64) -> PathBuf {
        self.root.join(shard(ticket_id)).join(ticket_id.to_string())
    }

    fn path(&self, ticket_id: i64, hash: &str) -> PathBuf {
        self.of(ticket_id).join(hash)
    }

    pub(super) fn put(&self, draft: Draft, ticket_id: i64, hash: &str) -> Result<()> {
        let folder = self.of(ticket_id);
        let shard = self.root.join(shard(ticket_id));
        self.disk.make_folder(&shard).map_err(on_disk)?;
        self.disk.make_folder(&folder).map_err(on_disk)?;
        draft.move_to(&folder.join(hash))?;
        // Also where they were there before: who has made them may not have synced them yet.
        for one in [&folder, &shard, &self.root] {
            self.disk.sync_folder(one).map_err(on_disk)?;
        }
        Ok(())
    }

    pub(super) fn open_file(&self, ticket_id: i64, hash: &str) -> Result<Option<File>> {
        match File::open(self.path(ticket_id, hash)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(on_disk(error)),
        }
    }

    pub(super) fn whole(&self, ticket_id: i64, hash: &str) -> Result<Box<dyn Read + Send>> {
        let file = self.open_file(ticket_id, hash)?;
        let mut file = file.ok_or_else(|| broken(Broken::Missing))?;
        if hash_of(&mut file)? != hash {
            return Err(broken(Broken::Changed));
        }
        file.seek(SeekFrom::Start(0)).map_err(on_disk)?;
        Ok(Box::new(file))
    }

    pub(super) fn list(&self, ticket_id: i64) -> Result<Vec<There>> {
        let mut found = Vec::new();
        for entry in entries(&self.of(ticket_id))? {
            let entry = entry.map_err(on_disk)?;
            let Some(hash) =
                entry.file_name().to_str().filter(|name| is_hash(name)).map(str::to_owned)
            else {
                continue;
            };
            found.push(There { hash, since: since(&entry.path())? });
        }
        found.sort_by(|a, b| a.hash.cmp(&b.hash));
        Ok(found)
    }

    pub(super) fn tickets(&self, each: &mut dyn FnMut(i64) -> Result<()>) -> Result<()> {
        for number in 0..4096 {
            for entry in entries(&self.root.join(format!("{number:03x}")))? {
                let name = entry.map_err(on_disk)?.file_name();
                if let Some(id) = name.to_str().and_then(|name| name.parse().ok()) {
                    each(id)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn remove(&self, ticket_id: i64, hash: &str) -> Result<()> {
        let folder = self.of(ticket_id);
        self.disk.remove(&folder.join(hash)).map_err(on_disk)?;
        if folder.is_dir() {
            self.disk.sync_folder(&folder).map_err(on_disk)?;
        }
        Ok(())
    }
}

/// When a file was last written; one that has just gone was never old.
pub(in super::super) fn since(path: &Path) -> Result<Stamp> {
    let modified = match std::fs::metadata(path).and_then(|about| about.modified()) {
        Ok(at) => at,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stamp::MAX),
        Err(error) => return Err(on_disk(error)),
    };
    let millis = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Ok(Stamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)))
}

/// What is in a folder; nothing where there is none.
pub(in super::super) fn entries(
    folder: &Path,
) -> Result<Box<dyn Iterator<Item = std::io::Result<std::fs::DirEntry>>>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Box::new(std::iter::empty())),
        Err(error) => Err(on_disk(error)),
    }
}
