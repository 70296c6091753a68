//! Knowledge: what callers asked and no article answered. Its rule: nobody's words are kept: of a call that was
//! answered without an article only its category, of a search only words of the trade; and all of it for a time only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::particulars::struck;
use super::prints::hash;
use super::words::{Pair, folded, pair, runs};
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

/// What stands for words of which none may be kept.
const UNKNOWN: &str = "-";
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
    if words.is_empty() { UNKNOWN.to_owned() } else { words }
}

/// Milliseconds for which the same words of the same user are one question.
const SAME: i64 = 10 * 60_000;
/// Milliseconds within which a query follows its own beginning, while it is typed.
const TYPING: i64 = 30_000;
/// The most questions of one user that are remembered.
const REMEMBERED: usize = 100;

/// A search, by whom and when.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    pub user: i64,
    pub query: &'a str,
    /// What is counted of it; nothing where it found something.
    pub words: Option<&'a str>,
    pub at: Stamp,
}

/// What a search means for what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// The row of its own beginning, which was no question.
    pub forget: Option<i64>,
    /// Whether it is one more.
    pub is_new: bool,
}

/// A query as far as it must be known again: what its letters come to, never the letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    letters: usize,
    sum: u64,
}

impl Begun {
    fn of(letters: &[char]) -> Self {
        Self { letters: letters.len(), sum: hash(letters) }
    }

    fn begins(self, letters: &[char]) -> bool {
        letters.get(..self.letters).is_some_and(|start| Self::of(start) == self)
    }
}

#[derive(Debug, Clone)]
struct Counted {
    id: i64,
    words: String,
    query: Begun,
    at: Stamp,
    typed_at: Stamp,
}

impl Counted {
    /// Whether it is the same question: by its words, and by the whole query where none of them is known.
    fn is_same(&self, words: &str, query: Begun) -> bool {
        self.words == words && (words != UNKNOWN || self.query == query)
    }
}

/// What each user lately sought in vain on this node, so that a console that asks while somebody types counts one
/// question, and asking again counts nothing; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Lately(Arc<Mutex<BTreeMap<i64, Vec<Counted>>>>);

impl Lately {
    /// What `sought` means for what was counted of its user before.
    pub fn judge(&self, sought: &Sought<'_>) -> Step {
        let letters = letters(sought.query);
        let query = Begun::of(&letters);
        let mut all = self.lock();
        for counted in all.values_mut() {
            counted.retain(|one| sought.at.millis_since(one.at) < SAME);
        }
        all.retain(|_, counted| !counted.is_empty());
        let Some(counted) = all.get_mut(&sought.user) else {
            return Step { forget: None, is_new: sought.words.is_some() };
        };
        let begins = |last: &Counted| {
            sought.at.millis_since(last.typed_at) < TYPING && last.query.begins(&letters)
        };
        let begun = if counted.last().is_some_and(begins) { counted.pop() } else { None };
        let Some(words) = sought.words else {
            return Step { forget: begun.map(|it| it.id), is_new: false };
        };
        match begun {
            // More was typed, and no more is known of it.
            Some(it) if it.words == words => {
                counted.push(Counted { query, typed_at: sought.at, ..it });
                Step::default()
            }
            begun => {
                let is_new = !counted.iter().any(|one| one.is_same(words, query));
                Step { forget: begun.map(|it| it.id), is_new }
            }
        }
    }

    /// Remembers that `sought` was counted by the row `id`.
    pub fn noted(&self, sought: &Sought<'_>, id: i64) {
        let Some(words) = sought.words.map(str::to_owned) else { return };
        let (query, at) = (Begun::of(&letters(sought.query)), sought.at);
        let mut all = self.lock();
        let counted = all.entry(sought.user).or_default();
        if counted.len() == REMEMBERED {
            counted.remove(0);
        }
        counted.push(Counted { id, words, query, at, typed_at: at });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i64, Vec<Counted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn letters(query: &str) -> Vec<char> {
    folded(query).chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A desk at which queries are typed; each is counted by a row of its own.
    #[derive(Default)]
    struct Desk {
        lately: Lately,
        rows: BTreeMap<i64, String>,
        now: i64,
    }

    impl Desk {
        /// After so many milliseconds this user asks so, and finds nothing where there are words to count.
        fn asks(&mut self, after: i64, user: i64, query: &str, words: Option<&str>) {
            self.now += after;
            let sought = Sought { user, query, words, at: Stamp::from_millis(self.now) };
            let step = self.lately.judge(&sought);
            if let Some(id) = step.forget {
                self.rows.remove(&id).unwrap();
            }
            if step.is_new {
                let id = self.now * 10 + user;
                self.rows.insert(id, words.unwrap().to_owned());
                self.lately.noted(&sought, id);
            }
        }

        fn counted(&self) -> Vec<&str> {
            self.rows.values().map(String::as_str).collect()
        }
    }

    #[test]
    fn what_is_typed_letter_by_letter_is_one_question() {
        let mut desk = Desk::default();
        for (query, words) in [
            ("我", "-"),
            ("我家加", "-"),
            ("我家加装", "加装"),
            ("我家加装充电", "加装充电"),
            ("我家加装充电桩", "加装充电桩"),
            ("我家加装充电桩？", "加装充电桩"),
        ] {
            desk.asks(29_000, 1, query, Some(words));
        }
        assert_eq!(desk.counted(), ["加装充电桩"]);
        // Another question is another, however soon.
        desk.asks(1_000, 1, "停车", Some("停车"));
        assert_eq!(desk.counted(), ["加装充电桩", "停车"]);
        // And whoever goes on later asks anew.
        desk.asks(30_000, 1, "停车费", Some("停车费"));
        assert_eq!(desk.counted(), ["加装充电桩", "停车", "停车费"]);
    }

    #[test]
    fn a_beginning_of_what_is_answered_was_no_question() {
        let mut desk = Desk::default();
        desk.asks(0, 1, "加", Some("-"));
        desk.asks(1_000, 2, "加装电梯", None);
        assert_eq!(desk.counted(), ["-"], "somebody else's");
        desk.asks(1_000, 1, "加装电梯", None);
        assert_eq!(desk.counted(), [""; 0]);
        desk.asks(1_000, 1, "停车", Some("停车"));
        desk.asks(31_000, 1, "停车位", None);
        assert_eq!(desk.counted(), ["停车"], "half a minute later it is another question");
    }

    #[test]
    fn the_same_words_of_one_user_count_once_in_ten_minutes_and_of_two_twice() {
        let mut desk = Desk::default();
        desk.asks(0, 1, "停车", Some("停车"));
        desk.asks(60_000, 1, "漏水", Some("漏水"));
        desk.asks(60_000, 1, "怎么停车", Some("停车"));
        desk.asks(1_000, 2, "停车", Some("停车"));
        assert_eq!(desk.counted(), ["停车", "漏水", "停车"]);
        desk.asks(600_000, 1, "停车", Some("停车"));
        assert_eq!(desk.counted(), ["停车", "漏水", "停车", "停车"]);
        // Words that are not kept are told apart all the same.
        desk.asks(40_000, 1, "甲", Some("-"));
        desk.asks(40_000, 1, "乙", Some("-"));
        desk.asks(40_000, 1, "甲", Some("-"));
        assert_eq!(desk.counted()[4..], ["-", "-"]);
    }
}
