//! Learning: what is learnt from and what is held out. Its rule: texts that are nearly the same are
//! on the same side, and a text stays on its side from night to night, unless one that is nearly the
//! same comes, goes or is put otherwise and moves both; so whoever compares with an older model leaves
//! out what that one has seen, by what it says of itself.

use std::collections::{HashMap, HashSet};

use super::features::{Piece, Text};
use super::stable::{join, mix};

/// Nearly the same: so many neighbouring characters are compared at a time.
const SHINGLE: usize = 4;
/// Min-hashes of a text: 4 bands of 4, so that two texts that share half of their shingles meet with
/// a chance of 0.23, that share 0.8 of them with 0.88 (Broder 1997; Leskovec et al., ch. 3).
const BANDS: usize = 4;
/// Letters of a title from which on the same title is the same text.
const TITLE: usize = 8;
const ROWS: usize = 4;

/// For each text the key of its group; equal for texts that are nearly the same. It depends on the
/// texts of the group alone.
pub fn groups(texts: &[Text<'_>]) -> Vec<u64> {
    let mut above: Vec<usize> = (0..texts.len()).collect();
    let mut seen: HashMap<(usize, u64), usize> = HashMap::new();
    let marks: Vec<Marks> = texts.iter().map(Marks::of).collect();
    for (row, marks) in marks.iter().enumerate() {
        for key in marks.bands.iter().copied().enumerate() {
            let other = *seen.entry(key).or_insert(row);
            let (one, other) = (top(&mut above, row), top(&mut above, other));
            above[one.max(other)] = one.min(other);
        }
    }
    let mut keys: HashMap<usize, u64> = HashMap::new();
    let tops: Vec<usize> = (0..texts.len()).map(|row| top(&mut above, row)).collect();
    for (top, marks) in tops.iter().zip(&marks) {
        let key = keys.entry(*top).or_insert(u64::MAX);
        *key = marks.whole.min(*key);
    }
    tops.iter().map(|top| keys.get(top).copied().unwrap_or_default()).collect()
}

/// The first of a row's group, with the way there made shorter.
fn top(above: &mut [usize], mut row: usize) -> usize {
    while above[row] != row {
        above[row] = above[above[row]];
        row = above[row];
    }
    row
}

/// Which of `parts` a group is in.
pub const fn part_of(group: u64, parts: u64) -> u64 {
    mix(group) % if parts == 0 { 1 } else { parts }
}

/// The rows to learn from and the rows held out: of the groups, one in `one_in`.
pub fn held_out(groups: &[u64], one_in: u64) -> (Vec<usize>, Vec<usize>) {
    (0..groups.len()).partition(|row| part_of(groups[*row], one_in) != 0)
}

/// Of `rows`, those that an older model knows nothing of: neither them nor any that is nearly the same.
pub fn unseen(rows: &[usize], groups: &[u64], is_seen: impl Fn(usize) -> bool) -> Vec<usize> {
    let known: HashSet<u64> =
        (0..groups.len()).filter(|row| is_seen(*row)).map(|row| groups[row]).collect();
    rows.iter().copied().filter(|row| !known.contains(&groups[*row])).collect()
}

struct Marks {
    /// What near-duplicates share at least one of: four bands and the title.
    bands: [u64; BANDS + 1],
    /// Of the whole text.
    whole: u64,
}

impl Marks {
    fn of(text: &Text<'_>) -> Self {
        let letters = |pieces: &[Piece]| -> Vec<u64> {
            let letters = pieces.iter().filter(|piece| piece.folded.is_alphanumeric());
            letters.map(|piece| u64::from(piece.folded)).collect()
        };
        let title = letters(&text.folded_title);
        let whole = [title.clone(), letters(&text.folded_detail)].concat();
        let hash = |letters: &[u64]| letters.iter().fold(0, |hash, letter| join(hash, *letter));
        let mut least = [u64::MAX; BANDS * ROWS];
        for shingle in whole.windows(SHINGLE.min(whole.len().max(1))) {
            let shingle = hash(shingle);
            for (least, salt) in least.iter_mut().zip(1_u64..) {
                *least = mix(shingle ^ mix(salt)).min(*least);
            }
        }
        // A short title (您好, 咨询) says nothing of what it stands over.
        let named = if title.len() < TITLE { &whole } else { &title };
        let mut bands = [hash(named); BANDS + 1];
        for (band, least) in bands.iter_mut().zip(least.chunks(ROWS)) {
            *band = hash(least);
        }
        Self { bands, whole: hash(&whole) }
    }
}
