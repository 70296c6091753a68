//! Web, console: the knowledge base: finding, reading, writing, publishing. Its rule: the interface's lists and
//! articles; what may be done to one is what its view allows.

use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use super::people::names_in;
use crate::app::App;
use crate::error::{Error, Kind};
use crate::knowledge::ArticleCode;
use crate::knowledge::sight::require_writer;
use crate::web::api::articles::gaps::{self, GapList, GapQuery};
use crate::web::api::articles::view::{ArticleList, ArticleView, VersionList};
use crate::web::api::articles::{self, ArticleQuery};
use crate::web::blocking::run;
use crate::web::body::Page as Slice;

/// Articles, gaps and versions on a page.
const SHOWN: u32 = 50;

/// The pages of the knowledge base.
pub fn routes(services: &mut ServiceConfig) {
    // Before the article of that name, which there is none of.
    services.service(found).service(unanswered).service(fresh).service(one);
}

#[derive(Serialize)]
struct Found {
    q: String,
    list: ArticleList,
    /// Whether the reader writes articles.
    writes: bool,
    /// Whether the reader is told what none answered.
    gaps: bool,
}

/// Articles, by words or all.
#[get("/articles")]
pub async fn found(app: web::Data<App>, guest: Guest, request: HttpRequest) -> Shown {
    let asked: ArticleQuery = serde_urlencoded::from_str(request.query_string())
        .map_err(|_| Error::new(Kind::Malformed, "malformed"))?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, directory) = run(move || {
        let query = ArticleQuery { limit: Some(SHOWN), ..asked };
        let list = articles::listed(&house, &actor, &query)?;
        let (writes, gaps) = (require_writer(&actor).is_ok(), !actor.company);
        let view = Found { q: query.q.unwrap_or_default(), list, writes, gaps };
        Ok((view, house.db.read(|conn| house.directory.current(conn))?))
    })
    .await?;
    Ok(Page::of(&app, &guest).naming(directory).show("articles.html", view)?)
}

/// Where a list goes on.
#[derive(Deserialize)]
pub struct Onward {
    after: Option<String>,
}

#[derive(Serialize)]
struct Unanswered {
    gaps: GapList,
    writes: bool,
}

/// What callers asked and no article answers.
#[get("/articles/gaps")]
pub async fn unanswered(app: web::Data<App>, guest: Guest, onward: web::Query<Onward>) -> Shown {
    let (house, actor, after) = (app.clone(), guest.actor.clone(), onward.into_inner().after);
    let view = run(move || {
        let query = GapQuery { limit: Some(SHOWN), after, ..GapQuery::default() };
        let gaps = gaps::gaps_of(&house, &actor, &query)?;
        Ok(Unanswered { gaps, writes: require_writer(&actor).is_ok() })
    })
    .await?;
    Ok(Page::of(&app, &guest).show("gaps.html", view)?)
}

#[derive(Serialize)]
struct Fresh {
    /// What it is to be about, from what none answered.
    title: String,
}

/// What a new article begins with.
#[derive(Deserialize)]
pub struct Begun {
    #[serde(default)]
    title: String,
}

/// A new article.
#[get("/articles/new")]
pub async fn fresh(app: web::Data<App>, guest: Guest, begun: web::Query<Begun>) -> Shown {
    require_writer(&guest.actor)?;
    let house = app.clone();
    let directory = run(move || house.db.read(|conn| house.directory.current(conn))).await?;
    let view = Fresh { title: begun.into_inner().title };
    Ok(Page::of(&app, &guest).naming(directory).show("article_new.html", view)?)
}

#[derive(Serialize)]
struct Opened {
    article: ArticleView,
    versions: VersionList,
}

/// An article with its versions and what may be done to it.
#[get("/articles/{code}")]
pub async fn one(app: web::Data<App>, guest: Guest, code: web::Path<ArticleCode>) -> Shown {
    let (house, actor) = (app.clone(), guest.actor.clone());
    let (view, names) = run(move || {
        let article = articles::opened(&house, &actor, &code)?;
        let latest = Slice { limit: Some(SHOWN), after: None };
        let versions = articles::versions_of(&house, &actor, &code, &latest)?;
        let view = Opened { article, versions };
        let names = names_in(&house, &actor, &view)?;
        Ok((view, names))
    })
    .await?;
    Ok(Page::of(&app, &guest).named(names).show("article.html", view)?)
}
