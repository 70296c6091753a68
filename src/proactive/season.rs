//! Proactive: what a season lets expect: heating, floods, wages. Its rule: e = the same week of last year and its
//! two neighbours, times this year's trend; an alarm above e + 3√e, and never for a handful.

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::city::WEEK;
use super::finding::{Finding, Rule, number};
use super::seen::Seen;
use crate::time::Stamp;

/// A plan of the site: months and categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub name: String,
    /// First and last month, 1 to 12; they may go over the end of a year.
    pub months: (u32, u32),
    /// Codes of categories; those below count too.
    pub categories: Vec<String>,
}

/// Fewer tickets than this in seven days are never a season's alarm.
pub const LEAST: usize = 5;
/// Weeks before this one that the trend is of.
pub const TREND_WEEKS: i64 = 8;
/// Days from a week to the same week of last year: the same day of the week.
pub const YEAR: i64 = 364;

impl Plan {
    /// `供暖=10-3:H07,H0803`: a name, months, categories.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('=')?;
        let (months, categories) = rest.split_once(':')?;
        let (first, last) = months.split_once('-')?;
        let month =
            |text: &str| text.trim().parse().ok().filter(|month: &u32| (1..=12).contains(month));
        let categories: Vec<String> =
            categories.split(',').map(|code| code.trim().to_owned()).collect();
        let name = name.trim().to_owned();
        let whole = !name.is_empty() && categories.iter().all(|code| !code.is_empty());
        whole.then_some(Self { name, months: (month(first)?, month(last)?), categories })
    }

    /// Whether `day` lies in the season.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        let (first, last) = self.months;
        let month = day.month();
        if first <= last {
            first <= month && month <= last
        } else {
            month >= first || month <= last
        }
    }
}

/// What was counted for a plan at an instant, of its categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// In the last seven days.
    pub now: usize,
    /// In the three weeks around the same week of last year.
    pub then: usize,
    /// In the weeks before this one, and before the same week of last year.
    pub lately: usize,
    pub lately_then: usize,
}

/// The four periods to be counted, each after its start and up to its end: this week, three weeks of last year, the
/// weeks before this one, and the same of last year.
pub fn periods(now: Stamp) -> [(Stamp, Stamp); 4] {
    let then = now.plus_millis(-YEAR * WEEK / 7);
    let before = |end: Stamp| {
        let end = end.plus_millis(-WEEK);
        (end.plus_millis(-TREND_WEEKS * WEEK), end)
    };
    let week = (now.plus_millis(-WEEK), now);
    [week, (then.plus_millis(-2 * WEEK), then.plus_millis(WEEK)), before(now), before(then)]
}

impl Counted {
    /// e; nothing where last year says nothing.
    pub fn expected(&self) -> Option<f64> {
        let number = |n: usize| f64::from(number(n));
        if self.then == 0 {
            return None;
        }
        // Nothing to compare the weeks before with: the year is taken to be like the last.
        let trend = if self.lately == 0 || self.lately_then == 0 {
            1.0
        } else {
            number(self.lately) / number(self.lately_then)
        };
        Some(number(self.then) / 3.0 * trend)
    }
}

/// What a plan comes to; `latest` are its tickets of the last seven days, `week` names it.
pub fn judge(plan: &Plan, counted: Counted, latest: &[&Seen], week: NaiveDate) -> Option<Finding> {
    let expected = counted.expected()?;
    let limit = expected + 3.0 * expected.sqrt();
    if counted.now < LEAST || f64::from(number(counted.now)) <= limit {
        return None;
    }
    let threshold = (0..1_000_000_u32).find(|n| f64::from(*n) > limit).unwrap_or(u32::MAX);
    let cell = format!("{}/{}", plan.name, week.format("%G-W%V"));
    let found = Finding::of(Rule::Season, cell, latest.last()?);
    let mut found = found.resting_on(latest.iter().copied());
    (found.estate, found.category, found.company) = (None, None, None);
    found.n = number(counted.now);
    found.threshold = threshold;
    found.why = json!({
        "plan": plan.name,
        "expected": (expected * 10.0).round() / 10.0,
        "last_year": counted.then,
        "lately": counted.lately,
        "lately_last_year": counted.lately_then,
    });
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::seen::tests::seen;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_plan_is_a_name_months_and_categories() {
        let plan = Plan::parse("供暖=10-3:H07, H0803").unwrap();
        assert_eq!((plan.months, plan.categories.len()), ((10, 3), 2));
        for text in ["供暖", "供暖=10:H07", "供暖=0-3:H07", "=1-2:H", "供暖=1-13:H07", "a=1-2:"]
        {
            assert_eq!(Plan::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_season_may_go_over_the_end_of_the_year() {
        let heating = Plan::parse("供暖=10-3:H07").unwrap();
        let flood = Plan::parse("防汛=6-9:H060505").unwrap();
        for (on, heats, floods) in [
            ("2026-10-01", true, false),
            ("2026-03-31", true, false),
            ("2026-04-01", false, false),
            ("2026-06-01", false, true),
            ("2026-09-30", false, true),
        ] {
            assert_eq!(
                (heating.holds_on(day(on)), flood.holds_on(day(on))),
                (heats, floods),
                "{on}"
            );
        }
    }

    #[test]
    fn an_alarm_is_above_e_and_three_roots_of_it() {
        let plan = Plan::parse("供暖=10-3:H07").unwrap();
        let ticket = seen(1, "a", "E", "H0701");
        // e = 48/3 × 100/100 = 16; 16 + 3·4 = 28.
        for (now, then, lately, lately_then, alarm) in [
            (28, 48, 100, 100, false),
            (29, 48, 100, 100, true),
            // Half as much this year: e = 8, 8 + 3·2.83 = 16.5.
            (17, 48, 50, 100, true),
            // Last year says nothing.
            (500, 0, 100, 0, false),
            // A handful.
            (4, 1, 1, 1, false),
        ] {
            let counted = Counted { now, then, lately, lately_then };
            let got = judge(&plan, counted, &[&ticket], day("2026-11-02"));
            assert_eq!(got.is_some(), alarm, "{counted:?}");
            assert!(got.is_none_or(|it| it.cell == "供暖/2026-W45"));
        }
    }
}
