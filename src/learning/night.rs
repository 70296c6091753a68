//! Learning: when. Its rule: once a night, while nobody waits; at any hour only where nothing serves, or where no
//! night came for days (a machine that is switched off in the evening).

use std::ops::Range;

use chrono::{TimeDelta, Timelike};
use chrono_tz::Tz;

use crate::time::Stamp;

/// Hours of the night, by the clocks of the site: from 01:00 on, before 05:00.
const NIGHT: Range<u32> = 1..5;
/// More than a night is long, less than from one to the next.
const ONE_NIGHT: TimeDelta = TimeDelta::hours(12);
/// After so long the night is not waited for.
const NO_NIGHT: TimeDelta = TimeDelta::days(3);
/// Where nothing serves: too few tickets one day may be enough the next.
const NOTHING_SERVES: TimeDelta = TimeDelta::days(1);

/// Whether it is time to learn again beside a model that serves.
pub fn is_due(last: Option<Stamp>, now: Stamp, zone: Tz) -> bool {
    let is_night = NIGHT.contains(&now.in_zone(zone).hour());
    is_over(last, if is_night { ONE_NIGHT } else { NO_NIGHT }, now)
}

/// Whether it is time to learn where none serves.
pub fn is_first_due(last: Option<Stamp>, now: Stamp) -> bool {
    is_over(last, NOTHING_SERVES, now)
}

fn is_over(last: Option<Stamp>, pause: TimeDelta, now: Stamp) -> bool {
    last.is_none_or(|last| last.plus(pause) <= now)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use rstest::rstest;

    use super::*;

    /// After a lesson in the night of the 21st.
    #[rstest]
    #[case::the_same_night("2026-11-21T04:30:00+08:00", false)]
    #[case::in_office_hours("2026-11-21T15:00:00+08:00", false)]
    #[case::before_the_night("2026-11-22T00:59:00+08:00", false)]
    #[case::the_next_night("2026-11-22T01:00:00+08:00", true)]
    #[case::before_it_ends("2026-11-22T04:59:00+08:00", true)]
    #[case::once_it_is_over("2026-11-22T05:00:00+08:00", false)]
    #[case::night_elsewhere("2026-11-22T02:00:00Z", false)]
    #[case::by_day_after_three_days("2026-11-24T09:00:00+08:00", true)]
    fn it_is_learnt_at_night_by_the_clocks_of_the_site(#[case] now: &str, #[case] is_it: bool) {
        let last = Stamp::parse("2026-11-21T01:10:00+08:00");
        assert_eq!(is_due(last, Stamp::parse(now).unwrap(), Shanghai), is_it);
    }

    #[test]
    fn where_nothing_serves_it_is_learnt_at_once_and_then_once_a_day() {
        let noon = Stamp::parse("2026-11-21T12:00:00+08:00").unwrap();
        assert!(is_first_due(None, noon));
        assert!(!is_first_due(Some(noon), noon.plus(TimeDelta::hours(23))));
        assert!(is_first_due(Some(noon), noon.plus(TimeDelta::hours(24))));
    }
}
