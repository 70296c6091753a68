//! Proactive: words that must not wait 敏感词. Its rule: the site's list, found in what the citizen said; a caller
//! who says a word again is no second caller. Quiet hours, the cap of a person and the exemption of emergencies
//! are those of every letter (`notify`).

use serde_json::json;

use super::finding::{Finding, Rule, number};
use super::seen::{DAY, Seen, callers, within};
use crate::time::Stamp;

/// Ours, as it comes with the program.
pub const BUILT_IN: &str = include_str!("../../config/words/sensitive.txt");

/// The site's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensitive {
    pub words: Vec<String>,
    /// Distinct callers of one place from which on a word is pushed, within so many days.
    pub callers: usize,
    pub days: i64,
}

/// The words of a list: one a line, `#` begins a remark.
pub fn words(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Which of `words` stand in `text`, in the order of the list.
pub fn found_in<'a>(words: &'a [String], text: &str) -> Vec<&'a str> {
    let text = text.to_lowercase();
    words.iter().map(String::as_str).filter(|word| text.contains(word)).collect()
}

/// What the tickets with `word` in them of one place (in the order of time, the latest last) come to at `now`.
pub fn judge<T: AsRef<Seen>>(
    with_word: &[T],
    word: &str,
    (now, settled): (Stamp, Stamp),
    rule: &Sensitive,
) -> Option<Finding> {
    let near = within(with_word, now.plus_millis(-rule.days * DAY).max(settled), now);
    let latest = near.last()?.as_ref();
    let n = callers(near.iter().map(AsRef::as_ref));
    if n < rule.callers.max(1) {
        return None;
    }
    let mut found = Finding::of(Rule::Sensitive, cell(word, latest), latest)
        .resting_on(near.iter().map(AsRef::as_ref));
    found.category = None;
    found.n = number(n);
    found.threshold = number(rule.callers.max(1));
    found.why = json!({ "word": word, "days": rule.days });
    Some(found)
}

/// A word and the place it was said about: the estate, else the region, else nowhere.
pub fn cell(word: &str, ticket: &Seen) -> String {
    let place = ticket.estate.as_deref().or(ticket.region.as_deref()).unwrap_or("-");
    format!("{word}/{place}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::seen::tests::seen;

    #[test]
    fn a_list_is_a_word_a_line_and_our_own_has_some() {
        assert_eq!(words("# 人身\n跳楼\n\n 电梯困人 # 及其他\nABC"), ["跳楼", "电梯困人", "abc"]);
        assert!(words(BUILT_IN).len() >= 10);
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        let list = words("跳楼\n困人");
        assert_eq!(found_in(&list, "三号楼电梯困人，有人要跳楼"), ["跳楼", "困人"]);
        assert!(found_in(&list, "跳绳扰民").is_empty());
    }

    #[test]
    fn one_caller_twice_is_one_caller() {
        for (least, by, found) in
            [(1, &["a"][..], Some(1_u32)), (2, &["a", "a"], None), (2, &["a", "b", "b"], Some(2))]
        {
            let rule = Sensitive { words: Vec::new(), callers: least, days: 7 };
            let all: Vec<Seen> = by.iter().map(|it| seen(5, it, "E", "C")).collect();
            let got = judge(&all, "跳楼", (all[0].at, Stamp::MIN), &rule);
            assert_eq!(got.as_ref().map(|it| it.n), found);
            assert!(got.is_none_or(|it| it.cell == "跳楼/E"));
        }
    }
}
