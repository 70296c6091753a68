//! Bottom line: when a published phone is answered, out of the words it is published with. Its rule: pure; words that
//! it is not sure of it does not read, and then nobody is held to hours.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveTime, Weekday};
use regex::Regex;

use crate::limits::{Calendar, WorkingHours};
use crate::time::Stamp;

/// On which days.
#[derive(Debug, Clone, PartialEq, Eq)]
enum On {
    Workdays,
    EveryDay,
    Of(BTreeSet<u32>),
}

/// Days and hours of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    on: On,
    spans: Vec<(NaiveTime, NaiveTime)>,
}

/// How far ahead an opening is looked for: the longest holidays are shorter.
const LOOK_AHEAD: u64 = 15;

static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let time = "([0-9]{1,2})(?:[:点时]([0-9]{2})?分?)?";
    Regex::new(&format!("(下午)?{time}(?:[-–—~～至到]+)(下午)?{time}")).ok()
});
static WEEK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(?:周|星期)([一二三四五六日天])(?:(?:[-–—~～至到]+)(?:周|星期)?([一二三四五六日天]))?",
    )
    .ok()
});

impl Hours {
    /// The hours that `text` says; those of the house where it says none; nothing where it is not clear.
    pub fn read(text: &str, house: &WorkingHours) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
        if text.is_empty() {
            return Some(Self { on: On::Workdays, spans: house.0.clone() });
        }
        let spans = spans(&text)?;
        let whole_day = text.contains("24小时") || text.contains("全天");
        match (spans.is_empty(), whole_day) {
            (true, true) => {
                let spans = vec![(NaiveTime::MIN, day_end()?)];
                Some(Self { on: days(&text)?.pop().unwrap_or(On::EveryDay), spans })
            }
            (false, false) => {
                let workdays = text.contains("节假日除外") || text.contains("法定");
                let on = days(&text)?.pop().filter(|_| !workdays).unwrap_or(On::Workdays);
                Some(Self { on, spans })
            }
            // Hours beside 24小时 are of two sorts of days; no hours at all are none of ours.
            (true, false) if text.contains("工作时间") || text == "工作日" => {
                Some(Self { on: On::Workdays, spans: house.0.clone() })
            }
            _ => None,
        }
    }

    /// Whether it is answered at `at`.
    pub fn is_open(&self, at: Stamp, calendar: &Calendar) -> bool {
        let local = at.in_zone(calendar.zone());
        let (day, time) = (local.date_naive(), local.time());
        self.holds_on(day, calendar) && self.spans.iter().any(|it| it.0 <= time && time <= it.1)
    }

    /// When it is answered next, from `at` on; nothing within a fortnight.
    pub fn opens(&self, at: Stamp, calendar: &Calendar) -> Option<Stamp> {
        if self.is_open(at, calendar) {
            return Some(at);
        }
        let today = at.day(calendar.zone());
        let days = (0..LOOK_AHEAD).filter_map(|n| today.checked_add_days(Days::new(n)));
        let open = days.filter(|day| self.holds_on(*day, calendar));
        let starts = open.flat_map(|day| self.spans.iter().map(move |span| day.and_time(span.0)));
        let starts = starts.map(|local| Stamp::from_local(local, calendar.zone()));
        starts.filter(|start| *start > at).min()
    }

    fn holds_on(&self, day: chrono::NaiveDate, calendar: &Calendar) -> bool {
        match &self.on {
            On::Workdays => calendar.is_working(day),
            On::EveryDay => true,
            On::Of(week) => week.contains(&day.weekday().num_days_from_monday()),
        }
    }
}

/// The last millisecond of a day.
fn day_end() -> Option<NaiveTime> {
    NaiveTime::from_hms_milli_opt(23, 59, 59, 999)
}

fn plain(c: char) -> char {
    match c {
        '：' => ':',
        '－' | '―' => '-',
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        other => other,
    }
}

/// Every span of hours; nothing where one makes no sense.
fn spans(text: &str) -> Option<Vec<(NaiveTime, NaiveTime)>> {
    let mut found = Vec::new();
    for it in SPAN.as_ref()?.captures_iter(text) {
        let number = |n: usize| it.get(n).and_then(|part| part.as_str().parse::<u32>().ok());
        let afternoon = |said: bool, hour: u32| if said && hour < 12 { hour + 12 } else { hour };
        let from = afternoon(it.get(1).is_some(), number(2)?);
        let to = afternoon(it.get(1).is_some() || it.get(4).is_some(), number(5)?);
        let from = NaiveTime::from_hms_opt(from, number(3).unwrap_or(0), 0)?;
        let to = match to {
            24 => day_end()?,
            hour => NaiveTime::from_hms_opt(hour, number(6).unwrap_or(0), 0)?,
        };
        if from >= to {
            return None;
        }
        found.push((from, to));
    }
    Some(found)
}

/// Which days are named: one sort at most; nothing for several, whose hours nobody could tell apart.
fn days(text: &str) -> Option<Vec<On>> {
    let mut said = Vec::new();
    if text.contains("工作日") {
        said.push(On::Workdays);
    }
    if text.contains("每天") || text.contains("每日") || text.contains("全年") {
        said.push(On::EveryDay);
    }
    for it in WEEK.as_ref()?.captures_iter(text) {
        let first = weekday(it.get(1)?.as_str())?;
        let last = it.get(2).map_or(Some(first), |part| weekday(part.as_str()))?;
        let (from, to) = (first.num_days_from_monday(), last.num_days_from_monday());
        if from > to {
            return None;
        }
        said.push(match (from, to) {
            // Nobody sits there on a holiday, and on a make-up workday they do.
            (0, 4) => On::Workdays,
            (0, 6) => On::EveryDay,
            _ => On::Of((from..=to).collect()),
        });
    }
    said.dedup();
    (said.len() <= 1).then_some(said)
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "一" => Weekday::Mon,
        "二" => Weekday::Tue,
        "三" => Weekday::Wed,
        "四" => Weekday::Thu,
        "五" => Weekday::Fri,
        "六" => Weekday::Sat,
        "日" | "天" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Profile;
    use crate::limits::profile::builtin;

    fn profile() -> Profile {
        builtin("default").unwrap()
    }

    fn open(hours: &str, at: &str) -> Option<bool> {
        let profile = profile();
        let hours = Hours::read(hours, &profile.working_hours)?;
        Some(hours.is_open(Stamp::parse(&format!("{at}:00+08:00")).unwrap(), &profile.calendar()))
    }

    #[test]
    fn published_hours_are_read_as_people_write_them() {
        // Friday, Saturday (a make-up workday), the first day of the Spring Festival, an ordinary Saturday.
        let (fri, makeup, feast, sat) = ("2026-02-13", "2026-02-14", "2026-02-17", "2026-03-07");
        for (hours, at, is_open) in [
            ("", format!("{fri}T09:00"), Some(true)),
            ("", format!("{fri}T12:30"), Some(false)),
            ("工作日 9:00-17:30", format!("{makeup}T17:30"), Some(true)),
            ("工作日 9:00-17:30", format!("{fri}T17:31"), Some(false)),
            ("工作日 9:00-17:30", format!("{feast}T10:00"), Some(false)),
            ("周一至周五 ９：００－１２：００，下午2:00-5:30", format!("{fri}T10:00"), Some(true)),
            ("周一至周五 9：00—12：00，下午2:00-5:30", format!("{fri}T17:00"), Some(true)),
            ("周一至周五 9：00—12：00，下午2:00-5:30", format!("{fri}T13:00"), Some(false)),
            ("周一至周五8点30分至17点", format!("{makeup}T08:30"), Some(true)),
            ("周一至周六 8:00~18:00", format!("{sat}T17:00"), Some(true)),
            ("每天8:00-20:00", format!("{feast}T19:59"), Some(true)),
            ("24小时", format!("{feast}T03:00"), Some(true)),
            ("全天", format!("{sat}T23:59"), Some(true)),
            ("工作时间", format!("{fri}T16:00"), Some(true)),
            ("8:30-24:00", format!("{fri}T23:30"), Some(true)),
            ("周一至周五9:00-17:00，周六9:00-12:00", format!("{fri}T10:00"), None),
            ("24小时（值班），工作日9:00-17:00", format!("{fri}T10:00"), None),
            ("随时", format!("{fri}T10:00"), None),
            ("17:00-9:00", format!("{fri}T10:00"), None),
            ("25:00-26:00", format!("{fri}T10:00"), None),
        ] {
            assert_eq!(open(hours, &at), is_open, "{hours} {at}");
        }
    }

    #[test]
    fn the_next_opening_passes_over_holidays() {
        let profile = profile();
        let (calendar, at) = (profile.calendar(), |text: &str| Stamp::parse(text).unwrap());
        let hours = Hours::read("工作日9:00-12:00，13:30-17:30", &profile.working_hours).unwrap();
        for (from, next) in [
            ("2026-02-13T10:00:00+08:00", "2026-02-13T10:00:00+08:00"),
            ("2026-02-13T12:30:00+08:00", "2026-02-13T13:30:00+08:00"),
            ("2026-02-13T20:00:00+08:00", "2026-02-14T09:00:00+08:00"),
            ("2026-02-14T18:00:00+08:00", "2026-02-24T09:00:00+08:00"),
        ] {
            assert_eq!(hours.opens(at(from), &calendar), Some(at(next)), "{from}");
        }
    }
}
