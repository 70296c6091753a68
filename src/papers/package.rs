//! Papers: a Word file as the parts in it, and several as one. Its rule: bounded before it is unpacked; several are one
//! file only where nothing but their bodies differs.

use std::io::{Cursor, Read, Write};

use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{fill, runs};
use crate::error::{Error, Result};

/// The body of a document.
pub const DOCUMENT: &str = "word/document.xml";
/// Of a template, unpacked.
const MOST_BYTES: u64 = 32 << 20;
const MOST_PARTS: usize = 400;

/// A Word file: its parts by name, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package(pub Vec<(String, Vec<u8>)>);

/// Papers as they leave the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    Docx(Vec<u8>),
    Zip(Vec<u8>),
}

/// Why a file is no template.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("no Word file: {0}")]
    NoPackage(#[from] zip::result::ZipError),
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("larger than a template may be")]
    TooLarge,
    #[error("it has no {DOCUMENT}")]
    NoDocument,
    #[error("{0}: no XML")]
    NoXml(String),
    #[error("{0}: {1}")]
    Wrong(String, minijinja::Error),
}

impl Package {
    /// The parts of a file.
    ///
    /// # Errors
    /// No Word file, or one that is larger than a template may be.
    pub fn read(bytes: &[u8]) -> Result<Self, Unfit> {
        let mut archive = ZipArchive::new(Cursor::new(bytes))?;
        if archive.len() > MOST_PARTS {
            return Err(Unfit::TooLarge);
        }
        let (mut parts, mut left) = (Vec::new(), MOST_BYTES);
        for at in 0..archive.len() {
            let file = archive.by_index(at)?;
            if file.is_dir() {
                continue;
            }
            let name = file.name()?.into_owned();
            let mut part = Vec::new();
            let read = file.take(left + 1).read_to_end(&mut part)?;
            left = left.checked_sub(read as u64).ok_or(Unfit::TooLarge)?;
            parts.push((name, part));
        }
        let package = Self(parts);
        if package.part(DOCUMENT).is_none() {
            return Err(Unfit::NoDocument);
        }
        Ok(package)
    }

    /// The same as a file. The same parts give the same bytes.
    ///
    /// # Errors
    /// `internal`.
    pub fn write(&self) -> Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &self.0 {
            zip.start_file(name, SimpleFileOptions::default()).map_err(Error::internal)?;
            zip.write_all(bytes).map_err(Error::internal)?;
        }
        Ok(zip.finish().map_err(Error::internal)?.into_inner())
    }

    /// One part.
    pub fn part(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(there, _)| there == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// The same with body, heads and feet filled.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn filled(&self, facts: &impl Serialize) -> Result<Self, Unfit> {
        let parts = self.0.iter().map(|(name, bytes)| {
            if !may_have_places(name) {
                return Ok((name.clone(), bytes.clone()));
            }
            let no_xml = || Unfit::NoXml(name.clone());
            let text = std::str::from_utf8(bytes).map_err(|_| no_xml())?;
            let text = text.trim_start_matches('\u{feff}');
            let template = runs::joined(text).ok_or_else(no_xml)?;
            let filled = fill::word(&template, facts);
            let filled = filled.map_err(|error| Unfit::Wrong(name.clone(), error))?;
            let filled = runs::with_whole_cells(&filled);
            if runs::is_whole(&filled) {
                Ok((name.clone(), filled.into_bytes()))
            } else {
                Err(no_xml())
            }
        });
        parts.collect::<Result<_, _>>().map(Self)
    }

    fn document(&self) -> &str {
        self.part(DOCUMENT).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Whether nothing but the body differs.
    fn is_like(&self, other: &Self) -> bool {
        let mut both = self.0.iter().zip(&other.0);
        self.0.len() == other.0.len()
            && both.all(|(one, two)| one.0 == two.0 && (one.0 == DOCUMENT || one.1 == two.1))
    }
}

/// The body, heads and feet.
fn may_have_places(name: &str) -> bool {
    let inside = name.strip_prefix("word/").and_then(|name| name.strip_suffix(".xml"));
    inside.is_some_and(|name| {
        name == "document" || name.starts_with("header") || name.starts_with("footer")
    })
}

/// Several papers, each with its name: one file where their templates allow it, each from a new page on and with pages
/// of its own; else one a file, in a ZIP.
///
/// # Errors
/// `internal`.
pub fn bind(papers: &[(String, Package)]) -> Result<Bound> {
    let Some(((_, first), rest)) = papers.split_first() else {
        return Err(Error::not_found());
    };
    if rest.iter().any(|(_, other)| !first.is_like(other)) {
        return zipped(papers);
    }
    let bodies: Vec<&str> = papers.iter().map(|(_, paper)| paper.document()).collect();
    let Some(whole) = in_one(&bodies) else { return zipped(papers) };
    let mut package = first.clone();
    for (name, bytes) in &mut package.0 {
        if name == DOCUMENT {
            *bytes = whole.clone().into_bytes();
        }
    }
    Ok(Bound::Docx(package.write()?))
}

/// One a file.
///
/// # Errors
/// `internal`.
pub fn zipped(papers: &[(String, Package)]) -> Result<Bound> {
    let files = papers.iter().map(|(name, paper)| Ok((format!("{name}.docx"), paper.write()?)));
    Ok(Bound::Zip(Package(files.collect::<Result<_>>()?).write()?))
}

/// Ends a section where no line of its own is to be seen.
const SECTION_ENDS: (&str, &str) = (
    "<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/>",
    "</w:pPr></w:p>",
);
const PAGE_ENDS: &str = "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>";

/// The bodies one after the other in the first one's document; nothing where one has no body.
fn in_one(documents: &[&str]) -> Option<String> {
    let (first, _) = documents.split_first()?;
    let (from, to) = body(first)?;
    let mut whole = first[..from].to_owned();
    for (at, document) in documents.iter().enumerate() {
        let (from, to) = body(document)?;
        let inside = document[from..to].trim_end();
        if at + 1 == documents.len() {
            whole.push_str(inside);
            continue;
        }
        match inside.rfind("<w:sectPr").filter(|_| inside.ends_with("</w:sectPr>")) {
            Some(section) => {
                whole.push_str(&inside[..section]);
                whole.push_str(SECTION_ENDS.0);
                whole.push_str(&inside[section..]);
                whole.push_str(SECTION_ENDS.1);
            }
            None => {
                whole.push_str(inside);
                whole.push_str(PAGE_ENDS);
            }
        }
    }
    whole.push_str(&first[to..]);
    Some(whole)
}

fn body(document: &str) -> Option<(usize, usize)> {
    let open = document.find("<w:body")?;
    let from = open + document[open..].find('>')? + 1;
    let to = document.rfind("</w:body>")?;
    (from <= to).then_some((from, to))
}
