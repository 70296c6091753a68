//! Learning: how good a model is, and which one goes in service. Its rule: two are compared on the
//! same rows, that neither has seen; a worse one is never taken, nor one that does no better than
//! always naming the most frequent label.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Example, Suggestion};

/// With fewer held-out rows nothing is decided.
pub const ROWS_AT_LEAST: usize = 50;
/// So many standard deviations above chance is more than chance.
const DEVIATIONS: f64 = 3.0;
/// So many pairs of confused labels are kept.
const CONFUSED: usize = 20;

/// One label's figures; each 0–1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelFigures {
    pub label: String,
    /// Held-out rows of the label.
    pub rows: usize,
    /// Of the rows that were given the label, the share that are of it; 0 where none was.
    pub precision: f64,
    /// Of the rows of the label, the share that were given it; 0 where there are none.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// How often one label was taken for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub right: String,
    /// Empty: nothing was suggested.
    pub said: String,
    pub rows: usize,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub rows: usize,
    /// Rows whose first suggestion was right.
    pub first: usize,
    /// Rows that had the right label among the first three.
    pub among_three: usize,
    /// Rows of the most frequent label: what always naming it would get right.
    pub most_frequent: usize,
    /// The mean of the labels' F1, each counting once, however rare; over the labels that held-out
    /// rows have. 0–1.
    pub macro_f1: f64,
    /// In the order of their codes.
    pub labels: Vec<LabelFigures>,
    /// The most frequent first.
    pub confused: Vec<Confusion>,
}

/// Measures whatever suggests (a model, the start from the taxonomy's words) on `rows`.
pub fn measure<'e>(
    rows: impl IntoIterator<Item = &'e Example>,
    suggest: impl Fn(&str, &str) -> Vec<Suggestion>,
) -> Figures {
    let mut pairs: BTreeMap<(String, String), usize> = BTreeMap::new();
    let (mut count, mut first, mut among_three) = (0, 0, 0);
    for row in rows {
        let said = suggest(&row.title, &row.detail);
        count += 1;
        among_three += usize::from(said.iter().take(3).any(|one| one.label == row.label));
        let said = said.into_iter().next().map(|one| one.label).unwrap_or_default();
        first += usize::from(said == row.label);
        *pairs.entry((row.label.clone(), said)).or_default() += 1;
    }
    let labels = per_label(&pairs);
    let seen = labels.iter().filter(|label| label.rows > 0);
    let (sum, of) = seen.fold((0.0, 0), |(sum, of), label| (sum + label.f1, of + 1));
    let mut confused: Vec<Confusion> = { pairs.into_iter() }
        .filter(|((right, said), _)| right != said)
        .map(|((right, said), rows)| Confusion { right, said, rows })
        .collect();
    confused.sort_by_key(|pair| std::cmp::Reverse(pair.rows));
    confused.truncate(CONFUSED);
    Figures {
        rows: count,
        first,
        among_three,
        most_frequent: labels.iter().map(|label| label.rows).max().unwrap_or_default(),
        macro_f1: if of == 0 { 0.0 } else { sum / f64::from(of) },
        labels,
        confused,
    }
}

fn per_label(pairs: &BTreeMap<(String, String), usize>) -> Vec<LabelFigures> {
    // Right, of the label, given the label.
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for ((right, said), rows) in pairs {
        counts.entry(right).or_default()[1] += rows;
        counts.entry(said).or_default()[2] += rows;
        if right == said {
            counts.entry(right).or_default()[0] += rows;
        }
    }
    let share = |part: usize, whole: usize| {
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    };
    let figures = |(label, [right, of, given]): (&str, [usize; 3])| LabelFigures {
        label: label.to_owned(),
        rows: of,
        precision: share(right, given),
        recall: share(right, of),
        f1: share(2 * right, of + given),
    };
    { counts.into_iter() }.filter(|(label, _)| !label.is_empty()).map(figures).collect()
}

impl Figures {
    /// The share of rows whose first suggestion was right, 0–1.
    pub fn accuracy(&self) -> f64 {
        self.share(self.first)
    }
    /// The share of rows with the right label among the first three, 0–1.
    pub fn top_three(&self) -> f64 {
        self.share(self.among_three)
    }
    fn share(&self, rows: usize) -> f64 {
        if self.rows == 0 { 0.0 } else { rows as f64 / self.rows as f64 }
    }

    /// Whether more rows are right than by always naming the most frequent label, by three standard
    /// deviations of that share.
    fn beats_chance(&self) -> bool {
        let chance = self.share(self.most_frequent);
        let deviation = (chance * (1.0 - chance) / self.rows.max(1) as f64).sqrt();
        self.accuracy() > chance + DEVIATIONS * deviation || self.first == self.rows
    }
}

/// What becomes of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes in service.
    Serve,
    /// Too few rows to measure on.
    TooFewRows,
    /// The two were not measured on the same rows.
    OtherRows,
    /// It is no better than always naming the most frequent label.
    NoBetterThanChance,
    /// Its macro-F1 is lower than that of what is in service.
    Worse,
}

/// Whether `candidate` replaces what is `in_service` (a model, or the start from the taxonomy's
/// words), both measured now on the same held-out rows. Of two equal ones the candidate goes in
/// service: it knows the newer rows.
pub fn better(candidate: &Figures, in_service: Option<&Figures>) -> Verdict {
    if candidate.rows < ROWS_AT_LEAST {
        return Verdict::TooFewRows;
    }
    if !candidate.beats_chance() {
        return Verdict::NoBetterThanChance;
    }
    match in_service {
        Some(other) if other.rows != candidate.rows => Verdict::OtherRows,
        Some(other) if other.macro_f1 > candidate.macro_f1 => Verdict::Worse,
        _ => Verdict::Serve,
    }
}
