//! Assessment: the same figures of an earlier window, 环比 and 同比 (domain.md §6 rule 6). Its rule: the same
//! elapsed part by the same definitions, or nothing and why.

use super::figures::Cell;
use crate::code_enum;
use crate::limits::Window;
use crate::time::Stamp;

code_enum! {
    /// With what a window is compared.
    pub enum Against {
        Previous = "previous" "环比",
        Year = "year" "同比",
    }
}

/// The part of an earlier window that is as long as the one asked about has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    pub against: Against,
    /// All of it.
    pub whole: Window,
    /// The part that is compared.
    pub window: Window,
    /// The window asked about still runs, so of the earlier one only a part counts.
    pub is_part: bool,
}

impl Earlier {
    /// The earlier window of `current`, which is asked about at `now`; nothing where `current` has not begun.
    pub fn of(against: Against, current: &Window, now: Stamp) -> Option<Self> {
        let whole = match against {
            Against::Previous => current.previous(),
            Against::Year => current.year_before(),
        };
        let window = whole.elapsed_like(current, now);
        let is_part = now < current.end;
        (current.start < now && window.start < window.end).then_some(Self {
            against,
            whole,
            window,
            is_part,
        })
    }

    /// Whether there are tickets from its beginning on, `first` being when the site's first one was received: what
    /// was before the site kept any is unknown, not zero.
    pub fn is_known(&self, first: Option<Stamp>) -> bool {
        first.is_some_and(|first| first < self.window.start.plus_millis(DAY_MS))
    }
}

/// A window is known if its first day has a ticket.
const DAY_MS: i64 = 86_400_000;

/// How a figure moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The figure less the earlier one, in the figure's own unit (a rate: 0.01 is one percentage point).
    pub by: Option<f64>,
    /// The same as a part of the earlier one; none where that is 0.
    pub growth: Option<f64>,
}

impl Change {
    /// From `earlier` to `now`; nothing where either has no value.
    pub fn of(earlier: &Cell, now: &Cell) -> Self {
        let both = now.value.zip(earlier.value);
        let growth = |(now, earlier): (f64, f64)| {
            (earlier.abs() > f64::EPSILON).then(|| (now - earlier) / earlier)
        };
        Self { by: both.map(|(now, earlier)| now - earlier), growth: both.and_then(growth) }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;

    use super::*;
    use crate::limits::WindowRule;

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("{text}+08:00")).unwrap()
    }

    #[rstest]
    // The month has ended: the whole of the other, whatever its length.
    #[case(
        1,
        "2026-03",
        "2026-04-02T08:00:00",
        Against::Previous,
        "2026-02-01T00:00:00",
        "2026-03-01T00:00:00"
    )]
    #[case(
        1,
        "2026-03",
        "2026-04-02T08:00:00",
        Against::Year,
        "2025-03-01T00:00:00",
        "2025-04-01T00:00:00"
    )]
    // It still runs: as much of the other, to the millisecond, and never more than there is of it.
    #[case(
        1,
        "2026-10",
        "2026-10-08T12:00:00",
        Against::Previous,
        "2026-09-01T00:00:00",
        "2026-09-08T12:00:00"
    )]
    #[case(
        1,
        "2026-03",
        "2026-03-31T12:00:00",
        Against::Previous,
        "2026-02-01T00:00:00",
        "2026-03-01T00:00:00"
    )]
    #[case(
        19,
        "2028-03",
        "2028-02-29T00:00:00",
        Against::Year,
        "2027-02-19T00:00:00",
        "2027-03-01T00:00:00"
    )]
    fn the_same_elapsed_part_is_compared(
        #[case] from_day: u32,
        #[case] window: &str,
        #[case] now: &str,
        #[case] against: Against,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        let rule = WindowRule { from_day, cut: chrono::NaiveTime::MIN };
        let current = rule.parse(window, Shanghai).unwrap();
        let earlier = Earlier::of(against, &current, at(now)).unwrap();
        assert_eq!((earlier.window.start, earlier.window.end), (at(start), at(end)));
        assert_eq!(earlier.is_part, at(now) < current.end);
        assert!(earlier.is_known(Some(at(start))) && !earlier.is_known(None));
        assert!(!earlier.is_known(Some(at(start).plus_millis(DAY_MS))));
    }

    #[test]
    fn what_has_not_begun_is_compared_with_nothing() {
        let rule = WindowRule { from_day: 1, cut: chrono::NaiveTime::MIN };
        let current = rule.parse("2026-10", Shanghai).unwrap();
        for now in ["2026-09-30T12:00:00", "2026-10-01T00:00:00"] {
            assert_eq!(Earlier::of(Against::Year, &current, at(now)), None);
        }
    }
}
