//! Web, console: the surveyor's page, one ticket after the other. Its rule: whom `GET /surveys/due` names; the
//! citizen's own words first, one key an answer, and then the next.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::surveys::{self, AgreedView, SameCall, SurveyDueView, SurveysDue};
use crate::web::api::tickets;
use crate::web::api::view::TicketView;
use crate::web::blocking::run;

/// Which ticket: this one, or the one that follows that; the first where nothing is said.
#[derive(Deserialize)]
pub struct Which {
    no: Option<String>,
    after: Option<String>,
    /// The ticket that the same caller was rung about a moment ago.
    call: Option<String>,
}

#[derive(Serialize)]
struct Asking {
    /// How many may be asked now, and whether there are more.
    waiting: usize,
    partial: bool,
    due: Option<SurveyDueView>,
    /// What the same caller may be asked about in the same call.
    others: Vec<SurveyDueView>,
    /// The call that this is asked in, where it has been made.
    same: Option<SameCall>,
    /// Appointments to come.
    agreed: Vec<AgreedView>,
    ticket: Option<TicketView>,
    /// Where it goes on: another ticket of the same call, else the next call.
    onward: String,
}

/// The next ticket to be asked about.
#[get("/survey")]
pub async fn ask(app: web::Data<App>, guest: Guest, which: web::Query<Which>) -> Shown {
    let (house, actor, which) = (app.clone(), guest.actor.clone(), which.into_inner());
    let (asking, directory) = run(move || {
        let asking = next(&house, &actor, &which)?;
        Ok((asking, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("survey.html", asking)?)
}

fn next(app: &App, actor: &Actor, which: &Which) -> Result<Asking> {
    let SurveysDue { mut items, agreed, partial } =
        surveys::due(&app.hotline, actor, surveys::LIST)?;
    let waiting = items.len();
    let place = |no: &str| items.iter().position(|it| it.no == no);
    let named = which.no.as_deref().and_then(place);
    let following = which.after.as_deref().and_then(place).map(|at| (at + 1) % waiting);
    let at = named.or(following).unwrap_or(0);
    if items.is_empty() {
        let onward = "/survey".to_owned();
        let (others, same) = (Vec::new(), None);
        return Ok(Asking {
            waiting,
            partial,
            due: None,
            others,
            same,
            agreed,
            ticket: None,
            onward,
        });
    }
    let due = items.swap_remove(at);
    let onward = match due.next_beside() {
        Some(no) => format!("/survey?no={no}&call={}", due.no),
        None => "/survey".to_owned(),
    };
    items.retain(|it| due.is_beside(&it.no));
    let same = match &which.call {
        Some(rung) => surveys::same_call(&app.hotline, actor, rung, &due.no)?,
        None => None,
    };
    let (ticket, _) = tickets::opened(&app.hotline, actor, &due.no)?;
    Ok(Asking {
        waiting,
        partial,
        due: Some(due),
        others: items,
        same,
        agreed,
        ticket: Some(ticket),
        onward,
    })
}
