//! Web, console, administration: what upheld disputes ask of the catalogue. Its rule: each leads to the trial of its
//! change, and nowhere past it.

use actix_web::{get, web};
use serde::Serialize;

use super::frame::{Frame, TRIES};
use super::trial::query_of;
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::reference::corrections::{CorrectionView, corrections_of};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::run_long;

#[derive(Serialize)]
struct Asked {
    #[serde(flatten)]
    view: CorrectionView,
    /// The query of its trial.
    query: String,
}

#[derive(Serialize)]
struct AskedPage {
    /// Only so many of the tickets that were sent elsewhere were looked at, the newest; nothing where all were.
    newest: Option<usize>,
    asked: Vec<Asked>,
}

/// The changes that disputes ask for.
#[get("/admin/catalogue/corrections")]
pub async fn asked_page(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (frame, page) = run_long(move || {
        let page = page_of(&house, &actor)?;
        Ok((Frame::around(&house, &actor, &page)?, page))
    })
    .await?;
    frame.show(&app, &guest, "admin/corrections.html", page)
}

fn page_of(app: &App, actor: &Actor) -> Result<AskedPage> {
    actor.require(TRIES)?;
    let found = corrections_of(app, actor)?;
    let asked =
        found.items.into_iter().map(|view| Ok(Asked { query: query_of(&view.change)?, view }));
    let newest = found.partial.then_some(found.most);
    Ok(AskedPage { newest, asked: asked.collect::<Result<_>>()? })
}
