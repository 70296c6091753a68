//! Reports: what a restatement changed (domain.md §6 rule 8). Its rule: pure; every cell that differs is listed, by its
//! value or by its tickets alone, and for each that was made of tickets, those whose weight differs.

mod moves;

use std::collections::{BTreeMap, BTreeSet};

use self::moves::{Asked, Moves};
pub use self::moves::{Moved, Weight};
use super::document::{Cell, Document, Source, Table, Value};
use super::drill::Drill;
use super::frozen::Frozen;
use crate::assessment::Side;
use crate::code_enum;

code_enum! {
    /// What is different.
    pub enum What {
        Cell = "cell" "数值变化",
        /// The value is the same; what it is made of is not.
        Tickets = "tickets" "工单变化",
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

/// Every difference between two editions, in the order of the tables of the later one.
pub fn differ(before: &Frozen, after: &Frozen) -> Vec<Difference> {
    let mut found =
        Differ { sides: (before, after), moves: Moves::between(before, after), found: Vec::new() };
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
    sides: (&'a Frozen, &'a Frozen),
    moves: Moves<'a>,
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
        let mut moved = self.moved(was.source.as_ref(), is.source.as_ref());
        moved.retain(|moved| counts(moved, is));
        let what = if was.value == is.value { What::Tickets } else { What::Cell };
        if what == What::Tickets && moved.is_empty() {
            return;
        }
        self.found.push(Difference {
            what,
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
        if let Some(Source::Figure { by, rollup, edition, metric, key, .. }) = is
            && was == is
        {
            let asked = Asked { by: *by, rollup: *rollup, edition: *edition, metric: *metric };
            return self.moves.of(asked, key.as_deref()).to_vec();
        }
        // Lists, and figures that are no longer asked for in the same words.
        let of = |frozen: &Frozen, source: Option<&Source>| {
            source.map(|source| weights(&Drill::into(frozen, None), source)).unwrap_or_default()
        };
        let (before, after) = (of(self.sides.0, was), of(self.sides.1, is));
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

/// Whether `moved` is why `cell` differs: of a count one side is printed, and the other is none of it.
fn counts(moved: &Moved, cell: &Cell) -> bool {
    let Moved { before, after, .. } = moved;
    let differ = |before: f64, after: f64| before.total_cmp(&after).is_ne();
    match (&cell.value, &cell.source) {
        (Value::Count(_), Some(Source::Figure { side: Side::Num, .. })) => {
            differ(before.num, after.num)
        }
        (Value::Count(_), Some(Source::Figure { side: Side::Den, .. })) => {
            differ(before.den, after.den)
        }
        _ => true,
    }
}

/// A ticket, or an assignment of it.
type Key = (i64, Option<i64>);
type Weights = BTreeMap<Key, Weight>;

fn weights(drill: &Drill<'_>, source: &Source) -> Weights {
    let mut weights = Weights::new();
    for side in [Side::Num, Side::Den] {
        for item in drill.items(source, Some(side)) {
            let weight = weights.entry((item.ticket, item.assignment)).or_default();
            match side {
                Side::Num => weight.num += item.weight,
                Side::Den => weight.den += item.weight,
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::super::packed::Body;
    use super::super::sample::report;
    use super::*;
    use crate::assessment::Metric;
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
    fn a_value_that_is_the_same_while_its_tickets_are_others_is_said_with_them() {
        let before = busy().facts;
        let mut after = before.clone();
        // Tickets 1 and 12 of the section change their answers: as many are solved as before.
        let (one, other) = (after.tickets[0].survey, after.tickets[11].survey);
        assert_ne!(one, other);
        (after.tickets[0].survey, after.tickets[11].survey) = (other, one);
        let (old, new) = (of(before), of(after));
        let found = differ(&old, &new);
        assert_eq!(
            places(&found),
            [
                "section resolution_rate [1, 12]",
                "section composite [1, 12]",
                "total resolution_rate [1, 12]",
                "total composite [1, 12]",
            ]
        );
        assert!(found.iter().all(|it| it.what == What::Tickets && it.before == it.after));
        // What moved there moves back.
        let back = differ(&new, &old);
        assert_eq!(places(&back), places(&found));
        assert_eq!(back[0].moved[0].before, found[0].moved[0].after);
    }

    #[test]
    fn a_unit_that_moves_in_the_tree_moves_its_tickets_out_of_the_sum_above_it() {
        use crate::assessment::{Edition, GroupBy};
        use crate::reports::packed::Trees;
        let with = |above: &str| {
            let tree = BTreeMap::from([("section".to_owned(), above.to_owned())]);
            let trees = Trees::from([(GroupBy::Unit, tree)]);
            let mut it = report(Body { facts: busy().facts, trees, inside: None }, &COLUMNS);
            let source = Source::Figure {
                by: GroupBy::Unit,
                rollup: true,
                edition: Edition::All,
                metric: Metric::Received,
                side: Side::Num,
                key: Some("bureau".to_owned()),
            };
            for table in it.document.sections.iter_mut().flat_map(|it| &mut it.blocks) {
                if let super::super::document::Block::Table(table) = table {
                    table.rows.truncate(1);
                    table.columns.truncate(1);
                    let value = Value::Count(14);
                    let cell = Cell { value, source: Some(source.clone()) };
                    table.rows[0].cells = vec![cell];
                }
            }
            it
        };
        let found = differ(&with("bureau"), &with("elsewhere"));
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.what, one.moved.len()), (What::Tickets, 13));
        assert_eq!(differ(&with("bureau"), &with("bureau")), []);
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
