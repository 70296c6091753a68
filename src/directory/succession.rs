//! Directory: which category an older one is counted as 新旧类别对照. Its rule: a ticket keeps the category that it was
//! given; who counts asks, with the day, and only where the question says so.

use chrono::NaiveDate;

use crate::directory::matter::Successor;
use crate::directory::snapshot::{Directory, climb};
use crate::directory::vocabulary::CategoryCode;

impl Directory {
    /// Every word about categories that are counted as another, the newest about each, by code.
    pub fn successors(&self) -> impl Iterator<Item = &Successor> {
        self.successors.values().map(|revisions| revisions.newest())
    }

    /// The newest word about one category.
    pub fn successor(&self, code: &CategoryCode) -> Option<&Successor> {
        self.successors.get(code).map(|revisions| revisions.newest())
    }

    /// What `code` is counted as on `day`, one step: by the last word that had begun by then.
    fn next_on(&self, code: &CategoryCode, day: NaiveDate) -> Option<CategoryCode> {
        let word = self.successors.get(code)?.last(|word| word.from_on <= day)?;
        word.to.clone()
    }

    /// What `code` is counted as on `day`, as far as it leads; itself where nothing is said of it.
    pub fn counted_as(&self, code: &CategoryCode, day: NaiveDate) -> CategoryCode {
        let path = climb(code, |at| self.next_on(at, day));
        path.last().unwrap_or(code).clone()
    }

    /// Whether counting `to` leads to `code` on `from_on` or any later day on which a word begins, or would once all
    /// of them have begun.
    pub(in crate::directory) fn leads_to(
        &self,
        to: &CategoryCode,
        code: &CategoryCode,
        from_on: NaiveDate,
    ) -> bool {
        let in_the_end = |at: &CategoryCode| self.successor(at).and_then(|word| word.to.clone());
        let days = self.successors.values().flat_map(|revisions| revisions.all());
        let days = days.map(|word| word.from_on).filter(|day| *day >= from_on);
        to == code
            || climb(to, in_the_end).contains(code)
            || days.chain([from_on]).any(|day| climb(to, |at| self.next_on(at, day)).contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::check::check;
    use crate::directory::{Category, Entry, Span};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn category(code: &str, to_on: Option<&str>) -> Entry {
        Entry::Category(Category {
            code: code.into(),
            name: code.to_owned(),
            parent: None,
            level: 1,
            version: "1".to_owned(),
            kinds: vec![],
            urgency: None,
            keywords: vec![],
            span: Span { from_on: day("2020-01-01"), to_on: to_on.map(day) },
        })
    }

    fn word(code: &str, to: Option<&str>, from_on: &str) -> Entry {
        let from_on = day(from_on);
        Entry::Successor(Successor { code: code.into(), to: to.map(Into::into), from_on })
    }

    fn directory() -> Directory {
        let mut all = vec![category("gone", Some("2025-12-31"))];
        all.extend(["a", "b", "c", "d"].map(|code| category(code, None)));
        all.push(word("a", Some("b"), "2026-06-01"));
        all.push(word("c", Some("b"), "2026-06-01"));
        all.push(word("b", Some("d"), "2026-09-01"));
        Directory::of(all)
    }

    fn counted(directory: &Directory, code: &str, on: &str) -> String {
        directory.counted_as(&code.into(), day(on)).to_string()
    }

    #[test]
    fn many_are_counted_as_one_from_their_day_on() {
        let directory = directory();
        for (code, on, counted_as) in [
            ("a", "2026-05-31", "a"),
            ("a", "2026-06-01", "b"),
            ("c", "2026-06-01", "b"),
            ("b", "2026-06-01", "b"),
            ("a", "2026-09-01", "d"),
            ("b", "2026-09-01", "d"),
            ("d", "2026-09-01", "d"),
            ("unheard-of", "2026-09-01", "unheard-of"),
        ] {
            assert_eq!(counted(&directory, code, on), counted_as, "{code} {on}");
        }
    }

    #[test]
    fn a_later_word_takes_an_earlier_one_back_from_its_day_on() {
        let mut directory = directory();
        directory.add(day("2026-10-01"), word("b", None, "2026-10-01"));
        assert_eq!(counted(&directory, "a", "2026-09-30"), "d");
        assert_eq!(counted(&directory, "a", "2026-10-01"), "b");
        assert_eq!(directory.successors().count(), 3);
    }

    #[test]
    fn circles_unknown_codes_and_retired_categories_are_refused() {
        let directory = directory();
        let fault = |entry: Entry| {
            let faults = check(&directory, &entry);
            faults.first().map(|it| format!("{} {}", it.pointer, it.code))
        };
        let to = |code: &str, to: &str| fault(word(code, Some(to), "2026-10-01"));
        assert_eq!(to("d", "c"), Some("/to directory.category_circle".to_owned()));
        assert_eq!(to("a", "a"), Some("/to directory.category_circle".to_owned()));
        assert_eq!(to("d", "nothing"), Some("/to field.unknown_code".to_owned()));
        assert_eq!(to("nothing", "d"), Some("/code field.unknown_code".to_owned()));
        assert_eq!(to("d", "gone"), Some("/to directory.category_ended".to_owned()));
        // A circle of some months is one too: a was counted as b before it is counted as c.
        let mut later = directory.clone();
        later.add(day("2026-10-01"), word("a", Some("c"), "2027-01-01"));
        later.add(day("2026-10-01"), word("c", None, "2027-01-01"));
        later.add(day("2026-10-01"), word("b", None, "2026-10-01"));
        let faults = check(&later, &word("b", Some("a"), "2026-11-01"));
        assert_eq!(faults.first().map(|it| it.code), Some("directory.category_circle"));
        // What is gone may be counted as something that is there: that is what it is for.
        assert_eq!(to("gone", "d"), None);
        assert_eq!(fault(word("b", None, "2026-10-01")), None);
    }
}
