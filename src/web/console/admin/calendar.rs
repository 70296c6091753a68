//! Web, console, administration: the days of a year that differ from their weekday. Its rule: what limits are counted
//! by: the lists that came with the program, those of the site, and its own decisions over them.

use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::frame::{READS_RULES, framed};
use crate::app::App;
use crate::directory::DayKind;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::limits::{Calendar, DayReason};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// Years that a page is made for.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Days that follow each other.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Stretch {
    from_on: NaiveDate,
    to_on: NaiveDate,
    days: u32,
}

/// A make-up workday, or a local decision.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Odd {
    on: NaiveDate,
    day: DayKind,
    /// With its weekday and reason.
    said: String,
}

/// A holiday: when one is off, and which days are worked for it.
#[derive(Debug, Default, Serialize)]
struct Holiday {
    name: String,
    off: Vec<Stretch>,
    work: Vec<Odd>,
}

#[derive(Serialize)]
struct YearPage {
    year: i32,
    /// Whether its list is there; without one every weekday counts as a workday.
    known: bool,
    before: i32,
    after: i32,
    holidays: Vec<Holiday>,
    local: Vec<Odd>,
    workdays: u32,
}

/// The year that it is.
#[get("/admin/calendar")]
pub async fn this_year(app: web::Data<App>, guest: Guest) -> Shown {
    framed(&app, &guest, "admin/calendar.html", |app, actor| year_page(app, actor, None)).await
}

/// One year.
#[get("/admin/calendar/{year}")]
pub async fn one_year(app: web::Data<App>, guest: Guest, year: web::Path<String>) -> Shown {
    framed(&app, &guest, "admin/calendar.html", move |app, actor| {
        let year = year.parse::<i32>().ok().filter(|year| YEARS.contains(year));
        year_page(app, actor, Some(year.ok_or_else(Error::not_found)?))
    })
    .await
}

fn year_page(app: &App, actor: &Actor, year: Option<i32>) -> Result<YearPage> {
    actor.require(READS_RULES)?;
    let now = app.db.now();
    let rules = app.db.read(|conn| app.hotline.rules.current(conn, now))?;
    let year = year.unwrap_or_else(|| now.day(rules.profile.zone).year());
    Ok(page_of(&rules.calendar, year))
}

fn page_of(calendar: &Calendar, year: i32) -> YearPage {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let days = || first.iter_days().take_while(move |day| in_year(*day, year));
    let mut holidays: Vec<Holiday> = Vec::new();
    let (mut places, mut local) = (BTreeMap::new(), Vec::new());
    for day in days() {
        let reason = calendar.why(day);
        let odd = |kind| Odd { on: day, day: kind, said: reason.zh(day) };
        let mut holiday = |name: &str| -> usize {
            *places.entry(name.to_owned()).or_insert_with(|| {
                holidays.push(Holiday { name: name.to_owned(), ..Holiday::default() });
                holidays.len() - 1
            })
        };
        match &reason {
            DayReason::Holiday { name } => {
                let place = holiday(name);
                lengthen(&mut holidays[place].off, day);
            }
            DayReason::MakeUp { name } => {
                let place = holiday(name);
                holidays[place].work.push(odd(DayKind::Work));
            }
            DayReason::Local { kind, .. } => local.push(odd(*kind)),
            DayReason::Weekday | DayReason::Weekend => {}
        }
    }
    let workdays = days().filter(|day| calendar.is_working(*day)).count();
    YearPage {
        year,
        known: calendar.has_year(year),
        before: year - 1,
        after: year + 1,
        holidays,
        local,
        workdays: u32::try_from(workdays).unwrap_or(u32::MAX),
    }
}

fn in_year(day: NaiveDate, year: i32) -> bool {
    day.year() == year
}

/// Adds a day to the last stretch where it follows it, else begins one.
fn lengthen(stretches: &mut Vec<Stretch>, day: NaiveDate) {
    match stretches.last_mut().filter(|last| last.to_on.succ_opt() == Some(day)) {
        Some(last) => {
            last.to_on = day;
            last.days += 1;
        }
        None => stretches.push(Stretch { from_on: day, to_on: day, days: 1 }),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;

    use super::*;

    #[test]
    fn a_year_is_told_by_its_holidays_and_the_days_worked_for_them() {
        let calendar = Calendar::builtin(chrono_tz::Asia::Shanghai, NaiveTime::MIN);
        let page = page_of(&calendar, 2026);
        let spring = page.holidays.iter().find(|holiday| holiday.name == "春节").unwrap();
        assert_eq!((spring.off.len(), spring.off[0].days, spring.work.len()), (1, 9, 2));
        assert_eq!(spring.work[0].said, "周六，春节调休上班");
        assert!(page.known && page.local.is_empty() && !page_of(&calendar, 2031).known);
    }
}
