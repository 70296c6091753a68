//! Web, console: special reports 专报 with all that may be done to them now, and what they ask of units. Its rule: the
//! report itself is the printed page; around it stands what is said to it.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::Words;
use super::reading::{Place, Sheet, places, sheets};
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::reports::print as press;
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::reports::printed;
use crate::web::api::reports::tasks::{self, TaskList, TaskQuery};
use crate::web::api::reports::view::{BehindView, DifferencesView, ReportList, ReportView};
use crate::web::api::reports::{self, CellQuery, ReportQuery, read_id};
use crate::web::blocking::{run, run_long};
use crate::web::console::assets;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

#[derive(Serialize)]
struct Listed<T> {
    /// The words of the list without its page.
    asked: String,
    state: String,
    overdue: bool,
    list: T,
}

impl<T> Listed<T> {
    fn of(words: &Words, list: T) -> Self {
        Self {
            asked: words.clone().without(&["after"]).written(),
            state: words.get("state").unwrap_or_default().to_owned(),
            overdue: words.get("overdue") == Some("true"),
            list,
        }
    }
}

/// The reports that the reader knows of.
#[get("/monthly")]
pub async fn all(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<ReportQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (found, directory) = run(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let found: ReportList = reports::listed(&house, &actor, &query)?;
        Ok((Listed::of(&words, found), directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("monthly.html", found)?)
}

/// What leaders wrote on reports, as tasks of units.
#[get("/monthly/tasks")]
pub async fn owed(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<TaskQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (found, names) = run(move || {
        let found: TaskList = tasks::listed(&house, &actor, &query)?;
        let names = names_in(&house, &actor, &found)?;
        Ok((Listed::of(&words, found), names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("tasks.html", found)?)
}

#[derive(Serialize)]
struct Read {
    report: ReportView,
    /// What may be written into now.
    places: Vec<Place>,
    /// Of whoever confirms or objects: the own rows, as they are to be checked.
    own: Vec<Sheet>,
}

/// A report: how far it has come, what was said to it, and what may be done.
#[get("/monthly/{id}")]
pub async fn one(app: web::Data<App>, guest: Guest, id: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run_long(move || {
        let view = read(&house, &actor, &id)?;
        let names = names_in(&house, &actor, &view.report)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("report.html", view)?)
}

fn read(app: &App, actor: &Actor, id: &str) -> Result<Read> {
    let report = reports::opened(app, actor, id)?;
    let may = |steps: &[&str]| report.allowed.iter().any(|step| steps.contains(step));
    let (writes, checks) = (may(&["text"]), may(&["confirm", "object"]));
    if !writes && !checks {
        return Ok(Read { report, places: Vec::new(), own: Vec::new() });
    }
    let (whole, _) = printed::whole_of(app, actor, read_id(id)?)?;
    Ok(Read {
        report,
        places: if writes { places(&whole) } else { Vec::new() },
        own: if checks { sheets(&whole.document, app.config.site.zone) } else { Vec::new() },
    })
}

/// The report as it is printed, its figures leading to pages of their tickets. Thousands of links are packed to a
/// tenth; nothing that a request says stands in the page, and no secret, so that its length tells nothing.
#[get("/monthly/{id}/page")]
pub async fn print(
    app: web::Data<App>,
    guest: Guest,
    id: web::Path<String>,
    request: HttpRequest,
) -> Shown {
    let is_packed = assets::takes_packed(&request);
    let (page, packed) = run_long(move || {
        let id = read_id(&id)?;
        let scripts = ["echarts.js", "charts.js"].map(assets::address);
        let base = format!("/monthly/{id}/tickets");
        let page = printed::page_of(&app, &guest.actor, (id, base), &scripts)?;
        let packed = if is_packed { assets::packed(page.as_bytes()) } else { None };
        Ok((page, packed))
    })
    .await?;
    let policy = press::policy_of_scripts();
    let Some(packed) = packed else { return Ok(printed::sheet(page, policy)) };
    let mut answer = printed::sheet(packed, policy);
    answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Ok(answer)
}

#[derive(Serialize)]
struct Behind {
    id: String,
    /// What the cell's table, row and column are called.
    words: [String; 3],
    /// The words of the list without its page.
    asked: String,
    allowed: Vec<&'static str>,
    list: BehindView,
    /// What the lists of the reader say of them, by number.
    lines: BTreeMap<String, LineView>,
}

/// The tickets behind a cell of a report; whoever may object does so here, ticket by ticket.
#[get("/monthly/{id}/tickets")]
pub async fn tickets(
    app: web::Data<App>,
    guest: Guest,
    id: web::Path<String>,
    request: HttpRequest,
) -> Shown {
    let words = Words::of(&request);
    let query = words.read::<CellQuery>()?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, directory) = run_long(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let list = reports::behind_of(&house, &actor, (&id, &query))?;
        let view = Behind {
            id: id.to_string(),
            words: list.words.clone(),
            asked: words.without(&["after"]).written(),
            allowed: reports::opened(&house, &actor, &id)?.allowed,
            lines: lines_of(&house.hotline, &actor, &list.numbers())?,
            list,
        };
        Ok((view, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("report_tickets.html", view)?)
}

#[derive(Serialize)]
struct Differing {
    id: String,
    list: DifferencesView,
}

/// What a restatement changed.
#[get("/monthly/{id}/differences")]
pub async fn differences(app: web::Data<App>, guest: Guest, id: web::Path<String>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run_long(move || {
        let list = reports::differences_of(&house, &actor, &id)?;
        let names = names_in(&house, &actor, &list)?;
        Ok((Differing { id: id.to_string(), list }, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("differences.html", view)?)
}
