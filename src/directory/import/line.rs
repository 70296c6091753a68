//! Directory: one line of a sheet. Its rule: an empty cell leaves a thing as it is, `-` clears it.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveDate;

use crate::error::{Error, FieldError, Result};

type Faults = Vec<FieldError>;

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its number in the sheet; the header is line 1.
    pub line: u64,
    /// The line as it came.
    pub cells: Vec<String>,
    pub errors: Vec<FieldError>,
}

impl Rejected {
    /// Every fault as one Chinese sentence: column and detail.
    pub fn reason(&self) -> String {
        let one = |error: &FieldError| {
            let column = error.pointer.trim_start_matches('/');
            if column.is_empty() {
                error.detail.clone()
            } else {
                format!("{column}：{}", error.detail)
            }
        };
        self.errors.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// A sheet split into lines.
pub(super) struct Table {
    pub columns: Vec<String>,
    pub lines: Vec<Line>,
    pub unreadable: Vec<Rejected>,
}

/// One line with its cells by column.
pub(super) struct Line {
    number: u64,
    all: Vec<String>,
    cells: BTreeMap<String, String>,
}

/// What a cell says of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<T> {
    /// Nothing: leave it.
    Empty,
    /// `-`: take it away.
    Clear,
    Value(T),
}

impl<T> Cell<T> {
    /// Puts what the cell says into an optional field.
    pub fn into_option(self, field: &mut Option<T>) {
        match self {
            Self::Empty => {}
            Self::Clear => *field = None,
            Self::Value(value) => *field = Some(value),
        }
    }
}

/// Splits a sheet; a column outside `known` or one of `required` missing refuses all of it.
pub(super) fn table(text: &str, known: &[&str], required: &[&str]) -> Result<Table> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| Error::field("/header", "malformed"))?;
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    let strange = columns.iter().filter(|column| !known.contains(&column.as_str()));
    let missing = required.iter().filter(|need| !columns.iter().any(|column| column == *need));
    let faults: Faults = strange
        .map(|column| FieldError::new(format!("/header/{column}"), "directory.csv_column"))
        .chain(
            missing.map(|need| FieldError::new(format!("/header/{need}"), "directory.csv_missing")),
        )
        .collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let mut table = Table { columns, lines: Vec::new(), unreadable: Vec::new() };
    let mut last = 1;
    for record in reader.records() {
        let Ok(record) = record else {
            let errors = vec![FieldError::new("", "malformed")];
            table.unreadable.push(Rejected { line: last + 1, cells: Vec::new(), errors });
            continue;
        };
        last = record.position().map_or(last + 1, csv::Position::line);
        let all: Vec<String> = record.iter().map(str::to_owned).collect();
        if all.len() == table.columns.len() {
            let cells = table.columns.iter().cloned().zip(all.iter().cloned()).collect();
            table.lines.push(Line { number: last, all, cells });
        } else {
            let errors = vec![FieldError::new("", "directory.csv_width")];
            table.unreadable.push(Rejected { line: last, cells: all, errors });
        }
    }
    Ok(table)
}

impl Line {
    pub fn reject(self, errors: Faults) -> Rejected {
        Rejected { line: self.number, cells: self.all, errors }
    }

    /// The cell's text; nothing where the column is absent or the cell empty.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub fn required(&self, column: &str) -> Result<&str, Faults> {
        let missing = || vec![FieldError::new(format!("/{column}"), "field.required")];
        self.text(column).filter(|text| *text != "-").ok_or_else(missing)
    }

    /// The cell read as a `T`, with `code` as the fault where it is none.
    pub fn read<T: FromStr>(&self, column: &str, code: &'static str) -> Result<Cell<T>, Faults> {
        match self.text(column) {
            None => Ok(Cell::Empty),
            Some("-") => Ok(Cell::Clear),
            Some(text) => {
                let fault = |_| vec![FieldError::new(format!("/{column}"), code)];
                text.parse().map(Cell::Value).map_err(fault)
            }
        }
    }

    /// A day YYYY-MM-DD; empty and `-` are none.
    pub fn day(&self, column: &str) -> Result<Option<NaiveDate>, Faults> {
        match self.read(column, "field.format")? {
            Cell::Value(day) => Ok(Some(day)),
            Cell::Empty | Cell::Clear => Ok(None),
        }
    }

    /// A code or a text for a field that may be absent.
    pub fn code<T: From<String>>(&self, column: &str) -> Cell<T> {
        match self.text(column) {
            None => Cell::Empty,
            Some("-") => Cell::Clear,
            Some(text) => Cell::Value(T::from(text.to_owned())),
        }
    }

    /// A list split by `|`; nothing where the cell is empty, an empty list for `-`.
    pub fn list<T: FromStr>(
        &self,
        column: &str,
        code: &'static str,
    ) -> Result<Option<Vec<T>>, Faults> {
        let Some(text) = self.text(column) else {
            return Ok(None);
        };
        let parts = text.split('|').map(str::trim).filter(|part| !part.is_empty() && *part != "-");
        let fault = |_| vec![FieldError::new(format!("/{column}"), code)];
        parts.map(|part| part.parse().map_err(fault)).collect::<Result<Vec<T>, _>>().map(Some)
    }
}
