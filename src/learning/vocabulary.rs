//! Learning: which pieces a model knows and how much each weighs. Its rule: a piece that few texts
//! have is not known, for it tells nothing about the next text and something about the last.

use super::features::{BUCKETS, Part, Text};
use super::stable::narrow;

/// The title's share of a text's weight before the whole is brought to length one; chosen by
/// cross-validation (as the title is in [`Part::Whole`] too, it counts in both).
const TITLE_SHARE: f32 = 0.5;

/// Buckets are looked up from the first with the same upper bits on.
const SHIFT: u32 = 10;
const SHELVES: usize = (BUCKETS >> SHIFT) as usize;

/// The pieces that are known, by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// How many texts were counted.
    texts: u32,
    /// Ascending, each below [`BUCKETS`].
    buckets: Vec<u32>,
    /// In how many parts of texts each occurs.
    found_in: Vec<u32>,
    idf: Vec<f32>,
    /// Where the buckets of each shelf begin.
    shelves: Vec<u32>,
}

/// One known piece of a text: its place in the vocabulary and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    pub place: u32,
    pub value: f32,
    /// How often it occurs in the part.
    pub count: u32,
}

/// A text as a vector of length one; empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vector {
    /// Ascending by place.
    pub entries: Vec<Entry>,
}

impl Vector {
    pub fn at(&self, place: u32) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&place, |entry| entry.place).ok()?;
        self.entries.get(at)
    }
}

/// In how many of `texts` a piece must occur: three, but a young site starts with fewer.
pub const fn texts_at_least(texts: usize) -> u32 {
    match texts {
        0..100 => 1,
        100..1_000 => 2,
        _ => 3,
    }
}

impl Vocabulary {
    /// Counts `texts` and keeps what occurs often enough.
    pub fn of<'t, 's: 't>(texts: impl ExactSizeIterator<Item = &'t Text<'s>>) -> Self {
        let rows = texts.len();
        let mut found_in = vec![0_u32; BUCKETS as usize];
        for text in texts {
            for part in Part::ALL {
                for (bucket, _) in text.counts(part) {
                    found_in[bucket as usize] += 1;
                }
            }
        }
        let least = texts_at_least(rows);
        let kept = (0..BUCKETS).zip(found_in).filter(|(_, found)| *found >= least);
        let (buckets, found_in) = kept.unzip();
        Self::from_parts(u32::try_from(rows).unwrap_or(u32::MAX), buckets, found_in)
    }

    /// From what a file holds; `buckets` ascend and are below [`BUCKETS`].
    pub(super) fn from_parts(texts: u32, buckets: Vec<u32>, found_in: Vec<u32>) -> Self {
        let all = f64::from(texts) + 1.0;
        let idf = |found: &u32| narrow((all / (f64::from(*found) + 1.0)).ln().max(0.0) + 1.0);
        let idf = found_in.iter().map(idf).collect();
        let mut shelves = vec![0_u32; SHELVES + 1];
        for bucket in &buckets {
            shelves[(bucket >> SHIFT) as usize + 1] += 1;
        }
        for shelf in 1..shelves.len() {
            shelves[shelf] += shelves[shelf - 1];
        }
        Self { texts, buckets, found_in, idf, shelves }
    }

    pub const fn len(&self) -> usize {
        self.buckets.len()
    }
    pub const fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
    pub const fn texts(&self) -> u32 {
        self.texts
    }
    pub(super) fn parts(&self) -> (&[u32], &[u32]) {
        (&self.buckets, &self.found_in)
    }

    /// The place of a bucket, where it is known.
    pub fn place(&self, bucket: u32) -> Option<u32> {
        let shelf = (bucket >> SHIFT) as usize;
        let (from, to) = (*self.shelves.get(shelf)?, *self.shelves.get(shelf + 1)?);
        let within = self.buckets.get(from as usize..to as usize)?.binary_search(&bucket).ok()?;
        Some(from + u32::try_from(within).ok()?)
    }

    /// In how many texts the piece of a place was found; 0 for no place.
    pub fn found_in(&self, place: u32) -> u32 {
        self.found_in.get(place as usize).copied().unwrap_or_default()
    }

    /// A text as (1 + ln count) × idf; each part is brought to length one and the title's then
    /// to [`TITLE_SHARE`], so that neither a long detail drowns it nor the reverse; then the whole.
    pub fn vector(&self, text: &Text<'_>) -> Vector {
        let mut entries = Vec::new();
        for part in Part::ALL {
            let from = entries.len();
            for (bucket, count) in text.counts(part) {
                if let Some(place) = self.place(bucket) {
                    let value = (1.0 + (count as f32).ln()) * self.idf[place as usize];
                    entries.push(Entry { place, value, count });
                }
            }
            let share = if part == Part::Title { TITLE_SHARE } else { 1.0 };
            scale(&mut entries[from..], share);
        }
        entries.sort_unstable_by_key(|entry| entry.place);
        // A bucket that both parts fall into by chance is one entry.
        entries.dedup_by(|later, kept| {
            let same = later.place == kept.place;
            if same {
                kept.value += later.value;
                kept.count += later.count;
            }
            same
        });
        scale(&mut entries, 1.0);
        Vector { entries }
    }
}

/// Brings entries to `length` (Euclid's).
fn scale(entries: &mut [Entry], length: f32) {
    let norm = entries.iter().map(|entry| entry.value * entry.value).sum::<f32>().sqrt();
    if norm > 0.0 {
        for entry in entries {
            entry.value *= length / norm;
        }
    }
}
