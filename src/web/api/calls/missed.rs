//! Web, `/calls`: missed calls and calling back. Its rule: who called back, and who saw a number, stands there
//! by name.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::CallView;
use crate::app::App;
use crate::calls::desk::READERS;
use crate::calls::{self, CalledBack, NoTicket, store};
use crate::error::Result;
use crate::identity::Actor;
use crate::ticket::Text;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Page, Query, run};

/// Which missed calls.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MissedQuery {
    /// Those called back too.
    #[serde(default)]
    pub all: bool,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    pub after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct MissedCalls {
    items: Vec<CallView>,
    next: Option<String>,
}

/// Calls that nobody answered and nobody has called back yet, newest first.
#[utoipa::path(tag = "calls", params(MissedQuery), responses((status = 200, body = MissedCalls), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/calls/missed")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<MissedQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&missed_of(&app, &actor, &query)?)).await.map(Answer::respond)
}

/// The missed calls that `query` names.
///
/// # Errors
/// 403 for whoever has nothing to do with the telephone; 422.
pub fn missed_of(app: &App, actor: &Actor, query: &MissedQuery) -> Result<MissedCalls> {
    actor.require(READERS)?;
    let limit = Page { limit: query.limit, after: None }.limit()?;
    let which = if query.all { store::Missed::All } else { store::Missed::Open };
    let after = query.after.as_deref();
    let (found, next) = app.db.read(|conn| calls::page(conn, which, after, limit))?;
    let items = found.iter().map(|call| CallView::of(app, call)).collect::<Result<_>>()?;
    Ok(MissedCalls { items, next })
}

/// What came of calling back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    outcome: CalledBack,
}

/// Notes that a missed call was called back.
#[utoipa::path(tag = "calls", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CallBack, responses(
    (status = 200, body = CallView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "calls.not_missed, calls.called_back", body = Problem, content_type = "application/problem+json"),
))]
#[post("/calls/{id}/called-back")]
pub async fn call_back(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: id, raw, .. }| {
            calls::desk::see(tx, actor, id)?;
            let said: CallBack = raw.parse()?;
            let call = calls::called_back(tx, actor, id, said.outcome)?;
            Answer::ok(&CallView::of(app, &call)?)
        })
        .await
}

/// Why it needs no ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Needless {
    why: NoTicket,
}

/// Notes that a call needs no ticket: nobody spoke, a wrong number, a prank.
#[utoipa::path(tag = "calls", operation_id = "call_no_ticket", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Needless, responses(
    (status = 200, body = CallView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "calls.no_ticket", body = Problem, content_type = "application/problem+json"),
))]
#[post("/calls/{id}/no-ticket")]
pub async fn no_ticket(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: id, raw, .. }| {
            calls::desk::see(tx, actor, id)?;
            let said: Needless = raw.parse()?;
            let call = calls::no_ticket(tx, actor, id, said.why)?;
            Answer::ok(&CallView::of(app, &call)?)
        })
        .await
}

/// Why the number is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealWhy {
    reason: Text,
}

/// The number in clear; null where it was withheld.
#[derive(Serialize, ToSchema)]
pub struct Number {
    phone: Option<String>,
}

/// Shows a call's number, for a reason that the audit trail keeps.
#[utoipa::path(tag = "calls", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = RevealWhy, responses(
    (status = 200, body = Number),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[post("/calls/{id}/reveal")]
pub async fn reveal(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: id, raw, .. }| {
            calls::desk::see(tx, actor, id)?;
            let why: RevealWhy = raw.parse()?;
            let phone = calls::reveal(tx, actor, &app.keys, id, &why.reason)?;
            Ok(Answer::ok(&Number { phone })?.passing())
        })
        .await
}
