//! Web, console: the papers 文书 of a ticket: those that were made, and which can be made now. Its rule: one that shows a
//! citizen is made and printed with a reason, as the interface asks.

use actix_web::{get, web};
use serde::Serialize;

use crate::app::App;
use crate::directory::UnitCode;
use crate::papers::PaperKind;
use crate::web::api::papers::{self, PaperList};
use crate::web::blocking::run;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

#[derive(Serialize)]
struct Papers {
    no: String,
    list: PaperList,
    /// What the reader may make of it now.
    kinds: Vec<PaperKind>,
    /// Of whose part an order may be made, where there are several.
    parts: Vec<(String, UnitCode)>,
    /// Which of all go to a citizen.
    named: Vec<PaperKind>,
}

/// The papers about a ticket.
#[get("/tickets/{no}/papers")]
pub async fn about(app: web::Data<App>, guest: Guest, no: web::Path<String>) -> Shown {
    let (house, actor, no) = (app.clone(), guest.actor.clone(), no.into_inner());
    let (view, names) = run(move || {
        let list = papers::list_of(&house, &actor, &no)?;
        let kinds = papers::made_of(&house, &actor, &no)?;
        let parts = papers::parts_of(&house, &actor, &no)?;
        let named = PaperKind::ALL.iter().copied().filter(|kind| kind.is_to_citizen()).collect();
        let view = Papers { no, list, kinds, parts, named };
        let names = names_in(&house, &actor, &view.list)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("papers.html", view)?)
}
