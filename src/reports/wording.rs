//! Reports: the sentences of the special report, ours and a site's own. Its rule: read and tried once, at the start; a
//! sentence stands where its condition holds and is filled with the figures themselves, so what it says is so, and
//! whoever edits the words cannot edit a number.

mod filling;
#[cfg(test)]
mod promised;
mod proofread;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use self::filling::{Sentence, fill};
use self::proofread::proofread;
use super::document::Block;
use crate::error::{Error, Kind, Result};

/// Ours, as they come with the program.
const BUILT_IN: &str = include_str!("../../config/reports/sentences.toml");
/// How a site's own are called in its folder.
const FILE: &str = "sentences.toml";

/// By section.
type Sections = BTreeMap<String, Vec<Sentence>>;

/// The sentences of a site: ours, and in their place those of its own, section by section.
#[derive(Debug, Clone)]
pub struct Sentences {
    ours: Sections,
    own: Sections,
}

impl Sentences {
    /// Ours alone.
    ///
    /// # Errors
    /// `internal` where they cannot be read.
    pub fn built_in() -> Result<Self> {
        let ours = toml::from_str(BUILT_IN).map_err(Error::internal)?;
        Ok(Self { ours, own: Sections::new() })
    }

    /// Those of a site whose own lie in `folder`, where it names one; each is tried on figures before it is used.
    ///
    /// # Errors
    /// `config.unreadable` where there is no such file; `report.sentence` with the line of what is wrong.
    pub fn of(folder: &Path) -> Result<Self> {
        let built_in = Self::built_in()?;
        if folder.as_os_str().is_empty() {
            return Ok(built_in);
        }
        let place = folder.join(FILE);
        let name = place.display().to_string();
        let text = std::fs::read_to_string(&place).map_err(|error| {
            let reason = error.to_string();
            let values = [("file", name.as_str()), ("reason", reason.as_str())];
            Error::with(Kind::Invalid, "config.unreadable", &values)
        })?;
        built_in.with(&text, &name)
    }

    /// The same with those of the file `name`, which says `text`.
    fn with(self, text: &str, name: &str) -> Result<Self> {
        let refused = |at: usize, reason: &str| {
            let before = text.bytes().take(at);
            let line = (before.filter(|byte| *byte == b'\n').count() + 1).to_string();
            let values = [("file", name), ("line", line.as_str()), ("reason", reason)];
            Error::with(Kind::Invalid, "report.sentence", &values)
        };
        let own: Sections = toml::from_str(text).map_err(|error: toml::de::Error| {
            refused(error.span().map_or(0, |span| span.start), error.message())
        })?;
        for (id, sentences) in &own {
            for sentence in sentences {
                let tried = proofread(id, sentence);
                tried.map_err(|wrong| refused(wrong.at, &wrong.reason))?;
            }
        }
        Ok(Self { own, ..self })
    }

    /// The sections whose sentences are a site's own.
    pub fn overridden(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// The paragraph of the section `id`, filled with `figures`; none where no condition holds.
    ///
    /// # Errors
    /// `internal` where a sentence of ours names a figure that is not there.
    pub fn paragraph(&self, id: &str, figures: &impl Serialize) -> Result<Option<Block>> {
        let filled = self.said(id, figures)?;
        Ok((!filled.is_empty()).then_some(Block::Paragraph { text: filled }))
    }

    /// The same as words alone; empty where no condition holds.
    ///
    /// # Errors
    /// As [`Sentences::paragraph`].
    pub fn said(&self, id: &str, figures: &impl Serialize) -> Result<String> {
        #[cfg(test)]
        promised::note(id, figures);
        if let Some(own) = self.own.get(id) {
            match fill(own, figures) {
                Ok(filled) => return Ok(filled),
                // A figure that is not known this month, and no condition about it: no report waits for that.
                Err(error) => {
                    let kind = error.kind();
                    tracing::warn!(
                        section = id,
                        ?kind,
                        "the site's own sentences fail, ours stand"
                    );
                }
            }
        }
        fill(self.ours.get(id).map_or(&[], Vec::as_slice), figures).map_err(Error::internal)
    }
}

#[cfg(test)]
pub(super) use self::promised::what_is_promised_is_given;

#[cfg(test)]
mod tests;
