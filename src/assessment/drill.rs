//! Assessment: from a figure to its tickets (domain.md §6 rule 7). Its rule: it lists the very shares
//! that the table added up, so the weights sum to the cell.
//!
//! The shares of a metric are kept (`shelf.rs`): the next page, the other side and the row beside it
//! cost no second pass over the month.

use std::collections::BTreeMap;

use super::facts::{Facts, Names};
use super::figures::{Depth, Dim, Tree};
use super::fraction::Fraction;
use super::metrics::{Metric, Shape};
use super::rules::Rules;
use super::shares::{self, Question, Share};
use crate::code_enum;

code_enum! {
    /// Which side of a figure.
    pub enum Side {
        Num = "num" "分子",
        Den = "den" "分母",
    }
}

/// One ticket, or one assignment, behind a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    pub ticket: i64,
    pub assignment: Option<i64>,
    /// What it adds: 1, a weight, hours of handling, or points of a score.
    pub weight: f64,
    /// The same exactly, in units of [`Metric::scale`] for a numerator and in things for a
    /// denominator; 0 for a score.
    pub exact: i64,
}

/// The rows of a table that a drill-down looks into.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub dims: &'a [Dim],
    pub depth: Depth,
    /// A row's key (`-` for what has none); none: the total of the rows shown.
    pub key: Option<&'a str>,
}

/// What one metric of a question is made of: every share, by ticket and assignment. Made by one pass
/// over all facts, it answers for each cell of the metric by a walk over the metric alone.
#[derive(Debug)]
pub struct Behind {
    metric: Metric,
    rules: Rules,
    shares: Vec<Share>,
}

impl Behind {
    /// The shares of `metric`; for a score, those of the rates that it is made of.
    pub fn of(facts: &Facts, ask: &Question<'_>, metric: Metric) -> Self {
        let score = metric.shape() == Shape::Score;
        let mut shares = Vec::new();
        shares::each(facts, ask, |share| {
            let part_of_score = score && Metric::THREE.contains(&share.metric);
            if share.metric == metric || part_of_score {
                shares.push(share);
            }
        });
        shares.sort_by_key(|share| (share.ticket, share.assignment));
        shares.shrink_to_fit();
        Self { metric, rules: ask.rules.clone(), shares }
    }

    /// The shares, by ticket and assignment.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// How many shares there are.
    pub fn count(&self) -> usize {
        self.shares.len()
    }

    /// The tickets behind one cell, by ticket and assignment; those that add nothing are left out.
    /// `names` are those of the facts; `shown` is the reader's scope, as for the table. A count has
    /// no denominator, and a score none of its own: nothing.
    pub fn cell(
        &self,
        names: &Names,
        place: Place<'_>,
        side: Side,
        shown: impl Fn(&str) -> bool,
    ) -> Vec<Item> {
        let inside = inside(names, place, shown);
        let mine = self.shares.iter().filter(|share| inside[share.key.index()]);
        if self.metric.shape() == Shape::Score {
            return if side == Side::Num { points(&self.rules, mine) } else { Vec::new() };
        }
        let scale = if side == Side::Num { self.metric.scale() } else { 1 };
        let mut items: Vec<Item> = Vec::new();
        for share in mine {
            let part = if side == Side::Num { share.num } else { share.den };
            let (ticket, assignment) = (share.ticket, share.assignment);
            match items.last_mut() {
                Some(last) if (last.ticket, last.assignment) == (ticket, assignment) => {
                    last.exact += part;
                }
                _ => items.push(Item { ticket, assignment, weight: 0.0, exact: part }),
            }
        }
        items.retain(|item| item.exact != 0);
        for item in &mut items {
            item.weight = item.exact as f64 / scale as f64;
        }
        items
    }
}

/// For each symbol: the rows behind which its facts lie, of those that are `shown`. Where there are any, they lie behind
/// the total too.
pub fn rows(
    names: &Names,
    dims: &[Dim],
    depth: Depth,
    shown: impl Fn(&str) -> bool,
) -> Vec<Vec<String>> {
    let tree = Tree::new(dims, depth);
    let rows = |text| -> Vec<String> {
        let above = tree.above(text).into_iter();
        above.filter(|above| shown(above)).map(str::to_owned).collect()
    };
    names.all().map(rows).collect()
}

/// For each symbol: whether its facts lie behind the row.
fn inside(names: &Names, place: Place<'_>, shown: impl Fn(&str) -> bool) -> Vec<bool> {
    let tree = Tree::new(place.dims, place.depth);
    let holds = |text: &str| {
        tree.above(text)
            .into_iter()
            .any(|above| shown(above) && place.key.is_none_or(|key| key == above))
    };
    names.all().map(holds).collect()
}

/// A score ticket by ticket: what each answer brought (with curves: an equal part of the points of
/// its rate), so that the weights sum to the score.
fn points<'a>(rules: &Rules, mine: impl Iterator<Item = &'a Share> + Clone) -> Vec<Item> {
    let rated = mine.filter_map(|share| {
        let rate = Metric::THREE.iter().position(|metric| *metric == share.metric)?;
        Some((rate, share))
    });
    let mut rates = [(0, 0); 3];
    for (rate, share) in rated.clone() {
        rates[rate].0 += share.num;
        rates[rate].1 += share.den;
    }
    if rules.scoring.score(rates).is_none() {
        return Vec::new();
    }
    let mut found: BTreeMap<i64, Fraction> = BTreeMap::new();
    for (rate, share) in rated {
        let part = rules.scoring.portion(rate, share.num, rates[rate]);
        let sum = found.entry(share.ticket).or_insert(Fraction::ZERO);
        *sum = sum.plus(part);
    }
    let items = found.into_iter().filter(|(_, part)| *part != Fraction::ZERO);
    items
        .map(|(ticket, part)| Item { ticket, assignment: None, weight: part.as_f64(), exact: 0 })
        .collect()
}

#[cfg(test)]
mod tests;
