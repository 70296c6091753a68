//! Learning: the start, before a site has tickets to learn from: the words of its taxonomy. Its rule:
//! it was never measured on the site's own tickets, so its scores stay below one half and nothing is
//! dispatched by them.

use std::collections::{BTreeMap, BTreeSet};

use super::Suggestion;
use super::features::{Gram, Part, Text};
use super::words::{self, Known};

/// No score is above this.
pub const SCORE_AT_MOST: f64 = 0.5;
/// A single character says little: so much of a pair.
const SINGLE: f32 = 0.1;
/// A name of the title says more than one in the detail.
const IN_TITLE: f32 = 2.0;
/// What a further entry of the same code adds to its best one.
const FURTHER: f32 = 0.2;
/// Reached half of [`SCORE_AT_MOST`] alone: about one rare pair in the title.
const HALF_WAY: f32 = 4.0;

/// One category (or one of its leaves): several may have the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub code: String,
    /// The names of its levels, the widest first.
    pub names: Vec<String>,
    /// Synonyms and words of the trade.
    pub words: Vec<String>,
}

/// The taxonomy's words, ready to be looked for.
#[derive(Debug, Clone, Default)]
pub struct ColdStart {
    codes: Vec<String>,
    /// Which code each entry has.
    code_of: Vec<usize>,
    /// From a bucket to the entries that have it, each with its weight.
    found: BTreeMap<u32, Vec<(usize, f32)>>,
}

impl ColdStart {
    /// Each piece weighs by how few entries have it (ln(entries ÷ those) + 1), squared, over the length
    /// of the entry's name.
    pub fn new(entries: &[Entry]) -> Self {
        let codes: BTreeSet<&str> = entries.iter().map(|entry| entry.code.as_str()).collect();
        let codes: Vec<String> = codes.into_iter().map(str::to_owned).collect();
        let code = |entry: &Entry| codes.binary_search(&entry.code).unwrap_or_default();
        let code_of = entries.iter().map(code).collect();
        let pieces: Vec<BTreeMap<u32, f32>> = entries.iter().map(pieces).collect();
        let mut entries_with: BTreeMap<u32, u32> = BTreeMap::new();
        for bucket in pieces.iter().flat_map(BTreeMap::keys) {
            *entries_with.entry(*bucket).or_default() += 1;
        }
        let rarity = |bucket: &u32| {
            let with = entries_with.get(bucket).copied().unwrap_or(1);
            (entries.len() as f32 / with as f32).ln() + 1.0
        };
        let mut found: BTreeMap<u32, Vec<(usize, f32)>> = BTreeMap::new();
        for (entry, pieces) in pieces.iter().enumerate() {
            let weight = |(bucket, share): (&u32, &f32)| share * rarity(bucket);
            let length = pieces.iter().map(weight).map(|w| w * w).sum::<f32>().sqrt().max(1.0);
            for piece in pieces {
                let weight = weight(piece) * rarity(piece.0) / length.sqrt();
                found.entry(*piece.0).or_default().push((entry, weight));
            }
        }
        Self { codes, code_of, found }
    }

    /// The `most` likeliest codes with a name that the text has a piece of, the likeliest first.
    pub fn suggest(&self, title: &str, detail: &str, most: usize) -> Vec<Suggestion> {
        let text = Text::new(title, detail);
        let scores = self.scores(&text);
        let all: f32 = scores.iter().sum();
        let mut order: Vec<usize> = (0..scores.len()).filter(|code| scores[*code] > 0.0).collect();
        order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
        let suggestion = |code: usize| {
            let (score, shared) = (scores[code], scores[code] / all);
            Suggestion {
                label: self.codes[code].clone(),
                score: SCORE_AT_MOST * f64::from(shared * score / (score + HALF_WAY)),
                is_claimed: false,
                words: self.words(&text, code),
            }
        };
        order.into_iter().take(most).map(suggestion).collect()
    }

    fn scores(&self, text: &Text<'_>) -> Vec<f32> {
        let mut entries = vec![0.0_f32; self.code_of.len()];
        let title: BTreeSet<u32> = text.counts(Part::Whole).into_iter().map(|one| one.0).collect();
        let in_title: BTreeSet<u32> =
            text.title_grams(Part::Whole).map(|gram| gram.bucket).collect();
        for bucket in title {
            let worth = if in_title.contains(&bucket) { IN_TITLE } else { 1.0 };
            for (entry, weight) in self.found.get(&bucket).into_iter().flatten() {
                entries[*entry] += worth * weight;
            }
        }
        let mut best = vec![0.0_f32; self.codes.len()];
        let mut sums = best.clone();
        for (code, score) in self.code_of.iter().zip(entries) {
            best[*code] = best[*code].max(score);
            sums[*code] += score;
        }
        let together = |(best, sum): (&f32, f32)| best + FURTHER * (sum - best).max(0.0).sqrt();
        best.iter().zip(sums).map(together).collect()
    }

    fn words(&self, text: &Text<'_>, code: usize) -> Vec<String> {
        let worth = |part: Part, gram: &Gram| {
            let entries = self.found.get(&gram.bucket).into_iter().flatten();
            let ours = entries.filter(|(entry, _)| self.code_of[*entry] == code);
            let most = ours.fold(0.0_f32, |most, (_, weight)| most.max(*weight));
            let pair = part == Part::Whole && gram.length == 2;
            Known { worth: if pair { most } else { 0.0 }, texts: 0 }
        };
        words::deciding(text, worth).into_iter().map(str::to_owned).collect()
    }
}

/// The pieces of an entry: pairs count whole, single characters a little.
fn pieces(entry: &Entry) -> BTreeMap<u32, f32> {
    let mut pieces = BTreeMap::new();
    for name in entry.names.iter().chain(&entry.words) {
        for gram in Text::new(name, "").title_grams(Part::Whole) {
            pieces.insert(gram.bucket, if gram.length == 1 { SINGLE } else { 1.0 });
        }
    }
    pieces
}
