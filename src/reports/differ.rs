//! Reports: what a restatement changed (domain.md §6 rule 8). Its rule: pure; every cell that differs is listed, and
//! for each that was made of tickets, those whose weight differs.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Cell, Document, Source, Table, Value};
use super::drill::Drill;
use super::frozen::Frozen;
use crate::assessment::metrics::Shape;
use crate::assessment::{Metric, Side};
use crate::code_enum;

code_enum! {
    /// What is different.
    pub enum What {
        Cell = "cell" "数值变化",
        RowCame = "row_came" "新增一行",
        RowWent = "row_went" "减少一行",
        ColumnCame = "column_came" "新增一列",
        ColumnWent = "column_went" "减少一列",
        TableCame = "table_came" "新增一表",
        TableWent = "table_went" "减少一表",
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub what: What,
    pub table: String,
    /// The table's title.
    pub title: String,
    pub row: Option<String>,
    pub column: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// Whose weight differs.
    pub moved: Vec<Moved>,
}

/// A ticket, or one assignment of it, whose weight in a cell differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    pub ticket: i64,
    pub assignment: Option<i64>,
    pub before: Weight,
    pub after: Weight,
}

/// What a ticket adds to a cell. Of a score: to the three rates that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weight {
    pub num: f64,
    pub den: f64,
}

/// Every difference between two editions, in the order of the tables of the later one.
pub fn differ(before: &Frozen, after: &Frozen) -> Vec<Difference> {
    let mut found = Differ {
        before: Drill::into(before, None),
        after: Drill::into(after, None),
        found: Vec::new(),
    };
    let old: BTreeMap<&str, &Table> = by_id(&before.document);
    for table in after.document.tables() {
        match old.get(table.id.as_str()) {
            Some(was) => found.table(was, table),
            None => found.note(What::TableCame, table, None, None),
        }
    }
    let new = by_id(&after.document);
    for table in before.document.tables().filter(|it| !new.contains_key(it.id.as_str())) {
        found.note(What::TableWent, table, None, None);
    }
    found.found
}

fn by_id(document: &Document) -> BTreeMap<&str, &Table> {
    document.tables().map(|table| (table.id.as_str(), table)).collect()
}

struct Differ<'a> {
    before: Drill<'a>,
    after: Drill<'a>,
    found: Vec<Difference>,
}

impl Differ<'_> {
    fn note(&mut self, what: What, table: &Table, row: Option<&str>, column: Option<&str>) {
        self.found.push(Difference {
            what,
            table: table.id.clone(),
            title: table.title.clone(),
            row: row.map(str::to_owned),
            column: column.map(str::to_owned),
            before: None,
            after: None,
            moved: Vec::new(),
        });
    }

    fn table(&mut self, was: &Table, is: &Table) {
        let columns = |table: &Table| -> BTreeSet<String> {
            table.columns.iter().map(|column| column.id.clone()).collect()
        };
        let (old, new) = (columns(was), columns(is));
        for column in new.difference(&old) {
            self.note(What::ColumnCame, is, None, Some(column));
        }
        for column in old.difference(&new) {
            self.note(What::ColumnWent, is, None, Some(column));
        }
        for row in &is.rows {
            let Some(there) = was.rows.iter().find(|it| it.key == row.key) else {
                self.note(What::RowCame, is, Some(&row.key), None);
                continue;
            };
            for (column, cell) in is.columns.iter().zip(&row.cells) {
                let place = was.columns.iter().position(|it| it.id == column.id);
                if let Some(then) = place.and_then(|place| there.cells.get(place)) {
                    self.cell((is, &row.key, &column.id), then, cell);
                }
            }
        }
        let went = was.rows.iter().filter(|row| !is.rows.iter().any(|it| it.key == row.key));
        for row in went {
            self.note(What::RowWent, is, Some(&row.key), None);
        }
    }

    fn cell(&mut self, (table, row, column): (&Table, &str, &str), was: &Cell, is: &Cell) {
        if was.value == is.value {
            return;
        }
        let moved = self.moved(was.source.as_ref(), is.source.as_ref());
        self.found.push(Difference {
            what: What::Cell,
            table: table.id.clone(),
            title: table.title.clone(),
            row: Some(row.to_owned()),
            column: Some(column.to_owned()),
            before: Some(was.value.clone()),
            after: Some(is.value.clone()),
            moved,
        });
    }

    fn moved(&mut self, was: Option<&Source>, is: Option<&Source>) -> Vec<Moved> {
        let before = was.map(|source| weights(&mut self.before, source)).unwrap_or_default();
        let after = is.map(|source| weights(&mut self.after, source)).unwrap_or_default();
        let all: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        let weight = |of: &Weights, key: Key| of.get(&key).copied().unwrap_or_default();
        let each = all.into_iter().map(|key| Moved {
            ticket: key.0,
            assignment: key.1,
            before: weight(&before, key),
            after: weight(&after, key),
        });
        each.filter(|moved| moved.before != moved.after).collect()
    }
}

/// A ticket, or an assignment of it.
type Key = (i64, Option<i64>);
type Weights = BTreeMap<Key, Weight>;

fn weights(drill: &mut Drill<'_>, source: &Source) -> Weights {
    let mut weights = Weights::new();
    for part in parts(source) {
        for side in [Side::Num, Side::Den] {
            for item in drill.items(&part, Some(side)) {
                let weight = weights.entry((item.ticket, item.assignment)).or_default();
                match side {
                    Side::Num => weight.num += item.weight,
                    Side::Den => weight.den += item.weight,
                }
            }
        }
    }
    weights
}

/// A score moves with every answer, and each answer's part of it with every other: whose answer moved is asked of the
/// rates that it is made of.
fn parts(source: &Source) -> Vec<Source> {
    match source {
        Source::Figure { by, rollup, edition, metric, side, key }
            if metric.shape() == Shape::Score =>
        {
            let rate = |metric: &Metric| Source::Figure {
                by: *by,
                rollup: *rollup,
                edition: *edition,
                metric: *metric,
                side: *side,
                key: key.clone(),
            };
            Metric::THREE.iter().map(rate).collect()
        }
        other => vec![other.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::super::packed::Body;
    use super::super::sample::report;
    use super::*;
    use crate::assessment::facts::{Facts, Satisfied, Solved, ValidSurvey};
    use crate::assessment::figures::city::busy;

    const COLUMNS: [Metric; 3] = [Metric::Received, Metric::ResolutionRate, Metric::Composite];

    fn of(facts: Facts) -> Frozen {
        report(Body { facts, ..Body::default() }, &COLUMNS)
    }

    fn places(found: &[Difference]) -> Vec<String> {
        let place = |it: &Difference| {
            let moved: Vec<i64> = it.moved.iter().map(|moved| moved.ticket).collect();
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{} {} {moved:?}", text(&it.row), text(&it.column))
        };
        found.iter().map(place).collect()
    }

    #[test]
    fn the_same_facts_differ_in_nothing() {
        assert_eq!(differ(&of(busy().facts), &of(busy().facts)), []);
    }

    #[test]
    fn an_answer_that_changed_is_found_in_each_cell_that_it_is_part_of_and_in_no_other() {
        let before = busy().facts;
        let mut after = before.clone();
        // Ticket 12 of the section was unsolved and dissatisfied.
        let (solved, satisfied) = (Solved::Solved, Satisfied::Dissatisfied);
        after.tickets[11].survey = Some(ValidSurvey { contacted: true, solved, satisfied });
        let found = differ(&of(before), &of(after));
        assert_eq!(
            places(&found),
            [
                "section resolution_rate [12]",
                "section composite [12]",
                "total resolution_rate [12]",
                "total composite [12]",
            ]
        );
        let moved = &found[0].moved[0];
        assert_eq!(moved.before, Weight { num: 0.0, den: 1.0 });
        assert_eq!(moved.after, Weight { num: 1.0, den: 1.0 });
        assert!(matches!(found[0].before, Some(Value::Ratio { den: 13, .. })));
    }

    #[test]
    fn rows_and_columns_that_came_or_went_are_said_to_have() {
        let before = of(busy().facts);
        let mut facts = busy().facts;
        facts.tickets.retain(|fact| facts.names.text(fact.keys.unit) != "bureau");
        facts.assignments.clear();
        let mut after = report(Body { facts, ..Body::default() }, &COLUMNS[..2]);
        let whats = |found: &[Difference]| -> Vec<What> {
            found.iter().map(|it| it.what).filter(|what| *what != What::Cell).collect()
        };
        assert_eq!(whats(&differ(&before, &after)), [What::ColumnWent, What::RowWent]);
        assert_eq!(whats(&differ(&after, &before)), [What::ColumnCame, What::RowCame]);
        after.document.sections.clear();
        assert_eq!(whats(&differ(&before, &after)), [What::TableWent]);
        assert_eq!(whats(&differ(&after, &before)), [What::TableCame]);
    }
}
