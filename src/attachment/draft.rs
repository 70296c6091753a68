//! Attachment: files under way. Its rule: nothing lies there in clear: what comes in is sealed at once
//! under a key that only this process has, and what nobody holds any more is taken away.

use std::fs::File;
use std::io::Write;
#[cfg(feature = "s3")]
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::Rng;
use sha2::{Digest, Sha256};

use super::disk::Disk;
use super::on_disk;
use super::sealed::{SealReader, SealWriter};
use crate::error::{Error, Kind, Result};
use crate::sealing::{RecordKey, entropy, hex};

/// The folder of files under way.
pub struct Drafts {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
}

impl Drafts {
    pub fn open(disk: Arc<dyn Disk>, folder: PathBuf) -> Result<Self> {
        if !folder.is_dir() {
            disk.make_folder(&folder).map_err(on_disk)?;
        }
        Ok(Self { disk, folder })
    }

    /// A new file, empty.
    pub fn begin(&self) -> Result<Draft> {
        let mut name = [0; 16];
        entropy().fill_bytes(&mut name);
        let path = self.folder.join(hex(&name));
        let file = self.disk.create(&path).map_err(on_disk)?;
        Ok(Draft { disk: self.disk.clone(), path: Some(path), file })
    }
}

/// A file under way, taken away when it is dropped.
pub struct Draft {
    disk: Arc<dyn Disk>,
    path: Option<PathBuf>,
    file: File,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draft(…)")
    }
}

impl Draft {
    fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// What was written survives a power cut, under `to`, once the folder of `to` is synced.
    pub fn move_to(mut self, to: &Path) -> Result<()> {
        let from = self.path.take().unwrap_or_default();
        self.disk
            .sync(&from, &self.file)
            .and_then(|()| self.disk.rename(&from, to))
            .inspect_err(|_| drop(self.disk.remove(&from)))
            .map_err(on_disk)
    }

    /// The file, to be read from its beginning.
    pub fn reopen(&self) -> Result<File> {
        File::open(self.path()).map_err(on_disk)
    }

    /// The file itself, at its beginning; its name is gone, and it goes when it is closed.
    #[cfg(feature = "s3")]
    pub fn into_reader(mut self) -> Result<File> {
        let mut file = self.file.try_clone().map_err(on_disk)?;
        file.seek(SeekFrom::Start(0)).map_err(on_disk)?;
        if let Some(path) = self.path.take() {
            self.disk.remove(&path).map_err(on_disk)?;
        }
        Ok(file)
    }

    /// Its length.
    #[cfg(feature = "s3")]
    pub fn bytes(&mut self) -> Result<u64> {
        self.file.seek(SeekFrom::End(0)).map_err(on_disk)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        self.disk.append(path, &mut self.file, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be taken away now is swept later; without its key it says nothing.
            drop(self.disk.remove(&path));
        }
    }
}

/// A file that is coming in.
pub struct Incoming {
    writer: SealWriter<Draft>,
    key: RecordKey,
    digest: Sha256,
    bytes: u64,
    most: u64,
}

/// Files under way belong to no ticket yet.
const NO_TICKET: i64 = 0;

impl Incoming {
    pub(super) fn new(draft: Draft, most: u64) -> Result<Self> {
        let key = RecordKey::fresh(&mut entropy());
        let writer = SealWriter::new(draft, key.clone(), NO_TICKET)?;
        Ok(Self { writer, key, digest: Sha256::new(), bytes: 0, most })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `attachment.too_large` (413) once there are more than the bound.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.most {
            let limit = self.most.to_string();
            return Err(Error::with(Kind::TooLarge, "attachment.too_large", &[("limit", &limit)]));
        }
        self.digest.update(bytes);
        self.writer.write(bytes)
    }

    /// All of it is here.
    pub fn finish(self) -> Result<Sent> {
        let Self { writer, key, digest, bytes, .. } = self;
        let (_, draft) = writer.finish()?;
        Ok(Sent { draft, key, bytes, digest: digest.finalize().into() })
    }
}

/// A file that came in, not yet looked at.
#[derive(Debug)]
pub struct Sent {
    draft: Draft,
    key: RecordKey,
    bytes: u64,
    digest: [u8; 32],
}

impl Sent {
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 over what was sent: the same file has the same. Never to be stored as it is.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// To be read from the beginning.
    pub(super) fn open(&self) -> Result<SealReader<File>> {
        SealReader::new(self.draft.reopen()?, self.key.clone(), NO_TICKET)
    }

    /// All of it in memory: it is under the bound.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read(&self) -> Result<Vec<u8>> {
        let mut all = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        let mut reader = self.open()?;
        while let Some(chunk) = reader.next_chunk()? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }
}
