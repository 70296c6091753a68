//! Attachment 附件: the files of tickets, sealed, named by the hash of what lies there. Its rule: a file is
//! on disk, whole and synced, before the row that names it is written; what is taken in is known by
//! its content, never by its name or its sender's word, and of a photo only the picture is kept.
//!
//! Where they lie: `<data_dir>/attachments/<folder>/<ticket id>/<hash>`, where `folder` is the ticket's
//! id mod 4096 in three hexadecimal digits, and `hash` SHA-256 over the file as it lies there. Each
//! is sealed in chunks under its ticket's own key ([`sealed`]), so that erasing the key erases it.
//! `<data_dir>/attachments/drafts/` holds what is under way, sealed too; whatever is there can be
//! thrown away at any time. With `attachments.store = "s3"` the same names lie in a bucket.
//!
//! For backup, restore and erasure: [`Files::names_of`], [`Files::remove_ticket`] and [`Files::verify`];
//! the folder may be copied while the service runs, since a file never changes: copy the database
//! first and the files after it, and every file that the copy's rows name is among them. Files that
//! no row names are swept away after [`GRACE_MS`] ([`Files::sweep`]); so are those of a ticket whose
//! key was erased.

pub mod disk;
mod draft;
mod links;
mod look;
mod name;
mod office;
mod picture;
mod refusal;
pub mod sealed;
pub mod store;
mod sweep;
mod traces;
mod verify;

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use draft::{Incoming, Sent};
pub use name::clean_name;
pub use verify::{Flaw, Verified, What};

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::sealing::RecordKey;
use crate::ticket::attachment::Media;
use disk::{Disk, RealDisk};
use draft::Drafts;
use sealed::{SealReader, SealWriter};
use store::Store;

/// How long a file that no row names is left alone: far longer than a request takes.
pub const GRACE_MS: i64 = 24 * 3_600_000;

/// What a file may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes, as sent.
    pub bytes: u64,
    /// Pixels of a photo, before it is decoded.
    pub pixels: u64,
}

/// A file that was looked at and may be kept, sealed by a key that lives as long as this.
#[derive(Debug)]
pub struct Clean {
    pub media: Media,
    sent: Sent,
}

impl Clean {
    /// How long it is when it is served.
    pub fn bytes(&self) -> u64 {
        self.sent.bytes()
    }
}

/// A file on disk, synced, that no row names yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub media: Media,
    pub bytes: u64,
    pub hash: String,
}

/// The files of a site.
pub struct Files {
    store: Store,
    drafts: Drafts,
    bounds: Bounds,
    /// One picture or document is looked at at a time: that bounds the memory it takes.
    looking: Mutex<()>,
}

impl Files {
    /// The files under `data_dir` of this machine.
    ///
    /// # Errors
    /// `full` or `internal` where the folder cannot be made.
    pub fn under(data_dir: &Path, bounds: Bounds) -> Result<Self> {
        Self::on(Arc::new(RealDisk), data_dir, bounds)
    }

    /// The same on another disk: tests take one that fails.
    pub fn on(disk: Arc<dyn Disk>, data_dir: &Path, bounds: Bounds) -> Result<Self> {
        let root = data_dir.join("attachments");
        let folder = store::Folder::open(disk.clone(), &root)?;
        Self::with(Store::Folder(folder), disk, &root, bounds)
    }

    /// The files of this configuration.
    ///
    /// # Errors
    /// As [`Self::under`]; `config.value` where the bucket is none.
    pub fn open(config: &Config) -> Result<Self> {
        let bounds = Bounds {
            bytes: config.limits.attachment_bytes as u64,
            pixels: config.limits.attachment_pixels,
        };
        #[cfg(feature = "s3")]
        if config.attachments.store == crate::config::AttachmentStore::S3 {
            let bucket = Store::S3(Box::new(store::s3::Bucket::open(&config.attachments)?));
            let root = config.data_dir.join("attachments");
            RealDisk.make_folder(&root).map_err(on_disk)?;
            return Self::with(bucket, Arc::new(RealDisk), &root, bounds);
        }
        Self::under(&config.data_dir, bounds)
    }

    /// The files in `store`, with `root` for what is under way.
    pub fn with(store: Store, disk: Arc<dyn Disk>, root: &Path, bounds: Bounds) -> Result<Self> {
        let drafts = Drafts::open(disk, root.join("drafts"))?;
        Ok(Self { store, drafts, bounds, looking: Mutex::new(()) })
    }

    /// A place to write a file to that is coming in, up to the bound.
    pub fn receive(&self) -> Result<Incoming> {
        Incoming::new(self.drafts.begin()?, self.bounds.bytes)
    }

    /// Looks at what came in: what it is, whether it is what it says, and of a photo only the picture.
    ///
    /// # Errors
    /// 422 at `/file` with `attachment.type`, `.broken`, `.pixels` or `.active`.
    pub fn inspect(&self, sent: Sent) -> Result<Clean> {
        let _turn = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = sent.read()?;
        match look::look(&bytes, self.bounds.pixels)? {
            look::Look::AsSent(media) => Ok(Clean { media, sent }),
            look::Look::Anew(media, made) => {
                drop((bytes, sent));
                let mut anew = Incoming::new(self.drafts.begin()?, u64::MAX)?;
                anew.write(&made)?;
                Ok(Clean { media, sent: anew.finish()? })
            }
        }
    }

    /// Seals `clean` under the ticket's own key and keeps it; when this returns, it is on disk.
    ///
    /// # Errors
    /// `full` or `internal`; nothing that can be read by anybody has been kept then.
    pub fn keep(&self, ticket_id: i64, key: &RecordKey, clean: &Clean) -> Result<Kept> {
        let mut writer = SealWriter::new(self.drafts.begin()?, key.clone(), ticket_id)?;
        let mut reader = clean.sent.open()?;
        while let Some(chunk) = reader.next_chunk()? {
            writer.write(&chunk)?;
        }
        let (written, draft) = writer.finish()?;
        self.store.put(draft, ticket_id, &written.hash)?;
        Ok(Kept { media: clean.media, bytes: written.plain, hash: written.hash })
    }

    /// The file `hash` of the ticket, proven whole before its first byte is given.
    ///
    /// # Errors
    /// `internal` where it is missing, damaged, or sealed with another key.
    pub fn read(&self, ticket_id: i64, key: &RecordKey, hash: &str) -> Result<Reading> {
        let file = self.store.whole(&self.drafts, ticket_id, hash)?;
        SealReader::new(file, key.clone(), ticket_id)
    }

    /// The names of the files that lie there for a ticket, needed or not.
    pub fn names_of(&self, ticket_id: i64) -> Result<Vec<String>> {
        Ok(self.store.list(ticket_id)?.into_iter().map(|there| there.hash).collect())
    }

    /// Takes one file away. That it is not there is no error.
    pub fn remove(&self, ticket_id: i64, hash: &str) -> Result<()> {
        self.store.remove(ticket_id, hash)
    }

    /// Takes away every file of a ticket, after its key was erased; answers how many.
    pub fn remove_ticket(&self, ticket_id: i64) -> Result<usize> {
        let names = self.names_of(ticket_id)?;
        for hash in &names {
            self.store.remove(ticket_id, hash)?;
        }
        Ok(names.len())
    }
}

/// A sealed file being read.
pub type Reading = SealReader<Box<dyn Read + Send>>;

/// Where the file `hash` of a ticket lies under `attachments/`, with slashes.
pub fn place_of(ticket_id: i64, hash: &str) -> String {
    format!("{}/{ticket_id}/{hash}", store::shard(ticket_id))
}

/// What the disk says, in the house's words.
pub(crate) fn on_disk(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Error::new(Kind::Full, "full").because(error)
        }
        _ => Error::internal(error),
    }
}

#[cfg(test)]
mod tests;
