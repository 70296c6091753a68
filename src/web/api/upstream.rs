//! Web, `/upstream`: the city's platform: what it sends, what became of it, what we owe it, and how both sides
//! compare. Its rule: the platform's account feeds and sees its own; people see lists and act by name.

pub mod assessed;
pub mod backfills;
mod reconcile;

use actix_web::{HttpResponse, get, post, web};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::Result;
use crate::feed::{self, Fate, Kept, Message, MessageKind, Patience};
use crate::identity::Role;
use crate::upstream::desk::READERS;
use crate::web::idempotency::answer_once;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Page, Query, RawBody, run};

/// Every route about the platform.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(receive)
        .service(messages)
        .service(retry_message)
        .service(backfills::list)
        .service(backfills::written)
        .service(backfills::retry)
        .service(backfills::by_hand)
        .service(reconcile::found)
        .service(reconcile::compare_now)
        .service(assessed::compare)
        .service(assessed::sheet::assessed_csv)
        .service(assessed::sheet::assessed_xlsx);
}

fn patience(app: &App) -> Patience {
    Patience(TimeDelta::hours(i64::from(app.config.upstream.gap_hours)))
}

/// A message of the platform's, and what became of it.
#[derive(Serialize, ToSchema)]
pub struct MessageView {
    message_id: String,
    kind: MessageKind,
    upstream_no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i32>,
    at: String,
    received_at: String,
    /// The account that sent it.
    account: String,
    fate: Fate,
    /// Why it was refused, or what became of it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The wrong field of a refused ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The ticket's number here.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
}

impl MessageView {
    fn of(app: &App, kept: Kept) -> Self {
        let zone = app.config.site.zone;
        Self {
            reason: kept.reason,
            message_id: kept.id,
            kind: kept.kind,
            upstream_no: kept.upstream_no,
            seq: kept.seq,
            at: kept.at.rfc3339(zone),
            received_at: kept.received_at.rfc3339(zone),
            account: kept.account,
            fate: kept.fate,
            code: kept.code,
            pointer: kept.pointer,
            ticket: kept.ticket_no,
            settled_at: kept.settled_at.map(|at| at.rfc3339(zone)),
        }
    }
}

/// What the platform is answered.
#[derive(Serialize, ToSchema)]
pub struct Fed {
    #[serde(flatten)]
    message: MessageView,
    /// It had come before; nothing was done twice.
    repeated: bool,
}

/// Takes a message of the platform's: a ticket, an urge, a recall, late facts. The same message again is
/// answered the same and does nothing; one whose ticket has not come yet is kept and takes effect with it.
/// A refusal by the trade is an answer (200, `fate: refused`): the message need not be sent again.
#[utoipa::path(tag = "upstream", request_body = Message,
    params(("Idempotency-Key" = Option<String>, Header, description = "not needed: the message has its own id")),
    responses(
        (status = 200, body = Fed),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "upstream.other_content: the id was another message's", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/upstream/feed")]
pub async fn receive(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Platform])?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        let message: Message = raw.parse()?;
        let taken = feed::take(&house.hotline, &actor, &message, patience(&house))?;
        let message = MessageView::of(&house, taken.kept);
        Answer::ok(&Fed { message, repeated: taken.repeated })
    })
    .await
}

/// What a list of messages may be narrowed to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    fate: Option<Fate>,
    upstream_no: Option<String>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Messages {
    items: Vec<MessageView>,
    next: Option<String>,
}

/// The messages and what became of each, newest first; the platform's account sees its own.
#[utoipa::path(tag = "upstream", params(MessageQuery), responses((status = 200, body = Messages), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/upstream/messages")]
pub async fn messages(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<MessageQuery>,
) -> Result<HttpResponse> {
    let people = actor.has_any(READERS);
    if !people {
        actor.require(&[Role::Platform])?;
    }
    let limit = Page { limit: query.limit, after: None }.limit()?;
    run(move || {
        let filter = feed::Filter {
            fate: query.fate,
            upstream_no: query.upstream_no,
            account_id: (!people).then_some(actor.user),
        };
        let after = query.after.as_deref();
        let (kept, next) = app.db.read(|conn| feed::page(conn, &filter, after, limit))?;
        let items = kept.into_iter().map(|kept| MessageView::of(&app, kept)).collect();
        Answer::ok(&Messages { items, next })
    })
    .await
    .map(Answer::respond)
}

/// Looks at a refused message again: what it named may be known by now.
#[utoipa::path(tag = "upstream", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = MessageView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "upstream.not_refused", body = Problem, content_type = "application/problem+json"),
))]
#[post("/upstream/messages/{id}/retry")]
pub async fn retry_message(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        let kept = feed::retry(&house.hotline, &actor, &id, patience(&house))?;
        Answer::ok(&MessageView::of(&house, kept))
    })
    .await
}
