//! Assessment: ranks (domain.md §6 rule 4). Its rule: 1-2-2-4 by score within the whole peer group,
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

#[cfg(test)]
mod tests {
    use super::*;

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
