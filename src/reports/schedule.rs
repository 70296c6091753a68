//! Reports: which are made by themselves, and when (issue: 专报 scheduled for day and hour ⚙). Its rule: pure; the
//! window that ended last of each edition, once its day and hour have come.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::code_enum;
use crate::config;
use crate::error::{Error, Kind, Result};
use crate::limits::{Window, WindowRule};
use crate::notify::when::time_of_day;
use crate::time::Stamp;

code_enum! {
    /// How long a time a report is about.
    pub enum Edition {
        Month = "month" "月报",
        Week = "week" "周报",
        Year = "year" "年报",
    }
}

/// The choices of a site (`config/default.toml`, `[reports]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub editions: Vec<Edition>,
    /// Days after the end of a window.
    pub days_after: u32,
    pub at: NaiveTime,
    /// User names.
    pub subscribers: Vec<String>,
}

impl Schedule {
    /// The choices of `config`.
    ///
    /// # Errors
    /// `config.value` naming the key.
    pub fn of(config: &config::Reports) -> Result<Self> {
        let read = |code: &String| {
            code.parse().map_err(|_| {
                let all = Edition::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" | ");
                let values =
                    [("file", "configuration"), ("key", "reports.editions"), ("expected", &all)];
                Error::with(Kind::Invalid, "config.value", &values)
            })
        };
        let days = config.days_after;
        if config.editions.iter().any(|it| it == Edition::Week.as_str()) && days >= 7 {
            // The next week would have ended before this one is made.
            let values =
                [("file", "configuration"), ("key", "reports.days_after"), ("expected", "0-6")];
            return Err(Error::with(Kind::Invalid, "config.value", &values));
        }
        Ok(Self {
            editions: config.editions.iter().map(read).collect::<Result<_>>()?,
            days_after: config.days_after,
            at: time_of_day(&config.at, "reports.at")?,
            subscribers: config.subscribers.clone(),
        })
    }

    /// The window of each edition that ended last, where its day and hour have come by `now`: the one before it is not
    /// made up for, since it had its day while this one ran.
    pub fn due(&self, rule: WindowRule, zone: Tz, now: Stamp) -> Vec<(Edition, Window)> {
        let last = |edition: &Edition| Some((*edition, ended(*edition, rule, zone, now)?));
        let has_come = |(_, window): &(Edition, Window)| self.made_at(window, zone) <= now;
        self.editions.iter().filter_map(last).filter(has_come).collect()
    }

    fn made_at(&self, window: &Window, zone: Tz) -> Stamp {
        let end = window.end.day(zone);
        let day = end.checked_add_days(Days::new(u64::from(self.days_after))).unwrap_or(end);
        Stamp::from_local(day.and_time(self.at), zone)
    }
}

/// The window of this edition that ended last at `now`.
fn ended(edition: Edition, rule: WindowRule, zone: Tz, now: Stamp) -> Option<Window> {
    let today = now.day(zone);
    let days =
        |from: NaiveDate, to: NaiveDate| rule.from_to(&from.to_string(), &to.to_string(), zone);
    match edition {
        Edition::Month => Some(rule.containing(now, zone).previous()),
        Edition::Week => {
            let since = u64::from(today.weekday().num_days_from_monday());
            let monday = today.checked_sub_days(Days::new(since))?;
            days(monday.checked_sub_days(Days::new(7))?, monday)
        }
        // The twelve windows of a year, as the profile cuts them.
        Edition::Year => {
            let years = [today.year(), today.year() - 1];
            years.into_iter().filter_map(|year| rule.year(year, zone)).find(|it| it.end <= now)
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;

    use super::*;

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("{text}+08:00")).unwrap()
    }

    fn days(at: Stamp) -> String {
        at.rfc3339(Shanghai)[..16].to_owned()
    }

    #[rstest]
    #[case("month", 1, "2026-11-02T08:29:59", None)]
    #[case("month", 1, "2026-11-02T08:30:00", Some(("2026-10-01T00:00", "2026-11-01T00:00")))]
    #[case("month", 1, "2026-11-30T23:59:59", Some(("2026-10-01T00:00", "2026-11-01T00:00")))]
    // The month has turned, its own day has not come: the one before is made up for by nobody.
    #[case("month", 1, "2026-12-01T09:00:00", None)]
    #[case("month", 19, "2026-10-20T08:30:00", Some(("2026-09-19T00:00", "2026-10-19T00:00")))]
    #[case("week", 1, "2026-11-24T08:30:00", Some(("2026-11-16T00:00", "2026-11-23T00:00")))]
    #[case("week", 1, "2026-11-23T23:00:00", None)]
    #[case("year", 1, "2027-01-02T08:30:00", Some(("2026-01-01T00:00", "2027-01-01T00:00")))]
    #[case("year", 19, "2026-12-20T08:29:59", None)]
    #[case("year", 19, "2026-12-20T08:30:00", Some(("2025-12-19T00:00", "2026-12-19T00:00")))]
    #[case("year", 19, "2027-12-01T08:30:00", Some(("2025-12-19T00:00", "2026-12-19T00:00")))]
    fn the_window_that_ended_last_is_made_once_its_hour_has_come(
        #[case] edition: &str,
        #[case] from_day: u32,
        #[case] now: &str,
        #[case] made: Option<(&str, &str)>,
    ) {
        let schedule = Schedule {
            editions: vec![edition.parse().unwrap()],
            days_after: 1,
            at: NaiveTime::from_hms_opt(8, 30, 0).unwrap(),
            subscribers: Vec::new(),
        };
        let rule = WindowRule { from_day, cut: NaiveTime::MIN };
        let due = schedule.due(rule, Shanghai, at(now));
        let got = due.first().map(|(_, window)| (days(window.start), days(window.end)));
        assert_eq!(got, made.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }
}
