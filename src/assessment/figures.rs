//! Assessment: tables of figures (domain.md §6). Its rule: one pass adds the shares up per key, and
//! every total is pooled from the same sums (Σ numerators ÷ Σ denominators).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::facts::{Edition, Facts, GroupBy, Names, Sym};
use super::fraction::Fraction;
use super::interval::wilson;
use super::metrics::{Metric, Shape};
use super::ranking::{self, List};
use super::rules::Rules;
use super::shares::{self, Question};
use crate::time::Stamp;

/// A row that is listed whether or not anything happened: a unit, a category, a channel …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dim {
    pub key: String,
    pub name: String,
    /// The key above it, for a roll-up (units, regions, categories).
    pub parent: Option<String>,
    /// With whom it is ranked; none: not at all.
    pub peers: Option<String>,
}

/// Whether a row holds its own facts or also those of everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    Own,
    RollUp,
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    pub metric: Metric,
    /// In whole things (hours for the handling time); none for a score.
    pub num: Option<f64>,
    /// The numerator exactly, in units of [`Metric::scale`].
    pub exact: i64,
    /// None for a count and a score.
    pub den: Option<i64>,
    /// num ÷ den unrounded; a count itself; points for a score; none at a zero denominator.
    pub value: Option<f64>,
    /// The Wilson interval of a rate.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of the handling time, in hours: mean of the middle two.
    pub median: Option<f64>,
    /// Of the handling time, in hours: nearest rank.
    pub p90: Option<f64>,
    /// The id and version of its definition.
    pub definition: &'static str,
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// `-` for what has no key; none for the total.
    pub key: Option<String>,
    pub name: String,
    /// The response denominator.
    pub n: i64,
    /// One for each of [`Metric::ALL`], in its order.
    pub cells: Vec<Cell>,
    /// Within its peer group, 1-2-2-4, by composite; none for a flagged row and for one without, and, where the profile
    /// wants bands instead, for one that shares its band.
    pub rank: Option<u32>,
    /// Which of its peers it can be told apart from: 1 for the best and all whose intervals reach the best's.
    pub band: Option<u32>,
    /// Where the profile wants lists: on which it stands among its peers.
    pub list: Option<List>,
    /// n is small: look at the interval and at three months, not at the rate.
    pub flagged: bool,
    pub peers: Option<String>,
    /// Tickets received in the window that stand excluded, by reason; the same in both editions.
    pub excluded: BTreeMap<String, i64>,
    /// The composite as the fraction that ranks compare.
    pub score: Option<Fraction>,
    /// Between which scores it may lie.
    pub span: Option<(f64, f64)>,
}

impl Row {
    pub fn cell(&self, metric: Metric) -> &Cell {
        &self.cells[metric.index()]
    }

    /// The score that takes part in ranks: none of a flagged row.
    fn scored(&self) -> Option<Fraction> {
        self.score.filter(|_| !self.flagged)
    }

    fn standing(&self) -> Option<ranking::Standing<'_>> {
        let (peers, score, span) = (self.peers.as_deref()?, self.scored()?, self.span?);
        Some(ranking::Standing { peers, score, span })
    }
}

/// A table of figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    pub by: GroupBy,
    pub edition: Edition,
    pub start: Stamp,
    pub end: Stamp,
    pub rows: Vec<Row>,
    /// All rows shown, pooled; each fact once, also in a roll-up.
    pub total: Row,
}

/// The sums of one key.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    cells: [(i64, i64); Metric::COUNT],
    /// Each handling time, for median and P90.
    times: Vec<i64>,
    excluded: BTreeMap<Sym, i64>,
}

impl Default for Sums {
    fn default() -> Self {
        Self { cells: [(0, 0); Metric::COUNT], times: Vec::new(), excluded: BTreeMap::new() }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        self.times.extend_from_slice(&other.times);
        for (reason, count) in &other.excluded {
            *self.excluded.entry(*reason).or_default() += count;
        }
    }

    /// The numerators and denominators of the three rates.
    pub(super) fn three(&self) -> [(i64, i64); 3] {
        Metric::THREE.map(|metric| self.cells[metric.index()])
    }

    fn n(&self) -> i64 {
        self.cells[Metric::ResponseRate.index()].1
    }
}

/// The sums per key of one question, without whom they are shown to.
#[derive(Debug, Default)]
pub struct Added {
    sums: Vec<(Sym, Sums)>,
}

impl Added {
    /// Adds up every share of `facts`: one pass, no allocation per fact.
    pub fn of(facts: &Facts, ask: &Question<'_>) -> Self {
        let mut adding =
            Adding { places: vec![NOWHERE; facts.names.count()], added: Self::default() };
        shares::each(facts, ask, |share| {
            let sums = adding.of(share.key);
            let cell = &mut sums.cells[share.metric.index()];
            cell.0 += share.num;
            cell.1 += share.den;
            if share.metric == Metric::HandlingTime {
                sums.times.push(share.num);
            }
        });
        for fact in &facts.tickets {
            if fact.excluded != Sym::NONE && ask.holds(fact.received_at) {
                let sums = adding.of(fact.keys.of(ask.by));
                *sums.excluded.entry(fact.excluded).or_default() += 1;
            }
        }
        adding.added
    }

    /// How many numbers it holds, apart from the sums of each key.
    pub fn count(&self) -> usize {
        self.sums.iter().map(|(_, sums)| sums.times.len() + Metric::COUNT).sum()
    }
}

/// While it is added up.
struct Adding {
    /// From a symbol to its place in the sums.
    places: Vec<u32>,
    added: Added,
}

const NOWHERE: u32 = u32::MAX;

impl Adding {
    fn of(&mut self, key: Sym) -> &mut Sums {
        let sums = &mut self.added.sums;
        let mut place = self.places[key.index()] as usize;
        if place == NOWHERE as usize {
            place = sums.len();
            self.places[key.index()] = u32::try_from(place).unwrap_or(NOWHERE);
            sums.push((key, Sums::default()));
        }
        &mut sums[place].1
    }
}

/// The sums per key: computed once, then shown to readers of any scope.
#[derive(Debug)]
pub struct Table<'a> {
    names: &'a Names,
    ask: Question<'a>,
    added: Arc<Added>,
}

impl<'a> Table<'a> {
    /// The sums of `facts` by `ask`.
    pub fn compute(facts: &'a Facts, ask: Question<'a>) -> Self {
        Self::over(facts, ask, Arc::new(Added::of(facts, &ask)))
    }

    /// The same, of sums that were `added` up from these facts by this question before.
    pub(super) const fn over(facts: &'a Facts, ask: Question<'a>, added: Arc<Added>) -> Self {
        Self { names: &facts.names, ask, added }
    }

    /// The table for a reader: a row for each of `dims` that `shown` admits (zero rows kept) and
    /// for each other key that has facts; ranks are over whole peer groups, shown or not.
    pub fn rates(&self, dims: &[Dim], depth: Depth, shown: impl Fn(&str) -> bool) -> Rates {
        let tree = Tree::new(dims, depth);
        let mut rolled: HashMap<&str, Sums> = HashMap::new();
        let mut total = Sums::default();
        for (sym, sums) in &self.added.sums {
            let above = tree.above(self.names.text(*sym));
            if above.iter().any(|key| shown(key)) {
                total.add(sums);
            }
            for key in above {
                rolled.entry(key).or_default().add(sums);
            }
        }
        let known: HashSet<&str> = dims.iter().map(|dim| dim.key.as_str()).collect();
        let mut others: Vec<&str> =
            rolled.keys().copied().filter(|key| !known.contains(key)).collect();
        others.sort_unstable_by_key(|key| (*key == "-", *key));
        let zero = Sums::default();
        let row = |key: &str, name: &str, peers: Option<&String>| {
            let sums = rolled.get(key).unwrap_or(&zero);
            self.row(Some(key), name, peers.cloned(), sums)
        };
        let mut rows: Vec<Row> =
            dims.iter().map(|dim| row(&dim.key, &dim.name, dim.peers.as_ref())).collect();
        rows.extend(others.into_iter().map(|key| row(key, key, None)));
        let ranks = ranking::ranks(rows.iter().map(|row| row.peers.as_deref().zip(row.scored())));
        let bands = ranking::bands(rows.iter().map(Row::standing));
        let lists = ranking::lists(rows.iter().map(Row::standing), self.ask.rules.listed);
        for (((row, rank), band), list) in rows.iter_mut().zip(ranks).zip(bands).zip(lists) {
            (row.rank, row.band, row.list) = (rank, band, list);
        }
        if self.ask.rules.bands {
            band_instead(&mut rows);
        }
        rows.retain(|row| row.key.as_deref().is_some_and(&shown));
        Rates {
            by: self.ask.by,
            edition: self.ask.edition,
            start: self.ask.start,
            end: self.ask.end,
            rows,
            total: self.row(None, "合计", None, &total),
        }
    }

    fn row(&self, key: Option<&str>, name: &str, peers: Option<String>, sums: &Sums) -> Row {
        let rules: &Rules = self.ask.rules;
        let score = rules.scoring.score(sums.three());
        let reasons = sums.excluded.iter();
        Row {
            key: key.map(str::to_owned),
            name: name.to_owned(),
            n: sums.n(),
            cells: Metric::ALL.iter().map(|metric| cell(*metric, sums, score)).collect(),
            rank: None,
            band: None,
            list: None,
            flagged: sums.n() < rules.small_n,
            peers,
            excluded: reasons.map(|(sym, n)| (self.names.text(*sym).to_owned(), *n)).collect(),
            score,
            span: rules.scoring.span(sums.three()),
        }
    }
}

/// Takes the rank from every row that shares its band with a peer.
fn band_instead(rows: &mut [Row]) {
    let mut sizes: BTreeMap<(Option<String>, u32), u32> = BTreeMap::new();
    let place = |row: &Row| row.band.map(|band| (row.peers.clone(), band));
    for place in rows.iter().filter_map(place) {
        *sizes.entry(place).or_default() += 1;
    }
    for row in rows {
        if place(row).is_some_and(|place| sizes[&place] > 1) {
            row.rank = None;
        }
    }
}

/// A numerator in whole things, and num ÷ den unrounded; none at a zero denominator.
pub fn figure_of(metric: Metric, exact: i64, den: i64) -> (f64, Option<f64>) {
    let value = (den > 0).then(|| exact as f64 / (metric.scale() * den) as f64);
    (exact as f64 / metric.scale() as f64, value)
}

fn cell(metric: Metric, sums: &Sums, score: Option<Fraction>) -> Cell {
    let (exact, den) = sums.cells[metric.index()];
    let (num, value) = figure_of(metric, exact, den);
    let mut cell = Cell {
        metric,
        num: Some(num),
        exact,
        den: Some(den),
        value,
        low: None,
        high: None,
        median: None,
        p90: None,
        definition: metric.definition(),
    };
    match metric.shape() {
        Shape::Count => (cell.den, cell.value) = (None, Some(num)),
        Shape::Score => {
            (cell.num, cell.den, cell.value) = (None, None, score.map(Fraction::as_f64));
        }
        Shape::Rate if den > 0 => {
            let (low, high) = wilson(num, den as f64);
            (cell.low, cell.high) = (Some(low), Some(high));
        }
        Shape::Mean if den > 0 => {
            let mut times = sums.times.clone();
            (cell.median, cell.p90) =
                (Some(hours(median(&mut times))), Some(hours(p90(&mut times))));
        }
        Shape::Rate | Shape::Mean | Shape::Ratio => {}
    }
    cell
}

fn hours(half_ms: i64) -> f64 {
    half_ms as f64 / (2 * Metric::HandlingTime.scale()) as f64
}

/// The mean of the middle two, in half milliseconds; `times` is not empty. Nothing is sorted: a city has 100 000.
fn median(times: &mut [i64]) -> i64 {
    let n = times.len();
    ranked(times, (n - 1) / 2) + ranked(times, n / 2)
}

/// The nearest rank ⌈0.9·n⌉, in half milliseconds; `times` is not empty.
fn p90(times: &mut [i64]) -> i64 {
    let rank = (times.len() * 9).div_ceil(10);
    2 * ranked(times, rank - 1)
}

/// The one before which so many would stand if they were sorted.
fn ranked(times: &mut [i64], before: usize) -> i64 {
    *times.select_nth_unstable(before).1
}

/// From a key to itself and, in a roll-up, to all keys above it.
pub(super) struct Tree<'a> {
    parents: HashMap<&'a str, &'a str>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(dims: &'a [Dim], depth: Depth) -> Self {
        let edges = dims.iter().filter(|_| depth == Depth::RollUp);
        let parents =
            edges.filter_map(|dim| Some((dim.key.as_str(), dim.parent.as_deref()?))).collect();
        Self { parents }
    }

    /// `key` first; a circle in the data ends where it closes.
    pub(super) fn above(&self, key: &'a str) -> Vec<&'a str> {
        let mut path = vec![key];
        let mut at = key;
        while let Some(parent) = self.parents.get(at) {
            if path.contains(parent) {
                break;
            }
            path.push(parent);
            at = parent;
        }
        path
    }
}

#[cfg(test)]
pub(crate) mod city;
#[cfg(test)]
mod tests;
