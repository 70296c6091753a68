//! Knowledge: what callers asked and no article answered. Its rule: nobody's words are kept: of a call that was
//! answered without an article only its category, of a search only words of the trade; and all of it for a time only.

use super::particulars::struck;
use super::words::{Pair, pair, runs};
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
    /// Of a search its words (`-` where none may be kept), of an answer the category of its ticket (`-` without one).
    pub words: String,
    pub asked: i64,
    pub first_at: Stamp,
    pub last_at: Stamp,
}

/// The words of a query as they may be kept and counted: those that `knows` the trade's own or an article's pairs,
/// the same whatever their width, case and punctuation; `-` where none is left, since what is unknown may be
/// somebody's name.
pub fn countable(query: &str, knows: impl Fn(Pair) -> bool) -> String {
    let plain = mask_text(&struck(query), &[]);
    let mut words: Vec<String> = Vec::new();
    for run in runs(&plain) {
        // A number is no word of the trade, whatever articles have it.
        let is_word = |two: &[char]| !two.iter().any(|c| c.is_numeric());
        let known = |two: &[char]| is_word(two) && knows(pair(two[0], two[1]));
        let known: Vec<bool> = run.windows(2).map(known).collect();
        let mut at = 0;
        while at < known.len() {
            let length = known[at..].iter().take_while(|it| **it == known[at]).count();
            if known[at] {
                words.push(run[at..=at + length].iter().collect());
            }
            at += length;
        }
    }
    let words: String = words.join(" ").chars().take(LONGEST).collect();
    if words.is_empty() { "-".to_owned() } else { words }
}
