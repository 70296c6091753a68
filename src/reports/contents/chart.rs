//! Reports, contents: pictures of tables. Its rule: a picture shows what a table says, and no more points than eyes can read.

use crate::reports::document::{Block, Chart, ChartKind, Format, Series, Table};

/// The columns `series` of `table` (by their ids) over its rows but the total.
pub fn of(table: &Table, title: &str, kind: ChartKind, series: &[&str], most: usize) -> Block {
    let rows: Vec<_> = table.rows.iter().filter(|row| row.key != "total").take(most).collect();
    let labels = rows.iter().filter_map(|row| row.cells.first()).map(|cell| cell.value.label());
    let labels: Vec<String> = labels.collect();
    let drawn = series.iter().filter_map(|id| {
        let place = table.columns.iter().position(|column| column.id == *id)?;
        let values = rows.iter().map(|row| row.cells.get(place).and_then(|it| it.value.number()));
        Some(Series { name: table.columns[place].name.clone(), values: values.collect() })
    });
    let drawn: Vec<Series> = drawn.collect();
    let first = series.first().and_then(|id| table.columns.iter().find(|it| it.id == **id));
    Block::Chart(Chart {
        id: format!("{}_chart", table.id),
        title: title.to_owned(),
        kind,
        labels,
        series: drawn,
        format: first.map_or(Format::Number, |column| column.format),
        table: table.id.clone(),
    })
}
