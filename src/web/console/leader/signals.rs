//! Web, console: honest figures 数据体检, unit by unit, and what lies behind each signal. Its rule: shares, never points; a
//! unit begins with the present window, whoever judges with the last one that is over.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::{Words, where_well_asked};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::ticket::sight::{Scope, scope};
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::signals::{
    Seeing, SignalTicketsQuery, SignalTicketsView, SignalView, SignalsQuery, SignalsView,
    behind_of, signals_of,
};
use crate::web::blocking::run_long;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;

/// So many units stand on a page; each is asked for by itself too.
const SHOWN: usize = 30;

/// A unit's signals, in their order.
#[derive(Serialize)]
struct OfUnit {
    unit: String,
    name: String,
    /// Whether any of them is lit.
    lit: bool,
    /// How many cases there are of all of them.
    #[serde(skip)]
    cases: i64,
    signals: Vec<SignalView>,
}

#[derive(Serialize)]
struct Looked {
    window: String,
    unit: String,
    /// What cannot be asked, and why.
    wrong: Option<String>,
    /// Those with a lit signal first, then those with the most cases.
    units: Vec<OfUnit>,
    /// How many are left out.
    hidden: usize,
    /// What is said of all of them.
    found: Option<SignalsView>,
}

/// The signals of a window.
#[get("/signals")]
pub async fn all(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, directory) = run_long(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        Ok((looked(&house, &actor, &words)?, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("signals.html", view)?)
}

fn looked(app: &web::Data<App>, actor: &Actor, words: &Words) -> Result<Looked> {
    let of = match words.get("window") {
        Some(name) => name.to_owned(),
        None => first_of(app, actor)?,
    };
    let unit = words.get("unit").unwrap_or_default().to_owned();
    let asked = Words::none().with("window", of.as_str());
    let asked = if unit.is_empty() { asked } else { asked.with("unit", unit.as_str()) };
    let query = asked.read::<SignalsQuery>();
    let (mut found, wrong) = where_well_asked(
        query.and_then(|query| signals_of(app, actor, &query, Seeing::Lately(app))),
    )?;
    let items = found.as_mut().map(|view| std::mem::take(&mut view.items)).unwrap_or_default();
    let mut units = by_unit(items);
    let hidden = units.len().saturating_sub(SHOWN);
    units.truncate(SHOWN);
    Ok(Looked { window: of, unit, wrong, units, hidden, found })
}

/// The window that is shown where none is asked for.
fn first_of(app: &App, actor: &Actor) -> Result<String> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let judges = scope(actor) == Scope::All;
        let of = if judges { rules.window_before(now)? } else { rules.window_of(now)? };
        Ok(of.label())
    })
}

fn by_unit(items: Vec<SignalView>) -> Vec<OfUnit> {
    let mut units: Vec<OfUnit> = Vec::new();
    for it in items {
        let lit = it.lit == Some(true);
        if units.last().is_none_or(|last| last.unit != it.unit) {
            let (unit, name) = (it.unit.clone(), it.name.clone());
            units.push(OfUnit { unit, name, lit: false, cases: 0, signals: Vec::new() });
        }
        if let Some(last) = units.last_mut() {
            last.lit |= lit;
            last.cases += it.count.unwrap_or_default();
            last.signals.push(it);
        }
    }
    units.sort_by_key(|it| (!it.lit, -it.cases));
    units
}

#[derive(Serialize)]
struct Behind {
    window: String,
    unit: String,
    signal: String,
    part: String,
    /// The words of this list without its page.
    asked: String,
    list: SignalTicketsView,
    /// What the lists of the reader say of them, by number.
    lines: BTreeMap<String, LineView>,
}

/// The tickets behind one signal of one unit.
#[get("/signals/tickets")]
pub async fn behind(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<SignalTicketsQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, directory) = run_long(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let list = behind_of(&house, &actor, &query, Seeing::Lately(&house))?;
        let said = |name: &str| words.get(name).unwrap_or_default().to_owned();
        let view = Behind {
            window: said("window"),
            unit: said("unit"),
            signal: said("signal"),
            part: words.get("part").unwrap_or("num").to_owned(),
            asked: words.clone().without(&["after"]).written(),
            lines: lines_of(&house.hotline, &actor, &list.numbers())?,
            list,
        };
        Ok((view, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("signal_tickets.html", view)?)
}
