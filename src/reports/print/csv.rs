//! Reports, printing: tables as CSV, as Excel and WPS read it. Its rule: the figures are those of the page; a text that
//! a table program would run is guarded, and no figure begins with a plus.

use super::pack::pack;
use super::{Printed, layout, values, words};
use crate::error::{Error, Result};
use crate::reports::Document;
use crate::reports::document::{Cell, Column, Row, Table, Value};
use crate::sheet::plain;

/// The table called `table`; nothing where the document has none of that name.
///
/// # Errors
/// `internal`.
pub fn csv(document: &Document, printed: &Printed, table: &str) -> Result<Option<Vec<u8>>> {
    let Some(table) = document.tables().find(|it| it.id == table) else { return Ok(None) };
    let mut rows = rows(table, printed);
    rows.extend(printed.watermark.iter().map(|it| vec![plain::guarded(it)]));
    bytes(rows).map(Some)
}

/// A ZIP of every table, and what holds for all of them in a file of its own.
///
/// # Errors
/// `internal`.
pub fn csv_all(document: &Document, printed: &Printed) -> Result<Vec<u8>> {
    let mut parts = vec![("说明.csv".to_owned(), bytes(about(document, printed))?)];
    for (number, table) in (1..).zip(document.tables()) {
        let name = format!("表{number} {}", words::file_name(&table.title));
        parts.push((format!("{}.csv", name.trim_end()), bytes(rows(table, printed))?));
    }
    pack(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

fn rows(table: &Table, printed: &Printed) -> Vec<Vec<String>> {
    let head = table.columns.iter().map(|it| plain::guarded(&values::heading(it))).collect();
    let row = |row: &Row| {
        let cell = |(at, (column, cell)): (usize, (&Column, &Cell))| {
            let text = values::written(&cell.value, column.format, printed.zone);
            if !matches!(cell.value, Value::Text(_)) {
                return text.trim_start_matches('+').to_owned();
            }
            // Rows that lie below another are set in, as on the page; the guard stays next to its text.
            let depth = if at == 0 { usize::from(row.level) } else { 0 };
            "\u{3000}".repeat(depth) + &plain::guarded(&text)
        };
        table.columns.iter().zip(&row.cells).enumerate().map(cell).collect()
    };
    std::iter::once(head).chain(table.rows.iter().map(row)).collect()
}

/// What holds for every table: name and value.
fn about(document: &Document, printed: &Printed) -> Vec<Vec<String>> {
    let page = layout::layout(document, printed);
    let mut rows = vec![
        ("标题", page.title),
        ("期号", page.issue),
        ("编发单位", page.issuer),
        ("周期", page.period),
        ("状态", page.state),
    ];
    rows.extend(page.watermark.map(|it| ("副本", it)));
    let mut rows: Vec<(String, String)> =
        rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    rows.extend(page.marks.into_iter().map(|it| (it.name, it.value)));
    rows.extend(page.definitions.into_iter().map(|it| {
        let id = it.id.map(|id| format!("（{id}）")).unwrap_or_default();
        (it.name + &id, it.formula)
    }));
    let guarded =
        |(name, value): (String, String)| vec![plain::guarded(&name), plain::guarded(&value)];
    rows.into_iter().map(guarded).collect()
}

fn bytes(rows: Vec<Vec<String>>) -> Result<Vec<u8>> {
    let out = b"\xef\xbb\xbf".to_vec();
    let mut csv = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(out);
    for row in rows {
        csv.write_record(row).map_err(Error::internal)?;
    }
    csv.into_inner().map_err(|error| Error::internal(error.into_error()))
}
