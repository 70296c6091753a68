//! Web, console: what of a report's document stands on its page: the places that are left open, and the rows that a
//! unit checks. Its rule: values are written as the printer writes them.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;

use crate::reports::Document;
use crate::reports::document::{Block, Cell, Column, Row, Table};
use crate::reports::print::values::{heading, is_numeric, written};
use crate::web::api::reports::printed::Whole;

/// A place that the document leaves open, with what is written into it.
#[derive(Serialize)]
pub struct Place {
    field: String,
    /// Below which heading it stands.
    section: String,
    hint: String,
    text: String,
}

/// The places that `whole` leaves open, in its order.
pub fn places(whole: &Whole) -> Vec<Place> {
    let mut found = Vec::new();
    for section in &whole.document.sections {
        for block in &section.blocks {
            if let Block::Open { field, hint } = block {
                found.push(Place {
                    field: field.clone(),
                    section: section.heading.clone(),
                    hint: hint.clone(),
                    text: text_of(&whole.texts, field),
                });
            }
        }
    }
    found
}

fn text_of(texts: &BTreeMap<String, String>, field: &str) -> String {
    texts.get(field).cloned().unwrap_or_default()
}

/// A cell of a table that is checked.
#[derive(Serialize)]
struct Spot {
    text: String,
    numeric: bool,
    /// The words that its tickets are asked for with, where it has any.
    asked: Option<String>,
}

/// A table that is checked.
#[derive(Serialize)]
pub struct Sheet {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<Spot>>,
}

/// The tables of `document`, as far as the reader has it.
pub fn sheets(document: &Document, zone: Tz) -> Vec<Sheet> {
    document.tables().map(|table| sheet(table, zone)).collect()
}

fn sheet(table: &Table, zone: Tz) -> Sheet {
    let row = |row: &Row| -> Vec<Spot> {
        let cells = table.columns.iter().zip(&row.cells);
        let cells = cells.filter(|(column, _)| !column.is_of_row());
        cells.map(|(column, cell)| spot((table, row), (column, cell), zone)).collect()
    };
    Sheet {
        title: table.title.clone(),
        columns: table.columns.iter().filter(|column| !column.is_of_row()).map(heading).collect(),
        rows: table.rows.iter().map(row).collect(),
    }
}

fn spot((table, row): (&Table, &Row), (column, cell): (&Column, &Cell), zone: Tz) -> Spot {
    let asked = cell.source.as_ref().map(|_| {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("table", &table.id)
            .append_pair("row", &row.key)
            .append_pair("column", &column.id)
            .finish()
    });
    Spot {
        text: written(&cell.value, column.format, zone),
        numeric: is_numeric(column.format),
        asked,
    }
}
