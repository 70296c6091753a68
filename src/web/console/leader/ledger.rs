//! Web, console: the register 台账 of what stands on the ledger 挂账: what was there, came, went and is left, by unit, with
//! its tickets. Its rule: the parts are the interface's own, and each leads to its tickets.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::{Words, where_well_asked};
use super::figures::window;
use crate::app::App;
use crate::assessment::Metric;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::rates::register::{RegisterQuery, RegisterView, register_of};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::long_page;

/// The parts in the order of the sum: the register's names of them, and the metrics that they are.
const PARTS: [(&str, Metric); 5] = [
    ("opening", Metric::LedgerOpening),
    ("new", Metric::LedgerNew),
    ("written_off", Metric::LedgerWrittenOff),
    ("cancelled", Metric::LedgerCancelled),
    ("closing", Metric::Ledger),
];

#[derive(Serialize)]
struct Registered {
    window: String,
    /// Whether the page begins with the first ticket.
    is_first: bool,
    /// What cannot be asked, and why.
    wrong: Option<String>,
    parts: [(&'static str, Metric); 5],
    found: Option<RegisterView>,
    /// What the lists of the reader say of its tickets, by number.
    lines: BTreeMap<String, LineView>,
}

/// The register of a window.
#[get("/ledger")]
pub async fn all(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    long_page(&app, &guest, "ledger.html", move |app, actor| registered(app, actor, &words)).await
}

fn registered(app: &App, actor: &Actor, words: &Words) -> Result<Registered> {
    let of = match words.get("window") {
        Some(name) => name.to_owned(),
        None => window(app)?,
    };
    let asked = Words::none().with("window", of.as_str());
    let after = words.get("after");
    let asked = match after {
        Some(after) => asked.with("after", after),
        None => asked,
    };
    let query = asked.read::<RegisterQuery>();
    let (found, wrong) = where_well_asked(query.and_then(|query| register_of(app, actor, &query)))?;
    let numbers = found.as_ref().map(RegisterView::numbers).unwrap_or_default();
    Ok(Registered {
        window: of,
        is_first: after.is_none(),
        wrong,
        parts: PARTS,
        found,
        lines: lines_of(&app.hotline, actor, &numbers)?,
    })
}
