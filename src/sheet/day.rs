//! Sheet: days and times as people type them. Its rule: what can be meant in two ways is not guessed;
//! a day without its year gets it from what stands around it, by a rule that is written down.
//!
//! Taken: `2025.3.4`, `2025/3/4 9:05`, `2025-03-04T09:05:00+08:00`, `2025年3月4日上午9点半`, `25年3月4日`, `9月30日`,
//! `9/30 14:00`, `20250304`, `202503040905`, a sheet's own days and their serial numbers. A month and day
//! with a point are taken only with two digits of the day: a sheet makes 9.3 of 9.30.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use regex::{Captures, Regex};

use super::{Cell, plain};
use crate::time::Stamp;

/// Where the year comes from that is not written.
#[derive(Debug, Clone, Copy)]
pub enum Year {
    /// This one.
    Is(i32),
    /// The last in which it is not later than this.
    UpTo(NaiveDate),
    /// The first in which it is not earlier than this.
    From(NaiveDate),
}

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed {
    /// Without a time, the beginning of the day.
    pub at: Stamp,
    /// Whether no time was typed.
    pub whole_day: bool,
}

/// Serial numbers of days that a ticket can be of: from 1954 to 2119.
const SERIALS: std::ops::Range<f64> = 20_000.0..80_000.0;
/// Years that a year of two digits may lie from the one expected.
const NEAR: i32 = 10;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($text).ok());
    };
}
pattern!(
    FULL,
    r"^(\d{4}|\d{2})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})(?:\s*[日号])?(?:$|\D.*$)"
);
pattern!(SHORT, r"^(\d{1,2})\s*([-./月])\s*(\d{1,2})(?:\s*[日号])?(?:$|[^\d.].*$)");
pattern!(COMPACT, r"^(\d{4})(\d{2})(\d{2})\s*(?:(\d{2}):?(\d{2})(?::?(\d{2}))?)?$");
pattern!(WEEKDAY, r"^\(?(?:周|星期|礼拜)[一二三四五六日天]\)?");
pattern!(
    TIME,
    r"^(上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|晚间|早|晚|am|pm)?\s*(\d{1,2})\s*(?:[:时点]\s*(?:(\d{1,2}|半|整)\s*[:分]?\s*(?:(\d{1,2})(?:\.(\d{1,9}))?\s*秒?)?)?)\s*(am|pm)?$"
);

/// The instant that `cell` names by the clocks of `zone`; none where it names none for sure.
pub fn read(cell: &Cell, zone: Tz, year: Year) -> Option<Typed> {
    let local = |at: NaiveDateTime, whole_day| Typed { at: Stamp::from_local(at, zone), whole_day };
    match cell {
        Cell::Moment(at) => Some(local(*at, at.time() == NaiveTime::MIN)),
        Cell::Number(number) => {
            let (at, whole_day) = numbered(*number)?;
            Some(local(at, whole_day))
        }
        Cell::Text(text) => {
            let text = simple(text);
            if let Some(at) = Stamp::parse(&text) {
                return Some(Typed { at, whole_day: false });
            }
            let (at, whole_day) = typed(&text, year)?;
            Some(local(at, whole_day))
        }
        Cell::Empty | Cell::Truth(_) => None,
    }
}

/// The marks that people type for one another, as one.
fn simple(text: &str) -> String {
    let text = plain::narrow(text);
    text.chars()
        .map(|c| match c {
            '。' | '·' => '.',
            '–' | '—' | '−' => '-',
            '\n' | '\t' | '\r' => ' ',
            other => other,
        })
        .collect()
}

/// A number in a column of days: `20250304`, `202503040905`, or a serial number.
fn numbered(number: f64) -> Option<(NaiveDateTime, bool)> {
    if number.fract() == 0.0 && (19_000_101.0..1e14).contains(&number) {
        return compact(&format!("{number:.0}"));
    }
    serial(number)
}

/// Days since 1899-12-30, the time as a fraction of the day, to the second.
fn serial(number: f64) -> Option<(NaiveDateTime, bool)> {
    if !SERIALS.contains(&number) {
        return None;
    }
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    #[expect(clippy::cast_possible_truncation, reason = "at most 80 000 days")]
    let seconds = (number * 86_400.0).round() as i64;
    let at = epoch.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(seconds))?;
    Some((at, number.fract() == 0.0))
}

fn typed(text: &str, year: Year) -> Option<(NaiveDateTime, bool)> {
    if let Some(found) = compact(text) {
        return Some(found);
    }
    if let Some(found) = FULL.as_ref()?.captures(text) {
        let day = day(full_year(&found[1], year)?, &found[2], &found[3])?;
        return at_time(day, behind(text, &found, 3));
    }
    if let Some(found) = SHORT.as_ref()?.captures(text) {
        if &found[2] == "." && found[3].len() < 2 {
            return None;
        }
        let day = in_year(&found[1], &found[3], year)?;
        return at_time(day, behind(text, &found, 3));
    }
    serial(text.parse().ok()?)
}

fn compact(text: &str) -> Option<(NaiveDateTime, bool)> {
    let found = COMPACT.as_ref()?.captures(text)?;
    let day = day(found[1].parse().ok()?, &found[2], &found[3])?;
    let Some(hour) = found.get(4) else { return Some((day.and_time(NaiveTime::MIN), true)) };
    let part = |place: usize| found.get(place).map_or(Some(0), |part| part.as_str().parse().ok());
    let time = NaiveTime::from_hms_opt(hour.as_str().parse().ok()?, part(5)?, part(6)?)?;
    Some((day.and_time(time), false))
}

/// What stands behind the day, without 日 or 号.
fn behind<'t>(text: &'t str, found: &Captures<'t>, last: usize) -> &'t str {
    let end = found.get(last).map_or(text.len(), |part| part.end());
    text[end..].trim_start().trim_start_matches(['日', '号'])
}

fn day(year: i32, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// Four digits as they are; two are of this century, near the year expected.
fn full_year(typed: &str, expected: Year) -> Option<i32> {
    let year: i32 = typed.parse().ok()?;
    if typed.len() == 4 {
        return Some(year);
    }
    let expected = match expected {
        Year::Is(year) => year,
        Year::UpTo(day) | Year::From(day) => day.year(),
    };
    let year = year + 2_000;
    ((year - expected).abs() <= NEAR).then_some(year)
}

fn in_year(month: &str, of_month: &str, year: Year) -> Option<NaiveDate> {
    let on = |year: i32| day(year, month, of_month);
    // A leap day may be eight years away.
    match year {
        Year::Is(year) => on(year),
        Year::UpTo(last) => (0..9).find_map(|back| on(last.year() - back).filter(|on| *on <= last)),
        Year::From(first) => {
            (0..9).find_map(|on_| on(first.year() + on_).filter(|on| *on >= first))
        }
    }
}

/// The time behind a day; nothing there is the whole day.
fn at_time(day: NaiveDate, rest: &str) -> Option<(NaiveDateTime, bool)> {
    let rest = rest.trim();
    let rest = WEEKDAY.as_ref()?.replace(rest, "");
    let rest = rest.trim_start_matches(['T', 't', ',']).trim();
    if rest.is_empty() {
        return Some((day.and_time(NaiveTime::MIN), true));
    }
    let rest = rest.to_ascii_lowercase();
    let found = TIME.as_ref()?.captures(&rest)?;
    let word = found.get(1).or(found.get(6)).map_or("", |word| word.as_str());
    let hour: u32 = found[2].parse().ok()?;
    let minute = match found.get(3).map(|part| part.as_str()) {
        None | Some("整") => 0,
        Some("半") => 30,
        Some(minute) => minute.parse().ok()?,
    };
    let second = found.get(4).map_or(Some(0), |part| part.as_str().parse().ok())?;
    let part = found.get(5).map_or("", |part| part.as_str());
    let milli: u32 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    let hour = hour_of_day(word, hour);
    if hour == 24 && minute == 0 && second == 0 {
        let next = day.checked_add_days(Days::new(1))?;
        return Some((next.and_time(NaiveTime::MIN), false));
    }
    let time = NaiveTime::from_hms_milli_opt(hour, minute, second, milli)?;
    Some((day.and_time(time), false))
}

/// 下午3点 is 15, 晚上12点 is 24, 中午1点 is 13, 凌晨12点 is 0.
fn hour_of_day(word: &str, hour: u32) -> u32 {
    match (word, hour) {
        ("晚上" | "晚间" | "晚", 12) => 24,
        ("下午" | "傍晚" | "晚上" | "晚间" | "晚" | "pm", 1..=11) => hour + 12,
        ("中午", 1..=3) => hour + 12,
        ("凌晨" | "am", 12) => 0,
        (_, hour) => hour,
    }
}
