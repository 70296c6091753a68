//! Web, console: calls that nobody answered. Its rule: the interface's list; a number stands in no address and is
//! shown for a reason.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::calls::desk::HANDS;
use crate::web::api::calls::missed::{self as list, MissedCalls, MissedQuery};
use crate::web::blocking::run;

/// Calls on a page.
const PAGE: u32 = 50;

/// Which of them.
#[derive(Deserialize)]
pub struct Asked {
    /// Those called back too.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

#[derive(Serialize)]
struct Missed {
    calls: MissedCalls,
    all: bool,
    /// Whether the reader calls back.
    acts: bool,
}

/// Missed calls, the newest first.
#[get("/calls")]
pub async fn missed(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    let (house, actor, asked) = (app.clone(), guest.actor.clone(), asked.into_inner());
    let (calls, names) = run(move || {
        let query = MissedQuery { all: asked.all, limit: Some(PAGE), after: asked.after };
        let calls = list::missed_of(&house, &actor, &query)?;
        let names = names_in(&house, &actor, &calls)?;
        Ok((Missed { calls, all: query.all, acts: actor.has_any(HANDS) }, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("calls.html", calls)?)
}
