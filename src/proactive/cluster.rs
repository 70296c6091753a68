//! Proactive: several callers of one estate with one matter. Its rule: the floor is domain.md's, n = max(3, P95 + 1)
//! of the cell's own last windows; above it a cell is on the list, and an alarm only where chance alone would bring
//! as many less often than the site's budget of false alarms (decision 0028).

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use super::chance::at_least;
use super::city::{City, WEEK};
use super::finding::{Finding, Grade, Rule, number};
use super::seen::{DAY, Seen, callers, within};
use crate::time::Stamp;

/// The site's choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clusters {
    /// Never fewer callers than this.
    pub least: usize,
    /// Full windows of seven days that the 95th percentile is of.
    pub weeks: u32,
    /// False alarms a week that are put up with, for 100 000 tickets a year.
    pub false_alarms: f64,
}

/// How much a cell's own past counts against what estate and category let expect: as much as that many tickets.
const PRIOR: f64 = 0.7;
/// Weeks of a year.
const YEAR: f64 = 52.1775;
/// Lengths in days over which callers are looked for, and the part of the budget that each has: a lift that stops
/// brings its callers in a day, a leaking roof in a week.
const SPANS: [(i64, f64); 3] = [(1, 0.25), (3, 0.25), (7, 0.5)];

impl Clusters {
    /// The chance that one ticket may have to raise an alarm for nothing: at 100 000 tickets a year so many as the
    /// budget says a week, at any size in proportion.
    pub fn risk(&self) -> f64 {
        self.false_alarms * YEAR / 100_000.0
    }
}

/// How a cell was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Distinct callers in the last seven days.
    pub n: usize,
    /// From how many on the rule fires.
    pub threshold: usize,
    pub p95: usize,
    /// Callers in each window before, the latest first.
    pub windows: Vec<usize>,
    /// Callers that seven days let expect.
    pub expected: f64,
    /// Over how many days it is least likely, how many callers those had, and how likely so many are there by chance.
    pub days: i64,
    pub within: usize,
    pub chance: f64,
    pub alarm: bool,
}

/// A cell at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a, T> {
    /// Its tickets that count, in the order of time; those of the windows are enough.
    pub own: &'a [T],
    /// Tickets of the estate, of any category, in the windows before the last seven days.
    pub estate: usize,
    pub city: &'a City,
    pub now: Stamp,
    /// What was received up to here was dealt with in a warning that somebody closed.
    pub settled: Stamp,
}

/// The smallest value that at least 95 of 100 of `windows` do not exceed (nearest rank).
pub fn p95(windows: &[usize]) -> usize {
    let mut sorted = windows.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * 95).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

impl<T: AsRef<Seen>> Cell<'_, T> {
    /// Distinct callers of the `days` before now.
    fn lately(&self, days: i64) -> usize {
        let from = self.now.plus_millis(-days * DAY).max(self.settled);
        callers(within(self.own, from, self.now).iter().map(AsRef::as_ref))
    }

    /// Distinct callers in each of the `weeks` full windows before the last seven days, the latest first.
    fn windows(&self, weeks: u32) -> Vec<usize> {
        let one = |back: u32| {
            let to = self.now.plus_millis(-WEEK * (i64::from(back) + 1));
            let seen = within(self.own, to.plus_millis(-WEEK), to);
            if seen.is_empty() { 0 } else { callers(seen.iter().map(AsRef::as_ref)) }
        };
        (0..weeks).map(one).collect()
    }

    /// How the cell stands; nothing below the threshold.
    pub fn judge(&self, rule: &Clusters) -> Option<Verdict> {
        let n = self.lately(7);
        if n < rule.least {
            return None;
        }
        let windows = self.windows(rule.weeks);
        let p95 = p95(&windows);
        let threshold = rule.least.max(p95 + 1);
        if n < threshold {
            return None;
        }
        let (shape, expected) = self.expected(&windows);
        let risk = rule.risk();
        let mut alarm = n >= 2 * threshold + whole(expected);
        let (mut days, mut seen, mut chance, mut worst) = (7, n, 1.0, f64::INFINITY);
        for (span, part) in SPANS {
            let within = self.lately(span);
            let mean = expected * count(span) / 7.0;
            // One ticket made us look: how likely are the others?
            let odds = at_least(within.saturating_sub(1), shape, mean);
            alarm |= odds <= risk * part;
            if odds / part < worst {
                (days, seen, chance, worst) = (span, within, odds, odds / part);
            }
        }
        let within = seen;
        Some(Verdict { n, threshold, p95, windows, expected, days, within, chance, alarm })
    }

    /// The shape and the mean of the callers that seven days let expect: what the estate's number of tickets and the
    /// category's part of the city's say, corrected by the cell's own past; and where the category is more frequent
    /// in the city now than it was, in proportion more.
    fn expected(&self, windows: &[usize]) -> (f64, f64) {
        let city = self.city;
        let weeks = f64::from(city.weeks.max(1));
        let all = count(city.before.max(1));
        let usual = all / count(city.estates.max(1)) / weeks;
        // An estate of which little is known is like the others.
        let estate = (1.0 + count(self.estate)) / (1.0 / usual + weeks);
        let counts =
            city.of(self.own.last().and_then(|it| it.as_ref().cell()).map_or("", |it| it.1));
        let own = within(self.own, self.now.plus_millis(-WEEK), self.now).len();
        let part = count(counts.before) / all;
        let others = count(counts.lately.saturating_sub(u64::try_from(own).unwrap_or_default()));
        let part_now = others / (all / weeks).max(1.0);
        let before = (estate * part).max(1e-6);
        let now = before.max(estate * part_now);
        let past: usize = windows.iter().sum();
        let shape = PRIOR + count(past);
        (shape, now * shape / (PRIOR + before * weeks))
    }
}

/// Tickets of an estate in the windows before the last seven days.
pub fn before<T: AsRef<Seen>>(of_estate: &[T], now: Stamp, weeks: u32) -> usize {
    let week = now.plus_millis(-WEEK);
    let with_cell = |it: &&T| it.as_ref().cell().is_some();
    within(of_estate, week.plus_millis(-WEEK * i64::from(weeks)), week)
        .iter()
        .filter(with_cell)
        .count()
}

/// A count as a number to reckon with.
fn count<N: TryInto<u32>>(n: N) -> f64 {
    f64::from(n.try_into().unwrap_or(u32::MAX))
}

/// The whole part of a mean that is no larger than a count.
fn whole(mean: f64) -> usize {
    (0..10_000).take_while(|n: &u32| f64::from(*n) + 1.0 <= mean).count()
}

/// What the cell of `latest` comes to.
pub fn judge<T: AsRef<Seen>>(
    cell: &Cell<'_, T>,
    latest: &Seen,
    rule: &Clusters,
) -> Option<Finding> {
    let (estate, category) = latest.cell()?;
    let verdict = cell.judge(rule)?;
    let from = cell.now.plus_millis(-WEEK).max(cell.settled);
    let near = within(cell.own, from, cell.now);
    let mut found = Finding::of(Rule::Cluster, format!("{estate}/{category}"), latest)
        .resting_on(near.iter().map(AsRef::as_ref));
    found.grade = if verdict.alarm { Grade::Alarm } else { Grade::Watch };
    found.n = number(verdict.n);
    found.threshold = number(verdict.threshold);
    let companies: BTreeSet<_> =
        near.iter().filter_map(|it| it.as_ref().company.as_ref()).collect();
    found.company = companies.first().filter(|_| companies.len() == 1).map(|it| (*it).clone());
    found.why = json!({
        "p95": verdict.p95,
        "windows": verdict.windows,
        "expected": rounded(verdict.expected),
        "days": verdict.days,
        "within": verdict.within,
        "chance": verdict.chance,
        "risk": rule.risk(),
    });
    Some(found)
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::city::Counts;
    use crate::proactive::seen::tests::seen;

    const RULE: Clusters = Clusters { least: 3, weeks: 26, false_alarms: 0.75 };

    fn city() -> City {
        let counts = Counts { before: 1_000, lately: 40 };
        let categories = [("C".to_owned(), counts)].into();
        City { weeks: 26, estates: 3_000, before: 50_000, categories }
    }

    /// The verdict on the last day of tickets `(day, caller)`.
    fn verdict(tickets: &[(i64, &str)], settled: i64) -> Option<Verdict> {
        let own: Vec<Seen> = tickets.iter().map(|(day, by)| seen(*day, by, "E", "C")).collect();
        let city = city();
        let (now, settled) = (own.last().unwrap().at, seen(settled, "", "", "").at);
        Cell { own: &own, estate: 17, city: &city, now, settled }.judge(&RULE)
    }

    #[test]
    fn the_95th_percentile_of_26_windows_is_the_second_largest() {
        let mut windows = vec![0; 24];
        windows.extend([4, 9]);
        assert_eq!(p95(&windows), 4);
        assert_eq!(p95(&[0; 26]), 0);
        assert_eq!(p95(&[]), 0);
    }

    #[test]
    fn three_distinct_callers_of_a_day_are_an_alarm_two_or_one_caller_thrice_are_nothing() {
        let found = verdict(&[(300, "a"), (300, "b"), (300, "c")], 0).unwrap();
        assert_eq!((found.n, found.threshold, found.alarm), (3, 3, true));
        assert_eq!(verdict(&[(300, "a"), (300, "b")], 0), None);
        assert_eq!(verdict(&[(300, "a"), (300, "a"), (300, "a"), (300, "")], 0), None);
    }

    #[test]
    fn seven_days_are_counted_and_no_eighth() {
        assert!(verdict(&[(293, "a"), (299, "b"), (300, "c")], 0).is_none());
        assert!(verdict(&[(294, "a"), (299, "b"), (300, "c")], 0).is_some());
    }

    #[test]
    fn what_was_closed_does_not_count_again() {
        let calls = [(300, "a"), (300, "b"), (300, "c"), (301, "d")];
        assert!(verdict(&calls, 300).is_none());
    }

    #[test]
    fn a_cell_that_always_has_three_is_quiet_at_three_and_listed_at_four() {
        let mut calls: Vec<(i64, String)> = Vec::new();
        for week in 0..26 {
            for caller in 0..3 {
                calls.push((100 + week * 7, format!("{week}-{caller}")));
            }
        }
        let plus = |more: usize| {
            let mut all = calls.clone();
            all.extend((0..more).map(|caller| (289, format!("new-{caller}"))));
            let borrowed: Vec<(i64, &str)> = all.iter().map(|(d, by)| (*d, by.as_str())).collect();
            verdict(&borrowed, 0)
        };
        assert_eq!(plus(3), None);
        let four = plus(4).unwrap();
        assert_eq!((four.threshold, four.alarm), (4, false));
        assert!(plus(12).unwrap().alarm);
    }
}
