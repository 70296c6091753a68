//! Reports: what a report is made of, as it was kept. Its rule: every question to it is asked with its own instant,
//! its own rules and its own trees, whatever those of today are.

use std::sync::{Arc, Mutex, PoisonError};

use super::document::Document;
use super::packed::{Body, unpack_document, unpack_facts, whole};
use super::store::{self, ReportRow};
use crate::assessment::{Edition, GroupBy, Question, Rules as Scoring};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::time::Stamp;

/// A report with its facts.
#[derive(Debug, Clone)]
pub struct Frozen {
    pub document: Document,
    pub body: Body,
    pub scoring: Scoring,
    pub start: Stamp,
    pub end: Stamp,
    /// The instant that its figures are of.
    pub taken_at: Stamp,
}

impl Frozen {
    /// The question that its figures of this kind were the answer to.
    pub const fn question(&self, by: GroupBy, edition: Edition) -> Question<'_> {
        let Self { start, end, taken_at: now, scoring, .. } = self;
        Question { start: *start, end: *end, now: *now, by, edition, rules: scoring }
    }

    fn load(conn: &mut Conn, row: &ReportRow) -> Result<Self> {
        let facts = store::facts(conn, row.id)?;
        Ok(Self {
            document: document(conn, row)?,
            body: unpack_facts(&facts, &row.facts_hash)?,
            scoring: serde_json::from_str(&row.scoring).map_err(Error::internal)?,
            start: row.start_at,
            end: row.end_at,
            taken_at: row.taken_at,
        })
    }
}

/// What the report says.
///
/// # Errors
/// `report.damaged` where it is not what was kept.
pub fn document(conn: &mut Conn, row: &ReportRow) -> Result<Document> {
    let bytes = store::document(conn, row.id)?;
    whole(&bytes, &row.document_hash)?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = read.iter().position(|(hash, _)| *hash == row.document_hash) {
        read[..=place].rotate_right(1);
        let document = read[0].1.clone();
        drop(read);
        return Ok(Document::clone(&document));
    }
    drop(read);
    let document = Arc::new(unpack_document(&bytes, &row.document_hash)?);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.insert(0, (row.document_hash.clone(), document.clone()));
    read.truncate(REMEMBERED);
    drop(read);
    Ok(Document::clone(&document))
}

/// The documents that were read last, the latest first, by their hashes: one page asks for the same one three times,
/// and a month's is asked for all day. What the database has is checked each time all the same.
static READ: Mutex<Vec<(Vec<u8>, Arc<Document>)>> = Mutex::new(Vec::new());
const REMEMBERED: usize = 4;

/// A report and the one that it restates.
const KEPT: usize = 2;

struct Kept {
    id: i64,
    hashes: (Vec<u8>, Vec<u8>),
    frozen: Arc<Frozen>,
}

/// The reports that were looked into last, the latest first: the next page of a drill-down unpacks nothing. What
/// lies in the database is named by its hash, so that nothing old is given out.
#[derive(Default)]
pub struct Drawer(Mutex<Vec<Kept>>);

impl Drawer {
    /// The report of `row` with its facts.
    ///
    /// # Errors
    /// `report.damaged` where they are not those that were kept.
    pub fn open(&self, conn: &mut Conn, row: &ReportRow) -> Result<Arc<Frozen>> {
        let hashes = (row.document_hash.clone(), row.facts_hash.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|it| it.id == row.id && it.hashes == hashes) {
            kept[..=place].rotate_right(1);
            return Ok(kept[0].frozen.clone());
        }
        drop(kept);
        let frozen = Arc::new(Frozen::load(conn, row)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|there| there.id != row.id);
        kept.insert(0, Kept { id: row.id, hashes, frozen: frozen.clone() });
        kept.truncate(KEPT);
        Ok(frozen)
    }
}
