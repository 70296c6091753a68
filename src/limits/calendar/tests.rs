//! Limits: the calendar's cases, written first from domain.md §4, and a second count over the
//! published lists that shares no code with the calendar.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Asia::Shanghai;
use rstest::rstest;

use super::*;
use crate::limits::year_list::BUILTIN;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Stamp {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    Stamp::from_local(local, Shanghai)
}

fn half_past_five() -> NaiveTime {
    NaiveTime::from_hms_opt(17, 30, 0).unwrap()
}

fn calendar() -> Calendar {
    Calendar::builtin(Shanghai, half_past_five())
}

#[rstest]
#[case("2026-02-11 10:00:00", 5, "2026-02-25")]
#[case("2026-02-13 10:00:00", 1, "2026-02-14")]
#[case("2026-02-14 10:00:00", 5, "2026-02-28")]
#[case("2026-04-30 10:00:00", 5, "2026-05-11")]
#[case("2026-09-24 10:00:00", 5, "2026-10-09")]
#[case("2026-09-30 10:00:00", 5, "2026-10-13")]
#[case("2025-12-31 10:00:00", 5, "2026-01-08")]
#[case("2025-09-26 10:00:00", 15, "2025-10-23")]
#[case("2026-09-18 10:00:00", 2, "2026-09-21")]
#[case("2026-09-30 17:31:00", 5, "2026-10-14")]
#[case("2026-10-01 10:00:00", 1, "2026-10-09")]
#[case("2026-02-13 18:00:00", 1, "2026-02-24")]
#[case("2026-09-19 09:00:00", 2, "2026-09-22")]
// The cut-off itself is in time, a millisecond later is not.
#[case("2026-09-30 17:30:00.000", 5, "2026-10-13")]
#[case("2026-09-30 17:30:00.001", 5, "2026-10-14")]
// Midnight belongs to the day that begins; the last millisecond to the one that ends.
#[case("2026-03-03 00:00:00.000", 1, "2026-03-04")]
#[case("2026-03-03 23:59:59.999", 1, "2026-03-05")]
// Off by a list of the next year (2019's notice names 2018-12-29 as worked).
#[case("2018-12-28 10:00:00", 1, "2018-12-29")]
#[case("2022-12-30 10:00:00", 1, "2023-01-03")]
fn a_limit_of_working_days_is_due_at_the_end_of_the_last(
    #[case] start: &str,
    #[case] n: u32,
    #[case] due: &str,
) {
    assert_eq!(calendar().due(at(start), n), at(&format!("{due} 23:59:59.999")));
}

/// Working or not, straight from the raw JSON, by another way than the calendar's.
fn raw_days() -> HashMap<NaiveDate, bool> {
    let mut days = HashMap::new();
    for text in BUILTIN {
        let list: serde_json::Value = serde_json::from_str(text).unwrap();
        for (key, works) in [("off", false), ("work", true)] {
            for group in list[key].as_array().unwrap() {
                for on in group["days"].as_array().unwrap() {
                    days.insert(day(on.as_str().unwrap()), works);
                }
            }
        }
    }
    days
}

/// Agreement with a count that first writes every working day of the years into one long row and
/// then only indexes it.
#[test]
fn every_start_of_twelve_years_agrees_with_an_independent_count() {
    let calendar = calendar();
    let raw = raw_days();
    let first = day("2015-01-01");
    let all: Vec<NaiveDate> = first.iter_days().take(366 * 12 + 120).collect();
    let works = |on: &NaiveDate| {
        raw.get(on).copied().unwrap_or_else(|| on.format("%u").to_string().as_str() < "6")
    };
    let row: Vec<NaiveDate> = all.iter().copied().filter(works).collect();
    let end = day("2026-12-31");
    for on in all.iter().take_while(|on| **on <= end) {
        // Index of the first working day on or after `on`; and strictly after it.
        let here = row.partition_point(|worked| worked < on);
        let after = row.partition_point(|worked| worked <= on);
        for (hour, counted) in [(8, here), (18, after)] {
            let start = Stamp::start_of(*on, Shanghai).plus(TimeDelta::hours(hour));
            assert_eq!(calendar.counted_start(start), row[counted], "{on} {hour}");
            let mut from = row[counted];
            for n in 1..=30 {
                let due = row[counted + n];
                // One day at a time for all, whole spans for a sample: the same walk, much faster.
                from = calendar.next_workday(from);
                assert_eq!(from, due, "{on} {hour} {n}");
                if n % 7 == 1 {
                    let n = u32::try_from(n).unwrap();
                    assert_eq!(calendar.due(start, n), Stamp::end_of(due, Shanghai));
                    assert_eq!(calendar.workdays_between(row[counted], due), n);
                    assert_eq!(calendar.nth_last_workday(due, n), row[counted + 1]);
                }
            }
        }
    }
}

#[test]
fn every_day_says_why_it_is_worked_or_not() {
    let calendar = calendar();
    let zh = |text: &str| calendar.why(day(text)).zh(day(text));
    assert_eq!(zh("2026-09-30"), "周三，工作日");
    assert_eq!(zh("2026-10-17"), "周六，休息日");
    assert_eq!(zh("2026-10-01"), "周四，国庆节放假");
    assert_eq!(zh("2026-10-10"), "周六，国庆节调休上班");
    for on in day("2015-01-01").iter_days().take(4_300) {
        assert_eq!(calendar.why(on).is_working(), calendar.is_working(on));
    }
}

#[test]
fn a_local_override_beats_the_list_and_changes_the_version() {
    let plain = calendar();
    let flood = LocalDay { on: day("2026-07-21"), kind: DayKind::Off, name: "暴雨停工".into() };
    let local = calendar().with_local([flood]);
    assert!(plain.is_working(day("2026-07-21")) && !local.is_working(day("2026-07-21")));
    assert_eq!(local.why(day("2026-07-21")).zh(day("2026-07-21")), "周二，本地放假（暴雨停工）");
    assert_ne!(plain.version(), local.version());
    assert_eq!(plain.version(), calendar().version());
}

#[test]
fn a_missing_year_is_warned_of_from_november() {
    let calendar = calendar();
    assert!(calendar.has_year(2026) && !calendar.has_year(2027));
    assert_eq!(calendar.missing_year(day("2026-10-31")), None);
    assert_eq!(calendar.missing_year(day("2026-11-01")), Some(2027));
    assert_eq!(calendar.missing_year(day("2027-02-01")), Some(2027));
}

#[test]
fn working_hours_count_only_on_working_days() {
    let hm = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
    let hours = WorkingHours(vec![(hm(9, 0), hm(12, 0)), (hm(13, 30), hm(17, 30))]);
    let between =
        |from: &str, to: &str| calendar().working_millis_between(at(from), at(to), &hours) / 60_000;
    assert_eq!(between("2026-03-03 00:00:00", "2026-03-04 00:00:00"), 7 * 60);
    assert_eq!(between("2026-03-03 11:00:00", "2026-03-03 14:00:00"), 90);
    assert_eq!(between("2026-03-03 12:00:00", "2026-03-03 13:30:00"), 0);
    // From Friday evening over the weekend to Monday morning.
    assert_eq!(between("2026-03-06 17:00:00", "2026-03-09 09:10:00"), 40);
    // National day week: the make-up Saturday counts.
    assert_eq!(between("2026-09-30 17:30:00", "2026-10-11 00:00:00"), 3 * 420);
    assert_eq!(between("2026-03-04 10:00:00", "2026-03-03 10:00:00"), 0);
}

#[test]
fn a_week_without_working_days_ends_the_count_instead_of_running_on() {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let never =
        Calendar::new(Shanghai, half_past_five()).with_rest(&[Mon, Tue, Wed, Thu, Fri, Sat, Sun]);
    assert!(never.add_workdays(day("2026-01-01"), 3) > day("2026-12-31"));
}
