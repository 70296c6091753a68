//! Attachment: where sealed files are kept: a folder of this machine, or a bucket. Its rule: what `put`
//! has answered is kept for good; what `whole` gives was proven to be what its name says.

pub(super) mod folder;
#[cfg(feature = "s3")]
pub mod s3;

use std::io::Read;

use sha2::{Digest, Sha256};

pub use folder::Folder;

use super::draft::{Draft, Drafts};
use super::on_disk;
use super::sealed::Broken;
use crate::error::{Error, Result};
use crate::sealing::hex;
use crate::time::Stamp;

/// One of the places.
pub enum Store {
    Folder(Folder),
    #[cfg(feature = "s3")]
    S3(Box<s3::Bucket>),
}

/// A file that lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct There {
    pub hash: String,
    /// When it was put there, by the clock of whoever keeps it.
    pub since: Stamp,
}

/// How a stored file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Whole,
    Missing,
    Changed,
}

impl Store {
    /// Keeps `draft` as the file `hash` of a ticket; when this returns, it survives a power cut.
    pub(super) fn put(&self, draft: Draft, ticket_id: i64, hash: &str) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.put(draft, ticket_id, hash),
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.put(draft, ticket_id, hash),
        }
    }

    /// The file, after all of it was compared with its name.
    #[cfg_attr(
        not(feature = "s3"),
        expect(unused_variables, reason = "a bucket's file comes by way of a draft")
    )]
    pub(super) fn whole(
        &self,
        drafts: &Drafts,
        ticket_id: i64,
        hash: &str,
    ) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::Folder(folder) => folder.whole(ticket_id, hash),
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.whole(drafts, ticket_id, hash),
        }
    }

    /// Whether the file is there and is what its name says, read a piece at a time.
    pub(super) fn check(&self, ticket_id: i64, hash: &str) -> Result<Found> {
        let file: Option<Box<dyn Read + Send>> = match self {
            Self::Folder(folder) => {
                folder.open_file(ticket_id, hash)?.map(|file| Box::new(file) as _)
            }
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.fetch(ticket_id, hash)?,
        };
        let Some(mut file) = file else { return Ok(Found::Missing) };
        Ok(if hash_of(&mut file)? == hash { Found::Whole } else { Found::Changed })
    }

    /// What lies there for a ticket.
    pub(super) fn list(&self, ticket_id: i64) -> Result<Vec<There>> {
        match self {
            Self::Folder(folder) => folder.list(ticket_id),
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.list(ticket_id),
        }
    }

    /// Every ticket that something lies there for, a handful at a time.
    pub(super) fn tickets(&self, each: &mut dyn FnMut(i64) -> Result<()>) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.tickets(each),
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.tickets(each),
        }
    }

    pub(super) fn remove(&self, ticket_id: i64, hash: &str) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.remove(ticket_id, hash),
            #[cfg(feature = "s3")]
            Self::S3(bucket) => bucket.remove(ticket_id, hash),
        }
    }
}

/// SHA-256 over the rest of `file`, in hexadecimal digits.
pub(super) fn hash_of(file: &mut impl Read) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(count) => hasher.update(&part[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(on_disk(error)),
        }
    }
}

/// Which of 4096 folders a ticket's files lie under.
pub(super) fn shard(ticket_id: i64) -> String {
    format!("{:03x}", ticket_id.rem_euclid(4096))
}

/// Whether `name` is one that we give to files.
fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is missing or changed is our fault, and somebody must look at it.
fn broken(what: Broken) -> Error {
    Error::internal(what)
}
