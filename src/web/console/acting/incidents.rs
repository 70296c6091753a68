//! Web, console: incidents 突发事件: what is announced, and tickets that others were merged into. Its rule: what callers are
//! told is for everybody; the number of its ticket only for who sees that ticket.

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use crate::app::App;
use crate::intake::incident::{IncidentState, KEEPERS};
use crate::web::api::incidents::listed::{IncidentList, IncidentQuery, list_of};
use crate::web::blocking::run;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::leader::asked::Words;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

#[derive(Serialize)]
struct Incidents {
    state: IncidentState,
    /// The words of the list without its page.
    asked: String,
    list: IncidentList,
    /// Whether the reader declares them, says them anew and ends them.
    keeps: bool,
}

/// The incidents that the reader may know of.
#[get("/incidents")]
pub async fn going_on(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<IncidentQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run(move || {
        let view = Incidents {
            state: query.state(),
            asked: words.without(&["after"]).written(),
            list: list_of(&house, &actor, &query)?,
            keeps: actor.has_any(&KEEPERS),
        };
        let names = names_in(&house, &actor, &view.list)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("incidents.html", view)?)
}
