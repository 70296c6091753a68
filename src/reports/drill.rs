//! Reports: from a cell of a report to its tickets (domain.md §6 rules 7 and 8). Its rule: by the same pass over the
//! same facts that the cell was made from, so that the weights sum to what is printed.

use std::collections::BTreeSet;

use super::document::{Cell, Document, Source, Value, overdue_of};
use super::frozen::Frozen;
use crate::assessment::drill::Behind;
use crate::assessment::facts::Facts;
use crate::assessment::{Depth, Item, Place, Side};
use crate::directory::UnitCode;
use crate::error::{Error, Result};

/// A cell, by the ids of the document.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    pub table: &'a str,
    pub row: &'a str,
    pub column: &'a str,
}

impl Spot<'_> {
    /// What the cell was made of.
    ///
    /// # Errors
    /// 422 at `/table`, `/row` or `/column` where there is none; `report.no_tickets` where it has no tickets.
    pub fn source(self, document: &Document) -> Result<&Source> {
        let none = |pointer: &str| Error::field(pointer, "field.unknown_code");
        let table = document.tables().find(|it| it.id == self.table);
        let table = table.ok_or_else(|| none("/table"))?;
        let row = table.rows.iter().find(|it| it.key == self.row).ok_or_else(|| none("/row"))?;
        let column = table.columns.iter().position(|it| it.id == self.column);
        let cell = column.and_then(|column| row.cells.get(column));
        let cell = cell.ok_or_else(|| none("/column"))?;
        cell.source.as_ref().ok_or_else(|| Error::field("/column", "report.no_tickets"))
    }

    /// What the cell is called: its table, its row, its column; by their ids where they have no name.
    pub fn words(self, document: &Document) -> [String; 3] {
        let table = document.tables().find(|it| it.id == self.table);
        let row = table.and_then(|table| table.rows.iter().find(|it| it.key == self.row));
        let column = table.and_then(|table| table.columns.iter().find(|it| it.id == self.column));
        let text = |cell: &Cell| match &cell.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        let name = row.and_then(|row| row.cells.iter().find_map(text));
        [
            table.map_or(self.table, |table| table.title.as_str()).to_owned(),
            name.unwrap_or_else(|| self.row.to_owned()),
            column.map_or(self.column, |column| column.name.as_str()).to_owned(),
        ]
    }
}

/// Looks into a cell of one report. It keeps nothing but whose facts are looked into: what a metric is made of may be
/// hundreds of thousands of shares, and is made for the one cell that is asked for.
pub struct Drill<'a> {
    frozen: &'a Frozen,
    /// The facts that are looked into, and whose they are, where not all.
    own: Option<(Facts, &'a BTreeSet<UnitCode>)>,
}

impl<'a> Drill<'a> {
    /// Into all of `frozen`, or into what belongs to `units` alone.
    pub fn into(frozen: &'a Frozen, units: Option<&'a BTreeSet<UnitCode>>) -> Self {
        let own = units.map(|units| (frozen.body.facts.only(units), units));
        Self { frozen, own }
    }

    /// The tickets behind `source`: of a figure the side that is asked for, or the one it was printed from; of a
    /// list each once, which has no other side.
    pub fn items(&self, source: &Source, side: Option<Side>) -> Vec<Item> {
        match source {
            Source::Figure { by, rollup, edition, metric, side: own, key } => {
                let ask = self.frozen.question(*by, *edition);
                let behind = Behind::of(self.facts(), &ask, *metric);
                let depth = if *rollup { Depth::RollUp } else { Depth::Own };
                let dims = if *rollup { self.frozen.body.dims(*by) } else { Vec::new() };
                let place = Place { dims: &dims, depth, key: key.as_deref() };
                behind.cell(&self.facts().names, place, side.unwrap_or(*own), |key| {
                    self.frozen.body.shows(*by, key)
                })
            }
            Source::List { name } if side != Some(Side::Den) => self.list(name),
            Source::List { .. } => Vec::new(),
        }
    }

    fn list(&self, name: &str) -> Vec<Item> {
        let listed = |name: &str| self.frozen.document.lists.get(name).into_iter().flatten();
        let ids = listed(name).copied();
        let mut ids: Vec<i64> = match &self.own {
            None => ids.collect(),
            Some((own, units)) => {
                let tickets = own.tickets.iter().map(|fact| fact.id);
                let parts = own.assignments.iter().map(|fact| fact.ticket);
                // Sent and due before the window, an assignment that is still open is no fact of it.
                let late = units.iter().flat_map(|unit| listed(&overdue_of(unit.as_str())));
                let mine: BTreeSet<i64> = tickets.chain(parts).chain(late.copied()).collect();
                ids.filter(|id| mine.contains(id)).collect()
            }
        };
        ids.sort_unstable();
        let once = |ticket| Item { ticket, assignment: None, weight: 1.0, exact: 1 };
        ids.into_iter().map(once).collect()
    }

    fn facts(&self) -> &Facts {
        self.own.as_ref().map_or(&self.frozen.body.facts, |(own, _)| own)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::packed::{Body, Trees};
    use super::super::sample::{figure, report};
    use super::*;
    use crate::assessment::figures::city::busy;
    use crate::assessment::{Edition, GroupBy, Metric};

    fn frozen() -> Frozen {
        let tree = BTreeMap::from([("section".to_owned(), "bureau".to_owned())]);
        let body =
            Body { facts: busy().facts, trees: Trees::from([(GroupBy::Unit, tree)]), inside: None };
        report(body, &[Metric::Received, Metric::ResolutionRate, Metric::Composite])
    }

    #[test]
    fn the_weights_behind_every_cell_sum_to_what_is_printed() {
        let frozen = frozen();
        let drill = Drill::into(&frozen, None);
        let mut looked = 0;
        for table in frozen.document.tables() {
            for row in &table.rows {
                for (column, cell) in table.columns.iter().zip(&row.cells) {
                    let spot = Spot { table: &table.id, row: &row.key, column: &column.id };
                    let items = drill.items(spot.source(&frozen.document).unwrap(), None);
                    let sum: f64 = items.iter().map(|item| item.weight).sum();
                    let printed = match cell.value {
                        super::super::document::Value::Count(count) => count as f64,
                        super::super::document::Value::Ratio { num, .. } => num,
                        super::super::document::Value::Number(value) => value,
                        _ => 0.0,
                    };
                    assert!((sum - printed).abs() < 1e-9, "{spot:?}: {sum} {printed}");
                    looked += 1;
                }
            }
        }
        assert!(looked > 8);
    }

    #[test]
    fn a_row_that_rolls_up_holds_what_lies_below_it_by_the_tree_that_was_kept() {
        let frozen = frozen();
        let source = |rollup| Source::Figure {
            by: GroupBy::Unit,
            rollup,
            edition: Edition::All,
            metric: Metric::Received,
            side: Side::Num,
            key: Some("bureau".to_owned()),
        };
        let drill = Drill::into(&frozen, None);
        assert_eq!(drill.items(&source(false), None).len(), 1);
        assert_eq!(drill.items(&source(true), None).len(), 14);
    }

    #[test]
    fn a_unit_finds_its_own_tickets_alone_and_a_cell_without_tickets_says_so() {
        let mut frozen = frozen();
        // An assist at 99 was sent and due before the window, and is still open.
        let lists =
            [("hot", vec![2, 14]), ("overdue", vec![2, 14, 99]), ("overdue.section", vec![99])];
        frozen.document.lists = lists.map(|(name, ids)| (name.to_owned(), ids)).into();
        let own = BTreeSet::from([UnitCode::from("section")]);
        let drill = Drill::into(&frozen, Some(&own));
        let all = figure(Metric::Received, None);
        assert_eq!(drill.items(&all, None).len(), 13);
        assert_eq!(drill.items(&figure(Metric::Received, Some("bureau")), None), []);
        let list = Source::List { name: "hot".to_owned() };
        let found: Vec<i64> = drill.items(&list, None).iter().map(|item| item.ticket).collect();
        assert_eq!(found, [2]);
        assert_eq!(drill.items(&list, Some(Side::Den)), []);
        let found = |name: &str| -> Vec<i64> {
            let list = Source::List { name: name.to_owned() };
            drill.items(&list, None).iter().map(|item| item.ticket).collect()
        };
        assert_eq!((found("overdue.section"), found("overdue")), (vec![99], vec![2, 99]));
        for (table, row, column, pointer) in [
            ("no", "total", "received", "/table"),
            ("units", "no", "received", "/row"),
            ("units", "total", "no", "/column"),
        ] {
            let spot = Spot { table, row, column };
            let error = spot.source(&frozen.document).unwrap_err();
            assert_eq!(error.fields()[0].pointer, pointer);
        }
    }
}
