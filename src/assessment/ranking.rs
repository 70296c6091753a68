//! Assessment: ranks and bands (domain.md §6 rule 4). Its rule: 1-2-2-4 by score within the whole peer group,
//! exact fractions compared; who has no peers, too few answers or no score stays outside.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::fraction::Fraction;

/// The rank of each row, in their order; none for a row that takes no part.
pub fn ranks<'a>(rows: impl Iterator<Item = Option<(&'a str, Fraction)>>) -> Vec<Option<u32>> {
    let mut ranks = Vec::new();
    let mut groups: BTreeMap<&str, Vec<(Fraction, usize)>> = BTreeMap::new();
    for (place, row) in rows.enumerate() {
        ranks.push(None);
        if let Some((peers, score)) = row {
            groups.entry(peers).or_default().push((score, place));
        }
    }
    for mut group in groups.into_values() {
        group.sort_by_key(|(score, _)| Reverse(*score));
        let mut tied = (None, 0);
        for (counted, (score, place)) in (1..).zip(group) {
            if tied.0 != Some(score) {
                tied = (Some(score), counted);
            }
            ranks[place] = Some(tied.1);
        }
    }
    ranks
}

/// Where a row stands among its peers: its score, and between which scores the true one may lie.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub peers: &'a str,
    pub score: Fraction,
    pub span: (f64, f64),
}

/// The band of each row, in their order; none for a row that takes no part. Within a peer group, from the best on: the
/// first of a band, and all whose interval reaches its own. Who is in one band cannot be told apart from the best of it.
pub fn bands<'a>(rows: impl Iterator<Item = Option<Standing<'a>>>) -> Vec<Option<u32>> {
    let rows: Vec<_> = rows.collect();
    let mut bands = vec![None; rows.len()];
    let mut order: Vec<(usize, Standing<'_>)> =
        rows.into_iter().enumerate().filter_map(|(place, row)| Some((place, row?))).collect();
    order.sort_by_key(|(_, row)| (row.peers, Reverse(row.score)));
    let (mut peers, mut band, mut reached) = (None, 0, 0.0);
    for (place, row) in order {
        if peers != Some(row.peers) {
            (peers, band, reached) = (Some(row.peers), 1, row.span.0);
        } else if row.span.1 < reached {
            (band, reached) = (band + 1, row.span.0);
        }
        bands[place] = Some(band);
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_cannot_be_told_from_the_best_of_a_band_is_in_it() {
        let row = |peers, points: i64, low: f64, high: f64| {
            let score = Fraction::new(points.into(), 1);
            Some(Standing { peers, score, span: (low, high) })
        };
        let score = |points, low, high| row("streets", points, low, high);
        let rows = [
            score(80, 70.0, 90.0),
            score(95, 92.0, 97.0),
            None,
            score(90, 88.0, 92.0),
            // Its interval reaches the one before, but not the first of that band.
            score(88, 86.0, 91.9),
            score(70, 60.0, 79.0),
            row("sections", 1, 0.0, 2.0),
        ];
        let due = [Some(2), Some(1), None, Some(1), Some(2), Some(3), Some(1)];
        assert_eq!(bands(rows.into_iter()), due);
    }

    #[test]
    fn equal_scores_share_a_rank_and_the_next_one_is_skipped() {
        let scores = [(1, 2), (2, 3), (4, 6), (9, 10)];
        let rows = scores.map(|(num, den)| Some(("streets", Fraction::new(num, den))));
        assert_eq!(ranks(rows.into_iter()), [Some(4), Some(2), Some(2), Some(1)]);
    }

    #[test]
    fn each_peer_group_has_its_own_first() {
        let rows = [Some(("a", Fraction::new(1, 9))), None, Some(("b", Fraction::new(1, 2)))];
        assert_eq!(ranks(rows.into_iter()), [Some(1), None, Some(1)]);
    }
}
