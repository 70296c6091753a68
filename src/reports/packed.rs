//! Reports: documents and facts as bytes, and back. Its rule: what was frozen is read as it was written, or refused;
//! a later program reads what an earlier one kept.
//!
//! Deflated: a line with what it is and the version of its form, then JSON by the names of the fields. A field that
//! is new has a default; a form that an older program cannot read raises the version.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::Document;
use super::frame::Frame;
use crate::assessment::facts::Facts;
use crate::assessment::listed::dims;
use crate::assessment::{Depth, Dim, GroupBy};
use crate::error::{Error, Kind, Result};

/// The version of the form that this program writes.
const VERSION: u32 = 1;
/// How much is handed to the encoder at once.
const PART: usize = 64 * 1024;

/// The trees by which figures roll up, as they were: for each kind of row, what lies above a key.
pub type Trees = BTreeMap<GroupBy, BTreeMap<String, String>>;

/// The facts behind a report and the trees that they roll up in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Body {
    pub facts: Facts,
    #[serde(default)]
    pub trees: Trees,
    /// Of a report about some: by what, and the keys that are inside; other rows of that kind are none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<(GroupBy, BTreeSet<String>)>,
}

impl Body {
    /// `facts` with the trees that the directory of `frame` has, and what of them is the report's.
    pub fn of(facts: Facts, frame: &Frame) -> Self {
        let directory = &frame.directory;
        let trees = [GroupBy::Unit, GroupBy::Region, GroupBy::Category, GroupBy::Channel];
        let edge = |dim: Dim| Some((dim.key, dim.parent?));
        let tree = |by| dims(by, Depth::RollUp, directory).into_iter().filter_map(edge).collect();
        let trees = trees.into_iter().map(|by| (by, tree(by))).collect();
        let inside = frame.inside().map(|(by, keys)| (by, keys.clone()));
        Self { facts, trees, inside }
    }

    /// Whether the row of `key` belongs to the report.
    pub fn shows(&self, by: GroupBy, key: &str) -> bool {
        self.inside.as_ref().is_none_or(|(of, keys)| *of != by || keys.contains(key))
    }

    /// The edges of the tree of `by`, as a roll-up takes them; names and peers are none of it.
    pub fn dims(&self, by: GroupBy) -> Vec<Dim> {
        let edges = self.trees.get(&by).into_iter().flatten();
        let dim = |(key, parent): (&String, &String)| Dim {
            key: key.clone(),
            name: key.clone(),
            parent: Some(parent.clone()),
            peers: None,
        };
        edges.map(dim).collect()
    }
}

/// Bytes with their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub bytes: Vec<u8>,
    pub hash: Vec<u8>,
}

/// `document` as bytes.
///
/// # Errors
/// `internal` where it is no JSON.
pub fn pack_document(document: &Document) -> Result<Packed> {
    pack("document", document)
}

/// `body` as bytes.
///
/// # Errors
/// `internal` where it is no JSON.
pub fn pack_facts(body: &Body) -> Result<Packed> {
    pack("facts", body)
}

/// The document that these bytes are.
///
/// # Errors
/// `report.damaged` where they are not those that `hash` was made of; `report.newer` of a form this program does
/// not know.
pub fn unpack_document(bytes: &[u8], hash: &[u8]) -> Result<Document> {
    unpack("document", bytes, hash)
}

/// Whether these are the bytes that `hash` was made of.
///
/// # Errors
/// `report.damaged` where they are not.
pub fn whole(bytes: &[u8], hash: &[u8]) -> Result<()> {
    if Sha256::digest(bytes).as_slice() == hash { Ok(()) } else { Err(damaged()) }
}

/// The facts that these bytes are.
///
/// # Errors
/// As [`unpack_document`].
pub fn unpack_facts(bytes: &[u8], hash: &[u8]) -> Result<Body> {
    unpack("facts", bytes, hash)
}

/// Some megabytes: read as one piece they take a third of the time that they take byte by byte.
fn unpack<T: DeserializeOwned>(what: &str, bytes: &[u8], hash: &[u8]) -> Result<T> {
    let mut text = Vec::new();
    opened(what, bytes, hash)?.read_to_end(&mut text).map_err(Error::internal)?;
    serde_json::from_slice(&text).map_err(Error::internal)
}

fn pack(what: &str, body: &impl Serialize) -> Result<Packed> {
    let mut out = BufWriter::with_capacity(PART, ZlibEncoder::new(Vec::new(), Compression::fast()));
    writeln!(out, "{what} {VERSION}").map_err(Error::internal)?;
    serde_json::to_writer(&mut out, body).map_err(Error::internal)?;
    let encoder = out.into_inner().map_err(|error| Error::internal(error.into_error()))?;
    let bytes = encoder.finish().map_err(Error::internal)?;
    let hash = Sha256::digest(&bytes).to_vec();
    Ok(Packed { bytes, hash })
}

/// The JSON behind the first line of these bytes.
fn opened<'a>(what: &str, bytes: &'a [u8], hash: &[u8]) -> Result<impl Read + use<'a>> {
    whole(bytes, hash)?;
    let mut text = BufReader::with_capacity(PART, ZlibDecoder::new(bytes));
    let mut head = String::new();
    // The first line is short: nothing longer is read for it.
    let read = text.by_ref().take(64).read_line(&mut head);
    let version = head.trim_end().strip_prefix(what).and_then(|rest| rest.trim().parse().ok());
    match (read, version) {
        (Ok(_), Some(VERSION)) => Ok(text),
        (Ok(_), Some(version)) if version > VERSION => {
            Err(Error::new(Kind::Unavailable, "report.newer"))
        }
        _ => Err(damaged()),
    }
}

fn damaged() -> Error {
    Error::new(Kind::Internal, "report.damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::facts::Edition;
    use crate::assessment::facts::{Gap, Standing};
    use crate::assessment::figures::city::{at, busy};
    use crate::assessment::{Metric, Table};

    fn figures(facts: &Facts) -> Vec<(i64, Option<i64>)> {
        let city = busy();
        let rates = Table::compute(facts, city.ask(Edition::All)).rates(&[], Depth::Own, |_| true);
        let rows = rates.rows.iter().chain([&rates.total]);
        rows.flat_map(|row| row.cells.iter().map(|cell| (cell.exact, cell.den))).collect()
    }

    #[test]
    fn what_was_packed_gives_the_same_facts_and_figures_again() {
        let mut facts = busy().facts;
        facts.tickets[0].gaps = Box::new([Gap { ended_at: at(5), reopened_at: at(9) }]);
        let tree = BTreeMap::from([("section".to_owned(), "bureau".to_owned())]);
        let body = Body { facts, trees: Trees::from([(GroupBy::Unit, tree)]), inside: None };
        let packed = pack_facts(&body).unwrap();
        let again = unpack_facts(&packed.bytes, &packed.hash).unwrap();
        assert_eq!(format!("{:?}", again.facts.tickets), format!("{:?}", body.facts.tickets));
        assert_eq!(
            format!("{:?}", again.facts.assignments),
            format!("{:?}", body.facts.assignments)
        );
        assert_eq!(figures(&again.facts), figures(&body.facts));
        assert_eq!(again.facts.names.find("section"), body.facts.names.find("section"));
        assert_eq!(again.trees, body.trees);
        assert_eq!(again.dims(GroupBy::Unit)[0].parent.as_deref(), Some("bureau"));
        // To the byte: what is hashed depends on nothing but the facts.
        assert_eq!(pack_facts(&again).unwrap(), packed);
    }

    #[test]
    fn a_body_that_was_changed_is_refused_and_one_of_a_later_form_is_said_to_be_so() {
        let packed = pack_facts(&Body { facts: busy().facts, ..Body::default() }).unwrap();
        let mut other = packed.bytes.clone();
        other[20] ^= 1;
        assert_eq!(unpack_facts(&other, &packed.hash).unwrap_err().code(), "report.damaged");
        assert_eq!(
            unpack_document(&packed.bytes, &packed.hash).unwrap_err().code(),
            "report.damaged"
        );
        let mut later = ZlibEncoder::new(Vec::new(), Compression::fast());
        later.write_all(b"facts 2\n{}").unwrap();
        let later = later.finish().unwrap();
        let hash = Sha256::digest(&later);
        assert_eq!(unpack_facts(&later, &hash).unwrap_err().code(), "report.newer");
    }

    /// As the first program that froze a report wrote it. It is never changed: whatever is added to facts must read
    /// this.
    const FIRST: &str = include_str!("packed/first.json");

    #[test]
    fn what_the_first_program_kept_is_still_read() {
        let mut old = ZlibEncoder::new(Vec::new(), Compression::fast());
        old.write_all(b"facts 1\n").unwrap();
        old.write_all(FIRST.as_bytes()).unwrap();
        let old = old.finish().unwrap();
        let body = unpack_facts(&old, &Sha256::digest(&old)).unwrap();
        let facts = &body.facts;
        assert_eq!(facts.names.text(facts.tickets[0].keys.unit), "wuye");
        assert_eq!(facts.names.text(facts.tickets[0].excluded), "force_majeure");
        assert_eq!(facts.tickets[0].standing, Standing::Closed);
        assert_eq!(facts.tickets[0].received_at, at(1_790_812_800_000));
        assert_eq!((facts.tickets[0].gaps.len(), facts.assignments.len()), (1, 1));
        assert!(facts.assignments[0].is_final && facts.assignments[0].handle.due_at.is_some());
        assert_eq!((facts.contacts.len(), facts.whistles.len(), facts.ledger.len()), (1, 1, 1));
        assert_eq!(body.trees[&GroupBy::Unit]["wuye"], "bureau");
        let city = busy();
        let rates = Table::compute(facts, city.ask(Edition::All)).rates(&[], Depth::Own, |_| true);
        assert_eq!(rates.total.cell(Metric::Received).exact, 0, "of another window");
    }
}
