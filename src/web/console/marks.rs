//! Web, console: vexatious marks that wait for a second person, stand or are over. Its rule: the interface's list; whoever
//! proposed one is offered no decision on it.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::intake::vexatious::MarkState;
use crate::web::api::marks::{MarkList, MarkQuery, marks_of};
use crate::web::blocking::run;

/// Marks on a page.
const PAGE: u32 = 50;

/// Which of them; those that wait, where nothing is said.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    after: Option<String>,
}

#[derive(Serialize)]
struct Marked {
    list: MarkList,
    state: MarkState,
}

/// Marks in one state.
#[get("/vexatious")]
pub async fn all_marks(app: web::Data<App>, guest: Guest, asked: web::Query<Asked>) -> Shown {
    let (house, actor, asked) = (app.clone(), guest.actor.clone(), asked.into_inner());
    let (view, names) = run(move || {
        let state = asked.state.parse().unwrap_or(MarkState::Proposed);
        let query = MarkQuery { state: Some(state), limit: Some(PAGE), after: asked.after };
        let list = marks_of(&house, &actor, &query)?;
        let names = names_in(&house, &actor, &list)?;
        Ok((Marked { list, state }, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("vexatious.html", view)?)
}
