//! Web, console: the duty roster 值班表, a week or a month of it. Its rule: what `GET /roster` tells; a day is put by the
//! form of that day, and printed as it stands.

use actix_web::{get, web};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::roster::{RosterQuery, RosterView, roster_of};
use crate::web::blocking::run;

/// Which part of it.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    unit: String,
    /// A day of the week or the month; today where it is none.
    #[serde(default)]
    from: String,
    /// `month`, or a week.
    #[serde(default)]
    show: String,
    /// The day that is being put.
    #[serde(default)]
    edit: String,
}

#[derive(Serialize)]
struct Sheet {
    roster: RosterView,
    unit: String,
    show: &'static str,
    edit: String,
    today: NaiveDate,
    /// A day of the stretch before, and of the next.
    before: NaiveDate,
    after: NaiveDate,
}

/// The roster.
#[get("/roster")]
pub async fn duties(app: web::Data<App>, guest: Guest, wanted: web::Query<Wanted>) -> Shown {
    let (house, actor, wanted) = (app.clone(), guest.actor.clone(), wanted.into_inner());
    let (sheet, names) = run(move || {
        let sheet = sheet_of(&house, &actor, wanted)?;
        let names = names_in(&house, &actor, &sheet)?;
        Ok((sheet, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("roster.html", sheet)?)
}

fn sheet_of(app: &App, actor: &Actor, wanted: Wanted) -> Result<Sheet> {
    let Wanted { unit, from, show, edit } = wanted;
    let today = app.db.now().day(app.config.site.zone);
    let day = from.parse().unwrap_or(today);
    let show = if show == "month" { "month" } else { "week" };
    let (from, to) = if show == "month" { month_of(day) } else { week_of(day) };
    let asked = Some(unit.clone()).filter(|code| !code.is_empty());
    let query = RosterQuery { from: Some(from), to: Some(to), unit: asked };
    Ok(Sheet {
        roster: roster_of(app, actor, &query)?,
        unit,
        show,
        edit,
        today,
        before: from.pred_opt().unwrap_or(from),
        after: to.succ_opt().unwrap_or(to),
    })
}

/// Monday to Sunday.
fn week_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let past = u64::from(day.weekday().num_days_from_monday());
    let first = day.checked_sub_days(Days::new(past)).unwrap_or(day);
    (first, first.checked_add_days(Days::new(6)).unwrap_or(day))
}

/// The first to the last.
fn month_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1));
    (first, next.and_then(|next| next.pred_opt()).unwrap_or(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_a_month_on_the_first() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for any in ["2026-11-02", "2026-11-08"] {
            assert_eq!(week_of(day(any)), (day("2026-11-02"), day("2026-11-08")), "{any}");
        }
        for any in ["2028-02-01", "2028-02-29"] {
            assert_eq!(month_of(day(any)), (day("2028-02-01"), day("2028-02-29")), "{any}");
        }
    }
}
