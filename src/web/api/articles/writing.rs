//! Web: what is done to articles. Its rule: each act is one write, and its body is read inside, after 404 and 403;
//! the answer is the article as it is then.

use std::sync::Arc;

use actix_web::{HttpResponse, post, put, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::room::Room;
use super::view::ArticleView;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::identity::Actor;
use crate::knowledge::desk::{self, Aim, Charge, Desk};
use crate::knowledge::listing::used;
use crate::knowledge::sight::require_writer;
use crate::knowledge::{Article, ArticleCode, Content};
use crate::lifecycle::charges;
use crate::ticket::Text;
use crate::web::blocking::run;
use crate::web::problem::Problem;
use crate::web::{
    Answer, Asker, IdempotencyKey, IfMatch, RawBody, Refused, VersionHeaders, Versioned, write_once,
};

/// Does `deed` for `actor` and answers the article as it is then, with its version.
fn article(
    tx: &mut Tx<'_>,
    (app, actor): (&App, &Actor),
    deed: impl FnOnce(&mut Tx<'_>, Desk<'_>) -> Result<Article>,
) -> Result<(ArticleView, i64)> {
    let directory = app.directory.current(tx.conn)?;
    let today = tx.now.day(app.config.site.zone);
    let review_days = app.config.knowledge.review_days;
    let article = deed(tx, Desk { actor, directory: &directory, today, review_days })?;
    let used = used(tx.conn, std::slice::from_ref(&article.code))?;
    let room = Room { directory: directory.clone(), library: Arc::default(), today, used };
    Ok((ArticleView::of(app, &article, actor, &room), article.version.into()))
}

/// Writes a new article, as a draft.
#[utoipa::path(tag = "knowledge", request_body = Content, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = ArticleView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/articles")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    require_writer(&actor)?;
    let content: Content = raw.parse()?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let deed = |tx: &mut Tx<'_>, desk: Desk<'_>| desk::write(tx, desk, &content);
        let (view, version) = article(tx, (&house, &actor), deed)?;
        let place = format!("/api/v1/articles/{}", view.code());
        Ok(Answer::created(place, &view)?.versioned(version))
    })
    .await
}

/// Saves another text of it; what is published stays until this one is.
#[utoipa::path(tag = "knowledge", request_body = Content, params(("code" = String, Path), ("If-Match" = Option<String>, Header)), responses(
    (status = 200, body = ArticleView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/articles/{code}")]
pub async fn save(
    app: web::Data<App>,
    Asker(actor): Asker,
    code: web::Path<ArticleCode>,
    version: IfMatch,
    raw: RawBody,
) -> Result<HttpResponse> {
    let house = app.clone();
    run(move || {
        app.db.write(move |tx| {
            let aim = Aim { code: &code, expected: &|found| version.check(found) };
            let deed = |tx: &mut Tx<'_>, desk: Desk<'_>| desk::save(tx, desk, aim, || raw.parse());
            let (view, version) = article(tx, (&house, &actor), deed)?;
            Ok(Answer::ok(&view)?.versioned(version))
        })
    })
    .await
    .map(Answer::respond)
}

/// The day on which somebody looks at it again.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// A day to come; a year from today ⚙ where nothing is said.
    review_on: Option<NaiveDate>,
}

/// Why it is taken out of service.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    reason: Text,
}

/// The routes that act on an article that is there: each parses its body inside the write, after 404 and 403.
macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $path:literal $body:ident = $deed:path;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(tag = "knowledge", request_body = $body,
            params(("code" = String, Path), VersionHeaders),
            responses(
                (status = 200, body = ArticleView),
                (status = 409, description = "the state, and what may be done", body = Problem, content_type = "application/problem+json"),
                Refused,
            ))]
        #[post($path)]
        pub async fn $name(asked: Versioned<ArticleCode>) -> Result<HttpResponse> {
            asked
                .write(|tx, asked| {
                    let aim = Aim { code: &asked.path, expected: &|found| asked.version.check(found) };
                    let body = || asked.raw.parse::<$body>();
                    let deed = |tx: &mut Tx<'_>, desk: Desk<'_>| {
                        $deed(tx, desk, aim, || body().map(Into::into))
                    };
                    let (view, version) = article(tx, (&asked.app, &asked.actor), deed)?;
                    Ok(Answer::ok(&view)?.versioned(version))
                })
                .await
        }
    )+};
}

acts! {
    /// Puts what was saved last into service; not by whoever saved it.
    publish "/articles/{code}/publish" Review = desk::publish;
    /// Says that it is still right.
    confirm "/articles/{code}/confirm" Review = desk::confirm;
    /// Takes it out of service; it can still be read.
    retire "/articles/{code}/retire" Retirement = desk::retire;
    /// Charges the owner with looking at an article that needs it, and writes to the head of that unit; over once it is
    /// confirmed, published anew or retired.
    supervise "/articles/{code}/supervise" Charge = charges::supervise;
}

impl From<Review> for Option<NaiveDate> {
    fn from(review: Review) -> Self {
        review.review_on
    }
}

impl From<Retirement> for Text {
    fn from(retirement: Retirement) -> Self {
        retirement.reason
    }
}
