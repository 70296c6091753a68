//! Knowledge: what callers asked and no article answered. Its rule: no words of a caller's are kept: of a call that
//! was answered without an article only its category, of a search what was typed, without numbers, names and
//! households; and all of it for a time only.

use super::particulars::struck;
use super::words::runs;
use crate::code_enum;
use crate::sealing::mask_text;
use crate::time::Stamp;

code_enum! {
    /// Where it was asked.
    pub enum GapSource {
        Search = "search" "检索无结果",
        Answer = "answer" "直接答复未引用",
    }
}

/// The longest words that are kept, in characters.
const LONGEST: usize = 40;

/// Something that was asked, how often and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub source: GapSource,
    /// Of a search its words, of an answer the category of its ticket (`-` without one).
    pub words: String,
    pub asked: i64,
    pub first_at: Stamp,
    pub last_at: Stamp,
}

/// The words of a query as they may be kept and counted: the same whatever its width, case and punctuation; nothing
/// where too little is left. What is longer than a question is somebody's story and is not kept.
pub fn countable(query: &str) -> Option<String> {
    let plain = struck(query);
    let plain = mask_text(&plain, &[]);
    let words: Vec<String> =
        runs(&plain).into_iter().map(|run| run.into_iter().collect()).collect();
    let words = words.join(" ");
    let length = words.chars().count();
    (2..=LONGEST).contains(&length).then_some(words)
}
