//! Limits: what the tests of this room share — Chinese local times, the calendar, a timer.

use std::sync::LazyLock;

use chrono::{NaiveDateTime, NaiveTime};
use chrono_tz::Asia::Shanghai;

use super::Timer;
use crate::limits::calendar::Calendar;
use crate::limits::span::{ClockName, Span};
use crate::time::Stamp;

/// `2026-03-02 10:00:00` in Shanghai.
pub fn at(text: &str) -> Stamp {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    Stamp::from_local(local, Shanghai)
}

/// The built-in calendar with the default cut-off.
pub fn calendar() -> Calendar {
    static CALENDAR: LazyLock<Calendar> =
        LazyLock::new(|| Calendar::builtin(Shanghai, NaiveTime::from_hms_opt(17, 30, 0).unwrap()));
    CALENDAR.clone()
}

/// A handle limit of the default profile.
pub fn timer(span: Span, start: &str) -> Timer {
    Timer::start(ClockName::Handle, span, at(start), None, "default@1", &calendar())
}
