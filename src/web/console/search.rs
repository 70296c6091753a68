//! Web, console: the search. Its rule: what the interface finds; a question that cannot be asked is answered on the
//! same page, so that it can be mended.

use actix_web::web;
use actix_web::{HttpRequest, get};
use serde::Serialize;

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::{Error, Kind};
use crate::web::api::search::{self, FoundView, SearchQuery};
use crate::web::api::searches::{self, KeptList};
use crate::web::blocking::run;

#[derive(Serialize)]
struct Searched {
    q: String,
    /// What cannot be asked, and why.
    wrong: Option<String>,
    found: Option<FoundView>,
    /// What its reader keeps; how many each finds is asked for later.
    kept: KeptList,
}

/// Searches as the address says.
#[get("/search")]
pub async fn texts(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let asked: SearchQuery = serde_urlencoded::from_str(request.query_string())
        .map_err(|_| Error::new(Kind::Malformed, "malformed"))?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (searched, directory) = run(move || {
        let directory = house.db.read(|conn| house.directory.current(conn))?;
        let (wrong, found) = match search::found(&house, &actor, &asked) {
            Ok(found) => (None, Some(found)),
            Err(error) if matches!(error.kind(), Kind::Invalid | Kind::Malformed) => {
                let said = error.fields().first().map_or(error.detail(), |field| &field.detail);
                (Some(said.to_owned()), None)
            }
            Err(error) => return Err(error),
        };
        let kept = searches::kept_of(&house, &actor)?;
        Ok((Searched { q: asked.q, wrong, found, kept }, directory))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("search.html", searched)?)
}
