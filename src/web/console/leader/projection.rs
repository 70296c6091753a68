//! Web, console: how each unit would stand if the window were frozen today, and what can still be done. Its rule: of its
//! own people a unit is opened at once; whoever sees them all begins with the lowest score.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::{Words, where_well_asked};
use super::figures::window;
use crate::app::App;
use crate::assessment::Metric;
use crate::error::Result;
use crate::identity::Actor;
use crate::ticket::sight::{Scope, scope};
use crate::web::api::line::LineView;
use crate::web::api::named::lines_of;
use crate::web::api::rates::RowView;
use crate::web::api::rates::projection::{
    ProjectionQuery, ProjectionView, StandingsView, projection_of, standings_of,
};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::long_page;

/// Tickets of either kind that stand on the page at first; as many as the interface gives where more are asked for.
const AT_FIRST: &str = "50";

#[derive(Serialize)]
struct Ahead {
    window: String,
    /// The unit that is opened.
    unit: String,
    /// What cannot be asked, and why.
    wrong: Option<String>,
    /// Those with an answer, the lowest score first.
    standings: Option<StandingsView>,
    /// How many units have no answer yet.
    unasked: usize,
    opened: Option<ProjectionView>,
    /// Whether it lists as many tickets as it ever does.
    long: bool,
    /// What the lists of the reader say of its tickets, by number.
    lines: BTreeMap<String, LineView>,
}

/// If the window were frozen today.
#[get("/projection")]
pub async fn ahead(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    long_page(&app, &guest, "projection.html", move |app, actor| looked(app, actor, &words)).await
}

fn looked(app: &App, actor: &Actor, words: &Words) -> Result<Ahead> {
    let of = match words.get("window") {
        Some(name) => name.to_owned(),
        None => window(app)?,
    };
    let (mut standings, wrong) = where_well_asked(standings_of(app, actor, &of))?;
    let said = words.get("unit").map(str::to_owned);
    let long = words.get("long").is_some();
    let unit = standings.as_ref().and_then(|all| said.or_else(|| own(actor, all)));
    let opened = match &unit {
        Some(unit) => {
            let mut asked = Words::none().with("window", of.as_str()).with("unit", unit.as_str());
            if !long {
                asked = asked.with("limit", AT_FIRST);
            }
            Some(projection_of(app, actor, &asked.read::<ProjectionQuery>()?)?)
        }
        None => None,
    };
    let unasked = standings.as_mut().map_or(0, |all| lowest_first(&mut all.rows));
    let numbers = opened.as_ref().map(ProjectionView::numbers).unwrap_or_default();
    Ok(Ahead {
        window: of,
        unit: unit.unwrap_or_default(),
        wrong,
        standings,
        unasked,
        opened,
        long,
        lines: lines_of(&app.hotline, actor, &numbers)?,
    })
}

/// The reader's own unit, where they do not see all of them.
fn own(actor: &Actor, all: &StandingsView) -> Option<String> {
    let own = actor.unit.as_ref().filter(|_| scope(actor) != Scope::All)?;
    Some(own.to_string()).filter(|code| all.has(code))
}

/// Orders those with an answer; how many there are without one.
fn lowest_first(rows: &mut Vec<RowView>) -> usize {
    let score = |row: &RowView| {
        let cell = row.metrics.get(Metric::Composite.as_str());
        cell.and_then(|cell| cell.value).unwrap_or(f64::MAX)
    };
    let all = rows.len();
    rows.retain(|row| row.n > 0);
    rows.sort_by(|one, other| score(one).total_cmp(&score(other)));
    all - rows.len()
}
