//! Backup: its files on the disk. Its rule: a file is synced before anything names it, readable by its owner
//! only, and every complaint names the file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Kind, Result};
use crate::sealing::hex;

/// A file's length and SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub bytes: u64,
    pub sha256: String,
}

/// What the disk said about `path`.
pub fn cannot(path: &Path, error: std::io::Error) -> Error {
    if error.kind() == ErrorKind::StorageFull {
        return Error::new(Kind::Full, "full").because(error);
    }
    let (file, reason) = (path.display().to_string(), error.to_string());
    let values = [("file", file.as_str()), ("reason", reason.as_str())];
    Error::with(Kind::Refused, "backup.file", &values)
}

/// SHA-256 in hexadecimal.
pub fn sum_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Makes the folder `path`, for its owner only, and those above it.
pub fn make_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| cannot(path, error))
}

/// Makes what was put into or taken out of a folder survive a power cut.
pub fn sync_folder(path: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| cannot(path, error))?;
    Ok(())
}

/// The bytes of a file; nothing where it is not there.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot(path, error)),
    }
}

/// A new file that is summed while it is written.
pub struct Written {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Written {
    /// Begins the file `path`, in place of one that may be there.
    pub fn begin(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| cannot(path, error))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { path: path.to_owned(), file, hash: Sha256::new(), bytes: 0 })
    }

    /// Adds `bytes`.
    pub fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| cannot(&self.path, error))
    }

    /// Ends the file; it is on the disk then.
    pub fn end(self) -> Result<Sum> {
        let Self { path, file, hash, bytes } = self;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(|error| cannot(&path, error))?;
        Ok(Sum { bytes, sha256: hex(&hash.finalize()) })
    }
}

/// Writes `bytes` to `path` by way of another name: whoever looks sees the old file or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("new");
    let mut file = Written::begin(&draft)?;
    file.add(bytes)?;
    file.end()?;
    fs::rename(&draft, path).map_err(|error| cannot(path, error))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Copies a file whose SHA-256 is `due`, under a name of its own until it is whole; nothing, and what was there
/// before stays, where what was read is something else.
pub fn copy(from: &Path, to: &Path, due: &str) -> Result<Option<Sum>> {
    let folder = to.parent().unwrap_or(to);
    make_folder(folder)?;
    let draft = to.with_extension("new");
    let mut file = Written::begin(&draft)?;
    read_through(from, |part| file.add(part))?;
    let sum = file.end()?;
    if sum.sha256 != due {
        fs::remove_file(&draft).map_err(|error| cannot(&draft, error))?;
        return Ok(None);
    }
    fs::rename(&draft, to).map_err(|error| cannot(to, error))?;
    sync_folder(folder)?;
    Ok(Some(sum))
}

/// The sum of the file at `path` where it is `due`; nothing where it is not there, is another one, or cannot
/// be read.
pub fn whole(path: &Path, due: &str) -> Option<Sum> {
    sum(path).ok().filter(|sum| sum.sha256 == due)
}

/// The sum of the file at `path`.
pub fn sum(path: &Path) -> Result<Sum> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    read_through(path, |part| {
        hash.update(part);
        bytes += part.len() as u64;
        Ok(())
    })?;
    Ok(Sum { bytes, sha256: hex(&hash.finalize()) })
}

fn read_through(path: &Path, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut file = File::open(path).map_err(|error| cannot(path, error))?;
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part).map_err(|error| cannot(path, error))? {
            0 => return Ok(()),
            count => take(&part[..count])?,
        }
    }
}

/// Every file below `folder` by its path from there, with slashes, and its length; none where there is
/// no such folder.
pub fn files_below(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(cannot(&path, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| cannot(&path, error))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = match entry.metadata() {
                Ok(kind) => kind,
                // Taken away while we look.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(cannot(&entry.path(), error)),
            };
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                found.insert(name, kind.len());
            }
        }
    }
    Ok(found)
}
