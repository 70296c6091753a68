//! Roster, demo: this week and the next of some units of the invented city, so that a newcomer finds people on the sheet.
//! Its rule: no name or number is anybody's; a week in which a unit has any plan is left as it is.

use chrono::{Datelike, Days, NaiveDate};

use super::change::{self, called};
use super::cover::Office;
use super::plan::{NewPlan, NewTurn, Shift};
use super::store;
use crate::db::Tx;
use crate::directory::{Directory, UnitCode};
use crate::error::Result;
use crate::identity::Actor;

/// Somebody who takes turns, and the login name of the demo user who they are.
type Person = (&'static str, Option<&'static str>);

/// Who takes turns at a unit.
struct Team {
    unit: &'static str,
    phone: &'static str,
    people: &'static [Person],
    /// Whether somebody is there on days off.
    days_off: bool,
}

const TEAMS: &[Team] = &[
    Team {
        unit: "rexian",
        phone: "0000-80000002",
        people: &[("值班长甲", Some("agent")), ("值班长乙", None), ("值班长丙", None)],
        days_off: true,
    },
    Team {
        unit: "wuye",
        phone: "0000-80000003",
        people: &[
            ("物业科值班甲", Some("handler")),
            ("物业科值班乙", Some("unit_head")),
            ("物业科值班丙", None),
        ],
        days_off: true,
    },
    Team {
        unit: "gongre",
        phone: "0000-80000012",
        people: &[("供热抢修甲班", None), ("供热抢修乙班", None), ("供热抢修丙班", None)],
        days_off: true,
    },
    Team {
        unit: "zjj-ql",
        phone: "0000-80000026",
        people: &[("区局值班甲", Some("ql_handler")), ("区局值班乙", Some("ql_head"))],
        days_off: true,
    },
    // Nobody on its days off: what a gap looks like.
    Team {
        unit: "jd-ql1",
        phone: "0000-80000027",
        people: &[("街道值班甲", Some("ql1_handler")), ("街道值班乙", Some("ql1_head"))],
        days_off: false,
    },
];

/// Puts what is missing of today's week and the next; answers how many days of units it put.
///
/// # Errors
/// As [`change::put`].
pub fn load(tx: &mut Tx<'_>, within: (&Directory, Office<'_>)) -> Result<usize> {
    let today = tx.now.day(within.1.calendar.zone());
    let past = Days::new(u64::from(today.weekday().num_days_from_monday()));
    let monday = today.checked_sub_days(past).unwrap_or(today);
    let mut put = 0;
    for week in 0..2 {
        let days: Vec<NaiveDate> = monday.iter_days().skip(week * 7).take(7).collect();
        for team in TEAMS {
            put += fill(tx, within, team, &days)?;
        }
    }
    Ok(put)
}

/// Puts a week of `team`, where nothing is put.
fn fill(
    tx: &mut Tx<'_>,
    (directory, office): (&Directory, Office<'_>),
    team: &Team,
    days: &[NaiveDate],
) -> Result<usize> {
    let unit = UnitCode::from(team.unit);
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(0) };
    let known =
        directory.unit(&unit).is_some_and(|it| it.span.holds_on(*first) && it.span.holds_on(*last));
    if !known {
        return Ok(0);
    }
    let there = store::plans(tx.conn, Some(std::slice::from_ref(&unit)), (*first, *last))?;
    if !there.is_empty() {
        return Ok(0);
    }
    let system = Actor::system();
    for day in days {
        let plan = plan(tx, office, team, *day)?;
        let place = (&unit, *day);
        change::put(tx, &system, (directory, office), place, &|_| Ok(()), || Ok(plan))?;
    }
    Ok(days.len())
}

/// The nights of working days; of days off the day and the night, where the team is there.
fn plan(tx: &mut Tx<'_>, office: Office<'_>, team: &Team, day: NaiveDate) -> Result<NewPlan> {
    let shifts: &[Shift] = match (office.calendar.is_working(day), team.days_off) {
        (true, _) => &[Shift::Night],
        (false, true) => &[Shift::Day, Shift::Night],
        (false, false) => &[],
    };
    let turn = usize::try_from(day.num_days_from_ce()).unwrap_or_default() * 2;
    let people = team.people.iter().cycle().skip(turn % team.people.len().max(1));
    let mut turns = Vec::new();
    for (shift, (name, login)) in shifts.iter().zip(people) {
        let account = match login {
            Some(login) => called(tx.conn, &Actor::system(), login)?.map(|_| (*login).to_owned()),
            None => None,
        };
        turns.push(NewTurn {
            shift: *shift,
            from: None,
            to: None,
            account,
            name: Some((*name).to_owned()),
            phone: Some(team.phone.to_owned()),
        });
    }
    Ok(NewPlan { turns })
}
