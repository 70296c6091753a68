//! Sheet: reading CSV as Excel and WPS save it: UTF-8 with or without its mark, UTF-16, GB18030; with
//! commas, semicolons or tabs. Its rule: a byte that is no character refuses the file.

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::bounds::{self, Limit, broken, unreadable};
use super::{Cell, Form, Grid, Row, plain};
use crate::error::{Error, Kind, Result};

pub(super) fn read(bytes: &[u8]) -> Result<Grid> {
    let said = decoded(bytes)?;
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&said))
        .from_reader(said.as_bytes());
    let (mut text, mut rows, mut lines) = (bounds::Text::default(), Vec::new(), Lines::of(&said));
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let begins = record.position().map_or(0, ::csv::Position::byte);
        let number = lines.at(usize::try_from(begins).unwrap_or(usize::MAX));
        if rows.len() >= bounds::ROWS as usize {
            return Err(broken(Limit::Rows));
        }
        if record.len() > bounds::COLUMNS as usize
            && record.iter().skip(bounds::COLUMNS as usize).any(|cell| !cell.trim().is_empty())
        {
            return Err(broken(Limit::Columns));
        }
        text.count_cells(record.len().min(bounds::COLUMNS as usize))?;
        let mut cells = Vec::with_capacity(record.len().min(bounds::COLUMNS as usize));
        for said in record.iter().take(bounds::COLUMNS as usize) {
            text.count(said)?;
            let said = plain::unguarded(as_text(said));
            cells.push(if said.is_empty() { Cell::Empty } else { Cell::Text(said.to_owned()) });
        }
        if cells.iter().any(|cell| !cell.is_blank()) {
            rows.push(Row { number, cells });
        }
    }
    Ok(Grid { form: Form::Csv, name: String::new(), rows, others: 0 })
}

/// Counts lines as an editor numbers them. The reader's own count stands before the line end that the
/// record before it left behind, and before blank lines.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line of the record that `begins` here or behind line ends; each lies behind the one before.
    fn at(&mut self, begins: usize) -> u32 {
        while let Some(byte) = self.text.get(self.at) {
            if self.at >= begins && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line = self.line.saturating_add(u32::from(*byte == b'\n'));
            self.at += 1;
        }
        self.line
    }
}

/// `="0012"`, by which people keep Excel from making a number of a text, says 0012.
fn as_text(said: &str) -> &str {
    let inner = said.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(said)
}

fn decoded(bytes: &[u8]) -> Result<String> {
    let (encoding, body): (&'static Encoding, &[u8]) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (UTF_8, rest),
        [0xff, 0xfe, rest @ ..] => (UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => (UTF_16BE, rest),
        bytes if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        bytes => (GB18030, bytes),
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Error::new(Kind::Invalid, "sheet.encoding"))
}

/// Whatever stands most often in the first lines, outside quotes.
fn delimiter(said: &str) -> u8 {
    let mut counts = [(b',', 0usize), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    for byte in said.bytes().take(4_096) {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted {
            for (delimiter, count) in &mut counts {
                *count += usize::from(byte == *delimiter);
            }
        }
    }
    // Of equals the first.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(delimiter, _)| *delimiter)
}
