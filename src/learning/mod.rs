//! Learning: which category a text belongs to, learnt from the site's own tickets. Its rule: pure
//! and repeatable (the same rows give the same model, byte for byte), and a model is in service only
//! if it was measured on rows it has never seen and is no worse than the one before it.
//!
//! Nothing personal is in a model: digits are folded away before anything is hashed, no piece is
//! longer than two characters, a model holds hashes and no text (and the ids of the tickets it was
//! made from), and from a thousand rows on a piece that fewer than three texts have is forgotten (from
//! a hundred on: fewer than two).

pub mod bytes;
pub mod calibrate;
pub mod coldstart;
pub mod features;
pub mod measure;
pub mod model;
pub mod night;
pub mod school;
pub mod solver;
pub mod split;
pub mod stable;
pub mod store;
pub mod train;
pub mod used;
pub mod vocabulary;
pub mod words;

use serde::{Deserialize, Serialize};

/// One text whose label is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The code of the category (or unit) that was right in the end.
    pub label: String,
    pub title: String,
    /// May be empty.
    pub detail: String,
}

/// One label that a text may belong to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    pub label: String,
    /// How likely the label is right, 0–1: calibrated on held-out rows, so that it may be compared
    /// with a threshold.
    pub score: f64,
    /// Whether the model says yes where it is asked of this label alone. Of a text that says little it says no of
    /// every label, however the chances are shared among them.
    #[serde(default)]
    pub is_claimed: bool,
    /// The pieces of the text that decided, the strongest first, at most [`words::AT_MOST`]; no
    /// digit is in them.
    pub words: Vec<String>,
}

#[cfg(test)]
mod tests;
