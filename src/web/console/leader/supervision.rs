//! Web, console: what is supervised 督办, and what the triggers propose. Its rule: a proposal is taken or refused with
//! one key, by the reviewer alone.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::Serialize;

use super::asked::where_allowed;
use crate::app::App;
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::supervision::{self, ProposalList, SupervisionList};
use crate::web::blocking::run_long;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;

#[derive(Serialize)]
struct Supervised {
    open: SupervisionList,
    proposals: Option<ProposalList>,
    /// What the lists of the reader say of the first of their tickets, by number.
    lines: BTreeMap<String, LineView>,
}

/// Of so many of each list it is said what the ticket is about.
const TOLD: usize = 100;

/// What is proposed, and what is open.
#[get("/supervision")]
pub async fn all(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let view = run_long(move || {
        let open = supervision::listed(&house, &actor)?;
        let proposals = where_allowed(supervision::proposed_to(&house, &actor))?;
        let mut told = open.first(TOLD);
        told.extend(proposals.iter().flat_map(|list| list.first(TOLD)));
        let lines = lines_of(&house.hotline, &actor, &told)?;
        Ok(Supervised { open, proposals, lines })
    })
    .await?;
    Ok(Page::of(&app, &guest).show("supervision.html", view)?)
}
