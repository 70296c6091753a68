//! Web, console: what citizens said that no rule knew where to put. Its rule: the interface's list; a number stands in no
//! address and is shown for a reason.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::web::api::public::inbox::{Words, words_of};
use crate::web::blocking::run;

/// Words on a page.
const PAGE: u32 = 50;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
}

#[derive(Serialize)]
struct Said {
    said: Words,
    is_first: bool,
}

/// What waits for a person, the oldest first.
#[get("/inbox")]
pub async fn left_words(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    let (house, actor, after) = (app.clone(), guest.actor.clone(), asked.into_inner().after);
    let view = run(move || {
        let said = words_of(&house, &actor, (Some(PAGE), after.as_deref()))?;
        Ok(Said { said, is_first: after.is_none() })
    })
    .await?;
    Ok(Page::of(&app, &guest).show("inbox.html", view)?)
}
