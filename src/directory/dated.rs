//! Directory: days and revisions. Its rule: nothing is overwritten; what holds on a day is found
//! by asking for that day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The days from `from_on` to `to_on`, both included; without `to_on` it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_on: Option<NaiveDate>,
}

impl Span {
    /// From `from_on` on, without an end.
    pub const fn from(from_on: NaiveDate) -> Self {
        Self { from_on, to_on: None }
    }

    /// Whether `day` lies inside.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.has_begun(day) && !self.has_ended(day)
    }

    pub fn has_begun(&self, day: NaiveDate) -> bool {
        self.from_on <= day
    }

    pub fn has_ended(&self, day: NaiveDate) -> bool {
        self.to_on.is_some_and(|to| to < day)
    }

    /// Whether it ends before it begins.
    pub fn is_backwards(&self) -> bool {
        self.to_on.is_some_and(|to| to < self.from_on)
    }

    /// Whether some day lies inside both.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.has_ended(other.from_on) && !other.has_ended(self.from_on)
    }
}

/// How one thing was described over time, in the order in which the descriptions were recorded;
/// a later one stands from its `since_on` on, whatever was recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revisions<T> {
    newest: T,
    /// Every revision with its `since_on`, the newest too.
    all: Vec<(NaiveDate, T)>,
}

impl<T: Clone> Revisions<T> {
    pub fn begin(since_on: NaiveDate, value: T) -> Self {
        Self { newest: value.clone(), all: vec![(since_on, value)] }
    }

    pub fn add(&mut self, since_on: NaiveDate, value: T) {
        self.newest = value.clone();
        self.all.push((since_on, value));
    }

    /// The description recorded last.
    pub const fn newest(&self) -> &T {
        &self.newest
    }

    /// The first day of the description recorded last.
    pub fn newest_since(&self) -> Option<NaiveDate> {
        self.all.last().map(|(since_on, _)| *since_on)
    }

    /// The description of `day`; for a day before the first one, the first one.
    pub fn on(&self, day: NaiveDate) -> &T {
        let last = self.all.iter().rev().find(|(since_on, _)| *since_on <= day);
        last.or_else(|| self.all.iter().min_by_key(|(since_on, _)| *since_on))
            .map_or(&self.newest, |(_, value)| value)
    }

    /// The description recorded last of those that `holds` is true of.
    pub fn last(&self, holds: impl Fn(&T) -> bool) -> Option<&T> {
        self.all.iter().rev().map(|(_, value)| value).find(|value| holds(value))
    }

    /// Every description, in the order in which they were recorded.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|(_, value)| value)
    }

    /// How many descriptions were recorded; the next one is this number plus one.
    pub const fn count(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_holds_on_its_first_and_its_last_day_and_not_beside_them() {
        let span = Span { from_on: day("2026-03-01"), to_on: Some(day("2026-03-31")) };
        assert!(span.holds_on(day("2026-03-01")) && span.holds_on(day("2026-03-31")));
        assert!(!span.holds_on(day("2026-02-28")) && !span.holds_on(day("2026-04-01")));
    }

    #[test]
    fn spans_that_share_one_day_overlap() {
        let march = Span { from_on: day("2026-03-01"), to_on: Some(day("2026-03-31")) };
        assert!(march.overlaps(&Span::from(day("2026-03-31"))));
        assert!(!march.overlaps(&Span::from(day("2026-04-01"))));
    }

    #[test]
    fn a_later_revision_that_reaches_further_back_replaces_what_was_said_of_those_days() {
        let mut name = Revisions::begin(day("2020-01-01"), "old");
        name.add(day("2026-06-01"), "new");
        assert_eq!(*name.on(day("2026-05-31")), "old");
        assert_eq!(*name.on(day("2026-06-01")), "new");
        name.add(day("2026-05-01"), "corrected");
        assert_eq!(*name.on(day("2026-05-31")), "corrected");
        assert_eq!(*name.on(day("2026-06-01")), "corrected");
        assert_eq!(*name.on(day("2019-01-01")), "old");
        assert_eq!(name.count(), 3);
    }
}
