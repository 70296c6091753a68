//! Web, `/upstream/reconcile`: where our tickets and the platform's list differ. Its rule: reading shows what was
//! found; only a comparison asks the platform.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::Result;
use crate::upstream::desk::{HANDS, READERS};
use crate::upstream::store::differences::{self, Kept};
use crate::upstream::{What, compare};
use crate::web::idempotency::answer_once;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Query, RawBody, run};

/// Which day.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DayAsked {
    /// The day on which the platform gave us the tickets, such as 2026-11-02.
    day: NaiveDate,
}

/// A difference between both sides.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    upstream_no: String,
    what: What,
    /// What we have: a revision or a state.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<String>,
    /// What the platform has.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<String>,
    found_at: String,
    /// When a comparison found it no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_at: Option<String>,
}

/// A day's comparison.
#[derive(Serialize, ToSchema)]
pub struct Reconciled {
    day: String,
    /// When it was compared last; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_at: Option<String>,
    /// How many tickets we had then.
    tickets: i32,
    /// Differences that stand; those that are gone follow.
    items: Vec<DifferenceView>,
}

/// What the comparisons of a day have found.
#[utoipa::path(tag = "upstream", params(DayAsked), responses((status = 200, body = Reconciled), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/upstream/reconcile")]
pub async fn found(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(asked): Query<DayAsked>,
) -> Result<HttpResponse> {
    actor.require(READERS)?;
    run(move || Answer::ok(&of_day(&app, asked.day)?)).await.map(Answer::respond)
}

/// Compares a day with the platform's list now. What it has lost is sent again; what it has and had not
/// told us is acknowledged.
#[utoipa::path(tag = "upstream", request_body = DayAsked, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = Reconciled),
    (status = 409, description = "upstream.no_list", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "upstream.unreachable, upstream.unreadable", body = Problem, content_type = "application/problem+json"),
))]
#[post("/upstream/reconcile")]
pub async fn compare_now(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(HANDS)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        let asked: DayAsked = raw.parse()?;
        compare(&house.carrier, asked.day)?;
        Answer::ok(&of_day(&house, asked.day)?)
    })
    .await
}

fn of_day(app: &App, day: NaiveDate) -> Result<Reconciled> {
    let zone = app.config.site.zone;
    let (compared, mut kept) = app
        .db
        .read(|conn| Ok((differences::compared(conn, day)?, differences::of_day(conn, day)?)))?;
    kept.sort_by_key(|it| (it.gone_at.is_some(), it.id));
    let view = |it: Kept| DifferenceView {
        upstream_no: it.upstream_no,
        what: it.what,
        ours: it.ours,
        theirs: it.theirs,
        found_at: it.found_at.rfc3339(zone),
        gone_at: it.gone_at.map(|at| at.rfc3339(zone)),
    };
    Ok(Reconciled {
        day: day.to_string(),
        compared_at: compared.map(|(at, _)| at.rfc3339(zone)),
        tickets: compared.map_or(0, |(_, tickets)| tickets),
        items: kept.into_iter().map(view).collect(),
    })
}
