//! Reports, contents: figures by key with the same of the earlier windows beside them, and how one becomes a cell. Its
//! rule: an earlier window that is not known has no figure, one without tickets has 0.

use std::collections::BTreeMap;

use crate::assessment::facts::Facts;
use crate::assessment::figures::{self, Table};
use crate::assessment::likewise::{Against, Change};
use crate::assessment::metrics::Shape;
use crate::assessment::samemix::{Fair, Three, same_mix};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Question, Rates, Row, Side};
use crate::reports::document::{Cell, Format, Source, Value};
use crate::reports::frame::Frame;
use crate::reports::material::Material;

/// How many contact entries the bottom line is counted by.
const CONTACTS: f64 = 1_000.0;

/// A table of figures of the window, and of the earlier ones.
pub struct Figures {
    pub by: GroupBy,
    pub depth: Depth,
    pub edition: Edition,
    pub rates: Rates,
    then: BTreeMap<Against, Then>,
    /// What others get with the same matters, by key; nothing where nobody asked.
    fair: BTreeMap<String, Three>,
    /// How long the window is beside the earlier one.
    lengths: BTreeMap<Against, f64>,
}

struct Then {
    rows: BTreeMap<String, Row>,
    total: Row,
    /// Of what did not happen.
    zero: Row,
}

impl Figures {
    /// Of a report's facts. Ranks are over whole peer groups, or there are none.
    pub fn of(material: &Material<'_>, by: GroupBy, depth: Depth, edition: Edition) -> Self {
        let frame = material.frame;
        let is_scope = frame.scope.as_ref().is_some_and(|scope| scope.by == by);
        let facts = if is_scope { material.whole } else { material.facts };
        let mut rates = computed(frame, facts, frame.question(by, edition), depth);
        if !frame.ranks(by) {
            for row in &mut rates.rows {
                (row.rank, row.band, row.list) = (None, None, None);
            }
        }
        let mut then = BTreeMap::new();
        let mut lengths = BTreeMap::new();
        for past in &material.past {
            let whole = past.whole.as_deref().filter(|_| is_scope);
            let Some(facts) = whole.or(past.facts.as_deref()) else { continue };
            let (against, window) = (past.earlier.against, &past.earlier.window);
            let ask = frame.question_of(window, by, edition);
            then.insert(against, Then::of(frame, facts, ask, depth));
            let run = frame.now.min(frame.window.end).millis_since(frame.window.start);
            let ran = window.end.millis_since(window.start).max(1);
            lengths.insert(against, run as f64 / ran as f64);
        }
        Self { by, depth, edition, rates, then, fair: BTreeMap::new(), lengths }
    }

    /// The same, and beside the three rates what others get with the same matters (domain.md §6 rule 9): everybody's,
    /// whatever the report is about.
    #[must_use]
    pub fn beside_others(self, material: &Material<'_>) -> Self {
        let frame = material.frame;
        let is_scope = frame.scope.as_ref().is_some_and(|scope| scope.by == self.by);
        let mine = if is_scope { material.whole } else { material.facts };
        let (ask, dims) = (frame.question(self.by, self.edition), frame.dims(self.by, self.depth));
        Self { fair: same_mix(material.whole, mine, &ask, (&dims, self.depth)), ..self }
    }

    /// The rate beside that of the same mix; nothing for a sum, and where the row or all others have no answer.
    pub fn fair(&self, row: &Row, metric: Metric) -> Option<Fair> {
        let place = Metric::THREE.iter().position(|it| *it == metric)?;
        self.fair.get(row.key.as_deref()?)?[place]
    }

    pub fn total(&self) -> &Row {
        &self.rates.total
    }

    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rates.rows.iter().find(|row| row.key.as_deref() == Some(key))
    }

    /// The figure in the earlier window; nothing where that is not known.
    pub fn then(&self, row: &Row, metric: Metric, against: Against) -> Option<&figures::Cell> {
        let then = self.then.get(&against)?;
        let there = match &row.key {
            Some(key) => then.rows.get(key).unwrap_or(&then.zero),
            None => &then.total,
        };
        Some(there.cell(metric))
    }

    /// The window's length over the earlier one's.
    pub fn longer(&self, against: Against) -> Option<f64> {
        self.lengths.get(&against).copied()
    }

    /// How the figure moved.
    pub fn change(&self, row: &Row, metric: Metric, against: Against) -> Option<Change> {
        self.then(row, metric, against).map(|then| Change::of(then, row.cell(metric)))
    }

    /// Where the tickets behind a figure are found.
    pub fn source(&self, row: &Row, metric: Metric, side: Side) -> Source {
        Source::Figure {
            by: self.by,
            rollup: self.depth == Depth::RollUp,
            edition: self.edition,
            metric,
            side,
            key: row.key.clone(),
        }
    }

    /// The figure as a cell.
    pub fn cell(&self, row: &Row, metric: Metric) -> Cell {
        let source = Some(self.source(row, metric, Side::Num));
        Cell { value: value(row.cell(metric)), source }
    }

    /// The figure then as a cell; earlier windows have no tickets here.
    pub fn cell_then(&self, row: &Row, metric: Metric, against: Against) -> Cell {
        let then = self.then(row, metric, against);
        Cell { value: then.map_or(Value::None, value), source: None }
    }

    /// How it moved: a count and hours by their part, a rate by points, a score by its difference.
    pub fn cell_change(&self, row: &Row, metric: Metric, against: Against) -> Cell {
        let change = self.change(row, metric, against);
        let by = change.and_then(|change| match metric.shape() {
            Shape::Count | Shape::Mean | Shape::Ratio => change.growth,
            Shape::Rate | Shape::Score => change.by,
        });
        Cell { value: by.map_or(Value::None, Value::Number), source: None }
    }

    /// A count as a part of all.
    pub fn cell_share(&self, row: &Row, metric: Metric) -> Cell {
        let of = self.total().cell(metric);
        let (num, den) = (row.cell(metric).exact, of.exact);
        let value = ratio(num as f64 / metric.scale() as f64, den / metric.scale());
        Cell { value, source: Some(self.source(row, metric, Side::Num)) }
    }

    /// The numerator alone, as a count.
    pub fn cell_num(&self, row: &Row, metric: Metric) -> Cell {
        let count = row.cell(metric).exact / metric.scale();
        let source = Some(self.source(row, metric, Side::Num));
        Cell { value: Value::Count(count), source }
    }

    /// The denominator alone, as a count.
    pub fn cell_den(&self, row: &Row, metric: Metric) -> Cell {
        let count = row.cell(metric).den.unwrap_or_default();
        let source = Some(self.source(row, metric, Side::Den));
        Cell { value: Value::Count(count), source }
    }
}

impl Then {
    fn of(frame: &Frame, facts: &Facts, ask: Question<'_>, depth: Depth) -> Self {
        let rates = computed(frame, facts, ask, depth);
        let keyed = rates.rows.into_iter().filter_map(|row| Some((row.key.clone()?, row)));
        let zero = computed(frame, &Facts::default(), ask, depth).total;
        Self { rows: keyed.collect(), total: rates.total, zero }
    }
}

fn computed(frame: &Frame, facts: &Facts, ask: Question<'_>, depth: Depth) -> Rates {
    let dims = frame.dims(ask.by, depth);
    Table::compute(facts, ask).rates(&dims, depth, |key| frame.shows(ask.by, key))
}

/// A figure as a value.
pub fn value(cell: &figures::Cell) -> Value {
    let Some(value) = cell.value else { return Value::None };
    let (num, den) = (cell.num.unwrap_or_default(), cell.den.unwrap_or_default());
    match cell.metric.shape() {
        Shape::Count => Value::Count(cell.exact / cell.metric.scale()),
        Shape::Score => Value::Number(value),
        Shape::Ratio => Value::Ratio { num, den, value: value * CONTACTS },
        Shape::Rate | Shape::Mean => Value::Ratio { num, den, value },
    }
}

/// A part of `den` things; nothing of none.
pub fn ratio(num: f64, den: i64) -> Value {
    if den == 0 { Value::None } else { Value::Ratio { num, den, value: num / den as f64 } }
}

/// How a metric's values are written.
pub const fn format(metric: Metric) -> Format {
    match metric.shape() {
        Shape::Count => Format::Count,
        Shape::Rate => Format::Percent,
        Shape::Ratio | Shape::Score => Format::Number,
        Shape::Mean => Format::Hours,
    }
}

/// How its changes are written.
pub const fn format_of_change(metric: Metric) -> Format {
    match metric.shape() {
        Shape::Count | Shape::Mean | Shape::Ratio => Format::Growth,
        Shape::Rate => Format::Points,
        Shape::Score => Format::Number,
    }
}
