//! Web, console: warnings 未诉先办, each with what may be said to it now. Its rule: a list is worked off by keys, from
//! the row that is chosen.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::{Words, where_allowed};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::warnings::{self, PrecisionList, WarningList, WarningQuery, WarningView};
use crate::web::blocking::run;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

/// So many tickets of a warning stand on its page.
const SHOWN: usize = 50;

#[derive(Serialize)]
struct Warned {
    state: String,
    rule: String,
    grade: String,
    /// The words of the list without its page.
    asked: String,
    list: WarningList,
    precision: Option<PrecisionList>,
}

/// The warnings that the reader may see.
#[get("/warnings")]
pub async fn all(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<WarningQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run(move || {
        let view = warned(&house, &actor, (&words, &query))?;
        let names = names_in(&house, &actor, &view.list)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("warnings.html", view)?)
}

fn warned(app: &App, actor: &Actor, (words, query): (&Words, &WarningQuery)) -> Result<Warned> {
    let said = |name: &str| words.get(name).unwrap_or_default().to_owned();
    Ok(Warned {
        state: said("state"),
        rule: said("rule"),
        grade: said("grade"),
        asked: words.clone().without(&["after"]).written(),
        list: warnings::listed(app, actor, query)?,
        precision: where_allowed(warnings::precision_of(app, actor))?,
    })
}

#[derive(Serialize)]
struct Opened {
    warning: WarningView,
    /// Its newest tickets, and what the lists of the reader say of them, by number.
    newest: Vec<String>,
    lines: BTreeMap<String, LineView>,
}

/// One warning.
#[get("/warnings/{id}")]
pub async fn one(app: web::Data<App>, guest: Guest, id: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run(move || {
        let warning = warnings::opened(&house, &actor, &id)?;
        let newest = warning.newest(SHOWN);
        let lines = lines_of(&house.hotline, &actor, &newest)?;
        let names = names_in(&house, &actor, &warning)?;
        Ok((Opened { warning, newest, lines }, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("warning.html", view)?)
}
