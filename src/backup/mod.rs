//! Backup 备份: the site in a folder, to come back from after a disaster. Its rule: a backup is whole or it
//! is none: what counts is the manifest, it is put in place last, and it names every file by its sum.
//!
//! ```text
//! DIR/MANIFEST                 a line with the sum over the rest, then the list of everything
//! DIR/snapshot-MILLIS/*.ndjson one file a table, all of one instant, and seals.log up to it
//! DIR/attachments/…            as under the data directory; kept from one backup to the next
//! ```
//!
//! The keys are never in it: whoever has both reads everything (decision 0017).

pub mod check;
pub mod disk;
mod files;
pub mod keys;
mod make;
mod restore;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use check::{Fault, Flaw, Look, examine};
pub use disk::Sum;
pub use files::Absent;
pub use make::make;
pub use restore::{Restored, restore};

use crate::db::dump::Table;
use crate::error::{Error, Kind, Result};
use crate::time::Stamp;
use disk::sum_of;

/// The file that makes a folder a backup.
pub const MANIFEST: &str = "MANIFEST";
/// Where attachments lie, under the data directory and in a backup.
pub const ATTACHMENTS: &str = "attachments";
/// The manifest before it is put in place.
const DRAFT: &str = "MANIFEST.new";
/// Held by whoever makes a backup in the folder.
const LOCK: &str = ".lock";
/// How the folder of one instant begins.
const SNAPSHOT: &str = "snapshot-";
/// How the first line of the manifest begins; the sum follows.
const HEAD: &str = "jiesu-backup 1 sha256 ";

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made it.
    pub program: String,
    /// The instant of everything in the snapshot.
    pub made_at: Stamp,
    /// `sqlite` or `postgres`: for people; it goes back into either.
    pub database: String,
    /// The name of the set of keys without which it cannot be read.
    pub keys: String,
    /// The migrations that the tables had.
    pub migrations: Vec<String>,
    /// The number of the last seal in it, 0 where there is none.
    pub last_seal: i64,
    /// The folder of the tables.
    pub snapshot: String,
    /// Parents before children.
    pub tables: Vec<Content>,
    /// Every file but the manifest, by its path in the backup.
    pub files: BTreeMap<String, Sum>,
    /// Files of attachments that were whole nowhere, where the operator wanted the backup without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// How many files of attachments lie in a bucket and not in the backup.
    #[serde(default)]
    pub elsewhere: u64,
}

/// A table and how many rows of it there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    #[serde(flatten)]
    pub table: Table,
    pub rows: u64,
}

impl Manifest {
    /// The path of a table's file.
    fn file_of(&self, table: &str) -> String {
        format!("{}/{table}.ndjson", self.snapshot)
    }

    /// The path of the seals' file.
    fn seals(&self) -> String {
        format!("{}/seals.log", self.snapshot)
    }

    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|content| content.rows).sum()
    }

    /// As it is written down.
    fn text(&self) -> Result<String> {
        let list = serde_json::to_string_pretty(self).map_err(Error::internal)?;
        Ok(format!("{HEAD}{}\n{list}\n", sum_of(list.as_bytes())))
    }

    /// What `text` says; nothing where it is not what was written, to the byte.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once('\n')?;
        let list = rest.strip_suffix('\n')?;
        let whole = head.strip_prefix(HEAD)? == sum_of(list.as_bytes());
        serde_json::from_str(list).ok().filter(|_| whole)
    }

    /// The manifest of the backup in `dir`; nothing where there is none.
    ///
    /// # Errors
    /// `backup.manifest` where it was changed; `backup.file` where it cannot be read.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MANIFEST);
        let Some(bytes) = disk::read_if_there(&path)? else { return Ok(None) };
        let broken = || {
            let file = path.display().to_string();
            Error::with(Kind::Refused, "backup.manifest", &[("file", &file)])
        };
        let text = String::from_utf8(bytes).map_err(|_| broken())?;
        Self::parse(&text).map(Some).ok_or_else(broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_with_any_byte_changed_is_none() {
        let manifest = Manifest {
            program: "1".to_owned(),
            made_at: Stamp::from_millis(1_790_000_000_000),
            database: "sqlite".to_owned(),
            keys: "k".to_owned(),
            migrations: vec!["0000".to_owned()],
            last_seal: 1,
            snapshot: "snapshot-1".to_owned(),
            tables: Vec::new(),
            files: BTreeMap::from([("a".to_owned(), Sum { bytes: 1, sha256: "00".to_owned() })]),
            lost: vec!["b".to_owned()],
            elsewhere: 2,
        };
        let text = manifest.text().unwrap();
        assert_eq!(Manifest::parse(&text), Some(manifest));
        for at in 0..text.len() {
            for flip in [1, 32] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let parsed = String::from_utf8(bytes).ok().and_then(|text| Manifest::parse(&text));
                assert_eq!(parsed, None, "byte {at}");
            }
        }
    }
}
