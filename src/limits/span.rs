//! Limits: how long a clock runs (domain.md §4). Its rule: two kinds only — natural time to the
//! millisecond, and whole working days — and what a fixed instant adds to them.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use crate::code_enum;
use crate::time::Stamp;

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

code_enum! {
    /// Which clock it is.
    pub enum ClockName {
        Dispatch = "dispatch" "派单时限",
        Sign = "sign" "签收时限",
        Contact = "contact" "首次联系时限",
        Handle = "handle" "办理时限",
        Overall = "overall" "总时限",
        DisputeWindow = "dispute_window" "异议提出时限",
        DisputeReview = "dispute_review" "异议审核时限",
        Survey = "survey" "回访时限",
        Rework = "rework" "重办时限",
        Ledger = "ledger" "挂账承诺期限",
        Progress = "progress" "挂账进展反馈时限",
        ReportIn = "report_in" "报到时限",
    }
}

code_enum! {
    /// How a limit stands, as people see it; ordered from good to bad, so that `max` is the worst.
    pub enum Light {
        Green = "green" "绿灯",
        Yellow = "yellow" "黄灯",
        Red = "red" "红灯",
    }
}

impl Light {
    /// How a ticket stands at `now` that becomes yellow and red at these instants; green where none of its
    /// limits runs.
    pub fn of(yellow_at: Option<Stamp>, red_at: Option<Stamp>, now: Stamp) -> Self {
        match (red_at, yellow_at) {
            (Some(red), _) if now > red => Self::Red,
            (_, Some(yellow)) if now >= yellow => Self::Yellow,
            _ => Self::Green,
        }
    }
}

/// How long a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Span {
    /// Natural time, no calendar.
    Elapsed { ms: i64 },
    /// Whole working days; due at 23:59:59.999 of the n-th.
    Workdays { n: u32 },
    /// Natural time, then to the end of the first working day after the day on which it ends: the
    /// overall limit of elapsed kinds.
    ElapsedThenDay { ms: i64 },
    /// A fixed instant: a promised day, or a limit that someone set by hand.
    Until { at: Stamp },
}

impl Span {
    pub const fn minutes(n: i64) -> Self {
        Self::Elapsed { ms: n * MINUTE_MS }
    }
    pub const fn hours(n: i64) -> Self {
        Self::Elapsed { ms: n * HOUR_MS }
    }
    pub const fn workdays(n: u32) -> Self {
        Self::Workdays { n }
    }

    /// Half of it, for rework: elapsed half the time (a half millisecond is given), workdays
    /// ⌈n/2⌉. A fixed instant stays.
    #[must_use]
    pub const fn halved(self) -> Self {
        match self {
            Self::Elapsed { ms } => Self::Elapsed { ms: ms / 2 + ms % 2 },
            Self::ElapsedThenDay { ms } => Self::ElapsedThenDay { ms: ms / 2 + ms % 2 },
            Self::Workdays { n } => Self::Workdays { n: n.div_ceil(2) },
            Self::Until { at } => Self::Until { at },
        }
    }

    /// Whether it counts in working days: its pauses are then working days too.
    pub const fn counts_workdays(self) -> bool {
        matches!(self, Self::Workdays { .. })
    }

    /// When a clock that starts at `start` runs out, without pauses and extensions.
    pub fn due(self, start: Stamp, calendar: &Calendar) -> Stamp {
        match self {
            Self::Elapsed { ms } => start.plus_millis(ms),
            Self::Workdays { n } => calendar.due(start, n),
            Self::ElapsedThenDay { ms } => {
                let day = start.plus_millis(ms).day(calendar.zone());
                Stamp::end_of(calendar.next_workday(day), calendar.zone())
            }
            Self::Until { at } => at,
        }
    }

    /// The length as people read it.
    pub fn zh(self) -> String {
        match self {
            Self::Elapsed { ms } => millis_zh(ms),
            Self::Workdays { n } => format!("{n}个工作日"),
            Self::ElapsedThenDay { ms } => format!("{}后的首个工作日止", millis_zh(ms)),
            Self::Until { .. } => "指定期限".to_owned(),
        }
    }
}

/// A length of natural time as people read it, in the largest whole unit.
pub fn millis_zh(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(DAY_MS, "天"), (HOUR_MS, "小时"), (MINUTE_MS, "分钟"), (1000, "秒")];
    let mut left = ms;
    let mut text = String::new();
    for (unit, name) in UNITS {
        // 24 小时 is how the trade says it, not 1 天.
        if unit == DAY_MS && ms < 2 * DAY_MS {
            continue;
        }
        if left >= unit {
            text.push_str(&format!("{}{name}", left / unit));
            left %= unit;
        }
    }
    if text.is_empty() { format!("{ms}毫秒") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rework_gets_half_of_the_first_limit_rounded_up() {
        for (n, half) in [(1, 1), (5, 3), (15, 8), (16, 8)] {
            assert_eq!(Span::workdays(n).halved(), Span::workdays(half));
        }
        assert_eq!(Span::hours(24).halved(), Span::hours(12));
        assert_eq!(Span::minutes(30).halved(), Span::minutes(15));
    }

    #[test]
    fn lengths_are_said_as_the_trade_says_them() {
        assert_eq!(Span::minutes(30).zh(), "30分钟");
        assert_eq!(Span::hours(24).zh(), "24小时");
        assert_eq!(Span::hours(7 * 24).zh(), "7天");
        assert_eq!(Span::hours(51).zh(), "2天3小时");
        assert_eq!(Span::workdays(5).zh(), "5个工作日");
    }

    #[test]
    fn a_span_in_json_is_small_and_tagged() {
        let json = serde_json::to_string(&Span::workdays(5)).unwrap();
        assert_eq!(json, r#"{"is":"workdays","n":5}"#);
        assert_eq!(serde_json::from_str::<Span>(&json).unwrap(), Span::workdays(5));
    }
}
