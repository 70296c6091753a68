//! Reports, printing: a table with its values written and its headings noted. Its rule: the page and the letter show
//! the same words in the same places; what a figure is made of stands once, at the end, and its number beside the figure.

use serde::Serialize;

use super::definitions::Definitions;
use super::{Printed, values, words};
use crate::reports::document::{
    self, Cell, Chart, Column, DEFINITION, Extract, FORMULA, Format, Row, TOTAL, Table, Value,
};

/// How deep rows are indented at most.
const LEVELS: u8 = 5;
/// So many figures and more in a row, and each of them nothing or 0: paper need not show it.
const FIGURES: usize = 5;
/// How wide an interval may be.
pub const INTERVAL: usize = 16;
/// From so many of these on they are left out on paper.
const BLANKS: usize = 8;

/// A table as words.
#[derive(Debug, Serialize)]
pub struct Grid {
    pub anchor: String,
    /// From 1, through the whole report.
    pub number: usize,
    pub title: String,
    pub heads: Vec<Head>,
    pub lines: Vec<Line>,
    /// How many of the lines are blank.
    pub blank: usize,
    pub note: Vec<String>,
}

/// A heading.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    pub name: String,
    /// The number of its definition, which stands at the end of the report.
    pub note: Option<usize>,
    pub formula: Option<String>,
    pub numeric: bool,
    /// Whether its values stay on one line: figures and times.
    pub whole: bool,
    #[serde(skip)]
    pub keeps: Keeps,
}

/// How long a column stays on paper that has no room for all of them: the first of these go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeps {
    /// Between which values a figure lies.
    WithRoom,
    /// What the letter leaves out.
    WithSomeRoom,
    Always,
}

impl Keeps {
    /// From the least on.
    pub const ALL: [Self; 3] = [Self::WithRoom, Self::WithSomeRoom, Self::Always];

    /// Of a column, by what the letter prints of its table.
    fn of(column: &Column, letter: Option<&Extract>) -> Self {
        let named = letter.map(|letter| &letter.columns).filter(|columns| !columns.is_empty());
        match named {
            Some(columns) if columns.contains(&column.id) => Self::Always,
            _ if column.id.ends_with(document::INTERVAL) => Self::WithRoom,
            Some(_) => Self::WithSomeRoom,
            None => Self::Always,
        }
    }
}

/// A row.
#[derive(Debug, Serialize)]
pub struct Line {
    pub level: u8,
    pub total: bool,
    /// Left out on paper, with a word about that.
    pub blank: bool,
    pub places: Vec<Place>,
}

/// A cell.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Place {
    /// The text by its lines; one, mostly.
    pub lines: Vec<String>,
    pub link: Option<String>,
    pub numeric: bool,
    /// How the page sets it: `n` a number, `d` a time or an interval, which stay on one line.
    pub class: &'static str,
    /// Of the cell that names its row: the number of the definition that the row's figures follow.
    pub note: Option<usize>,
    pub formula: Option<String>,
    /// Whether there is more to it than one line of text that may be a link: of ten thousand cells few have it.
    pub more: bool,
}

/// The table's words; `number` counts from 1, and `letter` is what the letter prints of it.
pub fn grid(
    (table, letter): (&Table, Option<&Extract>),
    number: usize,
    known: &mut Definitions,
    printed: &Printed,
) -> Grid {
    let head = |column: &Column| Head {
        name: values::heading(column),
        note: known.of_column(column),
        formula: column.formula.as_deref().map(words::one_line),
        numeric: values::is_numeric(column.format),
        whole: column.format != Format::Text,
        keeps: Keeps::of(column, letter),
    };
    let shown = table.columns.iter().filter(|column| !column.is_of_row());
    let mut heads: Vec<Head> = shown.map(head).collect();
    if let Some(name) = heads.first_mut() {
        name.keeps = Keeps::Always;
    }
    let lines = table.rows.iter().map(|row| line((table, row), &heads, known, printed));
    let mut lines: Vec<Line> = lines.collect();
    let mut blank = lines.iter().filter(|line| line.blank).count();
    if blank < BLANKS {
        for line in &mut lines {
            line.blank = false;
        }
        blank = 0;
    }
    Grid {
        anchor: words::anchor("t", &table.id),
        number,
        title: words::one_line(&table.title),
        heads,
        lines,
        blank,
        note: table.note.as_deref().map(words::lines).unwrap_or_default(),
    }
}

fn line(
    (table, row): (&Table, &Row),
    heads: &[Head],
    known: &mut Definitions,
    printed: &Printed,
) -> Line {
    let cells = table.columns.iter().zip(&row.cells).filter(|(column, _)| !column.is_of_row());
    let cells: Vec<(&Column, &Cell)> = cells.collect();
    let place = |(column, cell): &(&Column, &Cell)| {
        // A number is one in whatever column it stands, and so is none among numbers.
        let numeric = match cell.value {
            Value::Text(_) | Value::Day(_) | Value::Instant(_) => false,
            Value::Count(_) | Value::Ratio { .. } | Value::Number(_) => true,
            Value::None => values::is_numeric(column.format),
        };
        let lines: Vec<String> =
            written(column, cell, printed).lines().map(str::to_owned).collect();
        Place {
            more: lines.len() != 1,
            lines,
            link: link(table, row, column, cell, printed),
            numeric,
            class: if numeric { "n" } else { class_of(&cell.value) },
            ..Place::default()
        }
    };
    let mut places: Vec<Place> = cells.iter().map(place).collect();
    // The last words before the figures say what these are.
    let figures = heads.iter().position(|head| head.numeric).unwrap_or_default();
    if let Some(name) = places.get_mut(figures.saturating_sub(1)) {
        let said = |id: &str| said(table, row, id);
        name.formula = said(FORMULA);
        name.note = known.note(&name.lines.join(" "), said(DEFINITION), said(FORMULA));
        name.more |= name.formula.is_some() || name.note.is_some();
    }
    let figures = cells.iter().zip(heads).filter(|(_, head)| head.numeric && head.note.is_some());
    let figures: Vec<bool> = figures.map(|((_, cell), _)| is_nothing(&cell.value)).collect();
    Line {
        level: row.level.min(LEVELS),
        total: row.key == TOTAL,
        blank: row.key != TOTAL && figures.len() >= FIGURES && figures.into_iter().all(|it| it),
        places,
    }
}

/// How the page sets a value that is no number.
fn class_of(value: &Value) -> &'static str {
    match value {
        Value::Text(text) if words::is_of_figures(text) && words::width(text) <= INTERVAL => "d",
        Value::Day(_) | Value::Instant(_) => "d",
        _ => "",
    }
}

fn written(column: &Column, cell: &Cell, printed: &Printed) -> String {
    values::written(&cell.value, column.format, printed.zone)
}

/// What the column called `id` says of the row, where it says something.
fn said(table: &Table, row: &Row, id: &str) -> Option<String> {
    let at = table.columns.iter().position(|column| column.id == id)?;
    match &row.cells.get(at)?.value {
        Value::Text(text) => Some(words::one_line(text)).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Count(number) => *number == 0,
        Value::Ratio { value, .. } | Value::Number(value) => *value == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Day(_) | Value::Instant(_) => false,
    }
}

impl Grid {
    /// Puts the rows of a narrow table in `many` columns beside each other; another one stays as it is.
    pub fn beside(&mut self, many: usize) {
        if !self.is_slim() || self.lines.iter().any(|line| line.total || line.level > 0) {
            return;
        }
        let empty = vec![Place { more: true, ..Place::default() }; self.heads.len()];
        let high = self.lines.len().div_ceil(many.max(1));
        let mut rest = self.lines.split_off(high).into_iter();
        for _ in 1..many {
            for line in &mut self.lines {
                line.places.extend(rest.next().map_or_else(|| empty.clone(), |it| it.places));
            }
        }
        self.heads = vec![self.heads.as_slice(); many].concat();
    }

    /// Whether it has many rows and few columns.
    pub const fn is_slim(&self) -> bool {
        self.heads.len() <= 3 && self.lines.len() >= 14
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

#[cfg(test)]
mod tests {
    use super::super::sample::{column, plain, printed};
    use super::*;

    /// A table of so many rows, each with a name and `figures`.
    fn table(rows: usize, figures: &[Value]) -> Table {
        let named = |at: usize| Column {
            definition: Some(format!("of_the_city@{at}")),
            ..column(&at.to_string(), "率", Format::Percent)
        };
        let mut columns = vec![column("name", "单位", Format::Text)];
        columns.extend((0..figures.len()).map(named));
        let row = |at: usize| {
            let name = plain(Value::Text(format!("单位{at}")));
            let cells = std::iter::once(name).chain(figures.iter().cloned().map(plain));
            Row { key: at.to_string(), level: 0, cells: cells.collect() }
        };
        let (id, title) = ("t".to_owned(), String::new());
        Table { id, title, columns, rows: (0..rows).map(row).collect(), note: None }
    }

    fn made(table: &Table) -> Grid {
        grid((table, None), 1, &mut Definitions::default(), &printed())
    }

    #[test]
    fn rows_without_a_figure_are_left_out_on_paper_where_they_are_many() {
        let nothing = [Value::None, Value::Count(0), Value::None, Value::Number(0.0), Value::None];
        let mut many = table(12, &nothing);
        many.rows[0].cells[1].value = Value::Number(0.5);
        many.rows[11].key = TOTAL.to_owned();
        let left_out: Vec<bool> = made(&many).lines.iter().map(|line| line.blank).collect();
        assert_eq!(left_out.iter().filter(|it| **it).count(), 10);
        assert!(!left_out[0] && !left_out[11], "a figure, and the sum");
        assert_eq!(made(&table(BLANKS - 1, &nothing)).blank, 0, "so few are printed");
        assert_eq!(
            made(&table(20, &nothing[..FIGURES - 1])).blank,
            0,
            "a 0 of few figures says something"
        );
    }

    #[test]
    fn a_narrow_table_stands_beside_itself_from_top_to_bottom() {
        let mut narrow = made(&table(14, &[Value::Number(0.5)]));
        narrow.beside(3);
        assert_eq!((narrow.heads.len(), narrow.lines.len()), (6, 5));
        assert!(narrow.lines.iter().all(|line| line.places.len() == 6));
        let named = |line: usize, place: usize| narrow.lines[line].places[place].lines.join("");
        assert_eq!([named(0, 0), named(0, 2), named(0, 4)], ["单位0", "单位5", "单位10"]);
        assert_eq!([named(3, 4), named(4, 4)], ["单位13", ""]);
        let mut short = made(&table(13, &[Value::Number(0.5)]));
        short.beside(3);
        assert_eq!(short.heads.len(), 2);
    }
}
