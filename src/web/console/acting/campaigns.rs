//! Web, console: campaigns 每月一题, with their points. Its rule: a unit sees those with a point of its own, and shows
//! on it that the point is done; who set the goal ends it.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use crate::app::App;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::Actor;
use crate::proactive::campaign::{HANDS, KEEPERS};
use crate::web::api::campaigns::{self, CampaignList, CampaignQuery};
use crate::web::api::warnings::{self, WarningView};
use crate::web::blocking::run;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::leader::asked::Words;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

#[derive(Serialize)]
struct Campaigns {
    month: String,
    state: String,
    /// The words of the list without its page.
    asked: String,
    list: CampaignList,
    /// Units for whose points the reader shows a proof.
    own: BTreeSet<String>,
    /// Whether the reader sets goals and ends them.
    keeps: bool,
    /// The warning out of which one is begun.
    origin: Option<WarningView>,
}

/// The campaigns that the reader may see.
#[get("/campaigns")]
pub async fn gathered(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.clone().without(&["warning"]).read::<CampaignQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run(move || {
        let view = view_of(&house, &actor, (&words, &query))?;
        let names = names_in(&house, &actor, &view.list)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("campaigns.html", view)?)
}

fn view_of(
    app: &App,
    actor: &Actor,
    (words, query): (&Words, &CampaignQuery),
) -> Result<Campaigns> {
    let said = |name: &str| words.get(name).unwrap_or_default().to_owned();
    let list = campaigns::list_of(app, actor, query)?;
    let shows = |unit: &&str| actor.has_any(&HANDS) && actor.works_for(&UnitCode::new(*unit));
    let own = list.units().filter(shows).map(str::to_owned).collect();
    let origin = words.get("warning").map(|id| warnings::opened(app, actor, id)).transpose()?;
    Ok(Campaigns {
        month: said("month"),
        state: said("state"),
        asked: words.clone().without(&["after", "warning"]).written(),
        list,
        own,
        keeps: actor.has_any(&KEEPERS),
        origin,
    })
}
