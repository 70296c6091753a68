//! Assessment: what came in and what was finished, day by day. Its rule: the days of a window are cut by the site's
//! midnight and by the window's own ends, so that their sums are the window's figures.

use chrono_tz::Tz;

use super::facts::Facts;
use super::shares::{Question, came_and_went};
use crate::time::Stamp;

/// A day of a window, or as much of it as lies inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Included.
    pub start: Stamp,
    /// Not included.
    pub end: Stamp,
    pub received: i64,
    pub finished: i64,
}

/// The days of the window of `ask` that have begun, each with its figures: as `received` and `finished` count it.
pub fn by_day(facts: &Facts, ask: &Question<'_>, zone: Tz) -> Vec<Day> {
    let mut days = begun(ask, zone);
    let mut count = |at: Stamp, add: fn(&mut Day)| {
        let place = days.partition_point(|day| day.end <= at);
        if let Some(day) = days.get_mut(place) {
            add(day);
        }
    };
    for fact in &facts.tickets {
        let [came, went] = came_and_went(fact, ask);
        if came {
            count(fact.received_at, |day| day.received += 1);
        }
        if let Some(ended_at) = fact.ended_at.filter(|_| went) {
            count(ended_at, |day| day.finished += 1);
        }
    }
    days
}

fn begun(ask: &Question<'_>, zone: Tz) -> Vec<Day> {
    let last = ask.end.min(ask.now.plus_millis(1));
    let (mut days, mut start) = (Vec::new(), ask.start);
    while start < last {
        let Some(next) = start.day(zone).succ_opt() else { break };
        let end = Stamp::start_of(next, zone).min(ask.end);
        days.push(Day { start, end, received: 0, finished: 0 });
        start = end;
    }
    days
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::assessment::facts::{Edition, Standing};
    use crate::assessment::figures::city::City;

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("{text}+08:00")).unwrap()
    }

    #[test]
    fn the_days_of_a_window_that_begins_at_noon_add_up_to_its_figures() {
        let mut city = City::default();
        let mut came = |received: &str, ended: Option<&str>| {
            let fact = city.ticket("a");
            (fact.received_at, fact.ended_at) = (at(received), ended.map(at));
            fact.standing = if ended.is_some() { Standing::Closed } else { Standing::Live };
        };
        came("2026-09-19T11:59:59", Some("2026-09-19T12:00:00"));
        came("2026-09-19T12:00:00", Some("2026-09-20T00:00:00"));
        came("2026-09-19T23:59:59", None);
        came("2026-09-21T09:00:00", None);
        let ask = Question {
            start: at("2026-09-19T12:00:00"),
            end: at("2026-10-19T12:00:00"),
            now: at("2026-09-21T10:00:00"),
            ..city.ask(Edition::All)
        };
        let days = by_day(&city.facts, &ask, Shanghai);
        let counted: Vec<_> = days.iter().map(|day| (day.received, day.finished)).collect();
        assert_eq!(counted, [(2, 1), (0, 1), (1, 0)]);
        assert_eq!((days[0].start, days[0].end), (ask.start, at("2026-09-20T00:00:00")));
        let over = Question { now: at("2026-11-01T00:00:00"), ..ask };
        let days = by_day(&city.facts, &over, Shanghai);
        assert_eq!((days.len(), days.last().map(|day| day.end)), (31, Some(over.end)));
        let ahead = Question { now: at("2026-09-01T00:00:00"), ..ask };
        assert!(by_day(&city.facts, &ahead, Shanghai).is_empty());
    }
}
