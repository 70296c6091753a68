//! Web, console: what waits for a unit's own people. Its rule: the list of `GET /work`; many are signed or endorsed
//! at once through `/batch`, after a dry run.

use std::collections::BTreeMap;

use actix_web::web::ServiceConfig;
use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::{calls, decisions, field, inbox, marks, places, relisten, roster, survey, upstream};
use crate::app::App;
use crate::web::api::work::{self, WorkList, WorkQuery};
use crate::web::blocking::run;

/// The pages of those who work something off.
pub fn routes(services: &mut ServiceConfig) {
    services
        .service(mine)
        .service(field::tasks)
        .service(field::keeper)
        .service(decisions::asked_for)
        .service(survey::ask)
        .service(relisten::all)
        .service(calls::missed)
        .service(inbox::left_words)
        .service(places::placeless)
        .service(marks::all_marks)
        .service(roster::duties)
        .service(upstream::owed);
}

#[derive(Serialize)]
struct Waiting {
    work: WorkList,
    counts: BTreeMap<&'static str, usize>,
    is_first: bool,
}

/// What waits for the unit.
#[get("/work")]
pub async fn mine(app: web::Data<App>, guest: Guest, asked: web::Query<WorkQuery>) -> Shown {
    let (house, actor, after) = (app.clone(), guest.actor.clone(), asked.into_inner().after);
    let (waiting, directory) = run(move || {
        let work = work::work_of(&house.hotline, &actor, after.as_deref())?;
        let (counts, is_first) = (work.counts(), after.is_none());
        let waiting = Waiting { work, counts, is_first };
        Ok((waiting, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("work.html", waiting)?)
}
