//! Web, `GET /tickets/{no}/similar`: whether the matter of a ticket is known already. Its rule: the same lists as
//! `POST /suggest`, for what came in without anybody who was asked; 404 before 403.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::suggest::{LikeView, advisers, views};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::intake::known::Known;
use crate::intake::similar::similar;
use crate::intake::suggest::Advisers;
use crate::search::Names;
use crate::ticket::store::Stored;
use crate::ticket::{Mode, Scene};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// What is on the matter of a ticket besides itself.
#[derive(Serialize, ToSchema)]
pub struct SimilarView {
    /// Like tickets cannot be weighed now (the index is being made, or the question was too costly): only the
    /// caller's own are there, under `like`, with the score 0.
    degraded: bool,
    /// Probably the same matter, the likest first.
    duplicates: Vec<LikeView>,
    /// Like it, and probably another matter.
    like: Vec<LikeView>,
    /// Live matters that several callers were linked to already: perhaps this one too.
    incidents: Vec<LikeView>,
}

/// Tickets on the matter of this one, of those that the reader may see: by its words, place, category and caller's
/// number, which is not shown.
#[utoipa::path(tag = "tickets", operation_id = "ticket_similar", params(("no" = String, Path)), responses(
    (status = 200, body = SimilarView),
    (status = 403, description = "only who takes calls or dispatches", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "absent, or not for this reader's eyes", body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/similar")]
pub async fn of_ticket(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        likened(&app, &actor, &no, |advisers, names, stored, scene| {
            let day = (scene.now, scene.now.day(scene.profile.zone));
            let known = similar(advisers, scene.actor, names, stored, day)?;
            let Known { degraded, duplicates, like, incidents } = known;
            let views = |likes| views(likes, scene);
            Answer::ok(&SimilarView {
                degraded,
                duplicates: views(duplicates),
                like: views(like),
                incidents: views(incidents),
            })
        })
    })
    .await
    .map(Answer::respond)
}

/// Asks `like` about the ticket numbered `no`, if `actor` may see it, with all that likeness is weighed by.
///
/// # Errors
/// 404; what `like` says.
pub(super) fn likened<T>(
    app: &App,
    actor: &Actor,
    no: &str,
    like: impl FnOnce(Advisers<'_>, &Names, &Stored, &Scene<'_>) -> Result<T>,
) -> Result<T> {
    let now = app.db.now();
    let (rules, names, stored) = app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let stored = app.hotline.see(conn, &rules, actor, no)?;
        Ok((rules, app.search.names(conn)?, stored))
    })?;
    let gazetteer = app.places.of(&rules.directory)?;
    let scene = rules.scene(actor, now, Mode::Live);
    like(advisers(app, &gazetteer), names.as_ref(), &stored, &scene)
}
