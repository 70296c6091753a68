//! Web, console: one ticket with all that may be done to it now. Its rule: what is shown is what the interface
//! answers this reader; a command that is not allowed has no form.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{get, web};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::Result;
use crate::identity::{Actor, Role, store};
use crate::knowledge::hollow::{formulas_in, is_empty_reply};
use crate::web::api::dossier::{self, ToldView};
use crate::web::api::history::{self, Limits, Readers};
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
        let story = dossier::story_of(hotline, &actor, &no)?;
        let readers = history::readers_of(hotline, &actor, &no)?;
        let people = people(&house, &actor, (story.as_slice(), &readers))?;
        let limits = history::limits_of(hotline, &actor, &no)?;
        let opened = Opened { ticket, story, limits, readers, people, judged };
        Ok((opened, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("ticket.html", opened)?)
}

fn people(
    app: &App,
    actor: &Actor,
    (story, readers): (&[ToldView], &Readers),
) -> Result<BTreeMap<String, String>> {
    if actor.company {
        return Ok(BTreeMap::new());
    }
    let did = story.iter().map(|told| told.step.by.clone());
    let saw = readers.items.iter().map(|reader| reader.user.clone());
    let names: BTreeSet<String> = did.chain(saw).collect();
    app.db.read(|conn| store::called(conn, names.into_iter().collect()))
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
