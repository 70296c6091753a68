//! Moving, sheets: one row's cells by their fields. Its rule: a wrong cell is noted with its column and
//! reading goes on, so that a row comes back with everything that is wrong in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::mapping::{Field, Mapping, Words};
use super::names::Unnamed;
use crate::error::{FieldError, sentence};
use crate::sheet::day::{self, Typed, Year};
use crate::sheet::plain::{folded, narrow, trimmed};
use crate::sheet::{Cell, Row};

/// What is wrong with a row: the heading it is about, where one is, and the Chinese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub column: Option<String>,
    pub code: &'static str,
    pub detail: String,
}

impl Reason {
    /// As a person reads it.
    pub fn sentence(&self) -> String {
        match &self.column {
            Some(column) => {
                sentence("import.reason", &[("column", column), ("detail", &self.detail)])
            }
            None => self.detail.clone(),
        }
    }
}

/// Where the fields stand, with the headings as they are written there.
#[derive(Debug, Clone, Default)]
pub struct Places(pub BTreeMap<Field, (usize, String)>);

/// What people write where there is nothing to write.
const NOTHING: [&str; 8] = ["无", "暂无", "/", "-", "--", "—", "——", "n/a"];

/// A row being read.
pub struct Fields<'a> {
    places: &'a Places,
    mapping: &'a Mapping,
    row: &'a Row,
    zone: Tz,
    pub reasons: Vec<Reason>,
}

impl<'a> Fields<'a> {
    pub fn new(places: &'a Places, mapping: &'a Mapping, row: &'a Row, zone: Tz) -> Self {
        Self { places, mapping, row, zone, reasons: Vec::new() }
    }

    fn cell(&self, field: Field) -> Option<&'a Cell> {
        let (column, _) = self.places.0.get(&field)?;
        Some(self.row.cell(*column)).filter(|cell| !cell.is_blank())
    }

    /// Whether something stands in the cell itself.
    pub fn is_written(&self, field: Field) -> bool {
        self.cell(field).is_some_and(|cell| !NOTHING.contains(&folded(&cell.text()).as_str()))
    }

    /// Notes that `field` is wrong.
    pub fn wrong(&mut self, field: Field, error: FieldError) {
        let column = self.places.0.get(&field).map(|(_, heading)| heading.clone());
        let column = column.unwrap_or_else(|| field.zh().to_owned());
        let reason = Reason { column: Some(column), code: error.code, detail: error.detail };
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Notes that `field` is wrong, with the sentence of `code`.
    pub fn fault(&mut self, field: Field, code: &'static str) {
        self.wrong(field, FieldError::new("", code));
    }

    /// Notes that nothing is written where something must be.
    pub fn missing(&mut self, field: Field) {
        self.fault(field, "field.required");
    }

    /// The text as it was typed, without blanks around it; the mapping's where nothing is.
    pub fn text(&mut self, field: Field) -> Option<Cow<'a, str>> {
        let Some(cell) = self.cell(field) else {
            return self.mapping.default_of(field).map(Cow::Borrowed);
        };
        if cell.has_lost_digits() {
            self.fault(field, "import.digits_lost");
            return None;
        }
        Some(match cell.text() {
            Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
            Cow::Owned(text) => Cow::Owned(trimmed(&text).to_owned()),
        })
    }

    /// The same, plain, and none where people write that there is nothing.
    pub fn plain(&mut self, field: Field) -> Option<String> {
        let text = narrow(&self.text(field)?);
        let nothing = NOTHING.contains(&folded(&text).as_str());
        (!text.is_empty() && !nothing).then_some(text)
    }

    /// A number of a ticket: plain and without blanks.
    pub fn number(&mut self, field: Field) -> Option<String> {
        let text: String = self.plain(field)?.split_whitespace().collect();
        Some(text)
    }

    /// The code of a closed list whose members `all` have a code and a Chinese name each.
    pub fn code(
        &mut self,
        field: Field,
        list: Words,
        all: &[(&'static str, &str)],
    ) -> Option<String> {
        let typed = self.plain(field)?;
        let found = self.listed(&typed, list, all);
        if found.is_none() {
            self.fault(field, "import.word_unknown");
        }
        found
    }

    /// Several codes in one cell.
    pub fn codes(
        &mut self,
        field: Field,
        list: Words,
        all: &[(&'static str, &str)],
    ) -> Vec<String> {
        let Some(typed) = self.plain(field) else { return Vec::new() };
        let mut codes = Vec::new();
        for part in crate::sheet::plain::several(&typed) {
            match self.listed(part, list, all) {
                Some(code) => codes.push(code),
                None => self.fault(field, "import.word_unknown"),
            }
        }
        codes
    }

    fn listed(&self, typed: &str, list: Words, all: &[(&'static str, &str)]) -> Option<String> {
        if let Some(code) = self.mapping.word(list, typed) {
            return Some(code.to_owned());
        }
        let typed = folded(typed);
        let is = |(code, zh): &&(&'static str, &str)| folded(code) == typed || folded(zh) == typed;
        all.iter().find(is).map(|(code, _)| (*code).to_owned())
    }

    /// Yes or no.
    pub fn yes(&mut self, field: Field) -> Option<bool> {
        if let Some(Cell::Truth(truth)) = self.cell(field) {
            return Some(*truth);
        }
        let typed = self.text(field)?;
        let code = self.listed(&typed, Words::YesNo, &[("yes", "是"), ("no", "否")]);
        if code.is_none() {
            self.fault(field, "import.word_unknown");
        }
        Some(code? == "yes")
    }

    /// A day or a time; `year` is where its year comes from where none is typed.
    pub fn time(&mut self, field: Field, year: Year) -> Option<Typed> {
        let cell = self.cell(field)?;
        if NOTHING.contains(&folded(&cell.text()).as_str()) {
            return None;
        }
        let year = self.mapping.year.map_or(year, |year_| match year {
            // What comes after a known instant has its year from there.
            Year::From(_) => year,
            _ => Year::Is(year_),
        });
        let typed = day::read(cell, self.zone, year);
        if typed.is_none() {
            self.fault(field, "import.time_unclear");
        }
        typed
    }

    /// What was found under a name, or a note that nothing was.
    pub fn named<T>(&mut self, field: Field, found: Result<T, Unnamed>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(unnamed) => {
                let (code, detail) = (unnamed.code(), unnamed.sentence());
                self.wrong(field, FieldError { pointer: String::new(), code, detail });
                None
            }
        }
    }
}
