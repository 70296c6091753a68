//! Learning: from rows to a model. Its rule: what a model is made from decides it wholly: the rows,
//! their order and the recipe; no clock, no chance of its own.

use std::collections::BTreeMap;

use super::Example;
use super::calibrate::Calibration;
use super::features::Text;
use super::model::{Cell, Model};
use super::solver::{self, Effort, WIDTH};
use super::split;
use super::vocabulary::{Vector, Vocabulary};

/// Labels a model has at most; the most frequent are kept.
pub const LABELS_AT_MOST: usize = 4_096;
/// Weights a model has at most, shared evenly between its labels: about 9 MB of file.
pub const WEIGHTS_AT_MOST: usize = 3_000_000;
/// A label's largest weight is so many units; what rounds to 0 is left out.
const UNITS: f32 = 2_047.0;
/// With more labels learning takes long, and one held-out part is enough to calibrate on.
pub const LABELS_OF_A_WIDE_ONE: usize = 50;
/// The newest rows of each label that are kept however many rows of others are newer.
const ROWS_OF_A_LABEL: usize = 50;

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    pub effort: Effort,
    /// Into so many parts the rows are cut for the calibration, each held out once (where there are
    /// more than [`LABELS_OF_A_WIDE_ONE`] labels, the first only); below 2: none.
    pub folds: u64,
    /// The newest of so many rows are learnt from; bounds time and memory (some 6 KB a row).
    pub rows_at_most: usize,
}

impl Default for Recipe {
    /// Chosen by cross-validation on 7 010 real complaints; flat around it.
    fn default() -> Self {
        let effort = Effort { cost: 1.0, balance: 0.25, tolerance: 0.1, rounds: 15, seed: 5 };
        Self { effort, folds: 3, rows_at_most: 20_000 }
    }
}

/// Learns from `examples`, the oldest first. Rows without a label or without text are left out; no
/// rows at all give a model that suggests nothing.
pub fn train(examples: &[Example], recipe: &Recipe) -> Model {
    let (names, kept) = choose(examples, recipe.rows_at_most);
    let place = |label: &str| names.binary_search_by(|name| name.as_str().cmp(label)).ok();
    let chosen = kept.iter().filter_map(|row| Some((*row, place(&row.label)?)));
    let (rows, labels): (Vec<&Example>, Vec<usize>) = chosen.unzip();
    let texts: Vec<Text<'_>> = rows.iter().map(|row| Text::new(&row.title, &row.detail)).collect();
    let all: Vec<usize> = (0..texts.len()).collect();
    let mut model = fit(&texts, &labels, &all, &names, &recipe.effort);
    model.calibration = Calibration::fit(&unseen(&texts, &labels, &names, recipe));
    model
}

/// The labels and rows to learn from, both in their order.
fn choose(examples: &[Example], most: usize) -> (Vec<String>, Vec<&Example>) {
    let told =
        |row: &&Example| !(row.label.is_empty() || row.title.is_empty() && row.detail.is_empty());
    let rows: Vec<&Example> = examples.iter().filter(told).collect();
    let mut frequent: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *frequent.entry(&row.label).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = frequent.into_iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names.truncate(LABELS_AT_MOST);
    let mut names: Vec<String> = names.into_iter().map(|(name, _)| name.to_owned()).collect();
    names.sort();
    let mut taken = vec![false; rows.len()];
    let mut left = most;
    let mut of_label: BTreeMap<&str, usize> = BTreeMap::new();
    for most_of_label in [ROWS_OF_A_LABEL, usize::MAX] {
        for (row, taken) in rows.iter().zip(&mut taken).rev() {
            let count = of_label.entry(&row.label).or_default();
            if left > 0 && !*taken && *count < most_of_label {
                *taken = true;
                *count += 1;
                left -= 1;
            }
        }
    }
    let kept = rows.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(row, _)| row);
    (names, kept.collect())
}

/// The margins of rows by models that have not seen them, each with its right label.
fn unseen(
    texts: &[Text<'_>],
    labels: &[usize],
    names: &[String],
    recipe: &Recipe,
) -> Vec<(Vec<f32>, usize)> {
    let mut margins = Vec::new();
    if recipe.folds < 2 || names.len() < 2 {
        return margins;
    }
    let groups = split::groups(texts);
    let wide = names.len() > LABELS_OF_A_WIDE_ONE;
    for fold in 0..if wide { 1 } else { recipe.folds } {
        let (out, seen): (Vec<usize>, Vec<usize>) =
            (0..texts.len()).partition(|row| split::part_of(groups[*row], recipe.folds) == fold);
        if seen.is_empty() {
            continue;
        }
        let model = fit(texts, labels, &seen, names, &recipe.effort);
        let known = |label: usize| seen.iter().any(|row| labels[*row] == label);
        let known: Vec<bool> = (0..names.len()).map(known).collect();
        for row in out.into_iter().filter(|row| known[labels[*row]]) {
            let vector = model.vector(&texts[row]);
            if !vector.entries.is_empty() {
                margins.push((model.margins(&vector), labels[row]));
            }
        }
    }
    margins
}

/// Learns all labels, a block at a time, from the rows `seen`.
fn fit(
    texts: &[Text<'_>],
    labels: &[usize],
    seen: &[usize],
    names: &[String],
    effort: &Effort,
) -> Model {
    let vocabulary = Vocabulary::of(seen.iter().map(|row| &texts[*row]));
    let vectors: Vec<Vector> = seen.iter().map(|row| vocabulary.vector(&texts[*row])).collect();
    let rows: Vec<&Vector> = vectors.iter().collect();
    let labels: Vec<usize> = seen.iter().map(|row| labels[*row]).collect();
    let most = WEIGHTS_AT_MOST / names.len().max(1);
    let mut model = Model { labels: names.to_vec(), ..Model::empty() };
    let mut columns: Vec<Vec<(u32, i16)>> = Vec::new();
    for first in (0..names.len()).step_by(WIDTH) {
        let block = solver::learn(&rows, &labels, first, vocabulary.len(), effort);
        for lane in 0..WIDTH.min(names.len() - first) {
            let (scale, column) = quantise(block.weights.iter().map(|lanes| lanes[lane]), most);
            model.bias.push(block.bias[lane]);
            model.scales.push(scale);
            columns.push(column);
        }
    }
    let (starts, cells) = by_place(&columns, vocabulary.len());
    Model { vocabulary, starts, cells, ..model }
}

/// The weights of a label in units of its scale: the `most` largest, without those that round to 0.
fn quantise(weights: impl Iterator<Item = f32> + Clone, most: usize) -> (f32, Vec<(u32, i16)>) {
    let largest = weights.clone().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    if largest <= 0.0 {
        return (1.0, Vec::new());
    }
    let scale = largest / UNITS;
    let units = weights.map(|weight| unit(weight / scale));
    let mut column: Vec<(u32, i16)> = (0_u32..).zip(units).filter(|(_, unit)| *unit != 0).collect();
    if column.len() > most {
        column.sort_by_key(|(_, unit)| std::cmp::Reverse(unit.unsigned_abs()));
        column.truncate(most);
        column.sort_unstable_by_key(|(place, _)| *place);
    }
    (scale, column)
}

#[expect(clippy::cast_possible_truncation, reason = "none is beyond UNITS")]
fn unit(weight: f32) -> i16 {
    weight.round() as i16
}

/// Turns the labels' columns into the places' rows.
fn by_place(columns: &[Vec<(u32, i16)>], places: usize) -> (Vec<u32>, Vec<Cell>) {
    let mut starts = vec![0_u32; places + 1];
    for (place, _) in columns.iter().flatten() {
        starts[*place as usize + 1] += 1;
    }
    for place in 0..places {
        starts[place + 1] += starts[place];
    }
    let mut next = starts.clone();
    let mut cells = vec![Cell { label: 0, weight: 0 }; starts[places] as usize];
    for (column, label) in columns.iter().zip(0_u16..) {
        for (place, weight) in column {
            let at = &mut next[*place as usize];
            cells[*at as usize] = Cell { label, weight: *weight };
            *at += 1;
        }
    }
    (starts, cells)
}
