//! Web, console: lists in clear 明文导出, by two named people. Its rule: who asks does not agree, and the file is had once;
//! the list masks its reasons, and what is in the file no page shows.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::privacy::clear;
use crate::web::api::exports::clear::{ExportList, list_of};
use crate::web::blocking::run;
use crate::web::body;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

/// Where the list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

#[derive(Serialize)]
struct Exports {
    list: ExportList,
    /// Whether the reader asks for some.
    asks: bool,
    /// Whether the reader is the second person of them.
    decides: bool,
}

/// The exports in clear that the reader may know of.
#[get("/exports")]
pub async fn in_clear(app: web::Data<App>, guest: Guest, onward: web::Query<Onward>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let page = body::Page { limit: None, after: onward.into_inner().after };
    let (view, names) = run(move || {
        let view = Exports {
            list: list_of(&house, &actor, &page)?,
            asks: clear::may_ask(&actor).is_ok(),
            decides: actor.has_any(&clear::DECIDERS),
        };
        let names = names_in(&house, &actor, &view.list)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("exports.html", view)?)
}
