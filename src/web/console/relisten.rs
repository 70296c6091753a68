//! Web, console: surveys that are heard again 重听. Its rule: the lists and counts of `/relistens`; what was found is a call
//! of the interface.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::followup::drawn::Stage;
use crate::web::api::relistens::{self, RelistenFigures, RelistenList, RelistenQuery};
use crate::web::blocking::run;

/// Which month is counted.
#[derive(Deserialize)]
pub struct Which {
    month: Option<String>,
}

#[derive(Serialize)]
struct Heard {
    open: RelistenList,
    differing: RelistenList,
    figures: RelistenFigures,
}

/// What is to be heard, what differs, and the month's counts.
#[get("/relisten")]
pub async fn all(app: web::Data<App>, guest: Guest, which: web::Query<Which>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let month = which.into_inner().month.filter(|month| !month.is_empty());
    let (heard, names) = run(move || {
        let hotline = &house.hotline;
        let differing = RelistenQuery {
            stage: Some(Stage::Differs),
            month: month.clone(),
            ..RelistenQuery::default()
        };
        let heard = Heard {
            open: relistens::listed(hotline, &actor, &RelistenQuery::default())?,
            differing: relistens::listed(hotline, &actor, &differing)?,
            figures: relistens::counted(hotline, &actor, month.as_deref())?,
        };
        let names = names_in(&house, &actor, &heard)?;
        Ok((heard, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("relisten.html", heard)?)
}
