//! Sheet: writing one row after the other. Its rule: the memory it takes does not grow with the rows,
//! every cell has its type, and no text of it is a formula.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::page::{self, Widths};
use super::{Cell, Form, plain};
use crate::error::{Error, Kind, Result};

/// Rows of one worksheet; Excel ends at 1 048 576.
const ROWS: u32 = 1_000_000;
/// Characters of one cell; Excel refuses more, and counts as UTF-16 does.
const CHARACTERS: usize = 32_767;

/// A heading and how wide its column is, in characters.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub heading: &'a str,
    pub width: u16,
}

/// A sheet being written.
pub struct Writer<W: Write + Send> {
    inner: Inner<W>,
}

enum Inner<W: Write + Send> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Book<W>>),
}

struct Book<W> {
    out: W,
    workbook: Workbook,
    columns: Vec<(String, u16)>,
    /// What columns that were not named need on the worksheet being written.
    seen: Widths,
    title: String,
    sheets: usize,
    /// Rows of the worksheet being written.
    rows: u32,
    bold: Format,
    day: Format,
    moment: Format,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a sheet called `title`; a workbook keeps what does not fit into memory in `aside`.
    ///
    /// # Errors
    /// `full`, or `internal` where the disk says no.
    pub fn new(
        form: Form,
        mut out: W,
        aside: &Path,
        title: &str,
        columns: &[Column<'_>],
    ) -> Result<Self> {
        let inner = match form {
            Form::Csv => {
                out.write_all(b"\xef\xbb\xbf").map_err(cannot_write)?;
                let mut csv = csv::WriterBuilder::new()
                    .flexible(true)
                    .terminator(csv::Terminator::CRLF)
                    .from_writer(out);
                if !columns.is_empty() {
                    let headings = columns.iter().map(|it| plain::guarded(it.heading));
                    csv.write_record(headings).map_err(csv_error)?;
                }
                Inner::Csv(Box::new(csv))
            }
            Form::Xlsx => {
                let mut workbook = Workbook::new();
                workbook.set_tempdir(aside).map_err(xlsx_error)?;
                let mut book = Book {
                    out,
                    workbook,
                    columns: columns.iter().map(|it| (it.heading.to_owned(), it.width)).collect(),
                    seen: Widths::default(),
                    title: title.to_owned(),
                    sheets: 0,
                    rows: 0,
                    bold: Format::new().set_bold(),
                    day: Format::new().set_num_format("yyyy-mm-dd"),
                    moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
                };
                book.next_sheet()?;
                Inner::Xlsx(Box::new(book))
            }
        };
        Ok(Self { inner })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// `full`, or `internal`.
    pub fn row(&mut self, cells: &[Cell]) -> Result<()> {
        match &mut self.inner {
            Inner::Csv(csv) => {
                let cells = cells.iter().map(|cell| match cell {
                    // A number cannot be a formula; a text can.
                    Cell::Number(_) => cell.text().into_owned(),
                    cell => plain::guarded(&cell.text()),
                });
                csv.write_record(cells).map_err(csv_error)
            }
            Inner::Xlsx(book) => book.row(cells),
        }
    }

    /// Writes out what is left.
    ///
    /// # Errors
    /// `full`, or `internal`.
    pub fn finish(self) -> Result<()> {
        match self.inner {
            Inner::Csv(mut csv) => csv.flush().map_err(cannot_write),
            Inner::Xlsx(mut book) => {
                book.end_sheet()?;
                let mut out = BufWriter::new(book.out);
                book.workbook.save_to_writer(&mut out).map_err(xlsx_error)?;
                out.flush().map_err(cannot_write)
            }
        }
    }
}

impl<W> Book<W> {
    fn next_sheet(&mut self) -> Result<()> {
        self.end_sheet()?;
        self.sheets += 1;
        let number = if self.sheets > 1 { self.sheets.to_string() } else { String::new() };
        let name = format!("{}{number}", self.title);
        let sheet = self.workbook.add_worksheet_with_constant_memory().map_err(xlsx_error)?;
        sheet.set_name(name).map_err(xlsx_error)?;
        page::set_up(sheet);
        self.rows = 0;
        if self.columns.is_empty() {
            return Ok(());
        }
        sheet.set_freeze_panes(1, 0).map_err(xlsx_error)?;
        sheet.set_repeat_rows(0, 0).map_err(xlsx_error)?;
        let letters = self.columns.iter().map(|(_, width)| usize::from(*width)).sum();
        page::spread(sheet, letters).map_err(xlsx_error)?;
        for (place, (heading, width)) in (0..).zip(&self.columns) {
            sheet.set_column_width(place, f64::from(*width)).map_err(xlsx_error)?;
            let heading = plain::guarded(heading);
            sheet.write_string_with_format(0, place, heading, &self.bold).map_err(xlsx_error)?;
        }
        self.rows = 1;
        Ok(())
    }

    /// What is only known now: columns stand before the rows in the file, but are written when all of it is.
    fn end_sheet(&mut self) -> Result<()> {
        if self.sheets == 0 || !self.columns.is_empty() {
            return Ok(());
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1).map_err(xlsx_error)?;
        std::mem::take(&mut self.seen).set(sheet).map_err(xlsx_error)
    }

    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        if self.rows >= ROWS {
            self.next_sheet()?;
        }
        let row = self.rows;
        self.rows += 1;
        if self.columns.is_empty() {
            for (column, cell) in cells.iter().enumerate() {
                self.seen.see(column, &cell.text());
            }
        }
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1).map_err(xlsx_error)?;
        for (column, cell) in (0..).zip(cells) {
            write(sheet, row, column, cell, (&self.day, &self.moment)).map_err(xlsx_error)?;
        }
        Ok(())
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    (day, time): (&Format, &Format),
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, fitting(&plain::guarded(text)))?;
        }
        Cell::Number(number) => {
            sheet.write_number(row, column, *number)?;
        }
        Cell::Truth(truth) => {
            sheet.write_boolean(row, column, *truth)?;
        }
        Cell::Moment(at) => {
            let midnight = at.time() == NaiveTime::MIN;
            let date = moment(*at)?;
            let format = if midnight { day } else { time };
            sheet.write_datetime_with_format(row, column, &date, format)?;
        }
    }
    Ok(())
}

/// As much of a text as a cell of a workbook takes: one letter more, and no workbook is written at all.
pub fn fitting(text: &str) -> &str {
    let mut length = 0;
    let over = text.char_indices().find(|(_, c)| {
        length += c.len_utf16();
        length > CHARACTERS
    });
    over.map_or(text, |(at, _)| &text[..at])
}

/// A day and time as Excel keeps them, to the millisecond.
///
/// # Errors
/// A year before 1900 or after 9999.
pub fn moment(at: NaiveDateTime) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    let date = ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?;
    let milli = u16::try_from(at.nanosecond() / 1_000_000).unwrap_or_default();
    let hour = u16::try_from(at.hour()).unwrap_or_default();
    date.and_hms_milli(hour, part(at.minute()), part(at.second()), milli)
}

/// A new file that only its owner can read: it holds what is nobody else's business.
///
/// # Errors
/// `full`, or `internal` where the disk says no.
pub fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path).map_err(cannot_write)?;
        // One that was there already keeps its mode until it is told.
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(cannot_write)?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path).map_err(cannot_write)
}

/// The disk says no: told as it is.
pub fn cannot_write(error: std::io::Error) -> Error {
    let kind =
        if error.kind() == std::io::ErrorKind::StorageFull { Kind::Full } else { Kind::Internal };
    let code = if kind == Kind::Full { "full" } else { "internal" };
    Error::new(kind, code).because(error)
}

fn csv_error(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => cannot_write(error),
        other => Error::internal(format!("{other:?}")),
    }
}

fn xlsx_error(error: XlsxError) -> Error {
    match error {
        XlsxError::IoError(error) => cannot_write(error),
        other => Error::internal(other),
    }
}
