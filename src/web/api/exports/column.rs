//! Web: a column of a sheet. Its rule: a heading and what stands under it are named together, so that no cell comes to
//! stand under another's heading.

use chrono::DateTime;

use crate::sheet::Cell;

/// A column: its heading, how wide it is in characters, and what stands in it of a row.
pub(in crate::web::api) struct Column<T> {
    pub(in crate::web::api) heading: &'static str,
    pub(in crate::web::api) width: u16,
    cell: fn(&T) -> Cell,
}

pub(in crate::web::api) const fn column<T>(
    heading: &'static str,
    width: u16,
    cell: fn(&T) -> Cell,
) -> Column<T> {
    Column { heading, width, cell }
}

/// The headings and widths of `columns`.
pub(in crate::web::api) fn headings<T>(columns: &[Column<T>]) -> Vec<(String, u16)> {
    columns.iter().map(|it| (it.heading.to_owned(), it.width)).collect()
}

/// What stands in `columns` of `row`.
pub(in crate::web::api) fn cells<T>(columns: &[Column<T>], row: &T) -> Vec<Cell> {
    columns.iter().map(|column| (column.cell)(row)).collect()
}

/// A text; nothing where there is none.
pub(in crate::web::api) fn text(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

pub(in crate::web::api) fn maybe(said: Option<&String>) -> Cell {
    said.map_or(Cell::Empty, |said| text(said))
}

/// An instant as views write it, by the clocks of the site.
pub(in crate::web::api) fn moment(at: Option<&String>) -> Cell {
    let read = |at: &String| DateTime::parse_from_rfc3339(at).ok();
    at.and_then(read).map_or(Cell::Empty, |at| Cell::Moment(at.naive_local()))
}
