//! Reports, printing: what stands where: numbers of sections, tables, figures and definitions, and every text clean.
//! Its rule: made once, shown alike by the page and the letter.

use std::collections::BTreeMap;

use serde::Serialize;

use super::definitions::{Definition, Definitions};
use super::grid::{Grid, grid, table_of};
use super::{Printed, words};
use crate::reports::Document;
use crate::reports::document::{
    Block, Chart, ChartKind, Column, Extract, Row, SIGN_OFF, Section, Series, TOTAL, Table, Value,
};

/// The whole report as words.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    pub title: String,
    pub issue: String,
    pub issuer: String,
    pub period: String,
    /// With the edition: `已冻结 第1版`.
    pub state: String,
    pub marks: Vec<Mark>,
    pub signer: Option<String>,
    pub dated: Option<String>,
    pub watermark: Option<String>,
    pub parts: Vec<Part<'a>>,
    pub definitions: Vec<Definition>,
}

/// What is printed with every figure.
#[derive(Debug, Serialize)]
pub struct Mark {
    pub name: String,
    pub value: String,
}

/// A section.
#[derive(Debug, Serialize)]
pub struct Part<'a> {
    pub anchor: String,
    /// With its number: `一、总体情况`.
    pub heading: String,
    pub pieces: Vec<Piece<'a>>,
}

/// What stands in a section.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Piece<'a> {
    Heading { text: String },
    Paragraphs { lines: Vec<String> },
    Table { grid: Grid },
    Figure(Figure<'a>),
    Open { lines: Vec<String>, hint: String },
}

/// A chart and where its figures stand.
#[derive(Debug, Serialize)]
pub struct Figure<'a> {
    /// From 1, through the whole report.
    pub number: usize,
    pub title: String,
    /// What its series are called.
    pub names: Vec<String>,
    /// The number of the table that says the same, and the table itself where it stands nowhere else.
    pub table: usize,
    pub table_anchor: String,
    pub own: Option<Grid>,
    pub drawn_as: ChartKind,
    /// Which columns of that table it draws, and which of its rows but the sum, both from 0; none where the table does not
    /// hold them as they are drawn.
    pub columns: Vec<usize>,
    pub rows: Vec<usize>,
    #[serde(skip)]
    pub chart: &'a Chart,
}

/// Where counting stands.
struct Count<'a> {
    document: &'a Document,
    printed: &'a Printed,
    /// By table, what the letter prints of it.
    letter: &'a BTreeMap<String, Extract>,
    /// The numbers of the document's own tables.
    tables: BTreeMap<&'a str, usize>,
    next_table: usize,
    figures: usize,
    known: Definitions,
}

/// Lays the document out.
pub fn layout<'a>(document: &'a Document, printed: &'a Printed) -> Page<'a> {
    let mut count = Count {
        document,
        printed,
        letter: &document.letter,
        tables: numbers(document),
        next_table: 1,
        figures: 0,
        known: Definitions::default(),
    };
    let said = |section: &&Section| section.blocks.iter().any(|it| !is_left_empty(it, printed));
    let sections = (1..).zip(document.sections.iter().filter(said));
    let parts = sections.map(|(number, section)| {
        let mut headings = 0;
        let blocks = section.blocks.iter().filter(|block| !is_left_empty(block, printed));
        let mut pieces: Vec<Piece<'a>> = blocks.map(|it| count.piece(it, &mut headings)).collect();
        if section.id == SIGN_OFF {
            pieces.extend(instructions(printed, headings + 1));
        }
        let heading = words::first_level(number) + &words::one_line(&section.heading);
        Part { anchor: words::anchor("s", &section.id), heading, pieces }
    });
    let parts: Vec<Part<'a>> = parts.collect();
    let mark = |(name, value): &(String, String)| Mark {
        name: words::one_line(name),
        value: words::one_line(value),
    };
    Page {
        title: words::one_line(&document.title),
        issue: words::one_line(&document.issue),
        issuer: words::one_line(&document.issuer),
        period: words::one_line(&document.period),
        state: state(printed),
        marks: document.marks.iter().map(mark).collect(),
        signer: printed.signer.as_deref().map(words::one_line),
        dated: printed.dated.map(words::day),
        watermark: printed.watermark.as_deref().map(watermark),
        parts,
        definitions: count.known.0,
    }
}

/// The reader's mark as it is printed: longer than any name and instant, it would be too small to read.
pub fn watermark(text: &str) -> String {
    words::cut(&words::one_line(text), 90)
}

/// Whether it is a place that nobody wrote into and, since the report is signed, nobody will: paper that left the house
/// asks nobody to fill it in.
fn is_left_empty(block: &Block, printed: &Printed) -> bool {
    let Block::Open { field, .. } = block else { return false };
    printed.signer.is_some() && printed.texts.get(field).is_none_or(|text| text.trim().is_empty())
}

/// What leaders wrote on the report since, under a heading of its own.
fn instructions<'a>(printed: &Printed, number: usize) -> Vec<Piece<'a>> {
    if printed.instructions.is_empty() {
        return Vec::new();
    }
    let lines = printed.instructions.iter().flat_map(|text| words::lines(text)).collect();
    let heading = words::second_level(number) + "领导批示";
    vec![Piece::Heading { text: heading }, Piece::Paragraphs { lines }]
}

/// `已冻结 第1版`; a state that names its edition says it once.
pub fn state(printed: &Printed) -> String {
    let state = words::one_line(&printed.state);
    if state.contains('版') { state } else { format!("{state} 第{}版", printed.edition) }
}

/// The tables by their ids, counted from 1. A chart whose table is missing brings its own, which is counted too.
fn numbers(document: &Document) -> BTreeMap<&str, usize> {
    let ids: Vec<&str> = document.tables().map(|table| table.id.as_str()).collect();
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let counted = blocks.filter_map(|block| match block {
        Block::Table(table) => Some(Some(table.id.as_str())),
        Block::Chart(chart) if !ids.contains(&chart.table.as_str()) => Some(None),
        _ => None,
    });
    counted.zip(1..).filter_map(|(id, number)| Some((id?, number))).collect()
}

impl<'a> Count<'a> {
    fn piece(&mut self, block: &'a Block, headings: &mut usize) -> Piece<'a> {
        match block {
            Block::Heading { text } => {
                *headings += 1;
                Piece::Heading { text: words::second_level(*headings) + &words::one_line(text) }
            }
            Block::Paragraph { text } => Piece::Paragraphs { lines: words::lines(text) },
            Block::Table(table) => {
                let number = self.number();
                let whole = (table, self.letter.get(&table.id));
                Piece::Table { grid: grid(whole, number, &mut self.known, self.printed) }
            }
            Block::Chart(chart) => Piece::Figure(self.figure(chart)),
            Block::Open { field, hint } => {
                let text = self.printed.texts.get(field).map(String::as_str);
                let lines = text.map(words::lines).unwrap_or_default();
                Piece::Open { lines, hint: words::one_line(hint) }
            }
        }
    }

    fn figure(&mut self, chart: &'a Chart) -> Figure<'a> {
        self.figures += 1;
        let known = self.tables.get(chart.table.as_str()).copied();
        let own = known.is_none().then(|| {
            let number = self.number();
            grid((&table_of(chart), None), number, &mut self.known, self.printed)
        });
        let anchor = words::anchor("t", &chart.table);
        let table = self.document.tables().find(|table| table.id == chart.table);
        let (columns, rows) = match table {
            Some(table) => drawn(table, chart).unwrap_or_default(),
            None => ((1..=chart.series.len()).collect(), (0..chart.labels.len()).collect()),
        };
        Figure {
            number: self.figures,
            title: words::one_line(&chart.title),
            names: chart.series.iter().map(|it| words::one_line(&it.name)).collect(),
            table: own.as_ref().map(|it| it.number).or(known).unwrap_or_default(),
            table_anchor: own.as_ref().map_or(anchor, |it| it.anchor.clone()),
            own,
            drawn_as: chart.kind,
            columns,
            rows,
            chart,
        }
    }

    const fn number(&mut self) -> usize {
        self.next_table += 1;
        self.next_table - 1
    }
}

/// Where the series of `chart` stand among the columns that are shown of `table`, and its labels among the rows but the
/// sum; nothing where one of them is not there as it is drawn.
fn drawn(table: &Table, chart: &Chart) -> Option<(Vec<usize>, Vec<usize>)> {
    let lines: Vec<&Row> = table.rows.iter().filter(|row| row.key != TOTAL).collect();
    let line = |at: usize, label: &str, number: Option<f64>| {
        lines.iter().position(|row| {
            value(row, 0).is_some_and(|name| name.label() == label)
                && value(row, at).and_then(Value::number) == number
        })
    };
    let shown = table.columns.iter().enumerate().filter(|(_, column)| !column.is_of_row());
    let shown: Vec<(usize, &Column)> = shown.collect();
    let place = |series: &Series| {
        shown.iter().enumerate().find_map(|(place, (at, column))| {
            let points = chart.labels.iter().zip(&series.values);
            let rows = || points.map(|(label, number)| line(*at, label, *number)).collect();
            let rows: Option<Vec<usize>> = if column.name == series.name { rows() } else { None };
            Some((place, rows?))
        })
    };
    let places: Vec<(usize, Vec<usize>)> = chart.series.iter().map(place).collect::<Option<_>>()?;
    let rows = places.first()?.1.clone();
    let alike = places.iter().all(|(_, other)| *other == rows);
    alike.then(|| (places.into_iter().map(|(place, _)| place).collect(), rows))
}

fn value(row: &Row, at: usize) -> Option<&Value> {
    row.cells.get(at).map(|cell| &cell.value)
}

impl Page<'_> {
    /// Every table in its order, those of figures among them.
    pub fn grids(&self) -> impl Iterator<Item = &Grid> {
        let pieces = self.parts.iter().flat_map(|part| &part.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Table { grid } => Some(grid),
            Piece::Figure(figure) => figure.own.as_ref(),
            _ => None,
        })
    }

    /// The same, to be put otherwise.
    pub fn grids_mut(&mut self) -> impl Iterator<Item = &mut Grid> {
        let pieces = self.parts.iter_mut().flat_map(|part| &mut part.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Table { grid } => Some(grid),
            Piece::Figure(figure) => figure.own.as_mut(),
            _ => None,
        })
    }

    /// Every figure in its order.
    pub fn figures(&self) -> impl Iterator<Item = &Figure<'_>> {
        let pieces = self.parts.iter().flat_map(|part| &part.pieces);
        pieces.filter_map(|piece| match piece {
            Piece::Figure(figure) => Some(figure),
            _ => None,
        })
    }
}
