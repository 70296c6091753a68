//! Attachment: the proof that every file which a row names is there, and is what its name says. Its
//! rule: the rows are proven to follow from the chains elsewhere (`ticket::store::proof`); here a few
//! rows and one piece of one file are in memory at a time.

use super::Files;
use super::store::Found;
use crate::code_enum;
use crate::db::Db;
use crate::error::Result;
use crate::ticket::store::attachments_after;

/// Rows that one read looks at.
const PAGE: i64 = 200;
/// Flaws that are kept; the others are counted.
const KEPT: usize = 100;

code_enum! {
    /// What is wrong with a file.
    pub enum What {
        Missing = "file_missing" "附件文件不见了",
        Changed = "file_changed" "附件文件与哈希不符",
    }
}

/// A file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    pub what: What,
    pub ticket_id: i64,
    /// Its place in the ticket.
    pub k: i32,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files that were looked at and are whole.
    pub whole: usize,
    /// The first flaws.
    pub flaws: Vec<Flaw>,
    /// How many there are in all.
    pub count: usize,
}

impl Verified {
    pub const fn holds(&self) -> bool {
        self.count == 0
    }
}

impl Files {
    /// Looks at every file that a row names. Those of erased tickets need not be there.
    pub fn verify(&self, db: &Db) -> Result<Verified> {
        let mut verified = Verified::default();
        let mut place = (i64::MIN, 0);
        loop {
            let rows = db.read(|conn| attachments_after(conn, place, PAGE))?;
            let Some((last, _)) = rows.last() else { return Ok(verified) };
            place = (last.ticket_id, last.k);
            for (row, erased) in rows {
                if row.gone || erased {
                    continue;
                }
                let what = match self.store.check(row.ticket_id, &row.hash)? {
                    Found::Whole => {
                        verified.whole += 1;
                        continue;
                    }
                    Found::Missing => What::Missing,
                    Found::Changed => What::Changed,
                };
                verified.count += 1;
                if verified.flaws.len() < KEPT {
                    verified.flaws.push(Flaw { what, ticket_id: row.ticket_id, k: row.k });
                }
            }
        }
    }
}
