//! Knowledge: whether an article makes sense. Its rule: every fault is named at once, by field. A telephone or
//! identity number is refused, not masked: whoever wrote it is there and can take it out, and a masked text
//! would be one that nobody wrote.

use chrono::NaiveDate;

use super::Content;
use crate::directory::{Directory, UnitKind};
use crate::error::{Error, FieldError, Result};
use crate::sealing::{normalise_phone, numbers};
use crate::ticket::Text;

/// # Errors
/// 422 with every wrong field.
pub fn check(content: &Content, directory: &Directory, today: NaiveDate) -> Result<()> {
    let mut faults = Faults { directory, found: Vec::new() };
    faults.text("/title", &content.title, 100);
    faults.text("/body", &content.body, crate::ticket::text::LONGEST);
    if let Some(no) = &content.policy_no {
        faults.text("/policy_no", no, 100);
    }
    faults.texts("/questions", &content.questions, (50, 200));
    faults.texts("/tags", &content.tags, (20, 30));
    if content.categories.len() > 20 {
        faults.add("/categories", "field.too_long");
    }
    for (n, category) in content.categories.iter().enumerate() {
        if directory.category(category).is_none() {
            faults.add(format!("/categories/{n}"), "field.unknown_code");
        }
    }
    faults.owner(content, today);
    if content.valid_from.zip(content.valid_to).is_some_and(|(from, to)| to < from) {
        faults.add("/valid_to", "directory.span_backwards");
    }
    if faults.found.is_empty() { Ok(()) } else { Err(Error::invalid(faults.found)) }
}

/// A remark beside an act.
///
/// # Errors
/// 422 at `pointer`.
pub fn check_remark(pointer: &str, text: &Text, directory: &Directory) -> Result<()> {
    let mut faults = Faults { directory, found: Vec::new() };
    faults.text(pointer, text, 500);
    if faults.found.is_empty() { Ok(()) } else { Err(Error::invalid(faults.found)) }
}

struct Faults<'a> {
    directory: &'a Directory,
    found: Vec<FieldError>,
}

impl Faults<'_> {
    fn add(&mut self, pointer: impl Into<String>, code: &'static str) {
        self.found.push(FieldError::new(pointer, code));
    }

    fn text(&mut self, pointer: &str, text: &Text, most: usize) {
        if text.chars().count() > most {
            self.add(pointer, "field.too_long");
        }
        if names_somebody(text, self.directory) {
            self.add(pointer, "article.personal");
        }
    }

    fn texts(&mut self, pointer: &str, texts: &[Text], (most, longest): (usize, usize)) {
        if texts.len() > most {
            self.add(pointer, "field.too_long");
        }
        for (n, text) in texts.iter().enumerate() {
            self.text(&format!("{pointer}/{n}"), text, longest);
        }
    }

    /// A unit that is there and is an authority: a company answers for no policy.
    fn owner(&mut self, content: &Content, today: NaiveDate) {
        let owner = self.directory.unit(&content.owner);
        match owner {
            None => self.add("/owner", "directory.unit_unknown"),
            Some(unit) if unit.span.has_ended(today) => self.add("/owner", "directory.unit_ended"),
            Some(unit)
                if self.directory.is_company(&unit.code)
                    || unit.kind == UnitKind::CommunityCommittee =>
            {
                self.add("/owner", "article.owner");
            }
            Some(_) => {}
        }
    }
}

/// Whether an identifying number stands in `text` that is no unit's published telephone.
pub fn names_somebody(text: &str, directory: &Directory) -> bool {
    numbers(text).into_iter().any(|range| !is_published(&text[range], directory))
}

/// Whether `number` is a published telephone of a unit, with or without its area code.
pub fn is_published(number: &str, directory: &Directory) -> bool {
    let Some(number) = normalise_phone(number) else { return false };
    let phones = directory.units().flat_map(|unit| &unit.phones);
    phones
        .filter_map(|phone| normalise_phone(&phone.number))
        .any(|published| published == number || (number.len() >= 7 && published.ends_with(&number)))
}
