//! Papers: days and instants as official papers write them. Its rule: Arabic digits without leading zeros
//! (GB/T 9704-2012, 7.3.5.4).

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::time::Stamp;

/// `2026年11月2日`.
pub fn date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// The day of `at`.
pub fn day(at: Stamp, zone: Tz) -> String {
    date(at.day(zone))
}

/// `2026年11月2日17:30`; the end of a day is said as the day: `2026年11月9日24时`.
pub fn instant(at: Stamp, zone: Tz) -> String {
    let there = at.in_zone(zone);
    let time = there.format("%H:%M").to_string();
    let day = date(there.date_naive());
    if time == "23:59" { format!("{day}24时") } else { format!("{day}{time}") }
}
