//! Web, `/words`: the sentences that the program says, and a site's own in their place. Its rule: whoever keeps the
//! system says them, with a day; the program's own is never lost.

use actix_web::{HttpResponse, get, put, web};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::reference::view::Listed;
use crate::app::App;
use crate::directory;
use crate::directory::said::Wording;
use crate::directory::wording::{self, KEEPERS, places};
use crate::error::{Error, Result, built_in, catalogue};
use crate::identity::Actor;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Page, Query, RawBody};
use crate::web::problem::Problem;

/// Which sentences.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// How many at most: 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Only those with this in their code or their words.
    pub q: Option<String>,
    /// Only those that the site says in its own words today.
    #[serde(default)]
    pub own: bool,
}

/// A sentence.
#[derive(Serialize, ToSchema)]
pub struct SentenceView {
    /// Stable code, as in problems.
    pub code: String,
    /// As it comes with the program.
    pub built_in: String,
    /// As the site says it today, where it has words of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The names of its `{name}` places, which the program fills.
    pub places: Vec<String>,
}

/// What was said in place of a text of the program from a day on.
#[derive(Serialize, ToSchema)]
pub struct SaidView {
    since_on: NaiveDate,
    /// Absent: the program's own again.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// When it was recorded, and by whom.
    at: String,
    by: String,
}

impl SaidView {
    pub(super) fn of(it: Wording, zone: Tz) -> Self {
        Self {
            since_on: it.since_on,
            text: it.text,
            at: it.recorded_at.rfc3339(zone),
            by: it.recorded_by,
        }
    }
}

/// A sentence with all that was said in its place.
#[derive(Serialize, ToSchema)]
pub struct SentenceHistory {
    #[serde(flatten)]
    pub sentence: SentenceView,
    /// The newest first.
    said: Vec<SaidView>,
}

/// What the site says in place of a sentence.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Up to 500 characters, with places that the program's sentence has; absent goes back to that.
    text: Option<String>,
    /// Today where nothing is said; a later day is allowed. What was said before for that day and later ones holds no
    /// more.
    since_on: Option<NaiveDate>,
}

/// Every sentence that the program says.
#[utoipa::path(tag = "administration", operation_id = "words_list", params(Which), responses(
    (status = 200, body = Listed<SentenceView>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/words")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(which): Query<Which>,
) -> Result<HttpResponse> {
    let listed = run(move || listed_of(&app, &actor, &which)).await?;
    Ok(HttpResponse::Ok().json(listed))
}

/// A page of the sentences, in the order of their codes.
///
/// # Errors
/// `forbidden`; 422 at `/limit`.
pub fn listed_of(app: &App, actor: &Actor, which: &Which) -> Result<Listed<SentenceView>> {
    actor.require(KEEPERS)?;
    let limit = Page { limit: which.limit, after: None }.limit()?;
    let today = app.clock.now().day(app.config.site.zone);
    let directory = app.db.read(|conn| app.directory.current(conn))?;
    let own = directory.wordings_on(today);
    let sought = which.q.as_deref().map(str::trim).unwrap_or_default();
    let all = catalogue()
        .map(|(code, built_in)| view(code, built_in, own.get(code)))
        .filter(|it| !which.own || it.text.is_some())
        .filter(|it| it.has(sought));
    let page = directory::page(all, |it| it.code.clone(), which.after.as_deref(), limit);
    Ok(Listed { items: page.items, next: page.next })
}

fn view(code: &str, built_in: &str, own: Option<&String>) -> SentenceView {
    SentenceView {
        code: code.to_owned(),
        built_in: built_in.to_owned(),
        text: own.cloned(),
        places: places(built_in).into_iter().flatten().map(str::to_owned).collect(),
    }
}

impl SentenceView {
    fn has(&self, sought: &str) -> bool {
        [Some(&self.code), Some(&self.built_in), self.text.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| text.contains(sought))
    }
}

/// One sentence, with all that was said in its place.
#[utoipa::path(tag = "administration", operation_id = "words_one", params(("code" = String, Path)), responses(
    (status = 200, body = SentenceHistory),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/words/{code}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let view = run(move || one_of(&app, &actor, &code)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// One sentence, with all that was said in its place.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn one_of(app: &App, actor: &Actor, code: &str) -> Result<SentenceHistory> {
    actor.require(KEEPERS)?;
    let built_in = built_in(code).ok_or_else(Error::not_found)?;
    let zone = app.config.site.zone;
    let today = app.clock.now().day(zone);
    let (own, said) = app.db.read(|conn| {
        let directory = app.directory.current(conn)?;
        Ok((directory.wordings_on(today), wording::said_for(conn, code)?))
    })?;
    Ok(SentenceHistory {
        sentence: view(code, built_in, own.get(code)),
        said: said.into_iter().map(|it| SaidView::of(it, zone)).collect(),
    })
}

/// Says a sentence in the site's own words from a day on, or in the program's again; each node follows in a second.
#[utoipa::path(tag = "administration", operation_id = "words_say", request_body = Wish, params(("code" = String, Path)), responses(
    (status = 200, body = SentenceHistory),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "words.place, words.no_place, words.braces: a place that the program's sentence has not", body = Problem, content_type = "application/problem+json"),
))]
#[put("/words/{code}")]
pub async fn say(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let code = code.into_inner();
    built_in(&code).ok_or_else(Error::not_found)?;
    let wish: Wish = raw.parse()?;
    let view = run(move || {
        let zone = app.config.site.zone;
        let (who, which) = (actor.clone(), code.clone());
        app.db.write(move |tx| {
            let today = tx.now.day(zone);
            let since_on = wish.since_on.unwrap_or(today);
            wording::say(tx, &who, &which, wish.text.as_deref(), since_on, today)
        })?;
        app.db.read(|conn| app.directory.speak(conn, app.clock.now(), zone))?;
        one_of(&app, &actor, &code)
    })
    .await?;
    Ok(HttpResponse::Ok().json(view))
}

pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(one).service(say);
}
