//! Web, console: one ticket with all that may be done to it now. Its rule: what is shown is what the interface
//! answers this reader; a command that is not allowed has no form.

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::knowledge::hollow::{formulas_in, is_empty_reply};
use crate::ticket::StateName;
use crate::web::api::dossier::{self, ToldView};
use crate::web::api::history::{self, Limits, Readers};
use crate::web::api::roster::duty::{NowView, after_hours_at};
use crate::web::api::tickets;
use crate::web::api::view::TicketView;
use crate::web::blocking::run;

#[derive(Serialize)]
struct Opened {
    ticket: TicketView,
    story: Vec<ToldView>,
    limits: Limits,
    readers: Readers,
    /// What of the reply says nothing, for whoever judges it.
    judged: Option<Judged>,
    /// Outside working hours: who is on duty at the unit that has it.
    duty: Option<NowView>,
}

/// What a reviewer is shown of a reply before they pass it.
#[derive(Serialize)]
struct Judged {
    /// Where formulas stand, in characters.
    formulas: Vec<(usize, usize)>,
    /// Why it says nothing, where that is so.
    hollow: Option<&'static str>,
}

/// A ticket.
#[get("/tickets/{no}")]
pub async fn ticket(app: web::Data<App>, guest: Guest, no: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (opened, directory) = run(move || {
        let hotline = &house.hotline;
        let (ticket, _) = tickets::opened(hotline, &actor, &no)?;
        let judged = judged(&house, &actor, &ticket)?;
        let duty = on_duty(&house, &actor, &ticket)?;
        let opened = Opened {
            ticket,
            story: dossier::story_of(hotline, &actor, &no)?,
            limits: history::limits_of(hotline, &actor, &no)?,
            readers: history::readers_of(hotline, &actor, &no)?,
            judged,
            duty,
        };
        Ok((opened, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("ticket.html", opened)?)
}

fn on_duty(app: &App, actor: &Actor, shown: &TicketView) -> Result<Option<NowView>> {
    let at_a_unit = matches!(shown.state, StateName::InUnits | StateName::OnLedger);
    match shown.lead.as_ref().filter(|_| at_a_unit) {
        Some(lead) => after_hours_at(app, actor, lead),
        None => Ok(None),
    }
}

fn judged(app: &App, actor: &Actor, shown: &TicketView) -> Result<Option<Judged>> {
    let Some(reply) = shown.reply.as_ref().filter(|_| actor.has(Role::Reviewer)) else {
        return Ok(None);
    };
    let now = app.db.now();
    let rules = app.db.read(|conn| app.hotline.rules.current(conn, now))?;
    let rule = &rules.profile.bottom_line.empty;
    let hollow = is_empty_reply(reply, shown.articles.len(), rule).map(|why| why.zh());
    Ok(Some(Judged { formulas: formulas_in(reply, rule), hollow }))
}
