//! Limits: every limit explains itself (domain.md §4). Its rule: day by day from the start, each
//! counted or skipped with its reason, and the last counted day is the due day.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Serialize;

use super::calendar::Calendar;
use super::moves::{Extension, Pause, PauseReason, paused_days};
use super::span::{ClockName, Span, millis_zh};
use super::timer::{Note, Timer};
use crate::time::Stamp;

/// One day of the count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    pub on: NaiveDate,
    pub counted: bool,
    /// Which counted day it is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u32>,
    /// Why, as people read it.
    pub why: String,
}

/// How a limit came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub clock: ClockName,
    pub starts_at: Stamp,
    pub due_at: Stamp,
    /// The rule as a Chinese sentence.
    pub rule: String,
    /// `name@version`.
    pub profile: String,
    pub days: Vec<Day>,
    pub pauses: Vec<Pause>,
    pub extensions: Vec<Extension>,
    /// What else moved it, or did not, as Chinese sentences.
    pub notes: Vec<String>,
}

/// Says how `timer` was counted by `calendar`.
pub fn explain(timer: &Timer, calendar: &Calendar) -> Explanation {
    let days = match timer.span {
        Span::Workdays { .. } => workdays(timer, calendar),
        _ => natural_days(timer, calendar),
    };
    Explanation {
        clock: timer.clock,
        starts_at: timer.starts_at,
        due_at: timer.due_at,
        rule: rule(timer, calendar),
        profile: timer.profile.clone(),
        days,
        pauses: timer.pauses.clone(),
        extensions: timer.extensions.clone(),
        notes: timer.notes.iter().map(|note| said(note, calendar)).collect(),
    }
}

fn local(at: Stamp, calendar: &Calendar) -> String {
    at.in_zone(calendar.zone()).format("%Y年%-m月%-d日%H:%M").to_string()
}

fn date(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

fn rule(timer: &Timer, calendar: &Calendar) -> String {
    let name = timer.clock.zh();
    let start = local(timer.starts_at, calendar);
    let cutoff = calendar.cutoff().format("%H:%M");
    let due = local(timer.due_at, calendar);
    let mut text = match timer.span {
        Span::Workdays { n } => format!(
            "{name}：自{start}起算，起算日不计入，{cutoff}以后或休息日收到的按下一工作日收到计；限{n}个工作日，至末日24时止"
        ),
        Span::Elapsed { ms } => {
            format!("{name}：自{start}起连续计时{}，含休息日", millis_zh(ms))
        }
        Span::ElapsedThenDay { ms } => {
            format!("{name}：自{start}起连续计时{}，再至其后第一个工作日24时止", millis_zh(ms))
        }
        Span::Until { .. } => format!("{name}：自{start}起，至指定期限止"),
    };
    if let Some(extra) = extensions_zh(&timer.extensions) {
        text.push_str(&extra);
    }
    if timer.cap_at.is_some_and(|cap| cap == timer.due_at) {
        text.push_str("；不晚于上级平台的到期时间");
    }
    // Writing to a String cannot fail.
    let _ = write!(text, "。到期时间{due}（含）。");
    text
}

fn extensions_zh(extensions: &[Extension]) -> Option<String> {
    let last = extensions.last()?;
    let workdays: u32 = extensions.iter().map(|extension| extension.workdays).sum();
    Some(format!("；经{}，顺延{workdays}个工作日，至{}", last.reason.zh(), date(last.until)))
}

fn said(note: &Note, calendar: &Calendar) -> String {
    match note {
        Note::CalendarLater { at, calendar: version, from, to } => format!(
            "{}启用新的工作日历（{version}），到期时间由{}顺延至{}。",
            local(*at, calendar),
            local(*from, calendar),
            local(*to, calendar)
        ),
        Note::CalendarKept { at, calendar: version, would_be } => format!(
            "{}启用新的工作日历（{version}），按其应提前至{}，到期时间保持不变。",
            local(*at, calendar),
            local(*would_be, calendar)
        ),
        Note::Respanned { from_span, from, to } => format!(
            "紧急程度变更，原时限{}，自起算时间重新计算，到期时间由{}改为{}。",
            from_span.zh(),
            local(*from, calendar),
            local(*to, calendar)
        ),
    }
}

/// The closed pauses as the days that they keep from counting.
struct Paused {
    after: NaiveDate,
    until: NaiveDate,
    first: NaiveDate,
    reason: PauseReason,
}

fn paused(timer: &Timer, calendar: &Calendar) -> Vec<Paused> {
    let closed = timer.pauses.iter().filter_map(|pause| pause.to.map(|to| (pause, to)));
    closed
        .map(|(pause, to)| {
            let (after, until) = paused_days(pause, to, calendar);
            let first = pause.from.day(calendar.zone());
            Paused { after, until, first, reason: pause.reason }
        })
        .collect()
}

fn days_from(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |day| *day <= last)
}

fn workdays(timer: &Timer, calendar: &Calendar) -> Vec<Day> {
    let received = timer.starts_at.day(calendar.zone());
    let start = calendar.counted_start(timer.starts_at);
    let due = timer.due_day(calendar);
    let pauses = paused(timer, calendar);
    // Where the due day itself lies in a pause, nothing was left when the pause began: that day
    // then stands in for the day on which the pause began.
    let swapped = pauses.iter().find(|p| p.after < due && due <= p.until).map(|p| p.first);
    let extended_from =
        timer.extensions.first().map(|extension| extension.from_due.day(calendar.zone()));
    let mut nth = 0;
    let mut days = Vec::new();
    for on in days_from(received, due.max(received)) {
        let reason = calendar.why(on);
        let why = reason.zh(on);
        let held = pauses.iter().find(|p| p.after < on && on <= p.until);
        let skip = if on == due {
            None
        } else if on < start {
            Some(before_start(on, received, reason.is_working(), calendar))
        } else if on == start {
            Some(if on == received {
                "起算日，不计入".to_owned()
            } else {
                "视为收到之日，不计入".to_owned()
            })
        } else if !reason.is_working() {
            Some("不计入".to_owned())
        } else if let Some(pause) = held {
            Some(format!("{}期间，不计入", pause.reason.zh()))
        } else if swapped == Some(on) {
            Some("暂停开始之日，由恢复之日顶替，不计入".to_owned())
        } else {
            None
        };
        days.push(if let Some(skip) = skip {
            Day { on, counted: false, nth: None, why: format!("{why}；{skip}") }
        } else {
            nth += 1;
            let later = extended_from.is_some_and(|from| on > from);
            let tail = if later { "（延期）" } else { "" };
            Day {
                on, counted: true, nth: Some(nth), why: format!("{why}；计入第{nth}日{tail}")
            }
        });
    }
    days
}

fn before_start(on: NaiveDate, received: NaiveDate, works: bool, calendar: &Calendar) -> String {
    let cutoff = calendar.cutoff().format("%H:%M");
    match (on == received, works) {
        (true, true) => format!("{cutoff}以后收到，按下一工作日收到计"),
        (true, false) => "休息日收到，按下一工作日收到计".to_owned(),
        (false, _) => "收到后的休息日，不计入".to_owned(),
    }
}

fn natural_days(timer: &Timer, calendar: &Calendar) -> Vec<Day> {
    let zone = calendar.zone();
    let (first, due) = (timer.starts_at.day(zone), timer.due_day(calendar));
    // Of the overall limit of elapsed kinds: the day on which the elapsed part ends.
    let elapsed_ends = match timer.span {
        Span::ElapsedThenDay { ms } if timer.pauses.is_empty() && timer.extensions.is_empty() => {
            timer.starts_at.plus_millis(ms).day(zone)
        }
        _ => due,
    };
    let mut nth = 0;
    days_from(first, due.max(first))
        .map(|on| {
            let (from, to) = (Stamp::start_of(on, zone), Stamp::end_of(on, zone));
            let held = timer
                .pauses
                .iter()
                .find(|pause| pause.from <= from && pause.to.is_some_and(|pause_to| pause_to > to));
            let why = calendar.why(on);
            let skip = match held {
                _ if on == due => None,
                Some(pause) => Some(format!("{}期间，不计入", pause.reason.zh())),
                None if on > elapsed_ends => Some(format!("{}；不计入", why.zh(on))),
                None => None,
            };
            if let Some(why) = skip {
                return Day { on, counted: false, nth: None, why };
            }
            nth += 1;
            let why = if on > elapsed_ends {
                format!("{}；其后第一个工作日", why.zh(on))
            } else {
                "自然日，连续计时".to_owned()
            };
            Day { on, counted: true, nth: Some(nth), why }
        })
        .collect()
}

#[cfg(test)]
mod tests;
