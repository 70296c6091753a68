//! Attachment: what is asked of the file system, a step a call. Its rule: nothing else of this room
//! writes to it, so that a test can let the power fail at any step.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

/// The steps by which files come to be, are kept and go.
pub trait Disk: Send + Sync {
    /// Makes one folder, for its owner only, where there is none.
    fn make_folder(&self, path: &Path) -> Result<()>;
    /// Makes a new file, for its owner only.
    fn create(&self, path: &Path) -> Result<File>;
    /// Writes at the end of what was written.
    fn append(&self, path: &Path, file: &mut File, bytes: &[u8]) -> Result<()>;
    /// What was written to it survives a power cut from here on.
    fn sync(&self, path: &Path, file: &File) -> Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// The entries of a folder survive a power cut from here on.
    fn sync_folder(&self, path: &Path) -> Result<()>;
    /// That it is not there is no error.
    fn remove(&self, path: &Path) -> Result<()>;
}

/// The operating system's.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, path: &Path) -> Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    fn create(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    fn append(&self, _: &Path, file: &mut File, bytes: &[u8]) -> Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, _: &Path, file: &File) -> Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> Result<()> {
        #[cfg(unix)]
        File::open(path)?.sync_all()?;
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            gone => gone,
        }
    }
}
