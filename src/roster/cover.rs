//! Roster: who is on duty at an instant, and when nobody is. Its rule: pure; a unit at work needs nobody on duty.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::plan::{Plan, Turn};
use crate::limits::{Calendar, Profile};
use crate::time::Stamp;

/// When a unit is at work anyway: from the first to the last of the house's hours, on working days.
#[derive(Debug, Clone, Copy)]
pub struct Office<'a> {
    pub calendar: &'a Calendar,
    /// From, to.
    pub hours: (NaiveTime, NaiveTime),
}

impl<'a> Office<'a> {
    /// By the hours of `profile`; of one without hours, never.
    pub fn of(profile: &Profile, calendar: &'a Calendar) -> Self {
        let spans = &profile.working_hours.0;
        let from = spans.first().map_or(NaiveTime::MIN, |span| span.0);
        let to = spans.last().map_or(NaiveTime::MIN, |span| span.1);
        Self { calendar, hours: (from, to) }
    }

    /// Whether the house is at work at `at`.
    pub fn is_open(&self, at: Stamp) -> bool {
        let day = at.day(self.calendar.zone());
        self.span(day).is_some_and(|(from, to)| from <= at && at < to)
    }

    /// From when to when it is at work on `day`; nothing on a day off.
    fn span(&self, day: NaiveDate) -> Option<(Stamp, Stamp)> {
        let at = |time| Stamp::from_local(day.and_time(time), self.calendar.zone());
        let (from, to) = self.hours;
        (self.calendar.is_working(day) && from < to).then(|| (at(from), at(to)))
    }
}

/// Who is on duty at `at`, each with the end of their turn, in the order of the plans: of the plans of that day and of
/// the day before, some of whose turns last into the morning.
pub fn on_duty<'a>(
    plans: impl IntoIterator<Item = &'a Plan>,
    at: Stamp,
    zone: Tz,
) -> Vec<(&'a Turn, Stamp)> {
    let mut found = Vec::new();
    for plan in plans {
        for turn in &plan.turns {
            let (from, to) = turn.span(plan.on, zone);
            if from <= at && at < to {
                found.push((turn, to));
            }
        }
    }
    found
}

/// The stretches of `day` in which nobody of `plans` is on duty and the house is not at work, in order. What lasts over
/// midnight covers the next morning, so the plan of the day before belongs to `plans` too.
pub fn gaps<'a>(
    plans: impl IntoIterator<Item = &'a Plan>,
    day: NaiveDate,
    office: Office<'_>,
) -> Vec<(Stamp, Stamp)> {
    let zone = office.calendar.zone();
    let (start, end) = (Stamp::start_of(day, zone), Stamp::end_of(day, zone).plus_millis(1));
    let mut covered: Vec<(Stamp, Stamp)> = office.span(day).into_iter().collect();
    for plan in plans {
        covered.extend(plan.turns.iter().map(|turn| turn.span(plan.on, zone)));
    }
    covered.sort();
    let (mut found, mut at) = (Vec::new(), start);
    for (from, to) in covered {
        if from >= end {
            break;
        }
        if from > at {
            found.push((at, from));
        }
        at = at.max(to);
    }
    if at < end {
        found.push((at, end));
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::roster::plan::Shift;

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn plan(on: &str, turns: &[(&str, &str, &str)]) -> Plan {
        let turn = |(name, from, to): &(&str, &str, &str)| Turn {
            shift: Shift::Night,
            from: time(from),
            to: time(to),
            account: None,
            name: (*name).to_owned(),
            phone: None,
        };
        Plan {
            unit: "wuye".into(),
            on: on.parse().unwrap(),
            turns: turns.iter().map(turn).collect(),
            set_by: "head".to_owned(),
            set_at: Stamp::from_millis(0),
        }
    }

    /// Friday, Saturday, Sunday and Monday; and the National Day.
    fn plans() -> Vec<Plan> {
        vec![
            plan("2026-11-06", &[("甲", "17:30", "08:30")]),
            plan("2026-11-07", &[("乙", "08:30", "08:30"), ("丙", "20:00", "22:00")]),
            plan("2026-11-08", &[]),
            plan("2026-11-09", &[("丁", "18:00", "00:00")]),
        ]
    }

    #[test]
    fn who_is_on_duty_is_found_also_after_midnight() {
        for (at, names) in [
            ("2026-11-06T17:29:59+08:00", ""),
            ("2026-11-06T17:30:00+08:00", "甲"),
            ("2026-11-07T08:29:59+08:00", "甲"),
            ("2026-11-07T08:30:00+08:00", "乙"),
            ("2026-11-07T21:00:00+08:00", "乙丙"),
            ("2026-11-08T08:30:00+08:00", ""),
            ("2026-11-09T23:59:59+08:00", "丁"),
            ("2026-11-10T00:00:00+08:00", ""),
        ] {
            let plans = plans();
            let found = on_duty(&plans, Stamp::parse(at).unwrap(), Shanghai);
            let found: String = found.iter().map(|(turn, _)| turn.name.as_str()).collect();
            assert_eq!(found, names, "{at}");
        }
    }

    #[test]
    fn a_gap_is_what_neither_work_nor_duty_covers() {
        let calendar = Calendar::builtin(Shanghai, time("17:30"));
        let office = Office { calendar: &calendar, hours: (time("09:00"), time("17:30")) };
        for (day, gaps_there) in [
            // A working day with a night: the morning before it is open.
            ("2026-11-06", "00:00-09:00"),
            ("2026-11-07", ""),
            ("2026-11-08", "08:30-00:00"),
            ("2026-11-09", "00:00-09:00 17:30-18:00"),
            // A day off in the middle of the week.
            ("2026-10-01", "00:00-00:00"),
            // A Sunday that is worked (调休).
            ("2026-01-04", "00:00-09:00 17:30-00:00"),
        ] {
            let plans = plans();
            let found = gaps(&plans, day.parse().unwrap(), office);
            let clock = |at: Stamp| at.in_zone(Shanghai).format("%H:%M").to_string();
            let found: Vec<String> =
                found.iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect();
            assert_eq!(found.join(" "), gaps_there, "{day}");
        }
    }
}
