//! Web, `/test-calls`: calls to the published phones of units 拨测. Its rule: who calls sees what is due; a unit sees its
//! own calls once they were made, and never when the next one comes.

mod sheet;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bottomline::name_of;
use crate::app::App;
use crate::bottomline::testing::{By, Planned, TestCall};
use crate::bottomline::{Desk, Rang, TestCallRow, store};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::time::Stamp;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Query, RawBody, run, write_once};

/// Every route of test calls.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(due)
        .service(list)
        .service(sheet::test_calls_csv)
        .service(sheet::test_calls_xlsx)
        .service(log);
}

/// A test call.
#[derive(Serialize, ToSchema)]
pub struct TestCallView {
    id: String,
    unit: String,
    unit_name: String,
    /// Which of the unit's published phones, from 0.
    phone: i32,
    /// As it was published then.
    number: String,
    at: String,
    /// The login name; not said to the unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    outcome: Rang,
    outcome_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The case that this call opened, as the answer to logging it.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
}

fn view(
    desk: Desk<'_>,
    zone: chrono_tz::Tz,
    (call, case): (TestCallRow, Option<i64>),
    own: Option<&[UnitCode]>,
) -> Result<TestCallView> {
    Ok(TestCallView {
        id: call.id.to_string(),
        unit_name: name_of(desk.directory, call.unit.as_str()),
        note: desk.note(&call)?,
        unit: call.unit.to_string(),
        phone: call.phone,
        number: call.number,
        at: call.at.rfc3339(zone),
        by: own.is_none().then_some(call.by_name),
        outcome: call.outcome,
        outcome_name: call.outcome.zh(),
        case: case.map(|id| id.to_string()),
    })
}

/// Writes down a call to a published phone; one that shows a dead phone opens a case.
#[utoipa::path(tag = "bottom line", operation_id = "test_call_log", request_body = TestCall,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = TestCallView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/test-calls")]
pub async fn log(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let (hotline, keys) = (app.hotline.clone(), app.keys.clone());
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let desk = Desk { actor: &actor, keys: &keys, directory: &rules.directory };
        let (call, case) = desk.log_call(tx, by(&rules), || raw.parse())?;
        let place = format!("/api/v1/test-calls?after={}&limit=1", call.id - 1);
        let case = case.map(|case| case.id);
        Answer::created(place, &view(desk, rules.profile.zone, (call, case), None)?)
    })
    .await
}

fn by(rules: &Rules) -> By<'_> {
    By { profile: &rules.profile, calendar: &rules.calendar }
}

/// Which page.
#[derive(Debug, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TestCallQuery {
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of test calls.
#[derive(Serialize, ToSchema)]
pub struct TestCallList {
    items: Vec<TestCallView>,
    next: Option<String>,
}

/// Test calls, the oldest first: a unit its own, who calls and who judges all.
#[utoipa::path(tag = "bottom line", operation_id = "test_call_list", params(TestCallQuery), responses(
    (status = 200, body = TestCallList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/test-calls")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<TestCallQuery>,
) -> Result<HttpResponse> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    run(move || {
        let zone = app.config.site.zone;
        let list = app.db.read(|conn| {
            let directory = app.directory.current(conn)?;
            let desk = Desk { actor: &actor, keys: &app.keys, directory: &directory };
            let own = desk.units_of_calls()?;
            let after = page.after.unwrap_or(i64::MIN);
            let found = store::list_calls(conn, own.as_deref(), after, page.most())?;
            let (found, next) = page.of(found, |call| call.id);
            let items =
                found.into_iter().map(|call| view(desk, zone, (call, None), own.as_deref()));
            Ok(TestCallList { items: items.collect::<Result<_>>()?, next })
        })?;
        Answer::ok(&list)
    })
    .await
    .map(Answer::respond)
}

/// Test calls that `actor` sees, the newest first; `after` is the `next` of the page before.
///
/// # Errors
/// 403; 422 at `/after`.
pub fn newest_of(app: &App, actor: &Actor, after: Option<&str>) -> Result<TestCallList> {
    let page = Onward::asked(None, after)?;
    let zone = app.config.site.zone;
    app.db.read(|conn| {
        let directory = app.directory.current(conn)?;
        let desk = Desk { actor, keys: &app.keys, directory: &directory };
        let own = desk.units_of_calls()?;
        let before = page.after.unwrap_or(i64::MAX);
        let found = store::newest_calls(conn, own.as_deref(), before, page.most())?;
        let (found, next) = page.of(found, |call| call.id);
        let items = found.into_iter().map(|call| view(desk, zone, (call, None), own.as_deref()));
        Ok(TestCallList { items: items.collect::<Result<_>>()?, next })
    })
}

/// A published phone that is to be called.
#[derive(Serialize, ToSchema)]
struct DueView {
    unit: String,
    unit_name: String,
    phone: usize,
    number: String,
    /// As they are published.
    hours: String,
    /// Whether the program could read them.
    hours_read: bool,
    /// Whether it is answered now; null where that is not known.
    open_now: Option<bool>,
    /// When it is answered next.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_outcome: Option<Rang>,
}

impl DueView {
    fn of(it: &Planned<'_>, zone: chrono_tz::Tz, now: Stamp) -> Self {
        Self {
            unit: it.unit.code.to_string(),
            unit_name: it.unit.name.clone(),
            phone: it.phone,
            number: it.published.number.clone(),
            hours: it.published.hours.clone(),
            hours_read: it.is_read,
            open_now: it.is_read.then_some(it.opens_at == Some(now)),
            opens_at: it.opens_at.map(|at| at.rfc3339(zone)),
            last_at: it.last.map(|(at, _)| at.rfc3339(zone)),
            last_outcome: it.last.map(|(_, outcome)| outcome),
        }
    }
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DueQuery {
    /// `true`: those alone that may be called now.
    pub open: Option<bool>,
}

/// Published phones that are to be called, unpaged.
#[derive(Serialize, ToSchema)]
pub struct DueList {
    items: Vec<DueView>,
}

/// Published phones to be called: those answered now first, then by when they are answered next.
#[utoipa::path(tag = "bottom line", operation_id = "test_call_due", params(DueQuery), responses(
    (status = 200, body = DueList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/test-calls/due")]
pub async fn due(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<DueQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&due_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The published phones to be called now, as `actor` may know of them.
///
/// # Errors
/// 403.
pub fn due_of(app: &App, actor: &Actor, query: &DueQuery) -> Result<DueList> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let desk = Desk { actor, keys: &app.keys, directory: &rules.directory };
        let planned = desk.due(conn, by(&rules), now)?;
        let zone = rules.profile.zone;
        let items = planned.iter().map(|it| DueView::of(it, zone, now));
        // What nobody can read may be tried at any hour.
        let wanted = |it: &DueView| query.open != Some(true) || it.open_now != Some(false);
        Ok(DueList { items: items.filter(wanted).collect() })
    })
}
