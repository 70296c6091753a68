//! Reports: what a report says, before it is a page, a letter or a sheet. Its rule: plain data, made once and kept; who
//! prints it decides nothing and computes nothing.
//!
//! A document is frozen as it is (`serde`), beside the facts that its figures were made of; so a later program prints
//! the same figures, whatever its formulas are by then.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::assessment::{Edition, GroupBy, Metric, Side};
use crate::time::Stamp;

/// A whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// `物业管理投诉情况专报`.
    pub title: String,
    /// `2026年第10期`.
    pub issue: String,
    /// Who issues it: the site's name.
    pub issuer: String,
    /// What it is about, in words: `2026年10月（2026-10-01 至 2026-10-31）`.
    pub period: String,
    /// What must be printed with every figure, in order: name and value, such as 口径, 考核办法, 截至, 版本.
    pub marks: Vec<(String, String)>,
    pub sections: Vec<Section>,
    /// Tickets behind cells that no metric describes, by the name that [`Source::List`] gives.
    pub lists: BTreeMap<String, Vec<i64>>,
    /// By table: what of it the letter prints; a table that is not named is printed whole.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub letter: BTreeMap<String, Extract>,
}

/// The name among [`Document::lists`] of what `unit` had overdue: assignments that may be none of the window's facts.
pub fn overdue_of(unit: &str) -> String {
    format!("overdue.{unit}")
}

/// What of a table a letter prints: leaders read pages, workbooks hold the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extract {
    /// The first so many rows; sums stay.
    pub rows: usize,
    /// By their ids, in the table's order; none: all.
    pub columns: Vec<String>,
}

/// A section, numbered by whoever prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// `overview`: for anchors.
    pub id: String,
    pub heading: String,
    pub blocks: Vec<Block>,
}

/// What stands in a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Block {
    /// A heading of the second level.
    Heading {
        text: String,
    },
    Paragraph {
        text: String,
    },
    Table(Table),
    Chart(Chart),
    /// Left for a person to write (next measures, the decision asked for); `field` is what an edit names.
    Open {
        field: String,
        hint: String,
    },
}

/// A table. Its id names the sheet and the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Unique in the document: `units`.
    pub id: String,
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub note: Option<String>,
}

impl Table {
    fn extract(&mut self, extract: &Extract, word: &str) {
        let all = (self.rows.len(), self.columns.len());
        let wanted = |column: &Column| {
            extract.columns.is_empty() || extract.columns.contains(&column.id) || column.is_of_row()
        };
        let kept: Vec<bool> = self.columns.iter().map(wanted).collect();
        let mut at = 0;
        self.rows.retain(|row| {
            at += 1;
            at <= extract.rows || row.key == TOTAL
        });
        for row in &mut self.rows {
            let mut kept = kept.iter();
            row.cells.retain(|_| kept.next().copied().unwrap_or_default());
        }
        let mut kept = kept.iter();
        self.columns.retain(|_| kept.next().copied().unwrap_or_default());
        if (self.rows.len(), self.columns.len()) != all {
            let note = self.note.take().unwrap_or_default();
            self.note = Some(note + word);
        }
    }
}

/// What the figures of a row follow, where the columns do not say it: the ids of the columns that name its definition and
/// its formula. On paper and on the page that is told once, at the end.
pub const DEFINITION: &str = "definition";
pub const FORMULA: &str = "formula";

/// How the id of a column ends that says between which values a figure lies: `composite.interval`.
pub const INTERVAL: &str = ".interval";

/// The key of the row that holds the sum.
pub const TOTAL: &str = "total";

/// The id of the section of the signatures.
pub const SIGN_OFF: &str = "sign_off";

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Unique in the table: `response_rate`, or `resolution_rate.previous`.
    pub id: String,
    pub name: String,
    pub format: Format,
    /// Which definition its figures follow: `response_rate@1`, where they follow one.
    pub definition: Option<String>,
    /// The same in words.
    pub formula: Option<String>,
}

impl Column {
    /// Whether it says what the figures of its row are made of, instead of a figure.
    pub fn is_of_row(&self) -> bool {
        self.id == DEFINITION || self.id == FORMULA
    }
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Text,
    /// A whole number.
    Count,
    /// A part of 1, written with one decimal: 97.1 %.
    Percent,
    /// A difference of two parts of 1, in percentage points, signed: +1.2.
    Points,
    /// A relative change, signed, as a part of 1: +12.3 %.
    Growth,
    /// Two decimals.
    Number,
    /// Hours, one decimal.
    Hours,
    Day,
    Instant,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Unique in the table: a code, `-` for what has none, `total` for the sum.
    pub key: String,
    /// How far it lies below the rows that hold it: 0 for the first level.
    pub level: u8,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub value: Value,
    /// Where its tickets are found; nothing for words and for earlier windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// A value, unrounded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Printed "—": a zero denominator, no history, not asked.
    None,
    Text(String),
    Count(i64),
    /// A figure with both its sides, `num` in whole things.
    Ratio {
        num: f64,
        den: i64,
        value: f64,
    },
    Number(f64),
    Day(NaiveDate),
    Instant(Stamp),
}

impl Value {
    /// As it stands below the axis of a chart, where it names a row.
    pub fn label(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Day(day) => day.format("%-m-%-d").to_string(),
            _ => String::new(),
        }
    }

    /// As a chart draws it; nothing for what is no number.
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Ratio { value, .. } | Self::Number(value) => Some(*value),
            Self::None | Self::Text(_) | Self::Day(_) | Self::Instant(_) => None,
        }
    }
}

/// What a cell was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Source {
    /// A figure of the frozen facts: its drill-down is asked with the same words.
    Figure {
        by: GroupBy,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        rollup: bool,
        edition: Edition,
        metric: Metric,
        side: Side,
        /// Nothing for the total.
        key: Option<String>,
    },
    /// Tickets that the document names in [`Document::lists`].
    List { name: String },
}

/// A picture of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub id: String,
    pub title: String,
    pub kind: ChartKind,
    /// What is written below the axis.
    pub labels: Vec<String>,
    pub series: Vec<Series>,
    /// How the values are written.
    pub format: Format,
    /// The table that says the same in figures, by its id.
    pub table: String,
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Over time.
    Line,
    /// Side by side, lying: names are long.
    Bar,
}

/// One line, or one colour of bars: a value for each label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

impl Document {
    /// The document as a letter prints it, and in each table that is not whole a word about that.
    #[must_use]
    pub fn extract(&self, word: &str) -> Self {
        let mut letter = self.clone();
        let blocks = letter.sections.iter_mut().flat_map(|section| &mut section.blocks);
        for block in blocks {
            if let Block::Table(table) = block
                && let Some(extract) = self.letter.get(&table.id)
            {
                table.extract(extract, word);
            }
        }
        letter
    }

    /// Every table, in the order of the report.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }
}
