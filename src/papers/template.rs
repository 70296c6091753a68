//! Papers: the templates, ours and a site's own. Its rule: a site may put a Word file of its own in place of each
//! (`papers.templates`); one that cannot be used is told of and ours is used instead, so that no paper waits for a brace.

use std::path::PathBuf;

use super::PaperKind;
use super::facts::Facts;
use super::package::{DOCUMENT, Package, Unfit};
use crate::error::{Error, Result};

/// The templates of a site.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    /// Where a site's own lie; read anew for each paper, so that an edit counts at once.
    pub folder: Option<PathBuf>,
}

macro_rules! part {
    ($name:literal) => {
        include_str!(concat!("../../config/papers/parts/", $name))
    };
}

/// What every paper of ours is made of beside its body.
const PARTS: [(&str, &str); 9] = [
    ("[Content_Types].xml", part!("content_types.xml")),
    ("_rels/.rels", part!("rels.xml")),
    (DOCUMENT, ""),
    ("word/_rels/document.xml.rels", part!("document_rels.xml")),
    ("word/styles.xml", part!("styles.xml")),
    ("word/settings.xml", part!("settings.xml")),
    ("word/fontTable.xml", part!("fonts.xml")),
    ("word/footer1.xml", part!("footer_odd.xml")),
    ("word/footer2.xml", part!("footer_even.xml")),
];

const fn body(kind: PaperKind) -> &'static str {
    match kind {
        PaperKind::Assign => include_str!("../../config/papers/assign.xml"),
        PaperKind::Supervise => include_str!("../../config/papers/supervise.xml"),
        PaperKind::Extend => include_str!("../../config/papers/extend.xml"),
        PaperKind::Decline => include_str!("../../config/papers/decline.xml"),
        PaperKind::Reply => include_str!("../../config/papers/reply.xml"),
        PaperKind::Ledger => include_str!("../../config/papers/ledger.xml"),
    }
}

impl Templates {
    /// Our template, places and all: a Word file to begin one's own with.
    pub fn ours(kind: PaperKind) -> Package {
        let part = |(name, text): (&str, &str)| {
            let text = if name == DOCUMENT { body(kind) } else { text };
            (name.to_owned(), text.as_bytes().to_vec())
        };
        Package(PARTS.map(part).to_vec())
    }

    /// The paper.
    ///
    /// # Errors
    /// `internal` only where even our own template cannot be used.
    pub fn filled(&self, kind: PaperKind, facts: &Facts) -> Result<Package> {
        match self.own(kind).map(|own| own?.filled(facts)) {
            Some(Ok(filled)) => return Ok(filled),
            Some(Err(unfit)) => {
                tracing::warn!(template = %kind, reason = kept_short(&unfit), "a paper's template is wrong");
            }
            None => {}
        }
        Self::ours(kind).filled(facts).map_err(Error::internal)
    }

    /// What is wrong with a site's own templates: name and reason, for `jiesu doctor`.
    pub fn faults(&self) -> Vec<(String, String)> {
        let faulty = |kind: &PaperKind| {
            let failed = self.own(*kind)?.and_then(|own| own.filled(&Facts::default())).err()?;
            Some((format!("{kind}.docx"), failed.to_string()))
        };
        PaperKind::ALL.iter().filter_map(faulty).collect()
    }

    fn own(&self, kind: PaperKind) -> Option<Result<Package, Unfit>> {
        let bytes = std::fs::read(self.folder.as_ref()?.join(format!("{kind}.docx"))).ok()?;
        Some(Package::read(&bytes))
    }
}

/// Which part, which line, what sort of mistake: the message itself may repeat what stood there.
fn kept_short(unfit: &Unfit) -> String {
    match unfit {
        Unfit::Wrong(part, error) => format!("{part} {:?} {}", error.line(), error.kind()),
        other => other.to_string(),
    }
}
