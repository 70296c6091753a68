//! Assessment: from a figure to its tickets (domain.md §6 rule 7). Its rule: it lists the very shares
//! that the table added up, so the weights sum to the cell.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::figures::{Depth, Dim, Tree};
use super::fraction::Fraction;
use super::metrics::{Metric, Shape};
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

/// The tickets behind one cell, by ticket and assignment; those that add nothing are left out.
/// `shown` is the reader's scope, as for the table. A count has no denominator: nothing.
pub fn drill(
    facts: &Facts,
    ask: &Question<'_>,
    place: Place<'_>,
    metric: Metric,
    side: Side,
    shown: impl Fn(&str) -> bool,
) -> Vec<Item> {
    let inside = inside(facts, place, shown);
    if metric.shape() == Shape::Score {
        return if side == Side::Num { points(facts, ask, &inside) } else { Vec::new() };
    }
    let mut found: BTreeMap<(i64, Option<i64>), i64> = BTreeMap::new();
    shares::each(facts, ask, |share| {
        if share.metric == metric && inside[share.key.index()] {
            let part = if side == Side::Num { share.num } else { share.den };
            *found.entry((share.ticket, share.assignment)).or_default() += part;
        }
    });
    let scale = if side == Side::Num { metric.scale() } else { 1 };
    let items = found.into_iter().filter(|(_, exact)| *exact != 0);
    items
        .map(|((ticket, assignment), exact)| Item {
            ticket,
            assignment,
            weight: exact as f64 / scale as f64,
            exact,
        })
        .collect()
}

/// For each symbol: whether its facts lie behind the row.
fn inside(facts: &Facts, place: Place<'_>, shown: impl Fn(&str) -> bool) -> Vec<bool> {
    let names = &facts.names;
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
fn points(facts: &Facts, ask: &Question<'_>, inside: &[bool]) -> Vec<Item> {
    let behind = |share: &Share| {
        let rate = Metric::THREE.iter().position(|metric| *metric == share.metric);
        rate.filter(|_| inside[share.key.index()])
    };
    let mut rates = [(0, 0); 3];
    shares::each(facts, ask, |share| {
        if let Some(rate) = behind(&share) {
            rates[rate].0 += share.num;
            rates[rate].1 += share.den;
        }
    });
    let scoring = &ask.rules.scoring;
    if scoring.score(rates).is_none() {
        return Vec::new();
    }
    let mut found: BTreeMap<i64, Fraction> = BTreeMap::new();
    shares::each(facts, ask, |share| {
        if let Some(rate) = behind(&share) {
            let part = scoring.portion(rate, share.num, rates[rate]);
            let sum = found.entry(share.ticket).or_insert(Fraction::ZERO);
            *sum = sum.plus(part);
        }
    });
    let items = found.into_iter().filter(|(_, part)| *part != Fraction::ZERO);
    items
        .map(|(ticket, part)| Item { ticket, assignment: None, weight: part.as_f64(), exact: 0 })
        .collect()
}

#[cfg(test)]
mod tests;
