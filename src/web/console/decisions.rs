//! Web, console: what waits for a decision of the reader. Its rule: the list of `GET /decisions`, a table for each
//! command; many are decided at once through `/batch`, after a dry run.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::web::api::decisions::{self, DecisionList};
use crate::web::blocking::run;

#[derive(Serialize)]
struct Asked {
    decisions: DecisionList,
    counts: BTreeMap<&'static str, usize>,
}

/// What waits.
#[get("/decisions")]
pub async fn asked_for(app: web::Data<App>, guest: Guest) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (asked, directory) = run(move || {
        let decisions = decisions::decisions_of(&house.hotline, &actor)?;
        let counts = decisions.counts();
        Ok((Asked { decisions, counts }, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("decisions.html", asked)?)
}
