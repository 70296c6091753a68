//! Reports: what was done before the complaint 未诉先办, counted. Its rule: a rule's precision is of its alarms that somebody
//! closed; what was only watched or listed says nothing of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::assessment::GroupBy;
use crate::time::Stamp;

/// The warnings of one rule that were raised in the window, as they stand when the report is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warned {
    /// Alarms.
    pub raised: i64,
    pub real: i64,
    pub not_real: i64,
    pub open: i64,
    /// What was watched or listed, and pushed to nobody.
    pub listed: i64,
}

impl Warned {
    /// The real ones of those that somebody closed, and how many those are.
    pub const fn precision(&self) -> (i64, i64) {
        (self.real, self.real + self.not_real)
    }

    /// Counts `row`.
    pub fn count(&mut self, row: &WarningFact) {
        if !row.alarm {
            self.listed += 1;
            return;
        }
        self.raised += 1;
        match (row.real, row.closed) {
            (Some(true), _) => self.real += 1,
            (Some(false), _) => self.not_real += 1,
            (None, false) => self.open += 1,
            // It lapsed by itself.
            (None, true) => {}
        }
    }

    /// The same with what `other` counts.
    pub const fn add(&mut self, other: &Self) {
        self.raised += other.raised;
        self.real += other.real;
        self.not_real += other.not_real;
        self.open += other.open;
        self.listed += other.listed;
    }
}

/// A warning, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningFact {
    pub rule: String,
    pub alarm: bool,
    pub closed: bool,
    pub real: Option<bool>,
    /// Its unit, estate, category and company.
    pub keys: [Option<String>; 4],
}

/// Which of [`WarningFact::keys`] a report by `by` looks at; nothing where a warning has no such key.
pub const fn key_of(by: GroupBy) -> Option<usize> {
    match by {
        GroupBy::Unit => Some(0),
        GroupBy::Estate => Some(1),
        GroupBy::Category => Some(2),
        GroupBy::Company => Some(3),
        GroupBy::Head | GroupBy::Region | GroupBy::Channel => None,
    }
}

/// The counts of `rows` by rule.
pub fn by_rule(rows: &[WarningFact]) -> BTreeMap<String, Warned> {
    let mut found: BTreeMap<String, Warned> = BTreeMap::new();
    for row in rows {
        found.entry(row.rule.clone()).or_default().count(row);
    }
    found
}

/// A point of a campaign, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Point {
    pub unit: String,
    pub due_on: NaiveDate,
    #[serde(default)]
    pub done_at: Option<Stamp>,
}

/// A campaign 每月一题 that went on in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    pub id: i64,
    /// Like `2026-11`.
    pub month: String,
    pub goal: String,
    pub closed: bool,
    pub points: i64,
    pub done: i64,
    /// Not done though its day was past.
    pub late: i64,
}

impl Campaign {
    /// With its points counted as of `day`.
    #[must_use]
    pub fn of_points(self, points: &[&Point], day: NaiveDate) -> Self {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let open = points.iter().filter(|it| it.done_at.is_none());
        let (late, open) =
            open.fold((0, 0), |(late, open), it| (late + usize::from(it.due_on < day), open + 1));
        let (points, late, open) = (count(points.len()), count(late), count(open));
        Self { points, late, done: points - open, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(rule: &str, alarm: bool, closed: bool, real: Option<bool>) -> WarningFact {
        WarningFact { rule: rule.to_owned(), alarm, closed, real, keys: [None, None, None, None] }
    }

    #[test]
    fn precision_is_of_the_alarms_that_somebody_closed() {
        let rows = [
            warning("cluster", true, true, Some(true)),
            warning("cluster", true, true, Some(false)),
            warning("cluster", true, false, None),
            warning("cluster", false, true, None),
            warning("estate", false, false, None),
        ];
        let found = by_rule(&rows);
        let cluster = found["cluster"];
        assert_eq!((cluster.raised, cluster.open, cluster.listed), (3, 1, 1));
        assert_eq!(cluster.precision(), (1, 2));
        assert_eq!(found["estate"].precision(), (0, 0));
        let mut all = cluster;
        all.add(&found["estate"]);
        assert_eq!((all.raised, all.listed), (3, 2));
    }

    #[test]
    fn a_point_is_done_or_late_or_neither() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let point = |due: &str, done: Option<i64>| Point {
            unit: "wuye".to_owned(),
            due_on: day(due),
            done_at: done.map(Stamp::from_millis),
        };
        let points =
            [point("2026-11-10", Some(1)), point("2026-11-10", None), point("2026-12-10", None)];
        let campaign = Campaign {
            id: 1,
            month: "2026-11".to_owned(),
            goal: "电梯".to_owned(),
            closed: false,
            points: 0,
            done: 0,
            late: 0,
        };
        let counted = campaign.of_points(&points.iter().collect::<Vec<_>>(), day("2026-12-01"));
        assert_eq!((counted.points, counted.done, counted.late), (3, 1, 1));
    }
}
