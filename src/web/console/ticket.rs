//! Web, console: one ticket with all that may be done to it now. Its rule: what is shown is what the interface
//! answers this reader; a command that is not allowed has no form.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::people_in;
use crate::app::App;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::knowledge::hollow::{formulas_in, is_empty_reply};
use crate::knowledge::named::named_in;
use crate::ticket::StateName;
use crate::web::api::dossier::{self, ToldView};
use crate::web::api::history::{self, Limits, Readers};
use crate::web::api::offers::{Offers, offers_of};
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
    /// What people are called, by their user names; those of a property company are not told.
    people: BTreeMap<String, String>,
    /// What of the reply says nothing, for whoever judges it.
    judged: Option<Judged>,
    /// What may be done beside the commands.
    offers: Offers,
    /// Outside working hours: who is on duty at the unit that has it.
    duty: Option<NowView>,
}

/// What a reviewer is shown of a reply before they pass it.
#[derive(Serialize)]
struct Judged {
    /// What stands out, in characters: formulas, and what names somebody or somewhere.
    marks: Vec<(usize, usize)>,
    /// Whether formulas are among them.
    formulas: bool,
    named: Vec<Piece>,
    /// Why it says nothing, where that is so.
    hollow: Option<&'static str>,
}

/// A piece of it that names somebody or somewhere.
#[derive(Serialize)]
struct Piece {
    text: String,
    what: &'static str,
    /// The ticket has it too; else it may be another case's.
    is_own: bool,
}

/// A ticket.
#[get("/tickets/{no}")]
pub async fn ticket(app: web::Data<App>, guest: Guest, no: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (opened, directory) = run(move || {
        let hotline = &house.hotline;
        let (ticket, _) = tickets::opened(hotline, &actor, &no)?;
        let judged = judged(&house, &actor, &no, &ticket)?;
        let duty = on_duty(&house, &actor, &ticket)?;
        let offers = offers_of(hotline, &actor, &no)?;
        let story = dossier::story_of(hotline, &actor, &no)?;
        let readers = history::readers_of(hotline, &actor, &no)?;
        let people = people_in(&house, &actor, &(&ticket, &story, &readers))?;
        let limits = history::limits_of(hotline, &actor, &no)?;
        let opened = Opened { ticket, story, limits, readers, people, judged, offers, duty };
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

fn judged(app: &App, actor: &Actor, no: &str, shown: &TicketView) -> Result<Option<Judged>> {
    let Some(reply) = shown.reply.as_ref().filter(|_| actor.has(Role::Reviewer)) else {
        return Ok(None);
    };
    let now = app.db.now();
    let (rules, stored) = app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        let stored = app.hotline.see(conn, &rules, actor, no)?;
        Ok((rules, stored))
    })?;
    let rule = &rules.profile.bottom_line.empty;
    let hollow = is_empty_reply(reply, shown.articles.len(), rule).map(|why| why.zh());
    let mut marks = formulas_in(reply, rule);
    let formulas = !marks.is_empty();
    let found = named_in(&stored.ticket, reply, &rules.directory);
    marks.extend(found.iter().map(|it| (it.from, it.to)));
    let named = found.into_iter().map(|it| Piece {
        text: reply.chars().skip(it.from).take(it.to - it.from).collect(),
        what: it.what.zh(),
        is_own: it.is_own,
    });
    Ok(Some(Judged { marks: merged(marks), formulas, named: named.collect(), hollow }))
}

/// The same in order, those that touch as one.
fn merged(mut marks: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    marks.sort_unstable();
    let mut all: Vec<(usize, usize)> = Vec::with_capacity(marks.len());
    for (from, to) in marks {
        match all.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}
