//! Web, console: what waits for a decision of the reader. Its rule: the list of `GET /decisions`, a table for each
//! command; many are decided at once through `/batch`, after a dry run.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::web::api::decisions::{self, DecisionList, DecisionQuery};
use crate::web::blocking::run;

#[derive(Serialize)]
struct Asked {
    decisions: DecisionList,
    counts: BTreeMap<&'static str, usize>,
    is_first: bool,
}

/// What waits.
#[get("/decisions")]
pub async fn asked_for(
    app: web::Data<App>,
    guest: Guest,
    asked: web::Query<DecisionQuery>,
) -> Shown {
    let (house, actor, after) = (app.clone(), guest.actor.clone(), asked.into_inner().after);
    let (asked, directory) = run(move || {
        let decisions = decisions::decisions_of(&house.hotline, &actor, after.as_deref())?;
        let (counts, is_first) = (decisions.counts(), after.is_none());
        Ok((
            Asked { decisions, counts, is_first },
            house.db.read(|conn| house.directory.current(conn))?,
        ))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("decisions.html", asked)?)
}
