//! Search: whether the words of a ticket hold a text, and where. Its rule: pure, and the one meaning of
//! "found": the index answers the same, the database is asked by it, tests count by it.

use super::fold::{find, folded};
use super::query::Wanted;
use crate::ticket::Words;

/// A text that must be there, or must not, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    pub text: String,
    pub wanted: Wanted,
    /// It was typed in quotes, and means nothing but itself.
    pub is_phrase: bool,
    folded: Vec<char>,
}

impl Sought {
    pub fn new(text: impl Into<String>, wanted: Wanted) -> Self {
        let text = text.into();
        Self { folded: folded(&text), text, wanted, is_phrase: false }
    }

    /// One that means nothing but itself.
    pub fn phrase(text: impl Into<String>, wanted: Wanted) -> Self {
        Self { is_phrase: true, ..Self::new(text, wanted) }
    }

    /// One character, or none.
    pub const fn is_short(&self) -> bool {
        self.folded.len() < 2
    }

    /// Whether whatever is as this wants is as `other` wants: what holds 电梯 holds 电, and what does not hold
    /// 电 does not hold 电梯.
    pub fn implies(&self, other: &Self) -> bool {
        let (whole, part) = match (self.wanted, other.wanted) {
            (Wanted::There, Wanted::There) => (self, other),
            (Wanted::Absent, Wanted::Absent) => (other, self),
            _ => return false,
        };
        find(&whole.folded, &part.folded, 0).is_some()
    }

    fn is_in(&self, texts: &[Vec<char>]) -> bool {
        texts.iter().any(|text| find(text, &self.folded, 0).is_some())
    }
}

/// Whether each of `sought` is within one text of `words`, or none, as it is wanted.
pub fn matches(words: &Words, sought: &[Sought]) -> bool {
    if sought.is_empty() {
        return true;
    }
    let texts: Vec<Vec<char>> = words.open().chain(words.inside()).map(folded).collect();
    sought.iter().all(|one| one.is_in(&texts) == (one.wanted == Wanted::There))
}

/// Characters shown before the first place, and in all.
const BEFORE: usize = 20;
const SHOWN: usize = 100;

/// A piece of a text, with the places to mark in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    pub text: String,
    /// From and to, in characters of `text`.
    pub marks: Vec<(usize, usize)>,
}

/// The piece to show: of the content rather than another text, from just before the first of the places.
pub fn snippet(words: &Words, sought: &[Sought]) -> Snippet {
    let wanted: Vec<&Sought> = sought.iter().filter(|one| one.wanted == Wanted::There).collect();
    let title = std::iter::once(words.title.as_str());
    let others = words.open().skip(1).chain(words.inside()).chain(title);
    let scored = others.enumerate().map(|(place, text)| {
        let chars = folded(text);
        let hits = wanted.iter().filter(|one| find(&chars, &one.folded, 0).is_some()).count();
        (hits, std::cmp::Reverse(place), text)
    });
    let Some((_, _, text)) = scored.max() else { return Snippet::default() };
    cut(text, &wanted)
}

fn cut(text: &str, wanted: &[&Sought]) -> Snippet {
    let chars = folded(text);
    let first = wanted.iter().filter_map(|one| find(&chars, &one.folded, 0)).min().unwrap_or(0);
    let from = if chars.len() <= SHOWN { 0 } else { first.saturating_sub(BEFORE) };
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let chars = folded(&shown);
    let mut marks = Vec::new();
    for one in wanted {
        let mut at = 0;
        while let Some(found) = find(&chars, &one.folded, at) {
            at = found + one.folded.len();
            marks.push((found, at));
        }
    }
    let lead = usize::from(from > 0);
    let tail = if from + SHOWN < text.chars().count() { "…" } else { "" };
    let text = format!("{}{shown}{tail}", if lead == 1 { "…" } else { "" });
    Snippet { text, marks: merged(marks, lead) }
}

/// In their order, those that touch made one, all moved by `by`.
fn merged(mut marks: Vec<(usize, usize)>, by: usize) -> Vec<(usize, usize)> {
    marks.sort_unstable();
    let mut whole: Vec<(usize, usize)> = Vec::new();
    for (from, to) in marks {
        match whole.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => whole.push((from, to)),
        }
    }
    whole.into_iter().map(|(from, to)| (from + by, to + by)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::words::Inside;

    fn words() -> Words {
        Words {
            title: "电梯停运".into(),
            content: format!(
                "{}３号楼电梯困人，物业不理。{}",
                "前文".repeat(40),
                "后文".repeat(60)
            ),
            replies: vec!["已派维保单位到场".into()],
            inside: Inside { notes: vec!["来电人情绪激动".into()], ..Inside::default() },
        }
    }

    fn there(text: &str) -> Sought {
        Sought::new(text, Wanted::There)
    }

    #[test]
    fn each_text_must_stand_within_one_of_the_ticket_s_texts() {
        let all = |texts: &[&str]| {
            matches(&words(), &texts.iter().map(|text| there(text)).collect::<Vec<_>>())
        };
        assert!(all(&["停运", "3号楼电梯", "维保"]) && all(&["激动"]) && all(&[]));
        // Not over the end of one text into the next.
        assert!(!all(&["停运前文"]) && !all(&["电梯", "漏水"]));
        assert!(matches(&words(), &[there("电梯"), Sought::new("漏水", Wanted::Absent)]));
        assert!(!matches(&words(), &[Sought::new("电梯", Wanted::Absent)]));
        assert!(!matches(&words().of_copy(), &[there("激动")]));
    }

    #[test]
    fn a_longer_text_implies_what_stands_in_it() {
        let absent = |text: &str| Sought::new(text, Wanted::Absent);
        assert!(there("电梯困人").implies(&there("梯困")) && there("Ａ").implies(&there("a")));
        assert!(!there("电").implies(&there("电梯")) && !there("电梯").implies(&absent("电")));
        assert!(absent("电").implies(&absent("电梯")) && !absent("电梯").implies(&absent("电")));
    }

    #[test]
    fn the_piece_begins_before_the_first_place_and_marks_every_one() {
        let shown = snippet(&words(), &[there("3号"), there("困人"), there("号楼")]);
        assert!(shown.text.starts_with("…前文") && shown.text.ends_with('…'), "{}", shown.text);
        let chars: Vec<char> = shown.text.chars().collect();
        let marked: Vec<String> =
            shown.marks.iter().map(|(from, to)| chars[*from..*to].iter().collect()).collect();
        assert_eq!(marked, ["３号楼", "困人"]);
        assert_eq!(snippet(&words(), &[there("激动")]).text, "来电人情绪激动");
        assert!(snippet(&words(), &[]).text.starts_with("前文"));
    }
}
