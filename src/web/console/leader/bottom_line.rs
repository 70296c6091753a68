//! Web, console: cases of the bottom line 触碰底线 and their figures. Its rule: the unit answers on it, the reviewer
//! decides on it; a case says its ticket to whoever sees that ticket.

use actix_web::{HttpRequest, get, web};
use serde::Serialize;

use super::asked::{Words, where_well_asked};
use super::figures::window;
use crate::app::App;
use crate::error::Result;
use crate::identity::Actor;
use crate::web::api::bottomline::counted::{BottomLineQuery, BottomLineView, counted_of};
use crate::web::api::bottomline::{self, CaseList, CaseQuery};
use crate::web::blocking::run_long;
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;
use crate::web::console::page::Page;
use crate::web::console::people::names_in;

#[derive(Serialize)]
struct Touched {
    state: String,
    flag: String,
    window: String,
    /// The words of the list without its page.
    asked: String,
    cases: CaseList,
    /// Of the window; nothing where there is no such one.
    counted: Option<BottomLineView>,
    wrong: Option<String>,
}

/// The cases that the reader may see, and what they come to in a window.
#[get("/bottom-line")]
pub async fn all(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let words = Words::of(&request);
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run_long(move || {
        let view = touched(&house, &actor, &words)?;
        let names = names_in(&house, &actor, &view.cases)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("bottom_line.html", view)?)
}

fn touched(app: &App, actor: &Actor, words: &Words) -> Result<Touched> {
    let said = |name: &str| words.get(name).unwrap_or_default().to_owned();
    // The cases are of all time, and the window is that of the figures alone; behind one figure they are its own.
    let of_figure = words.get("unit").is_some();
    let apart: &[&str] = if of_figure { &[] } else { &["window"] };
    let cases = words.clone().without(apart).read::<CaseQuery>()?;
    let of = match words.get("window") {
        Some(name) => name.to_owned(),
        None => window(app)?,
    };
    let query = BottomLineQuery { window: Some(of.clone()), ..BottomLineQuery::default() };
    let (counted, wrong) = where_well_asked(counted_of(app, actor, &query))?;
    Ok(Touched {
        state: said("state"),
        flag: said("flag"),
        window: of,
        asked: words.clone().without(&["after"]).written(),
        cases: bottomline::listed(app, actor, &cases)?,
        counted,
        wrong,
    })
}
