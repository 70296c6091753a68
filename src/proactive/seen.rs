//! Proactive: a ticket as the rules look at it. Its rule: nothing personal but the caller's keyed hash, which no
//! finding carries on.

use std::collections::BTreeSet;

use crate::directory::{UnitCode, Urgency};
use crate::ticket::StateName;
use crate::ticket::again::About;
use crate::time::Stamp;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// What the rules know of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: i64,
    pub no: String,
    /// When it was received.
    pub at: Stamp,
    pub state: StateName,
    pub urgency: Urgency,
    /// The keyed hash of the caller's number; nothing where there is no number.
    pub caller: Option<String>,
    /// The leaf category.
    pub category: Option<String>,
    pub estate: Option<String>,
    pub region: Option<String>,
    pub company: Option<String>,
    pub lead: Option<UnitCode>,
    /// Of one with a valid survey: whether the last one said dissatisfied.
    pub dissatisfied: Option<bool>,
    /// When it ended.
    pub ended_at: Option<Stamp>,
    /// Whether it is sealed: a unit may be accused in it, and learns of it from no warning.
    pub sealed: bool,
}

impl Seen {
    /// Whether it counts at all: what was declined was no matter of ours, and what the citizen withdrew is no
    /// complaint any more. A merged one counts: its caller called. A diverted one counts: it happened.
    pub const fn counts(&self) -> bool {
        !matches!(self.state, StateName::Declined | StateName::Withdrawn)
    }

    /// Estate and leaf category, where it has both.
    pub fn cell(&self) -> Option<(&str, &str)> {
        self.estate.as_deref().zip(self.category.as_deref())
    }

    /// What it is about, as `ticket::again` says it.
    pub fn about(&self) -> Option<About> {
        About::of(self.category.clone(), self.estate.clone(), self.region.clone())
    }
}

/// How many distinct callers there are. Who called without a number cannot be told apart: all of them are one.
pub fn callers<'a>(seen: impl IntoIterator<Item = &'a Seen>) -> usize {
    let distinct: BTreeSet<Option<&str>> =
        seen.into_iter().map(|ticket| ticket.caller.as_deref()).collect();
    distinct.len()
}

/// The tickets of `seen` (in the order of time) received after `from`, up to and with `to`.
pub fn within<T: AsRef<Seen>>(seen: &[T], from: Stamp, to: Stamp) -> &[T] {
    let start = seen.partition_point(|ticket| ticket.as_ref().at <= from);
    let end = seen.partition_point(|ticket| ticket.as_ref().at <= to);
    seen.get(start..end.max(start)).unwrap_or_default()
}

impl AsRef<Seen> for Seen {
    fn as_ref(&self) -> &Seen {
        self
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A ticket of day `day`, as tables of tests write it.
    pub fn seen(day: i64, caller: &str, estate: &str, category: &str) -> Seen {
        Seen {
            id: day,
            no: format!("2026-{day:06}"),
            at: Stamp::from_millis(1_700_000_000_000 + day * DAY),
            state: StateName::InUnits,
            urgency: Urgency::General,
            caller: (!caller.is_empty()).then(|| caller.to_owned()),
            category: Some(category.to_owned()),
            estate: Some(estate.to_owned()),
            region: None,
            company: None,
            lead: None,
            dissatisfied: None,
            ended_at: None,
            sealed: false,
        }
    }

    #[test]
    fn callers_without_a_number_are_one() {
        let all = [seen(1, "a", "E", "C"), seen(1, "", "E", "C"), seen(2, "", "E", "C")];
        assert_eq!(callers(&all), 2);
    }

    #[test]
    fn a_declined_and_a_withdrawn_one_do_not_count_a_merged_one_does() {
        for (state, counts) in [
            (StateName::Declined, false),
            (StateName::Withdrawn, false),
            (StateName::Merged, true),
            (StateName::Diverted, true),
            (StateName::Closed, true),
        ] {
            assert_eq!(Seen { state, ..seen(1, "a", "E", "C") }.counts(), counts, "{state}");
        }
    }

    #[test]
    fn a_window_begins_after_its_start_and_ends_with_its_end() {
        let all = [1, 2, 3, 4].map(|day| seen(day, "a", "E", "C"));
        assert_eq!(within(&all, all[0].at, all[2].at).len(), 2);
        assert!(within(&all, all[3].at, all[0].at).is_empty());
    }
}
