//! Assessment: ranks, bands and lists (domain.md §6 rule 4). Its rule: 1-2-2-4 by score within the whole peer group,
//! exact fractions compared; who has no peers, too few answers or no score stays outside.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::fraction::Fraction;
use crate::code_enum;

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

code_enum! {
    /// Named for its score, where a profile wants that.
    pub enum List {
        Red = "red" "红榜",
        Black = "black" "黑榜",
    }
}

/// Who of each peer group stands on a list of `most` places, in the order of the rows; none for a row that takes no
/// part. On the red one stands whoever is among the first `most` and whose whole interval lies above those of all
/// others that are not; on the black one likewise from below. Whoever cannot be told from the rest by the intervals is
/// named nowhere; where the group has no more than twice `most`, nobody is.
pub fn lists<'a>(rows: impl Iterator<Item = Option<Standing<'a>>>, most: u32) -> Vec<Option<List>> {
    let mut lists = Vec::new();
    let mut groups: BTreeMap<&str, Vec<(usize, Standing<'_>)>> = BTreeMap::new();
    for (place, row) in rows.enumerate() {
        lists.push(None);
        if let Some(row) = row {
            groups.entry(row.peers).or_default().push((place, row));
        }
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    for group in groups.into_values() {
        if most == 0 || group.len() <= most.saturating_mul(2) {
            continue;
        }
        // How many stand strictly above, and below.
        let above =
            |row: &Standing<'_>| group.iter().filter(|(_, it)| it.score > row.score).count();
        let below =
            |row: &Standing<'_>| group.iter().filter(|(_, it)| it.score < row.score).count();
        let first: Vec<bool> = group.iter().map(|(_, it)| above(it) < most).collect();
        let last: Vec<bool> = group.iter().map(|(_, it)| below(it) < most).collect();
        let highest = others(&group, &first).map(|it| it.span.1).reduce(f64::max);
        let lowest = others(&group, &last).map(|it| it.span.0).reduce(f64::min);
        for (n, (place, row)) in group.iter().enumerate() {
            let red = first[n] && highest.is_some_and(|other| row.span.0 > other);
            let black = last[n] && lowest.is_some_and(|other| row.span.1 < other);
            lists[*place] = match (red, black) {
                (true, false) => Some(List::Red),
                (false, true) => Some(List::Black),
                _ => None,
            };
        }
    }
    lists
}

/// Those of the group that are not among `named`.
fn others<'g, 'a>(
    group: &'g [(usize, Standing<'a>)],
    named: &'g [bool],
) -> impl Iterator<Item = &'g Standing<'a>> {
    group.iter().zip(named).filter(|(_, named)| !**named).map(|((_, row), _)| row)
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

    fn stands(peers: &'static str, points: i64, low: f64, high: f64) -> Option<Standing<'static>> {
        Some(Standing { peers, score: Fraction::new(points.into(), 1), span: (low, high) })
    }

    fn listed(rows: &[Option<Standing<'static>>], most: u32) -> Vec<&'static str> {
        let all = lists(rows.iter().copied(), most);
        all.into_iter().map(|list| list.map_or("-", List::as_str)).collect()
    }

    #[test]
    fn only_who_can_be_told_from_the_rest_is_named() {
        let rows = [
            stands("streets", 98, 97.0, 99.0),
            stands("streets", 95, 90.0, 96.0), // among the first two, and its interval reaches the third's
            stands("streets", 90, 85.0, 91.0),
            None,
            stands("streets", 60, 55.0, 65.0),
            stands("streets", 58, 50.0, 64.0),
            stands("sections", 10, 9.0, 11.0), // alone in its group
        ];
        assert_eq!(listed(&rows, 2), ["red", "-", "-", "-", "black", "black", "-"]);
        assert_eq!(listed(&rows, 1), ["red", "-", "-", "-", "-", "-", "-"]);
        assert_eq!(listed(&rows, 0), ["-"; 7]);
        // Of five, three on either list would name somebody twice.
        assert_eq!(listed(&rows, 3), ["-"; 7]);
    }

    #[test]
    fn ties_at_the_edge_stand_on_the_list_together_and_where_all_are_equal_nobody_does() {
        let mut rows = vec![stands("a", 90, 89.0, 91.0); 2];
        rows.extend(vec![stands("a", 50, 49.0, 51.0); 3]);
        assert_eq!(listed(&rows, 1), ["red", "red", "black", "black", "black"]);
        assert_eq!(listed(&[stands("a", 50, 49.0, 51.0); 5], 1), ["-"; 5]);
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
