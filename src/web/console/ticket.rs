//! Web, console: one ticket with all that may be done to it now. Its rule: what is shown is what the interface
//! answers this reader; a command that is not allowed has no form.

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::web::api::history::{self, Events, Limits, Readers};
use crate::web::api::tickets;
use crate::web::api::view::TicketView;
use crate::web::blocking::run;

#[derive(Serialize)]
struct Opened {
    ticket: TicketView,
    events: Events,
    limits: Limits,
    readers: Readers,
}

/// A ticket.
#[get("/tickets/{no}")]
pub async fn ticket(app: web::Data<App>, guest: Guest, no: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (opened, directory) = run(move || {
        let hotline = &house.hotline;
        let (ticket, _) = tickets::opened(hotline, &actor, &no)?;
        let opened = Opened {
            ticket,
            events: history::events_of(hotline, &actor, &no)?,
            limits: history::limits_of(hotline, &actor, &no)?,
            readers: history::readers_of(hotline, &actor, &no)?,
        };
        Ok((opened, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("ticket.html", opened)?)
}
