//! Sheet 表格: files of rows as offices keep them, CSV and XLSX, in and out. Its rule: it knows cells
//! and nothing of tickets; what it reads is bounded before it is read, what it writes runs nowhere.

pub mod bounds;
mod csv;
pub mod day;
#[cfg(test)]
pub mod hostile;
pub mod page;
pub mod plain;
pub mod write;
mod xlsx;

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use chrono::{NaiveDateTime, NaiveTime, Timelike};

use crate::error::{Error, Kind, Result};
pub use write::{Column, Writer, private_file};

/// How a sheet lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    Xlsx,
}

impl Form {
    /// The form that a file's name tells; none for anything else than `.csv` and `.xlsx`.
    pub fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        match end.as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// The form that a file's first bytes tell: a packed one is a workbook, any other text; none for the workbooks of
    /// before (`.xls`).
    fn of_content(bytes: &[u8]) -> Option<Self> {
        const PACKED: &[u8] = b"PK\x03\x04";
        const OLD: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
        if bytes.starts_with(OLD) {
            return None;
        }
        Some(if bytes.starts_with(PACKED) { Self::Xlsx } else { Self::Csv })
    }

    /// The end of a file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    /// A number that the sheet itself shows as a day or a time.
    Moment(NaiveDateTime),
    Truth(bool),
}

/// The largest number whose every digit a sheet keeps.
const EXACT: f64 = 999_999_999_999_999.0;

impl Cell {
    /// As people read it: a whole number without a point, a day without its midnight.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e18 => {
                Cow::Owned(format!("{number:.0}"))
            }
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Moment(at) if at.time() == NaiveTime::MIN => {
                Cow::Owned(at.format("%Y-%m-%d").to_string())
            }
            Self::Moment(at) if at.nanosecond() == 0 => {
                Cow::Owned(at.format("%Y-%m-%d %H:%M:%S").to_string())
            }
            Self::Moment(at) => Cow::Owned(at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "是" } else { "否" }),
        }
    }

    /// Whether nothing but blanks stands in it.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => plain::trimmed(text).is_empty(),
            _ => false,
        }
    }

    /// Whether it was typed as a number longer than a sheet can keep: its last digits are gone.
    pub fn has_lost_digits(&self) -> bool {
        matches!(self, Self::Number(number) if number.abs() > EXACT)
    }
}

/// One row that has something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// From 1, as the sheet itself numbers it (in CSV, the line it begins on).
    pub number: u32,
    pub cells: Vec<Cell>,
}

impl Row {
    pub fn cell(&self, column: usize) -> &Cell {
        const NOTHING: &Cell = &Cell::Empty;
        self.cells.get(column).unwrap_or(NOTHING)
    }
}

/// A sheet's rows, merged cells filled.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub form: Form,
    /// The worksheet's name; empty in CSV.
    pub name: String,
    pub rows: Vec<Row>,
    /// Worksheets that were left alone.
    pub others: usize,
}

/// Reads the sheet at `path`: of a workbook the worksheet called `wanted`, else its first visible
/// one.
///
/// # Errors
/// `sheet.form`, `sheet.unreadable`, `sheet.no_such`, `sheet.encoding`; `sheet.too_large` with the
/// limit that it breaks, before more than that is read.
pub fn read(path: &Path, wanted: Option<&str>) -> Result<Grid> {
    let form = Form::of(path).ok_or_else(|| Error::new(Kind::Invalid, "sheet.form"))?;
    cells_of(form, bytes_of(path)?, wanted)
}

/// Reads a sheet that somebody sent: it is known by its content, whatever it is called.
///
/// # Errors
/// As [`read`].
pub fn read_sent(bytes: Vec<u8>, wanted: Option<&str>) -> Result<Grid> {
    let form = Form::of_content(&bytes).ok_or_else(|| Error::new(Kind::Invalid, "sheet.form"))?;
    cells_of(form, within(bytes)?, wanted)
}

fn cells_of(form: Form, bytes: Vec<u8>, wanted: Option<&str>) -> Result<Grid> {
    match form {
        Form::Csv => csv::read(&bytes),
        Form::Xlsx => xlsx::read(bytes, wanted),
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let cannot = |error| cannot_read(path, &error);
    let file = File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(bounds::FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    within(bytes)
}

fn within(bytes: Vec<u8>) -> Result<Vec<u8>> {
    if bytes.len() as u64 > bounds::FILE_BYTES {
        return Err(bounds::broken(bounds::Limit::File));
    }
    Ok(bytes)
}

/// The text of the file at `path`, such as a mapping.
///
/// # Errors
/// `import.unreadable`.
pub fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))
}

/// A file that somebody named cannot be read: told with its name and what the disk says.
pub fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    let (file, reason) = (path.display().to_string(), error.to_string());
    let values = [("file", file.as_str()), ("reason", reason.as_str())];
    Error::with(Kind::Invalid, "import.unreadable", &values)
}

#[cfg(test)]
mod tests;
