//! Upstream: the platform's form: its names for our facts, its codes for ours, and how it answers. Its rule:
//! every city's differs ⚙, so a form is a file; what it names that we do not know is refused at the start.

use std::collections::BTreeMap;
use std::path::Path;

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Cause;
use super::facts::{Fact, Facts, Said};
use crate::error::{Error, Kind, Result};
use crate::time::Stamp;

/// The form that comes with the program, explained key by key.
const DEFAULT: &str = include_str!("../../config/upstream/default.toml");

/// One city's form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub name: String,
    pub title: String,
    /// `rfc3339`, or a pattern such as `%Y-%m-%d %H:%M:%S`.
    times: String,
    /// Answers that this platform does not take.
    #[serde(default)]
    leave_out: Vec<Cause>,
    pub fields: Vec<Field>,
    /// Fact → our code → theirs; what is not named stays as it is.
    #[serde(default)]
    values: BTreeMap<Fact, BTreeMap<String, String>>,
    pub answer: Answer,
    pub list: List,
}

/// One field of the form and column of the sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the message.
    pub to: String,
    /// The column's heading in a sheet.
    pub title: String,
    /// Which fact it is …
    #[serde(default)]
    from: Option<Fact>,
    /// … or a text that is always the same.
    #[serde(default)]
    text: Option<String>,
}

/// How the platform says what became of a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// JSON pointer to its code; empty: the HTTP status says it.
    pub code: String,
    pub accepted: Vec<String>,
    /// It had the message before: as good as accepted.
    pub repeated: Vec<String>,
    /// It asks to come again.
    pub again: Vec<String>,
    /// It does not know the message that was asked for.
    pub unknown: Vec<String>,
}

/// How the platform lists its tickets of a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// JSON pointer to the list.
    pub items: String,
    /// Names within an item; an empty one is not offered.
    pub upstream_no: String,
    pub revision: String,
    pub stage: String,
}

impl Form {
    /// The form called `name`: `default`, or the path of a file.
    ///
    /// # Errors
    /// `upstream.form` with the reason.
    pub fn load(name: &str) -> Result<Self> {
        if name == "default" {
            return Self::parse(DEFAULT);
        }
        let text = std::fs::read_to_string(Path::new(name))
            .map_err(|error| unreadable(&error.to_string()))?;
        Self::parse(&text)
    }

    /// Reads a form.
    ///
    /// # Errors
    /// As [`Form::load`].
    pub fn parse(text: &str) -> Result<Self> {
        let form: Self = toml::from_str(text).map_err(|error| unreadable(error.message()))?;
        let both = |field: &&Field| field.from.is_some() == field.text.is_some();
        if let Some(field) = form.fields.iter().find(both) {
            return Err(unreadable(&format!("fields.{}: either `from` or `text`", field.to)));
        }
        Ok(form)
    }

    /// Whether this platform takes no answer of that kind.
    pub fn leaves_out(&self, cause: Cause) -> bool {
        self.leave_out.contains(&cause)
    }

    /// The message; what the answer does not say is null.
    pub fn message(&self, facts: &Facts, zone: Tz) -> Value {
        let value = |field: &Field| self.value(field, facts, zone);
        let fields: Map<String, Value> =
            self.fields.iter().map(|field| (field.to.clone(), value(field))).collect();
        Value::Object(fields)
    }

    /// A row of the sheet.
    pub fn cells(&self, facts: &Facts, zone: Tz) -> Vec<String> {
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        self.fields.iter().map(|field| text(self.value(field, facts, zone))).collect()
    }

    /// What the platform calls our `stage`.
    pub fn stage(&self, facts: &Facts) -> Option<String> {
        match facts.get(Fact::Stage)? {
            Said::Code(code) => Some(self.theirs(Fact::Stage, code)),
            _ => None,
        }
    }

    fn value(&self, field: &Field, facts: &Facts, zone: Tz) -> Value {
        let Some(fact) = field.from else {
            return field.text.clone().map_or(Value::Null, Value::String);
        };
        match facts.get(fact) {
            None => Value::Null,
            Some(Said::Text(text)) => Value::String(text.clone()),
            Some(Said::Code(code)) => Value::String(self.theirs(fact, code)),
            Some(Said::Number(number)) => Value::from(*number),
            Some(Said::At(at)) => Value::String(self.time(*at, zone)),
        }
    }

    fn theirs(&self, fact: Fact, code: &str) -> String {
        let named = self.values.get(&fact).and_then(|codes| codes.get(code));
        named.map_or_else(|| code.to_owned(), Clone::clone)
    }

    fn time(&self, at: Stamp, zone: Tz) -> String {
        if self.times == "rfc3339" {
            at.rfc3339(zone)
        } else {
            at.in_zone(zone).format(&self.times).to_string()
        }
    }
}

fn unreadable(why: &str) -> Error {
    Error::with(Kind::Invalid, "upstream.form", &[("why", why)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_comes_with_the_program_asks_for_no_caller_and_can_be_read() {
        let form = Form::load("default").unwrap();
        assert!(form.fields.len() > 10);
        assert!(!form.leaves_out(Cause::Reply));
    }

    #[test]
    fn a_form_with_a_fact_that_nobody_knows_is_refused() {
        let text = DEFAULT.replacen("from = \"upstream_no\"", "from = \"caller_phone\"", 1);
        let error = Form::parse(&text).unwrap_err();
        assert_eq!(error.code(), "upstream.form");
        let both = DEFAULT.replacen("from = \"upstream_no\"", "", 1);
        assert_eq!(Form::parse(&both).unwrap_err().code(), "upstream.form");
    }
}
