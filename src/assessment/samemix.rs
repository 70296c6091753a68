//! Assessment: the same-mix rate (domain.md §6 rule 9): what a row's rates would be with the answers that the other
//! rows get to the same matters. Its rule: V is what `shares` says, so that observed is the raw rate itself.
//!
//! Expected is Σ over the row's V of the rate that all others have in the ticket's cell (leaf category × estate),
//! drawn towards their rate in the category as if ten ⚙ more answers had that rate, and that towards their rate
//! altogether in the same way: a cell nobody else has is its category, a category nobody else has is the whole.
//! The row's own answers are left out (decision 0027). The interval is the normal one around the difference, from
//! Σ p(1−p) over the row's V; weighted answers vary less than that, so it errs to the wide side.

use std::collections::BTreeMap;

use super::facts::{Facts, Sym};
use super::figures::{Depth, Dim, Tree};
use super::interval::Z;
use super::metrics::Metric;
use super::rules::{Rules, UNIT};
use super::shares::{self, Question};

/// One rate of a row beside what the same mix would bring others; rates from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fair {
    pub observed: f64,
    pub expected: f64,
    /// Observed less expected: above 0 is better than the others with the same matters.
    pub difference: f64,
    /// Between which the difference lies, at 95 %.
    pub low: f64,
    pub high: f64,
    /// |V|.
    pub n: i64,
}

impl Fair {
    /// Its definition beside the one of `metric`, with its version: `response_rate.same_mix@1`.
    pub fn definition(metric: Metric) -> String {
        format!("{metric}.same_mix@1")
    }

    /// The difference in words.
    pub fn formula(metric: Metric, rules: &Rules) -> String {
        let (zh, more) = (metric.zh(), rules.small_n.max(1));
        format!(
            "本行{zh}－期望{zh}。期望{zh}：对本行每件有效回访，取其他各行在同一末级类别、同一小区的{zh}，各件平均；\
             回访少的依次向该类别、全体靠拢（各按加{more}件计）。区间为95%"
        )
    }
}

/// For each of [`Metric::THREE`]; nothing where the row or all others have no answer.
pub type Three = [Option<Fair>; 3];

/// Leaf category and estate.
type Cell = (Sym, Sym);

/// Numerators in thousandths, and denominators.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    num: i64,
    den: i64,
}

impl Sum {
    fn add(&mut self, num: i64, den: i64) {
        self.num += num;
        self.den += den;
    }

    fn less(self, other: Self) -> Self {
        Self { num: self.num - other.num, den: self.den - other.den }
    }

    /// Its rate, as if `more` answers had the rate `towards`.
    fn drawn(self, towards: f64, more: f64) -> f64 {
        (self.num as f64 / UNIT as f64 + more * towards) / (self.den as f64 + more)
    }
}

/// One rate, by category and by cell. In an order, so that the same facts give the same last digit.
#[derive(Debug, Clone, Default)]
struct Pool {
    all: Sum,
    categories: BTreeMap<Sym, Sum>,
    cells: BTreeMap<Cell, Sum>,
}

impl Pool {
    fn add(&mut self, cell: Cell, sum: Sum) {
        self.all.add(sum.num, sum.den);
        self.categories.entry(cell.0).or_default().add(sum.num, sum.den);
        self.cells.entry(cell).or_default().add(sum.num, sum.den);
    }
}

type Pools = [Pool; 3];

/// The same-mix rates of each row by its key: of the row's answers in `mine` (what the reader may count), against
/// all others in `all`. Both have the same names ([`Facts::only`]); a roll-up's row is all that lies below it.
pub fn same_mix(
    all: &Facts,
    mine: &Facts,
    ask: &Question<'_>,
    (dims, depth): (&[Dim], Depth),
) -> BTreeMap<String, Three> {
    let tree = Tree::new(dims, depth);
    let (whole, of_all) = pooled(all, ask, &tree);
    // Mostly both are the same facts: they are gone through once.
    let apart = (!std::ptr::eq(all, mine)).then(|| pooled(mine, ask, &tree).1);
    let of_mine = apart.as_ref().unwrap_or(&of_all);
    let more = ask.rules.small_n.max(1) as f64;
    let nothing = Pools::default();
    let row = |(key, own): (&String, &Pools)| {
        let left_out = of_all.get(key).unwrap_or(&nothing);
        let fair = |rate: usize| of(&own[rate], &whole[rate], &left_out[rate], more);
        (key.clone(), [fair(0), fair(1), fair(2)])
    };
    of_mine.iter().map(row).collect()
}

/// The whole, and each row's.
fn pooled(facts: &Facts, ask: &Question<'_>, tree: &Tree<'_>) -> (Pools, BTreeMap<String, Pools>) {
    let mut own: BTreeMap<Sym, Pools> = BTreeMap::new();
    for fact in &facts.tickets {
        let sums = shares::three(fact, ask);
        if sums.iter().all(|(_, den)| *den == 0) {
            continue;
        }
        let pools = own.entry(fact.keys.of(ask.by)).or_default();
        let cell = (fact.keys.category, fact.keys.estate);
        for (pool, (num, den)) in pools.iter_mut().zip(sums).filter(|(_, (_, den))| *den > 0) {
            pool.add(cell, Sum { num, den });
        }
    }
    let (mut whole, mut rows) = (Pools::default(), BTreeMap::<String, Pools>::new());
    for (key, pools) in &own {
        pour(&mut whole, pools);
        for above in tree.above(facts.names.text(*key)) {
            pour(rows.entry(above.to_owned()).or_default(), pools);
        }
    }
    (whole, rows)
}

fn pour(into: &mut Pools, pools: &Pools) {
    for (into, pool) in into.iter_mut().zip(pools) {
        for (cell, sum) in &pool.cells {
            into.add(*cell, *sum);
        }
    }
}

fn of(own: &Pool, whole: &Pool, left_out: &Pool, more: f64) -> Option<Fair> {
    let others = whole.all.less(left_out.all);
    if own.all.den == 0 || others.den == 0 {
        return None;
    }
    let total = others.drawn(0.0, 0.0);
    let sum = |of: Option<&Sum>| of.copied().unwrap_or_default();
    let (mut expected, mut variance) = (0.0, 0.0);
    for (cell, mine) in &own.cells {
        let category =
            sum(whole.categories.get(&cell.0)).less(sum(left_out.categories.get(&cell.0)));
        let near = sum(whole.cells.get(cell)).less(sum(left_out.cells.get(cell)));
        let rate = near.drawn(category.drawn(total, more), more);
        expected += mine.den as f64 * rate;
        variance += mine.den as f64 * rate * (1.0 - rate);
    }
    let n = own.all.den as f64;
    let (observed, expected) = (own.all.drawn(0.0, 0.0), expected / n);
    let (difference, half) = (observed - expected, Z * variance.max(0.0).sqrt() / n);
    Some(Fair {
        observed,
        expected,
        difference,
        low: (difference - half).max(-1.0),
        high: (difference + half).min(1.0),
        n: own.all.den,
    })
}

#[cfg(test)]
mod tests;
