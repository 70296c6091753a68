//! Web, `POST /public/lookup`: how a citizen's ticket stands. Its rule: number, code and tail in the
//! body, nothing in the address.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{CitizenView, view};
use super::{let_ask, proven};
use crate::app::App;
use crate::citizen::Claim;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, State};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Body, run};

/// What a citizen shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitizenShown {
    no: String,
    /// Six digits.
    code: String,
    /// The last four digits of the telephone, or the four that were told with the code.
    phone_tail: String,
}

/// How a ticket stands. The same answer for an unknown number, another code, other digits.
#[utoipa::path(tag = "public", security(()), request_body = CitizenShown, responses(
    (status = 200, body = CitizenView),
    (status = 403, description = "public.locked: all is right, but a person must issue a new code", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "public.no_match", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
))]
#[post("/public/lookup")]
pub async fn lookup(
    request: HttpRequest,
    app: web::Data<App>,
    Body(shown): Body<CitizenShown>,
) -> Result<HttpResponse> {
    let address = let_ask(&request, &app)?;
    let claim = Claim::parse(&shown.no, &shown.code, &shown.phone_tail)?;
    let no = proven(&app, address, claim).await?;
    let seen = seen_now(&app, no).await?;
    Ok(Answer::ok(&seen)?.respond())
}

/// How the ticket numbered `no` stands, which is proven to be the citizen's.
///
/// # Errors
/// 404 where it is gone since.
pub async fn seen_now(app: &web::Data<App>, no: String) -> Result<CitizenView> {
    let hotline = app.hotline.clone();
    run(move || {
        let now = hotline.db.now();
        hotline.db.read(|conn| {
            let rules = hotline.rules.current(conn, now)?;
            let stored = store::load(conn, rules.vault(&hotline.keys), &no)?;
            seen(conn, &hotline, &rules, &stored.ok_or_else(Error::not_found)?, now)
        })
    })
    .await
}

/// The ticket as its citizen may see it at `now`.
pub(super) fn seen(
    conn: &mut Conn,
    hotline: &Hotline,
    rules: &Rules,
    stored: &Stored,
    now: Stamp,
) -> Result<CitizenView> {
    let citizen = Actor::citizen();
    let scene = rules.scene(&citizen, now, Mode::Live);
    let parent = match &stored.ticket.state {
        State::Merged { into } => store::load(conn, rules.vault(&hotline.keys), into)?,
        _ => None,
    };
    Ok(view(&stored.ticket, parent.as_ref().map(|parent| &parent.ticket), &scene))
}
