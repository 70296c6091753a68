//! Limits: the assessed period 考核周期 (domain.md §6). Its rule: half open, in the site's zone, and
//! `2026-10` is the window that ends in October by the profile.

use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::time::Stamp;

/// On which day of the month, and at what time, a window begins: 1 and 00:00 is the calendar
/// month, 19 is the 19th to the 18th.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowRule {
    /// 1 to 28.
    pub from_day: u32,
    /// The local time of the cut, such as 12:00.
    pub cut: NaiveTime,
}

/// A period `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start: Stamp,
    pub end: Stamp,
    /// The first day of the month it is named after; none for a period that was given by days.
    month: Option<NaiveDate>,
    rule: WindowRule,
    zone: Tz,
}

impl WindowRule {
    /// The window named after the month of `day`.
    pub fn named(self, day: NaiveDate, zone: Tz) -> Window {
        let month = day.with_day(1).unwrap_or(day);
        let begins = |month: NaiveDate| {
            let day = month.with_day(self.from_day.clamp(1, 28)).unwrap_or(month);
            Stamp::from_local(day.and_time(self.cut), zone)
        };
        let (first, last) = if self.from_day <= 1 {
            (month, shifted(month, 1))
        } else {
            (shifted(month, -1), month)
        };
        let (start, end) = (begins(first), begins(last));
        Window { start, end, month: Some(month), rule: self, zone }
    }

    /// Reads `2026-10`; none where it is not a month.
    pub fn parse(self, text: &str, zone: Tz) -> Option<Window> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str, n| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let day = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
        Some(self.named(day, zone))
    }

    /// The twelve windows that are named after months of `year`, in one.
    pub fn year(self, year: i32, zone: Tz) -> Option<Window> {
        let named = |month| Some(self.named(NaiveDate::from_ymd_opt(year, month, 1)?, zone));
        Some(Window { start: named(1)?.start, month: None, ..named(12)? })
    }

    /// The named window that holds `at`.
    pub fn containing(self, at: Stamp, zone: Tz) -> Window {
        let day = at.day(zone);
        let near = [-1, 0, 1].map(|n| self.named(shifted(day, n), zone));
        near.into_iter().find(|window| window.contains(at)).unwrap_or(near[1])
    }

    /// A period given by its ends, `[from, to)`: days (`2026-09-19`, their 00:00) or RFC 3339
    /// instants; none where either cannot be read or the period is empty.
    pub fn from_to(self, from: &str, to: &str, zone: Tz) -> Option<Window> {
        let read = |text: &str| match text.parse::<NaiveDate>() {
            Ok(day) => Some(Stamp::start_of(day, zone)),
            Err(_) => Stamp::parse(text),
        };
        let (start, end) = (read(from)?, read(to)?);
        (start < end).then_some(Window { start, end, month: None, rule: self, zone })
    }
}

impl Window {
    pub fn contains(&self, at: Stamp) -> bool {
        self.start <= at && at < self.end
    }

    /// `2026-10`, or both ends.
    pub fn label(&self) -> String {
        match self.month {
            Some(month) => month.format("%Y-%m").to_string(),
            None => format!("{}/{}", self.start.rfc3339(self.zone), self.end.rfc3339(self.zone)),
        }
    }

    /// The window before it 环比: the month before, or as long a period that ends where it starts; of a whole year the
    /// year before, however many days that has.
    #[must_use]
    pub fn previous(&self) -> Self {
        match self.month {
            Some(month) => self.rule.named(shifted(month, -1), self.zone),
            None if self.is_year() => self.year_before(),
            None => {
                let length = self.end.millis_since(self.start);
                Self { start: self.start.plus_millis(-length), end: self.start, ..*self }
            }
        }
    }

    /// The same window a year earlier 同比.
    #[must_use]
    pub fn year_before(&self) -> Self {
        if let Some(month) = self.month {
            return self.rule.named(shifted(month, -12), self.zone);
        }
        let back = |at: Stamp| {
            let local = at.in_zone(self.zone).naive_local();
            Stamp::from_local(local.checked_sub_months(Months::new(12)).unwrap_or(local), self.zone)
        };
        Self { start: back(self.start), end: back(self.end), ..*self }
    }

    /// This window and the two before it, in one: what a few answers are looked at by (domain.md §6 rule 3).
    #[must_use]
    pub fn with_two_before(&self) -> Self {
        Self { start: self.previous().previous().start, month: None, ..*self }
    }

    /// The part of this earlier window that has the length which `current` has run at `now`:
    /// comparisons are of the same elapsed part (domain.md §6 rule 6).
    #[must_use]
    pub fn elapsed_like(&self, current: &Self, now: Stamp) -> Self {
        if now >= current.end {
            return *self;
        }
        let run = now.millis_since(current.start).max(0);
        Self { end: self.end.min(self.start.plus_millis(run)), ..*self }
    }

    /// Whether it is an assessed period with a month's name, not one given by days.
    pub const fn is_named(&self) -> bool {
        self.month.is_some()
    }

    /// Whether it runs from a day to the same day a year later.
    fn is_year(&self) -> bool {
        self.year_before().end == self.start
    }

    /// The site's, in which its days begin and end.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// How many local days it touches, for daily means.
    pub fn days(&self) -> i64 {
        let last = self.end.plus_millis(-1).day(self.zone);
        (last - self.start.day(self.zone)).num_days() + 1
    }
}

fn shifted(day: NaiveDate, months: i32) -> NaiveDate {
    let by = Months::new(months.unsigned_abs());
    let moved = if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) };
    moved.unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;

    use super::*;

    fn rule(from_day: u32, hour: u32) -> WindowRule {
        WindowRule { from_day, cut: NaiveTime::from_hms_opt(hour, 0, 0).unwrap() }
    }

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("{text}+08:00")).unwrap()
    }

    #[rstest]
    #[case(rule(1, 0), "2026-10", "2026-10-01T00:00:00", "2026-11-01T00:00:00")]
    #[case(rule(19, 0), "2026-10", "2026-09-19T00:00:00", "2026-10-19T00:00:00")]
    #[case(rule(19, 0), "2026-01", "2025-12-19T00:00:00", "2026-01-19T00:00:00")]
    #[case(rule(26, 12), "2026-03", "2026-02-26T12:00:00", "2026-03-26T12:00:00")]
    #[case(rule(1, 0), "2028-02", "2028-02-01T00:00:00", "2028-03-01T00:00:00")]
    fn a_month_names_the_window_that_ends_in_it(
        #[case] rule: WindowRule,
        #[case] name: &str,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        let window = rule.parse(name, Shanghai).unwrap();
        assert_eq!((window.start, window.end), (at(start), at(end)));
        assert_eq!(window.label(), name);
        for inside in [window.start, window.end.plus_millis(-1)] {
            assert_eq!(rule.containing(inside, Shanghai), window);
        }
        assert_eq!(window.previous().end, window.start);
        assert!(!window.contains(window.end));
    }

    #[test]
    fn a_period_is_half_open_and_never_empty() {
        let rule = rule(1, 0);
        let window = rule.from_to("2026-09-19", "2026-10-19", Shanghai).unwrap();
        assert_eq!(window.start, at("2026-09-19T00:00:00"));
        assert_eq!(window.days(), 30);
        assert_eq!(window.previous().start, at("2026-08-20T00:00:00"));
        assert_eq!(window.year_before().start, at("2025-09-19T00:00:00"));
        assert!(rule.from_to("2026-10-19", "2026-10-19", Shanghai).is_none());
        assert!(rule.from_to("2026-13-01", "2026-10-19", Shanghai).is_none());
        for bad in ["2026", "2026-13", "2026-1", "26-10", "2026-10-01", "+026-10"] {
            assert!(rule.parse(bad, Shanghai).is_none(), "{bad}");
        }
    }

    #[rstest]
    #[case(rule(1, 0), 2028, "2028-01-01T00:00:00", "2029-01-01T00:00:00", "2027-01-01T00:00:00")]
    #[case(rule(19, 0), 2028, "2027-12-19T00:00:00", "2028-12-19T00:00:00", "2026-12-19T00:00:00")]
    #[case(rule(19, 12), 2027, "2026-12-19T12:00:00", "2027-12-19T12:00:00", "2025-12-19T12:00:00")]
    fn a_year_is_its_twelve_windows_and_so_is_the_one_before(
        #[case] rule: WindowRule,
        #[case] year: i32,
        #[case] start: &str,
        #[case] end: &str,
        #[case] before: &str,
    ) {
        let window = rule.year(year, Shanghai).unwrap();
        assert_eq!((window.start, window.end), (at(start), at(end)));
        assert!(!window.is_named());
        assert_eq!((window.previous().start, window.previous().end), (at(before), window.start));
        assert_eq!(window.previous(), window.year_before());
        let months = (1..=12).map(|month| rule.parse(&format!("{year}-{month:02}"), Shanghai));
        let months: Vec<Window> = months.map(Option::unwrap).collect();
        assert_eq!((months[0].start, months[11].end), (window.start, window.end));
        // Kept by its ends alone it is the same year.
        let ends = [window.start, window.end].map(|at| at.rfc3339(Shanghai));
        let again = rule.from_to(&ends[0], &ends[1], Shanghai).unwrap();
        assert_eq!(again.previous(), window.previous());
    }

    #[test]
    fn three_windows_in_one_end_with_this_one() {
        let window = rule(19, 0).parse("2026-01", Shanghai).unwrap().with_two_before();
        assert_eq!(
            (window.start, window.end),
            (at("2025-10-19T00:00:00"), at("2026-01-19T00:00:00"))
        );
        let days = rule(1, 0).from_to("2026-09-11", "2026-09-21", Shanghai).unwrap();
        assert_eq!(days.with_two_before().start, at("2026-08-22T00:00:00"));
    }

    #[test]
    fn an_earlier_window_is_cut_to_the_part_that_has_run() {
        let rule = rule(1, 0);
        let october = rule.parse("2026-10", Shanghai).unwrap();
        let part = october.previous().elapsed_like(&october, at("2026-10-08T12:00:00"));
        assert_eq!(part.end, at("2026-09-08T12:00:00"));
        let whole = october.previous().elapsed_like(&october, at("2026-11-05T00:00:00"));
        assert_eq!(whole, october.previous());
    }
}
