//! Reports, printing: a table with its values written and its headings noted. Its rule: the page and the letter show
//! the same words in the same places.

use serde::Serialize;

use super::{Printed, values, words};
use crate::reports::document::{Cell, Chart, Column, Format, Row, Table, Value};

/// How deep rows are indented at most.
const LEVELS: u8 = 5;

/// A table as words.
#[derive(Debug, Serialize)]
pub struct Grid {
    pub anchor: String,
    /// From 1, through the whole report.
    pub number: usize,
    pub title: String,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
    pub note: Vec<String>,
}

/// A heading.
#[derive(Debug, Serialize)]
pub struct Head {
    pub name: String,
    /// The number of its definition, which stands at the end of the report.
    pub note: Option<usize>,
    pub formula: Option<String>,
    pub numeric: bool,
    /// Whether its values stay on one line: figures and times.
    pub whole: bool,
}

/// A row.
#[derive(Debug, Serialize)]
pub struct Line {
    pub level: u8,
    pub total: bool,
    pub places: Vec<Place>,
}

/// A cell.
#[derive(Debug, Serialize)]
pub struct Place {
    /// The text by its lines; one, mostly.
    pub lines: Vec<String>,
    pub link: Option<String>,
    pub numeric: bool,
    /// A time, which stays on one line.
    pub time: bool,
}

/// What a figure is made of, told once at the end.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Definition {
    pub number: usize,
    pub anchor: String,
    /// `response_rate@1`; nothing for a formula of the report's own.
    pub id: Option<String>,
    pub name: String,
    pub formula: String,
}

/// The definitions met so far, in their order.
#[derive(Debug, Default)]
pub struct Definitions(pub Vec<Definition>);

impl Definitions {
    /// The number of the column's definition, a new one where it was not met before.
    fn note(&mut self, column: &Column) -> Option<usize> {
        let id = column.definition.as_deref().map(words::one_line);
        let formula = column.formula.as_deref().map(words::one_line).unwrap_or_default();
        if id.is_none() && formula.is_empty() {
            return None;
        }
        let same =
            |known: &&Definition| known.id == id && (id.is_some() || known.formula == formula);
        if let Some(known) = self.0.iter().find(same) {
            return Some(known.number);
        }
        let number = self.0.len() + 1;
        let anchor = words::anchor("d", &number.to_string());
        self.0.push(Definition {
            number,
            anchor,
            id,
            name: words::one_line(&column.name),
            formula,
        });
        Some(number)
    }
}

/// The table's words; `number` counts from 1.
pub fn grid(table: &Table, number: usize, known: &mut Definitions, printed: &Printed) -> Grid {
    let head = |column: &Column| Head {
        name: values::heading(column),
        note: known.note(column),
        formula: column.formula.as_deref().map(words::one_line),
        numeric: values::is_numeric(column.format),
        whole: column.format != Format::Text,
    };
    Grid {
        anchor: words::anchor("t", &table.id),
        number,
        title: words::one_line(&table.title),
        heads: table.columns.iter().map(head).collect(),
        lines: table.rows.iter().map(|row| line(table, row, printed)).collect(),
        note: table.note.as_deref().map(words::lines).unwrap_or_default(),
    }
}

fn line(table: &Table, row: &Row, printed: &Printed) -> Line {
    let place = |(column, cell): (&Column, &Cell)| {
        let text = values::written(&cell.value, column.format, printed.zone);
        Place {
            lines: text.lines().map(str::to_owned).collect(),
            link: link(table, row, column, cell, printed),
            // A number is one in whatever column it stands, and so is none among numbers.
            numeric: match cell.value {
                Value::Text(_) | Value::Day(_) | Value::Instant(_) => false,
                Value::Count(_) | Value::Ratio { .. } | Value::Number(_) => true,
                Value::None => values::is_numeric(column.format),
            },
            time: matches!(cell.value, Value::Day(_) | Value::Instant(_)),
        }
    };
    Line {
        level: row.level.min(LEVELS),
        total: row.key == "total",
        places: table.columns.iter().zip(&row.cells).map(place).collect(),
    }
}

/// Where the cell's tickets are: its place in the document, by the names that are unique there.
fn link(
    table: &Table,
    row: &Row,
    column: &Column,
    cell: &Cell,
    printed: &Printed,
) -> Option<String> {
    let base = printed.base.as_deref().filter(|_| cell.source.is_some())?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("table", &table.id)
        .append_pair("row", &row.key)
        .append_pair("column", &column.id)
        .finish();
    Some(format!("{base}?{query}"))
}

/// What a chart says, as a table: for one whose own table is not in the document.
pub fn table_of(chart: &Chart) -> Table {
    let column = |id: String, name: &str, format| Column {
        id,
        name: name.to_owned(),
        format,
        definition: None,
        formula: None,
    };
    let cell = |value| Cell { value, source: None };
    let mut columns = vec![column("label".to_owned(), "项目", Format::Text)];
    let series = (1..).zip(&chart.series);
    columns.extend(series.map(|(n, it): (usize, _)| column(n.to_string(), &it.name, chart.format)));
    let row = |(at, label): (usize, &String)| {
        let value = |values: &Vec<Option<f64>>| values.get(at).copied().flatten();
        let figures = chart.series.iter().map(|it| value(&it.values));
        let figures = figures.map(|it| cell(it.map_or(Value::None, Value::Number)));
        let name = std::iter::once(cell(Value::Text(label.clone())));
        Row { key: at.to_string(), level: 0, cells: name.chain(figures).collect() }
    };
    let rows = chart.labels.iter().enumerate().map(row).collect();
    let (id, title) = (format!("chart-{}", chart.id), chart.title.clone());
    Table { id, title, columns, rows, note: None }
}
