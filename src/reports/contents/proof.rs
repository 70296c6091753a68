//! Reports, contents: the proof that every figure of a document is its tickets, for tests. Its rule: it asks as a reader
//! would, cell by cell.

use std::collections::BTreeMap;

use crate::assessment::facts::Facts;
use crate::assessment::{Behind, Depth, Edition, GroupBy, Metric, Place};
use crate::reports::document::{Cell, Document, Source, Value};
use crate::reports::frame::Frame;

/// Fails where a figure's tickets do not sum to it, or a list is not there or of another length. Answers how many cells
/// have tickets.
pub(crate) fn every_figure_is_its_tickets(
    document: &Document,
    facts: &Facts,
    frame: &Frame,
) -> usize {
    let mut kept: BTreeMap<(GroupBy, Edition, Metric), Behind> = BTreeMap::new();
    let mut count = 0;
    for table in document.tables() {
        for row in &table.rows {
            assert_eq!(row.cells.len(), table.columns.len(), "{} {}", table.id, row.key);
            for (cell, column) in row.cells.iter().zip(&table.columns) {
                let at = format!("{} {} {}", table.id, row.key, column.id);
                match &cell.source {
                    None => continue,
                    Some(Source::List { name }) => is_listed(document, cell, name, &at),
                    Some(source) => is_summed(facts, frame, cell, source, &at, &mut kept),
                }
                count += 1;
            }
        }
    }
    count
}

fn is_listed(document: &Document, cell: &Cell, name: &str, at: &str) {
    let list = document.lists.get(name).unwrap_or_else(|| panic!("{at}: no list {name}"));
    match cell.value {
        Value::Count(count) => assert_eq!(list.len(), usize::try_from(count).unwrap(), "{at}"),
        Value::Ratio { num, .. } => assert!((list.len() as f64 - num).abs() < 1e-9, "{at}"),
        _ => assert!(list.is_empty() || cell.value == Value::None, "{at}"),
    }
}

fn is_summed(
    facts: &Facts,
    frame: &Frame,
    cell: &Cell,
    source: &Source,
    at: &str,
    kept: &mut BTreeMap<(GroupBy, Edition, Metric), Behind>,
) {
    let Source::Figure { by, rollup, edition, metric, side, key } = source else { return };
    let asked = (*by, *edition, *metric);
    let behind = kept.entry(asked).or_insert_with(|| frame.shares(facts, *by, *edition, *metric));
    let depth = if *rollup { Depth::RollUp } else { Depth::Own };
    let dims = frame.dims(*by, depth);
    let place = Place { dims: &dims, depth, key: key.as_deref() };
    let items = behind.cell(&facts.names, place, *side, |key| frame.shows(*by, key));
    let sum: f64 = items.iter().map(|item| item.weight).sum();
    let figure = match cell.value {
        Value::Count(count) => count as f64,
        Value::Ratio { num, .. } => num,
        Value::Number(score) if *metric == Metric::Composite => score,
        // Median and P90 are of these tickets, and no sum of them.
        Value::Number(_) => return assert!(!items.is_empty(), "{at}"),
        _ => return,
    };
    assert!((sum - figure).abs() < 1e-6, "{at}: {sum} of {figure}");
}
