//! Reports: a small report of one table, for the tests of drill-downs and differences.

use std::collections::BTreeMap;

use super::document::{Block, Cell, Column, Document, Format, Row, Section, Source, Table, Value};
use super::frozen::Frozen;
use super::packed::Body;
use crate::assessment::figures::city::{END, START, at};
use crate::assessment::rules::UNIT;
use crate::assessment::{self as figures, Depth, Edition, GroupBy, Metric, Rules, Side};

/// The source of a figure by unit, of every ticket.
pub(super) fn figure(metric: Metric, key: Option<&str>) -> Source {
    Source::Figure {
        by: GroupBy::Unit,
        rollup: false,
        edition: Edition::All,
        metric,
        side: Side::Num,
        key: key.map(str::to_owned),
    }
}

fn value(cell: &figures::Cell) -> Value {
    match (cell.num, cell.den, cell.value) {
        (Some(_), None, Some(_)) => Value::Count(cell.exact / UNIT),
        (Some(num), Some(den), Some(value)) => Value::Ratio { num, den, value },
        (None, None, Some(value)) => Value::Number(value),
        _ => Value::None,
    }
}

fn row(row: &figures::Row, metrics: &[Metric]) -> Row {
    let cell = |metric: &Metric| Cell {
        value: value(row.cell(*metric)),
        source: Some(figure(*metric, row.key.as_deref())),
    };
    Row {
        key: row.key.clone().unwrap_or_else(|| "total".to_owned()),
        level: 0,
        cells: metrics.iter().map(cell).collect(),
    }
}

/// A report of the table `units` with these columns, made of `body` in the window of the small city.
pub(super) fn report(body: Body, metrics: &[Metric]) -> Frozen {
    let column = |metric: &Metric| Column {
        id: metric.as_str().to_owned(),
        name: metric.zh().to_owned(),
        format: Format::Number,
        definition: None,
        formula: None,
    };
    let mut frozen = Frozen {
        document: Document {
            title: "专报".to_owned(),
            issue: String::new(),
            issuer: String::new(),
            period: String::new(),
            marks: Vec::new(),
            sections: Vec::new(),
            lists: BTreeMap::new(),
            letter: BTreeMap::new(),
        },
        body,
        scoring: Rules::default(),
        start: at(START),
        end: at(END),
        taken_at: at(END),
    };
    let ask = frozen.question(GroupBy::Unit, Edition::All);
    let table = figures::Table::compute(&frozen.body.facts, ask);
    let rates = table.rates(&[], Depth::Own, |_| true);
    let rows = rates.rows.iter().chain([&rates.total]);
    let table = Table {
        id: "units".to_owned(),
        title: "各单位".to_owned(),
        columns: metrics.iter().map(column).collect(),
        rows: rows.map(|it| row(it, metrics)).collect(),
        note: None,
    };
    let (id, heading) = ("units".to_owned(), "各单位".to_owned());
    frozen.document.sections = vec![Section { id, heading, blocks: vec![Block::Table(table)] }];
    frozen
}
