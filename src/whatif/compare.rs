//! What-if: two tables side by side, row by row. Its rule: a difference is one of exact fractions; where either side has
//! no value there is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::fraction::Fraction;
use crate::assessment::metrics::Shape;
use crate::assessment::{Metric, Rates, Row};

/// A row as it is and as it would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub before: Row,
    pub after: Row,
}

impl Line {
    /// `-` for what has no key; none for the total.
    pub fn key(&self) -> Option<&str> {
        self.before.key.as_deref()
    }

    /// How far the figure would move; none where it has no value now, or would have none.
    pub fn difference(&self, metric: Metric) -> Option<Fraction> {
        let (before, after) = (exact(&self.before, metric)?, exact(&self.after, metric)?);
        Some(after.minus(before))
    }

    /// Whether the figure is made of anything else: its value, or what it is a part of.
    pub fn changes(&self, metric: Metric) -> bool {
        let parts = |row: &Row| (row.cell(metric).exact, row.cell(metric).den, exact(row, metric));
        parts(&self.before) != parts(&self.after)
    }

    /// Whether anything of the row is another.
    pub fn changed(&self) -> bool {
        let place = |row: &Row| (row.rank, row.band, row.list, row.flagged, row.n);
        place(&self.before) != place(&self.after)
            || Metric::ALL.iter().any(|metric| self.changes(*metric))
    }
}

/// The figure exactly, in its own unit; none at a zero denominator.
pub fn exact(row: &Row, metric: Metric) -> Option<Fraction> {
    let cell = row.cell(metric);
    let scale = i128::from(metric.scale());
    match (metric.shape(), cell.den) {
        (Shape::Score, _) => row.score,
        (Shape::Count, _) => Some(Fraction::new(cell.exact.into(), scale)),
        (_, Some(den)) if den > 0 => {
            Some(Fraction::new(cell.exact.into(), scale * i128::from(den)))
        }
        _ => None,
    }
}

/// Every row of both, in the order of `before`, and the totals.
pub fn compare(before: Rates, after: Rates) -> (Vec<Line>, Line) {
    let total = Line { before: before.total, after: after.total };
    let mut there: BTreeMap<Option<String>, Row> =
        after.rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    let known: BTreeSet<Option<String>> = before.rows.iter().map(|row| row.key.clone()).collect();
    let mut lines: Vec<Line> = Vec::new();
    for row in before.rows {
        // The same tickets with the same keys: whoever has a row has it in both.
        let after = there.remove(&row.key).unwrap_or_else(|| empty(&row));
        lines.push(Line { before: row, after });
    }
    let new = there.into_iter().filter(|(key, _)| !known.contains(key));
    lines.extend(new.map(|(_, row)| Line { before: empty(&row), after: row }));
    (lines, total)
}

/// The same row with nothing in it.
fn empty(like: &Row) -> Row {
    let mut row = like.clone();
    for cell in &mut row.cells {
        (cell.exact, cell.num, cell.value) = (0, cell.num.map(|_| 0.0), None);
        (cell.den, cell.low, cell.high) = (cell.den.map(|_| 0), None, None);
        (cell.median, cell.p90) = (None, None);
    }
    (row.n, row.rank, row.band, row.list) = (0, None, None, None);
    (row.score, row.span) = (None, None);
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::facts::{Edition, Satisfied, Solved};
    use crate::assessment::figures::city::{City, dim};
    use crate::assessment::{Depth, Table};
    use crate::limits::length::Thousandths;

    fn rates(city: &City) -> Rates {
        let dims = [dim("a", None), dim("b", None), dim("idle", None)];
        Table::compute(&city.facts, city.ask(Edition::All)).rates(&dims, Depth::Own, |_| true)
    }

    fn line<'a>(lines: &'a [Line], key: &str) -> &'a Line {
        lines.iter().find(|line| line.key() == Some(key)).unwrap()
    }

    #[test]
    fn a_lighter_weight_moves_what_it_weighs_and_the_ranks_by_exact_fractions() {
        let mut city = City::default();
        for _ in 0..10 {
            city.surveyed("a", Solved::Solved, Satisfied::Basic);
        }
        city.answers("b", 8, 10);
        let before = rates(&city);
        city.rules.basic_satisfied = Thousandths(500);
        let (lines, total) = compare(before, rates(&city));
        let a = line(&lines, "a");
        assert_eq!(a.difference(Metric::SatisfactionRate), Some(Fraction::new(-2, 5)));
        assert_eq!(a.difference(Metric::Composite), Some(Fraction::new(-16, 1)));
        assert_eq!(a.difference(Metric::ResolutionRate), Some(Fraction::ZERO));
        assert!(a.changed() && !a.changes(Metric::ResolutionRate));
        assert_eq!((a.before.rank, a.after.rank), (Some(1), Some(2)));
        let b = line(&lines, "b");
        assert_eq!((b.before.rank, b.after.rank), (Some(2), Some(1)));
        assert!(b.changed(), "its place is another");
        let idle = line(&lines, "idle");
        assert!(!idle.changed() && idle.difference(Metric::SatisfactionRate).is_none());
        assert_eq!(idle.difference(Metric::Received), Some(Fraction::ZERO));
        assert_eq!(total.difference(Metric::SatisfactionRate), Some(Fraction::new(-1, 5)));
    }

    #[test]
    fn the_same_figures_change_in_nothing() {
        let city = crate::assessment::figures::city::busy();
        let (lines, total) = compare(rates(&city), rates(&city));
        assert!(lines.iter().chain([&total]).all(|line| !line.changed()));
        let without = total.difference(Metric::Received);
        assert_eq!(without, Some(Fraction::ZERO));
    }
}
