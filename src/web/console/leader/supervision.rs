//! Web, console: what is supervised 督办, and what the triggers propose. Its rule: a proposal is taken or refused with
//! one key, by the reviewer alone.

use actix_web::{get, web};
use serde::Serialize;

use super::asked::where_allowed;
use crate::app::App;
use crate::web::api::supervision::{self, ProposalList, SupervisionList};
use crate::web::blocking::run_long;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;

#[derive(Serialize)]
struct Supervised {
    open: SupervisionList,
    proposals: Option<ProposalList>,
}

/// What is proposed, and what is open.
#[get("/supervision")]
pub async fn all(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let view = run_long(move || {
        Ok(Supervised {
            open: supervision::listed(&house, &actor)?,
            proposals: where_allowed(supervision::proposed_to(&house, &actor))?,
        })
    })
    .await?;
    Ok(Page::of(&app, &guest).show("supervision.html", view)?)
}
