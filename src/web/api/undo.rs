//! Web, `POST /tickets/{no}/undo`: an intake taken back at once. Its rule: what may be taken back, and by whom, is
//! `lifecycle::undo`'s.

use actix_web::{HttpResponse, post};

use super::tickets::shown;
use super::view::TicketView;
use crate::error::Result;
use crate::lifecycle::undo::Undo;
use crate::web::problem::Problem;
use crate::web::{Answer, Refused, VersionHeaders, Versioned};

/// Takes back a ticket that the caller has just taken in, before anybody was written to: it is withdrawn, no unit has it,
/// and its events stay. Within a minute, by whoever took it in, as long as nobody else has touched it.
#[utoipa::path(tag = "tickets", operation_id = "undo", request_body = Undo, params(("no" = String, Path), VersionHeaders), responses(
    (status = 200, body = TicketView),
    (status = 409, description = "undo.over, undo.begun", body = Problem, content_type = "application/problem+json"),
    Refused,
))]
#[post("/tickets/{no}/undo")]
pub async fn undo(asked: Versioned<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, asked| {
            let expected: &dyn Fn(i32) -> Result<()> = &|found| asked.version.check(found.into());
            let (hotline, actor) = (&asked.app.hotline, &asked.actor);
            let read = || asked.raw.parse();
            let stored = hotline.undo(tx, actor, (asked.path.as_str(), expected), read)?;
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let ticket = shown(&rules, actor, &stored, tx.now);
            Ok(Answer::ok(&ticket)?.versioned(i64::from(stored.version)))
        })
        .await
}
