//! Web, console: answers that the city's platform is owed, to be copied into its own form. Its rule: the interface's
//! list and its one answer, field by field in the platform's order.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::{Kind, Result};
use crate::identity::Actor;
use crate::upstream::desk::HANDS;
use crate::web::api::upstream::backfills::{self, BackfillQuery, Backfills, WrittenView};
use crate::web::blocking::run;

/// Which one is copied; the first where nothing is said.
#[derive(Deserialize)]
pub struct Which {
    id: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct Desk {
    backfills: Backfills,
    written: Option<WrittenView>,
    /// The one asked for is not there any more.
    gone: bool,
    /// Whether the reader settles them.
    acts: bool,
}

/// What is owed, and what one of it says.
#[get("/upstream")]
pub async fn owed(app: web::Data<App>, guest: Guest, which: web::Query<Which>) -> Shown {
    let (house, actor, which) = (app.clone(), guest.actor.clone(), which.into_inner());
    let desk = run(move || desk(&house, &actor, which)).await?;
    Ok(Page::of(&app, &guest).show("upstream.html", desk)?)
}

fn desk(app: &App, actor: &Actor, which: Which) -> Result<Desk> {
    let query = BackfillQuery { after: which.after, ..BackfillQuery::default() };
    let backfills = backfills::owed_of(app, actor, query)?;
    let id = which.id.or_else(|| backfills.items.first().map(|first| first.id.clone()));
    let written = id.map(|id| backfills::written_of(app, actor, &id)).transpose();
    let (written, gone) = match written {
        Err(error) if error.kind() == Kind::NotFound => (None, true),
        written => (written?, false),
    };
    Ok(Desk { backfills, written, gone, acts: actor.has_any(HANDS) })
}
