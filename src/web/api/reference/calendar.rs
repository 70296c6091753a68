//! Web, `/calendar/{year}`: days off and make-up workdays as data. Its rule: the State Council's
//! list is kept as it came; a local decision about a day wins over it.

use actix_web::{HttpResponse, get, post, put, web};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Listed;
use crate::app::App;
use crate::directory::{self, CalendarOverride, CalendarYear, DayKind, Directory, Entry};
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::limits::check_year;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::RawBody;
use crate::web::idempotency::{Answer, IdempotencyKey, write_once};
use crate::web::problem::Problem;

/// A day that differs from its weekday's rule.
#[derive(Serialize, ToSchema)]
pub struct DayView {
    /// The date.
    code: NaiveDate,
    /// The holiday's name, or the reason of a local decision.
    name: String,
    day: DayKind,
    /// Whether it is a local decision.
    local: bool,
}

/// The yearly list in its usual form.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct YearList {
    year: i32,
    days: Vec<ListedDay>,
    /// Where the list was published.
    #[serde(default)]
    papers: Vec<String>,
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, rename = "$id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// One day of the yearly list.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedDay {
    name: String,
    date: NaiveDate,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}

/// The days of a year that differ from their weekday's rule; 404 where no list is loaded and
/// nothing was decided locally.
#[utoipa::path(tag = "reference", params(("year" = i32, Path)), responses((status = 200, body = Listed<DayView>), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[get("/calendar/{year}")]
pub async fn show(
    app: web::Data<App>,
    _asker: Asker,
    year: web::Path<i32>,
) -> Result<HttpResponse> {
    let directory = run(move || app.db.read(|conn| app.directory.current(conn))).await?;
    let items = days(&directory, *year)?.ok_or_else(Error::not_found)?;
    Ok(HttpResponse::Ok().json(Listed { items, next: None }))
}

fn days(directory: &Directory, year: i32) -> Result<Option<Vec<DayView>>> {
    let mut known = false;
    let mut days = std::collections::BTreeMap::new();
    if let Some(list) = directory.calendar(year) {
        known = true;
        let list: YearList = serde_json::from_str(&list.json).map_err(Error::internal)?;
        for day in list.days {
            let kind = if day.is_off_day { DayKind::Off } else { DayKind::Work };
            let view = DayView { code: day.date, name: day.name, day: kind, local: false };
            days.insert(day.date, view);
        }
    }
    for local in directory.overrides().filter(|it| it.on.year() == year) {
        known = true;
        if let Some(day) = local.day {
            let name = local.reason.clone();
            days.insert(local.on, DayView { code: local.on, name, day, local: true });
        }
    }
    Ok(known.then(|| days.into_values().collect()))
}

/// The list as the directory keeps it.
fn recorded(list: &YearList) -> Result<CalendarYear> {
    let json = serde_json::to_string(list).map_err(Error::internal)?;
    let row = CalendarYear { year: list.year, json };
    check_year(&row)?;
    Ok(row)
}

/// Adds the list of a year that has none yet.
#[utoipa::path(tag = "reference", request_body = YearList, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = YearList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "directory.exists", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/calendar")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Sysadmin])?;
    let list: YearList = raw.parse()?;
    let entry = Entry::CalendarYear(recorded(&list)?);
    let idem = key.bind(&actor.name, raw.bytes());
    let zone = app.config.site.zone;
    write_once(&app, idem, move |tx| {
        let today = tx.now.day(zone);
        directory::create(tx, &actor, entry.clone(), today)?;
        Answer::created(format!("/api/v1/calendar/{}", list.year), &list)
    })
    .await
}

/// Loads a year's list, or a corrected one.
#[utoipa::path(tag = "reference", request_body = YearList, params(("year" = i32, Path)), responses(
    (status = 204),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/calendar/{year}")]
pub async fn load(
    app: web::Data<App>,
    Asker(actor): Asker,
    year: web::Path<i32>,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Sysadmin])?;
    let list: YearList = raw.parse()?;
    if list.year != *year {
        return Err(Error::field("/year", "directory.calendar_year"));
    }
    put_entry(app, actor, Entry::CalendarYear(recorded(&list)?)).await
}

/// A local decision about one day.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `work` or `off`; null takes an earlier decision back.
    day: Option<DayKind>,
    reason: String,
}

/// Decides locally about one day: a typhoon closure, a city's own make-up day.
#[utoipa::path(tag = "reference", request_body = Decision, params(("year" = i32, Path), ("date" = NaiveDate, Path)), responses(
    (status = 204),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/calendar/{year}/{date}")]
pub async fn decide(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(i32, NaiveDate)>,
    raw: RawBody,
) -> Result<HttpResponse> {
    let (year, on) = path.into_inner();
    if on.year() != year {
        return Err(Error::not_found());
    }
    actor.require(&[Role::Sysadmin])?;
    let Decision { day, reason } = raw.parse()?;
    put_entry(app, actor, Entry::CalendarOverride(CalendarOverride { on, day, reason })).await
}

async fn put_entry(
    app: web::Data<App>,
    actor: crate::identity::Actor,
    entry: Entry,
) -> Result<HttpResponse> {
    let zone = app.config.site.zone;
    run(move || {
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            directory::put(tx, &actor, entry.clone(), today, today)
        })
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(show).service(add).service(load).service(decide);
}
