//! Reports: which limit of an assignment ran at an instant, and whether it was over. Its rule: pure; what came after that
//! instant says nothing.

use crate::time::Stamp;

/// A limit of handling or of a rework: due, and when it last stopped.
pub type Limit = (Option<Stamp>, Option<Stamp>);

/// When the limit was due that ran just before `at`, where it was over then. `limits` in their order: handling, then the
/// reworks, each of which began after the one before had stopped.
pub fn late_at(limits: [Limit; 3], at: Stamp) -> Option<Stamp> {
    let mut rest = limits.iter();
    while let Some((due, stopped)) = rest.next() {
        let Some(due) = *due else { continue };
        let is_followed = rest.as_slice().iter().any(|(due, _)| due.is_some());
        let is_over = match stopped {
            Some(stopped) => *stopped < at,
            None => is_followed,
        };
        if !is_over {
            return (due < at).then_some(due);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Stamp {
        Stamp::from_millis(day * 86_400_000)
    }

    /// Days from the first of October on: due, and stopped.
    fn late(limits: [(i64, i64); 3], at: i64) -> Option<i64> {
        let of = |it: i64| (it > 0).then(|| day(it));
        let limits = limits.map(|(due, stopped)| (of(due), of(stopped)));
        late_at(limits, day(at)).map(|due| due.millis() / 86_400_000)
    }

    #[test]
    fn what_was_over_at_the_end_is_found_whatever_came_of_it_later() {
        let none = (0, 0);
        // Due on the 20th of October, handed in on the 2nd of November, sent back with a limit of the 10th.
        let reworked = [(20, 33), (41, 0), none];
        assert_eq!(late(reworked, 32), Some(20), "as it stood then");
        assert_eq!(late(reworked, 36), None, "the rework is not due yet");
        assert_eq!(late(reworked, 42), Some(41));
        assert_eq!(late([(20, 0), none, none], 32), Some(20));
        assert_eq!(late([(20, 33), none, none], 32), Some(20));
        assert_eq!(late([(20, 25), none, none], 32), None, "handed in");
        assert_eq!(late([(32, 0), none, none], 32), None, "not over yet");
        assert_eq!(late([(20, 21), (25, 40), (44, 0)], 32), Some(25));
        assert_eq!(late([(20, 21), (25, 26), (30, 0)], 32), Some(30));
        assert_eq!(late([(20, 0), (41, 0), none], 42), Some(41), "one that is followed is over");
        assert_eq!(late([none; 3], 32), None);
    }
}
