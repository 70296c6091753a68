//! Reports: which tickets weigh otherwise in a cell of one report than in the same cell of another. Its rule: a pass
//! over all facts for each kind of row finds the tickets of which anything is different, and only what those bring is
//! looked at cell by cell; so most of a large report costs one pass, and no list of its shares is ever made.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::assessment::drill::rows;
use crate::assessment::facts::Facts;
use crate::assessment::shares::{Share, each};
use crate::assessment::{Behind, Depth, Edition, GroupBy, Metric};
use crate::reports::document::{Document, Source};
use crate::reports::frozen::Frozen;

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

/// What a figure is asked by, but for its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub by: GroupBy,
    pub rollup: bool,
    pub edition: Edition,
    pub metric: Metric,
}

impl Asked {
    const fn depth(self) -> Depth {
        if self.rollup { Depth::RollUp } else { Depth::Own }
    }
}

/// What moved, by the key of the row; nothing: the total.
type ByRow = HashMap<Option<String>, Vec<Moved>>;

/// Two reports, compared figure by figure: what moved in the rows of one is found once.
pub(super) struct Moves<'a> {
    before: Half<'a>,
    after: Half<'a>,
    made: HashMap<Asked, ByRow>,
}

/// A report, and of its facts those of the tickets of which something is different.
struct Half<'a> {
    frozen: &'a Frozen,
    facts: Facts,
}

impl<'a> Moves<'a> {
    pub fn between(before: &'a Frozen, after: &'a Frozen) -> Self {
        let mut asked = kinds(&before.document);
        asked.extend(kinds(&after.document));
        let (old, new) = (prints(before, &asked), prints(after, &asked));
        let all = old.keys().chain(new.keys()).copied();
        let moved: BTreeSet<i64> = all.filter(|id| old.get(id) != new.get(id)).collect();
        let half = |frozen: &'a Frozen| Half { frozen, facts: frozen.body.facts.about(&moved) };
        Self { before: half(before), after: half(after), made: HashMap::new() }
    }

    /// Whose weight differs in the row of `key` of a figure, by ticket and assignment.
    pub fn of(&mut self, asked: Asked, key: Option<&str>) -> &[Moved] {
        let Self { before, after, made } = self;
        let rows = made.entry(asked).or_insert_with(|| by_row(asked, before, after));
        rows.get(&key.map(str::to_owned)).map_or(&[], Vec::as_slice)
    }
}

/// By what the figures of `document` are grouped, and of which edition they are.
fn kinds(document: &Document) -> BTreeSet<(GroupBy, Edition)> {
    let rows = document.tables().flat_map(|table| &table.rows);
    let sources = rows.flat_map(|row| &row.cells).filter_map(|cell| cell.source.as_ref());
    let kind = |source: &Source| match source {
        Source::Figure { by, edition, .. } => Some((*by, *edition)),
        Source::List { .. } => None,
    };
    sources.filter_map(kind).collect()
}

fn print_of(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// For each ticket one number that stands for every share of it and the rows that each lies behind; in whatever order
/// they come.
fn prints(frozen: &Frozen, kinds: &BTreeSet<(GroupBy, Edition)>) -> HashMap<i64, u64> {
    let facts = &frozen.body.facts;
    let mut prints: HashMap<i64, u64> = HashMap::new();
    let mut add = |(ticket, sum): (i64, u64)| {
        let print = prints.entry(ticket).or_default();
        *print = print.wrapping_add(sum);
    };
    for (by, edition) in kinds {
        let own = rows(&facts.names, &[], Depth::Own, |key| frozen.body.shows(*by, key));
        let dims = frozen.body.dims(*by);
        let above = rows(&facts.names, &dims, Depth::RollUp, |key| frozen.body.shows(*by, key));
        let places: Vec<u64> = own.iter().zip(&above).map(|rows| print_of(&rows)).collect();
        // Those of one fact follow each other.
        let mut last = None;
        each(facts, &frozen.question(*by, *edition), |share| {
            let Share { key, metric, ticket, assignment, num, den } = share;
            let place = places[key.index()];
            let print = print_of(&(by, edition, place, metric, assignment, num, den));
            match &mut last {
                Some((of, sum)) if *of == ticket => *sum = print.wrapping_add(*sum),
                _ => last.replace((ticket, print)).into_iter().for_each(&mut add),
            }
        });
        last.into_iter().for_each(&mut add);
    }
    prints
}

impl Half<'_> {
    fn behind(&self, asked: Asked) -> Behind {
        Behind::of(&self.facts, &self.frozen.question(asked.by, asked.edition), asked.metric)
    }

    fn rows(&self, asked: Asked) -> Vec<Vec<String>> {
        let body = &self.frozen.body;
        let dims = if asked.rollup { body.dims(asked.by) } else { Vec::new() };
        rows(&self.facts.names, &dims, asked.depth(), |key| body.shows(asked.by, key))
    }
}

fn by_row(asked: Asked, before: &Half<'_>, after: &Half<'_>) -> ByRow {
    let (old, new) = (before.behind(asked), after.behind(asked));
    let (above_old, above_new) = (before.rows(asked), after.rows(asked));
    let mut found = ByRow::new();
    for ((ticket, assignment), was, is) in pairs(old.shares(), new.shares()) {
        let mut sums: BTreeMap<Option<&str>, [Sum; 2]> = BTreeMap::new();
        for (side, shares, above) in [(0, was, &above_old), (1, is, &above_new)] {
            for share in shares {
                let rows = &above[share.key.index()];
                let total = (!rows.is_empty()).then_some(None);
                for row in rows.iter().map(|row| Some(row.as_str())).chain(total) {
                    sums.entry(row).or_default()[side].add(share);
                }
            }
        }
        for (row, [was, is]) in sums.into_iter().filter(|(_, [was, is])| was != is) {
            let [before, after] = [was, is].map(|sum| sum.weight(asked.metric));
            let moved = Moved { ticket, assignment, before, after };
            found.entry(row.map(str::to_owned)).or_default().push(moved);
        }
    }
    found
}

/// A ticket, or an assignment of it.
type Whose = (i64, Option<i64>);

const fn whose(share: &Share) -> Whose {
    (share.ticket, share.assignment)
}

/// The shares of each ticket and assignment on both sides, which are in that order.
fn pairs<'s>(old: &'s [Share], new: &'s [Share]) -> Vec<(Whose, &'s [Share], &'s [Share])> {
    let same = |one: &Share, other: &Share| whose(one) == whose(other);
    let (mut old, mut new) = (old.chunk_by(same).peekable(), new.chunk_by(same).peekable());
    let mut pairs = Vec::new();
    loop {
        let heads = [old.peek().map(|it| whose(&it[0])), new.peek().map(|it| whose(&it[0]))];
        let Some(next) = heads.into_iter().flatten().min() else { return pairs };
        let was = old.next_if(|it| whose(&it[0]) == next).unwrap_or_default();
        let is = new.next_if(|it| whose(&it[0]) == next).unwrap_or_default();
        pairs.push((next, was, is));
    }
}

/// Both sides of what a ticket adds; of a score, of each of its three rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum([(i64, i64); 3]);

impl Sum {
    fn add(&mut self, share: &Share) {
        let rate = Metric::THREE.iter().position(|metric| *metric == share.metric).unwrap_or(0);
        self.0[rate].0 += share.num;
        self.0[rate].1 += share.den;
    }

    fn weight(self, metric: Metric) -> Weight {
        let num: i64 = self.0.iter().map(|rate| rate.0).sum();
        let den: i64 = self.0.iter().map(|rate| rate.1).sum();
        Weight { num: num as f64 / metric.scale() as f64, den: den as f64 }
    }
}
