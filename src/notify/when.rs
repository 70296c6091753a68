//! Notices: when a letter may leave. Its rule: pure; nobody is woken but for an emergency, and nobody
//! gets more letters an hour than the site allows: what is over goes into the next digest.

use chrono::{Days, NaiveTime};
use chrono_tz::Tz;

use crate::error::{Error, Kind, Result};
use crate::time::Stamp;

/// The hours in which nobody is written to, such as 22:00 to 07:00; they may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// A time of day as `HH:MM`.
///
/// # Errors
/// `config.value` (`Kind::Invalid`) naming `key`.
pub fn time_of_day(text: &str, key: &str) -> Result<NaiveTime> {
    let wrong = |_| {
        let values = [("file", "configuration"), ("key", key), ("expected", "HH:MM")];
        Error::with(Kind::Invalid, "config.value", &values)
    };
    NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(wrong)
}

impl Quiet {
    /// `22:00-07:00`; nothing for an empty text.
    ///
    /// # Errors
    /// As [`time_of_day`].
    pub fn parse(text: &str, key: &str) -> Result<Option<Self>> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let (from, to) = text.split_once('-').unwrap_or((text, ""));
        let (from, to) = (time_of_day(from, key)?, time_of_day(to, key)?);
        Ok(Some(Self { from, to }))
    }

    fn holds_at(self, time: NaiveTime) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            time >= self.from || time < self.to
        }
    }

    /// `at`, or the end of the quiet hours that it lies in.
    pub fn after(self, at: Stamp, zone: Tz) -> Stamp {
        if self.holds_at(at.in_zone(zone).time()) { next(at, self.to, zone) } else { at }
    }
}

/// The next of the times of day `slots` at or after `at`; `at` where there are none.
pub fn next_slot(at: Stamp, slots: &[NaiveTime], zone: Tz) -> Stamp {
    slots.iter().map(|slot| next(at, *slot, zone)).min().unwrap_or(at)
}

/// The next instant at or after `at` when clocks in `zone` show `time`.
fn next(at: Stamp, time: NaiveTime, zone: Tz) -> Stamp {
    let today = at.day(zone);
    let days = [Some(today), today.checked_add_days(Days::new(1))];
    days.into_iter()
        .flatten()
        .map(|day| Stamp::from_local(day.and_time(time), zone))
        .find(|there| *there >= at)
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Stamp {
        Stamp::parse(text).unwrap()
    }

    fn quiet(text: &str) -> Quiet {
        Quiet::parse(text, "notify.quiet").unwrap().unwrap()
    }

    #[test]
    fn a_letter_of_the_night_waits_for_the_morning() {
        let nights = quiet("22:00-07:00");
        for (asked, leaves) in [
            ("2026-11-02T21:59:59+08:00", "2026-11-02T21:59:59+08:00"),
            ("2026-11-02T22:00:00+08:00", "2026-11-03T07:00:00+08:00"),
            ("2026-11-03T03:00:00+08:00", "2026-11-03T07:00:00+08:00"),
            ("2026-11-03T07:00:00+08:00", "2026-11-03T07:00:00+08:00"),
        ] {
            assert_eq!(nights.after(at(asked), Shanghai), at(leaves), "{asked}");
        }
        let noon = quiet("12:00-13:30").after(at("2026-11-03T12:10:00+08:00"), Shanghai);
        assert_eq!(noon, at("2026-11-03T13:30:00+08:00"));
    }

    #[test]
    fn a_digest_goes_at_the_next_of_its_times() {
        let slots = ["08:30", "14:00"].map(|text| time_of_day(text, "k").unwrap());
        for (asked, goes) in [
            ("2026-11-02T08:30:00+08:00", "2026-11-02T08:30:00+08:00"),
            ("2026-11-02T08:30:01+08:00", "2026-11-02T14:00:00+08:00"),
            ("2026-11-02T20:00:00+08:00", "2026-11-03T08:30:00+08:00"),
        ] {
            assert_eq!(next_slot(at(asked), &slots, Shanghai), at(goes), "{asked}");
        }
    }

    #[test]
    fn what_is_no_time_of_day_is_refused_with_its_key() {
        for text in ["25:00-07:00", "22:00", "nachts"] {
            let error = Quiet::parse(text, "notify.quiet").unwrap_err();
            assert_eq!(error.code(), "config.value");
        }
        assert_eq!(Quiet::parse(" ", "notify.quiet").unwrap(), None);
    }

    proptest! {
        #[test]
        fn what_waited_is_never_early_never_quiet_and_at_most_a_day_late(
            millis in 1_700_000_000_000_i64..1_900_000_000_000, from in 0_u32..1440, to in 0_u32..1440,
        ) {
            prop_assume!(from != to);
            let time = |minutes: u32| NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap();
            let quiet = Quiet { from: time(from), to: time(to) };
            let asked = Stamp::from_millis(millis);
            let leaves = quiet.after(asked, Shanghai);
            prop_assert!(leaves >= asked && leaves.millis_since(asked) <= 86_400_000);
            prop_assert!(!quiet.holds_at(leaves.in_zone(Shanghai).time()));
        }
    }
}
