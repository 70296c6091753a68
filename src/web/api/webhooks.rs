//! Web, `/webhooks`: the system administrator's endpoints and what was told to them. Its rule: a secret
//! stands in the answer that made it and nowhere else; an address is shown without its path.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, put, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::Tx;
use crate::db::page::{cut, one_more};
use crate::error::{Error, Result, sentence};
use crate::identity::{Actor, Role};
use crate::notify::webhook::{self, Delivery, Desk, Endpoint, Event, Plan, Told};
use crate::time::Stamp;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query, RawBody};
use crate::web::idempotency::{Answer, IdempotencyKey, write_once};
use crate::web::problem::Problem;

const KEEPERS: &[Role] = &[Role::Sysadmin];

/// A receiver of events.
#[derive(Serialize, ToSchema)]
pub struct WebhookView {
    id: String,
    /// Scheme, host and port; three stars for the rest, which may be a secret.
    url: String,
    /// None at all: every event.
    events: BTreeSet<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    enabled: bool,
    created_at: String,
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    /// Stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_why: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_detail: Option<String>,
    /// Since when nothing has arrived there.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    /// Until when the secret before signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<String>,
    /// `whsec_…`, told now and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookView {
    fn of(app: &App, endpoint: Endpoint) -> Self {
        let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(app.config.site.zone));
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url,
            events: endpoint.events,
            unit: endpoint.unit.map(|unit| unit.to_string()),
            enabled: endpoint.disabled_at.is_none(),
            created_at: endpoint.created_at.rfc3339(app.config.site.zone),
            created_by: endpoint.created_by,
            disabled_at: shown(endpoint.disabled_at),
            disabled_detail: endpoint.disabled_why.as_deref().map(|why| sentence(why, &[])),
            disabled_why: endpoint.disabled_why,
            failing_since: shown(endpoint.failing_since),
            old_secret_until: shown(
                endpoint.old_secret_until.filter(|until| app.clock.now() < *until),
            ),
            secret: None,
        }
    }

    fn told(app: &App, told: Told) -> Self {
        Self { secret: Some(told.secret), ..Self::of(app, told.endpoint) }
    }
}

#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    items: Vec<WebhookView>,
    next: Option<String>,
}

/// Something told to a receiver, or on its way.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    /// The `webhook-id`: the same on each try and each replay.
    id: String,
    event: Event,
    /// `waiting`, `delivered` or `dead`.
    state: &'static str,
    created_at: String,
    tries: i32,
    /// When it was last tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The status that came back then.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<i64>,
    /// Stable code of the last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The first 200 letters of an answer that was no success.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl DeliveryView {
    fn of(app: &App, delivery: Delivery) -> Self {
        let zone = app.config.site.zone;
        Self {
            id: delivery.message_id(),
            event: delivery.event,
            state: match (delivery.delivered_at, delivery.dead_at) {
                (Some(_), _) => "delivered",
                (None, Some(_)) => "dead",
                (None, None) => "waiting",
            },
            created_at: delivery.created_at.rfc3339(zone),
            tries: delivery.tries,
            at: delivery.tried_at.map(|at| at.rfc3339(zone)),
            status: delivery.status,
            ms: delivery.ms,
            detail: delivery.why.as_deref().map(|why| sentence(why, &[])),
            why: delivery.why,
            answer: delivery.answer,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    items: Vec<DeliveryView>,
    next: Option<String>,
}

/// What a test or a replay has set going.
#[derive(Serialize, ToSchema)]
pub struct DeliveryPut {
    id: String,
}

fn desk(app: &App, tx: &mut Tx<'_>) -> Result<Desk> {
    let directory = app.directory.current(tx.conn)?;
    Ok(Desk { keys: app.keys.clone(), outward: app.outward.clone(), directory })
}

/// A number in a path; what is none is of nothing that exists.
fn number(text: &str) -> Result<i64> {
    text.trim_start_matches("msg_").parse().map_err(|_| Error::not_found())
}

/// Every endpoint.
#[utoipa::path(tag = "administration", operation_id = "webhook_list", responses((status = 200, body = WebhookList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/webhooks")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let listed = run(move || listed_of(&app, &actor)).await?;
    Ok(HttpResponse::Ok().json(listed))
}

/// Every endpoint, as `actor` may see them.
///
/// # Errors
/// `forbidden`.
pub fn listed_of(app: &App, actor: &Actor) -> Result<WebhookList> {
    let found = app.db.read(|conn| webhook::list(conn, actor))?;
    let items = found.into_iter().map(|it| WebhookView::of(app, it)).collect();
    Ok(WebhookList { items, next: None })
}

/// One endpoint.
#[utoipa::path(tag = "administration", operation_id = "webhook_one", params(("id" = String, Path)), responses((status = 200, body = WebhookView), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[get("/webhooks/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let view = run(move || one_of(&app, &actor, &id)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The endpoint `id`.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn one_of(app: &App, actor: &Actor, id: &str) -> Result<WebhookView> {
    let id = number(id)?;
    let found = app.db.read(|conn| webhook::find(conn, actor, id))?;
    Ok(WebhookView::of(app, found))
}

/// Makes an endpoint; its secret is told in this answer and never again.
#[utoipa::path(tag = "administration", operation_id = "webhook_add", request_body = Plan, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = WebhookView),
    (status = 409, description = "webhook.too_many", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "an address that may not be called", body = Problem, content_type = "application/problem+json"),
))]
#[post("/webhooks")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let plan: Plan = raw.parse()?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let desk = desk(&house, tx)?;
        let told = webhook::add(tx, &desk, &actor, &plan)?;
        let location = format!("/api/v1/webhooks/{}", told.endpoint.id);
        Answer::created(location, &WebhookView::told(&house, told))
    })
    .await
}

/// Changes an endpoint as a whole; without `url` the address stays.
#[utoipa::path(tag = "administration", operation_id = "webhook_change", request_body = Plan, params(("id" = String, Path)), responses(
    (status = 200, body = WebhookView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/webhooks/{id}")]
pub async fn change(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let id = number(&id)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        webhook::find(tx.conn, &actor, id)?;
        let desk = desk(&house, tx)?;
        let found = webhook::change(tx, &desk, &actor, id, &raw.parse()?)?;
        Answer::ok(&WebhookView::of(&house, found))
    })
    .await
}

/// Makes a new secret, told in this answer and never again; the one before signs too for a day.
#[utoipa::path(tag = "administration", operation_id = "webhook_rotate", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 200, body = WebhookView), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[post("/webhooks/{id}/rotate")]
pub async fn rotate(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let id = number(&id)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let desk = desk(&house, tx)?;
        let told = webhook::rotate(tx, &desk, &actor, id)?;
        Answer::ok(&WebhookView::told(&house, told))
    })
    .await
}

/// Sends a `webhook.test`.
#[utoipa::path(tag = "administration", operation_id = "webhook_test", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = DeliveryPut),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "webhook.disabled", body = Problem, content_type = "application/problem+json"),
))]
#[post("/webhooks/{id}/test")]
pub async fn test(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let id = number(&id)?;
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let delivery = webhook::ping(tx, &actor, id)?;
        Answer::ok(&DeliveryPut { id: format!("msg_{delivery}") })
    })
    .await
}

/// What was told to the endpoint in the last 30 days, newest first.
#[utoipa::path(tag = "administration", operation_id = "webhook_deliveries", params(("id" = String, Path), Page), responses((status = 200, body = DeliveryList), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[get("/webhooks/{id}/deliveries")]
pub async fn deliveries(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let found = run(move || deliveries_of(&app, &actor, &id, &page)).await?;
    Ok(HttpResponse::Ok().json(found))
}

/// A page of what was told to the endpoint `id`.
///
/// # Errors
/// `forbidden`; `not_found`; 422 at `/limit`, `/after`.
pub fn deliveries_of(app: &App, actor: &Actor, id: &str, page: &Page) -> Result<DeliveryList> {
    let (id, limit) = (number(id)?, page.limit()?);
    let wrong = |_| Error::field("/after", "field.format");
    let before = page.after.as_deref().map(|after| number(after).map_err(wrong)).transpose()?;
    let most = one_more(limit);
    let found = app.db.read(|conn| webhook::deliveries(conn, actor, id, before, most))?;
    let (found, next) = cut(found, limit, Delivery::message_id);
    let items = found.into_iter().map(|it| DeliveryView::of(app, it)).collect();
    Ok(DeliveryList { items, next })
}

/// Tells something again: the same identifier, the same bytes.
#[utoipa::path(tag = "administration", operation_id = "webhook_replay", params(("id" = String, Path), ("delivery" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = DeliveryPut),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "webhook.disabled, webhook.waiting", body = Problem, content_type = "application/problem+json"),
))]
#[post("/webhooks/{id}/deliveries/{delivery}/replay")]
pub async fn replay(
    app: web::Data<App>,
    Asker(actor): Asker,
    path: web::Path<(String, String)>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let (id, delivery) = (number(&path.0)?, number(&path.1)?);
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let found = webhook::replay(tx, &actor, id, delivery)?;
        Answer::ok(&DeliveryPut { id: found.message_id() })
    })
    .await
}
