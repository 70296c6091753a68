//! Web, `GET /tickets/{no}/solutions`: what was replied where a like matter was solved. Its rule: of tickets that the
//! reader may see whole, masked like them; 404 before 403.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::similar::likened;
use super::suggest::{LikeView, views};
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::intake::similar::solved;
use crate::search::alike::Alike;
use crate::ticket::Scene;
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store::{Vault, load_many};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// Who writes to citizens.
const WHO: &[Role] = &[Role::Agent, Role::Handler, Role::UnitHead];
/// How many.
const MOST: usize = 5;

/// A reply after which a citizen said that it was solved and was content.
#[derive(Serialize, ToSchema)]
pub struct SolutionView {
    #[serde(flatten)]
    like: LikeView,
    /// Masked.
    reply: String,
}

/// What was replied to like matters.
#[derive(Serialize, ToSchema)]
pub struct Solutions {
    /// The likest first.
    items: Vec<SolutionView>,
    /// Like tickets cannot be weighed now.
    degraded: bool,
}

/// Replies that solved matters like this one, of those that the reader may see.
#[utoipa::path(tag = "tickets", operation_id = "ticket_solutions", params(("no" = String, Path)), responses(
    (status = 200, body = Solutions),
    (status = 403, description = "only who writes to citizens, and no reader of a handling copy", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "absent, or not for this reader's eyes", body = Problem, content_type = "application/problem+json"),
))]
#[get("/tickets/{no}/solutions")]
pub async fn of_like(
    app: web::Data<App>,
    Asker(actor): Asker,
    no: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        likened(&app, &actor, &no, |advisers, names, stored, scene| {
            scene.actor.require(WHO)?;
            if sight(&stored.ticket, scene.actor, scene.directory) != Sight::Case {
                return Err(Error::forbidden());
            }
            let alike = solved(advisers, scene.actor, names, stored, scene.now)?;
            Answer::ok(&replied(&app, alike, scene)?)
        })
    })
    .await
    .map(Answer::respond)
}

/// The replies of like tickets, of those that the reader may see whole.
fn replied(app: &App, alike: Alike, scene: &Scene<'_>) -> Result<Solutions> {
    let ids: Vec<i64> = alike.found.iter().map(|like| like.row.id).collect();
    let vault = Vault { keys: &app.keys };
    let tickets = app.db.read(|conn| load_many(conn, vault, &ids))?;
    let reply = |id: i64| {
        let ticket = tickets.get(&id)?;
        let whole = sight(ticket, scene.actor, scene.directory) == Sight::Case;
        // What a sealed ticket's reply says of its place and people no mask knows.
        let is_told = whole && !ticket.is_sealed();
        ticket.reply.as_ref().filter(|_| is_told).map(|reply| ticket.masked(&reply.text))
    };
    let (likes, replies): (Vec<_>, Vec<_>) = alike
        .found
        .into_iter()
        .filter_map(|like| reply(like.row.id).map(|reply| (like, reply)))
        .take(MOST)
        .unzip();
    let items = views(likes, scene).into_iter().zip(replies);
    let items = items.map(|(like, reply)| SolutionView { like, reply }).collect();
    Ok(Solutions { items, degraded: alike.degraded })
}
