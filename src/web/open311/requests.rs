//! Web, Open311: asking for requests. Its rule: what is not public is absent, in a list and by its number.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::asked::{MOST, Parameters};
use super::node::{Format, Node};
use super::shown;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::ticket::store::public::{self, Wanted};
use crate::web::{Answer, run};

/// Requests by their numbers, or those of a span of at most 90 days, the newest first; at most 1000.
/// More are had by asking again with the `requested_datetime` of the last as `end_date`.
#[utoipa::path(tag = "open311", security(()),
    params(("format" = String, Path, description = "json or xml"),
        ("service_request_id" = Option<String>, Query, description = "one or several, between commas; overrides the rest"),
        ("service_code" = Option<String>, Query, description = "one or several, between commas"),
        ("start_date" = Option<String>, Query, description = "W3C date and time"),
        ("end_date" = Option<String>, Query, description = "W3C date and time, included; at most 90 days after start_date"),
        ("status" = Option<String>, Query, description = "open, closed, or both"),
        ("jurisdiction_id" = Option<String>, Query, description = "looked at only where the site has one")),
    responses((status = 200, description = "GeoReport v2 GET Service Requests", body = Object),
        (status = 400, description = "a parameter is wrong", body = Object)))]
#[get("/v2/requests.{format:json|xml}")]
pub async fn list(
    app: web::Data<App>,
    format: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let format = Format::of_path(&format!(".{format}"));
    let asked = Parameters::read(request.query_string().as_bytes());
    asked.require_jurisdiction(&app)?;
    let turn = turn().await?;
    run(move || {
        let _turn = turn;
        found(&app, |directory, now| asked.wanted(directory, now))?.answer(format, ROOT)
    })
    .await
    .map(Answer::respond)
}

/// Searches of strangers go one at a time in this process: one for a rare service walks a quarter's
/// tickets, and the desk shall not wait for it.
static TURN: Semaphore = Semaphore::const_new(1);
/// How long a stranger waits for the turn.
const PATIENCE: Duration = Duration::from_secs(2);

async fn turn() -> Result<SemaphorePermit<'static>> {
    match timeout(PATIENCE, TURN.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Error::new(Kind::Unavailable, "unavailable").retry_after(2)),
    }
}

/// The element around requests.
pub const ROOT: &str = "service_requests";

/// One request.
#[utoipa::path(tag = "open311", security(()),
    params(("service_request_id" = String, Path), ("format" = String, Path, description = "json or xml"),
        ("jurisdiction_id" = Option<String>, Query, description = "looked at only where the site has one")),
    responses((status = 200, description = "GeoReport v2 GET Service Request", body = Object),
        (status = 404, description = "absent, or not public", body = Object)))]
#[get("/v2/requests/{service_request_id}.{format:json|xml}")]
pub async fn one(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (no, ending) = path.into_inner();
    let format = Format::of_path(&format!(".{ending}"));
    Parameters::read(request.query_string().as_bytes()).require_jurisdiction(&app)?;
    run(move || {
        let node = found(&app, |_, _| Ok(Wanted::Numbers(vec![no.clone()])))?;
        if node == Node::List(EACH, Vec::new()) {
            return Err(Error::new(Kind::NotFound, "open311.request_unknown"));
        }
        node.answer(format, ROOT)
    })
    .await
    .map(Answer::respond)
}

/// The element of one request.
pub const EACH: &str = "request";

/// The requests that `wanted` wants.
fn found(
    app: &App,
    wanted: impl Fn(&crate::directory::Directory, crate::time::Stamp) -> Result<Wanted>,
) -> Result<Node> {
    let (hotline, now) = (&app.hotline, app.db.now());
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let wanted = wanted(&rules.directory, now)?;
        let tickets = public::find(conn, &wanted, most)?;
        let shown = tickets.iter().map(|ticket| shown::request(ticket, &rules.directory));
        Ok(Node::List(EACH, shown.collect()))
    })
}

/// The number behind a token. A report is numbered at once here and never answered with a token, so
/// that there is none to be found.
#[utoipa::path(tag = "open311", security(()),
    params(("token" = String, Path), ("format" = String, Path, description = "json or xml"),
        ("jurisdiction_id" = Option<String>, Query, description = "looked at only where the site has one")),
    responses((status = 404, description = "reports get their number at once: there are no tokens", body = Object)))]
#[get("/v2/tokens/{token}.{format:json|xml}")]
pub async fn token(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    Parameters::read(request.query_string().as_bytes()).require_jurisdiction(&app)?;
    Err(Error::new(Kind::NotFound, "open311.token_unknown"))
}
