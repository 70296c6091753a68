//! Web, `/rates/days`: what came in and what was finished, day by day. Its rule: from the facts of the table; each day
//! is asked for with its own ends, so that the figure leads to its tickets.

use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, RatesQuery};
use crate::app::App;
use crate::assessment::daily::{Day, by_day};
use crate::assessment::{Edition, GroupBy};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run_long};

/// No longer period is told day by day.
const DAYS: i64 = 400;

/// Which days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DaysQuery {
    /// `2026-10`: the profile's window that ends in October.
    pub window: Option<String>,
    /// Instead of a window: a day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// A day or an RFC 3339 instant, not included; 400 days after `from` at most.
    pub to: Option<String>,
    /// `all` where nothing is said.
    pub edition: Option<Edition>,
}

/// A day of the period, or as much of it as lies inside.
#[derive(Serialize, ToSchema)]
pub struct DayView {
    pub day: NaiveDate,
    /// The words that its tickets are asked for with: a day, or an instant where the period begins within it.
    pub from: String,
    /// Not included.
    pub to: String,
    /// Tickets received on it.
    pub received: i64,
    /// Tickets whose last end, a close, was on it.
    pub finished: i64,
}

/// The days that have begun, the earliest first.
#[derive(Serialize, ToSchema)]
pub struct DaysView {
    edition: Edition,
    /// `name@version`: the profile in force on the day on which the period begins.
    profile: String,
    pub items: Vec<DayView>,
    next: Option<String>,
}

/// What came in and what was finished, day by day, as far as this reader may see it.
#[utoipa::path(tag = "figures", params(DaysQuery), responses(
    (status = 200, body = DaysView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/rates/days")]
pub async fn days(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<DaysQuery>,
) -> Result<HttpResponse> {
    run_long(move || Answer::ok(&days_of(&app, &actor, query)?)).await.map(Answer::respond)
}

/// The days of the period that `query` names, as `actor` may see them.
///
/// # Errors
/// 403 for a role that sees no figures; 422 for a period that there is not, or too long a one.
pub fn days_of(app: &App, actor: &Actor, query: DaysQuery) -> Result<DaysView> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let DaysQuery { window, from, to, edition } = query;
    let group_by = Some(GroupBy::Channel);
    let as_rates = RatesQuery { window, from, to, group_by, edition, ..RatesQuery::default() };
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let asked = Asked::of(&as_rates, &rules, actor, now)?;
        if asked.window.days() > DAYS {
            return Err(Error::field("/to", "field.too_long"));
        }
        let facts = asked.facts(&app.shelf, conn)?;
        let facts = asked.mine(facts);
        let zone = rules.profile.zone;
        let bound = |at: Stamp| {
            let day = at.day(zone);
            if Stamp::start_of(day, zone) == at { day.to_string() } else { at.rfc3339(zone) }
        };
        let view = |day: Day| DayView {
            day: day.start.day(zone),
            from: bound(day.start),
            to: bound(day.end),
            received: day.received,
            finished: day.finished,
        };
        let items = by_day(&facts, &asked.question(), zone).into_iter().map(view).collect();
        let profile = asked.scoring.profile.clone();
        Ok(DaysView { edition: asked.edition, profile, items, next: None })
    })
}
