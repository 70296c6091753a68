//! Web, console: tickets whose place stayed free text. Its rule: the interface's queue, masked as it is there; what it
//! offers is taken with one touch, whatever else by name.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::web::api::places::{WaitingList, queue_of};
use crate::web::blocking::run;

/// Tickets on a page.
const PAGE: u32 = 30;

/// Where the queue goes on.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
}

#[derive(Serialize)]
struct Placeless {
    queue: WaitingList,
    is_first: bool,
}

/// What waits for its place, the longest waiting first.
#[get("/places")]
pub async fn placeless(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    let (house, actor, after) = (app.clone(), guest.actor.clone(), asked.into_inner().after);
    let view = run(move || {
        let queue = queue_of(&house, &actor, (Some(PAGE), after.as_deref()))?;
        Ok(Placeless { queue, is_first: after.is_none() })
    })
    .await?;
    Ok(Page::of(&app, &guest).show("places.html", view)?)
}
