//! Reports: what was done before the complaint 未诉先办, counted. Its rule: a rule's precision is of its alarms that somebody
//! closed; what it only watched or listed says nothing of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::assessment::GroupBy;
use crate::directory::UnitCode;
use crate::time::Stamp;

/// The warnings of one rule that were raised in the window, as they stand when the report is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warned {
    /// What the rule judged an alarm; of a demoted rule too, which pushes it to nobody.
    pub raised: i64,
    /// Of these: what somebody did something about.
    pub acted: i64,
    pub real: i64,
    pub not_real: i64,
    pub open: i64,
    /// What the rule itself only watched or listed.
    pub listed: i64,
}

impl Warned {
    /// The real ones of those that somebody closed, and how many those are.
    pub const fn precision(&self) -> (i64, i64) {
        (self.real, self.real + self.not_real)
    }

    /// Counts `row`.
    fn count(&mut self, row: &WarningFact) {
        if !row.alarm {
            self.listed += 1;
            return;
        }
        self.raised += 1;
        self.acted += i64::from(row.acted);
        match (row.real, row.closed) {
            (Some(true), _) => self.real += 1,
            (Some(false), _) => self.not_real += 1,
            (None, false) => self.open += 1,
            // Of a demoted rule: it lapsed by itself.
            (None, true) => {}
        }
    }

    /// The same with what `other` counts.
    pub const fn add(&mut self, other: &Self) {
        self.raised += other.raised;
        self.acted += other.acted;
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
    /// Whether its rule judged it an alarm.
    pub alarm: bool,
    pub acted: bool,
    pub closed: bool,
    pub real: Option<bool>,
    /// Its unit, estate, category and company.
    pub keys: [Option<String>; 4],
}

impl WarningFact {
    /// What a report by `by` looks at; nothing where a warning has no such key.
    pub const fn key(&self, by: GroupBy) -> Option<&String> {
        let [unit, estate, category, company] = &self.keys;
        match by {
            GroupBy::Unit => unit.as_ref(),
            GroupBy::Estate => estate.as_ref(),
            GroupBy::Category => category.as_ref(),
            GroupBy::Company => company.as_ref(),
            GroupBy::Head | GroupBy::Region | GroupBy::Channel => None,
        }
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

/// A point of a campaign, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Point {
    /// Its place in the campaign, from 1.
    #[serde(default)]
    pub k: usize,
    pub what: String,
    pub unit: UnitCode,
    pub due_on: NaiveDate,
    /// What shows that it is done.
    #[serde(default)]
    pub proof: Option<String>,
    #[serde(default)]
    pub done_at: Option<Stamp>,
}

/// A campaign 每月一题 that went on in the window, as it stands when the report is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    pub id: i64,
    /// Like `2026-11`.
    pub month: String,
    pub goal: String,
    pub closed: bool,
    pub points: Vec<Point>,
    /// The day before which a point was due that is late when it is not done.
    pub as_of: NaiveDate,
}

impl Campaign {
    /// Whether `point` is not done though its day is past.
    pub fn is_late(&self, point: &Point) -> bool {
        point.done_at.is_none() && point.due_on < self.as_of
    }

    /// How many points it has, how many of them are done, and how many are late.
    pub fn counts(&self) -> (i64, i64, i64) {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let done = self.points.iter().filter(|it| it.done_at.is_some()).count();
        let late = self.points.iter().filter(|it| self.is_late(it)).count();
        (count(self.points.len()), count(done), count(late))
    }
}

#[cfg(test)]
impl Point {
    /// The point `k` of `unit`, due on the day `due`, done where `proof` shows it.
    pub fn sample(k: usize, unit: &str, due: &str, proof: Option<&str>) -> Self {
        Self {
            k,
            what: "逐台检查".to_owned(),
            unit: UnitCode::new(unit),
            due_on: due.parse().unwrap(),
            proof: proof.map(str::to_owned),
            done_at: proof.map(|_| Stamp::from_millis(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(rule: &str, alarm: bool, closed: bool, real: Option<bool>) -> WarningFact {
        let (rule, acted) = (rule.to_owned(), real == Some(true));
        WarningFact { rule, alarm, acted, closed, real, keys: [None, None, None, None] }
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
        assert_eq!((cluster.raised, cluster.acted), (3, 1));
        assert_eq!((cluster.open, cluster.listed), (1, 1));
        assert_eq!(cluster.precision(), (1, 2));
        assert_eq!(found["estate"].precision(), (0, 0));
        let mut all = cluster;
        all.add(&found["estate"]);
        assert_eq!((all.raised, all.listed), (3, 2));
    }

    #[test]
    fn a_point_is_done_or_late_or_neither() {
        let points = vec![
            Point::sample(1, "wuye", "2026-11-10", Some("已换钢丝绳")),
            Point::sample(2, "wuye", "2026-11-10", None),
            Point::sample(3, "wuye", "2026-12-10", None),
        ];
        let campaign = Campaign {
            id: 1,
            month: "2026-11".to_owned(),
            goal: "电梯".to_owned(),
            closed: false,
            points,
            as_of: "2026-12-01".parse().unwrap(),
        };
        assert_eq!(campaign.counts(), (3, 1, 1));
    }

    #[test]
    fn a_point_is_read_as_campaigns_keep_it() {
        let kept =
            r#"{"what":"巡查","unit":"wuye","due_on":"2026-11-10","proof":"见附件","done_by":"x"}"#;
        let point: Point = serde_json::from_str(kept).unwrap();
        assert_eq!((point.unit.as_str(), point.proof.as_deref()), ("wuye", Some("见附件")));
    }
}
