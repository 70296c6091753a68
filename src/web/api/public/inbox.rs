//! Web, `/inbox` and `/tickets/{no}/code`: what people do for citizens at the door. Its rule: a number
//! is masked until somebody says why, and a code is told once.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::citizen::code::{CodeChecked, reissue};
use crate::citizen::inbox::{self, Word};
use crate::citizen::word::{WhyKept, WordSettled, WordSource};
use crate::error::Result;
use crate::identity::Actor;
use crate::ticket::Text;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Page, Query, run};

/// A word of a citizen that waits for a person.
#[derive(Serialize, ToSchema)]
pub struct WordView {
    id: String,
    at: String,
    source: WordSource,
    why: WhyKept,
    why_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    /// With everything personal masked.
    text: String,
}

/// A page of them, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct Words {
    items: Vec<WordView>,
    next: Option<String>,
}

/// Words of citizens that no rule could place.
#[utoipa::path(tag = "public", params(Page), responses(
    (status = 200, body = Words),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/inbox")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(page): Query<Page>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&words_of(&app, &actor, (page.limit, page.after.as_deref()))?))
        .await
        .map(Answer::respond)
}

/// The words that wait, a page of at most `limit` (50 where nothing is said) after the one `after`.
///
/// # Errors
/// 403; 422 at `/limit` and `/after`.
pub fn words_of(
    app: &App,
    actor: &Actor,
    (limit, after): (Option<u32>, Option<&str>),
) -> Result<Words> {
    let page = Onward::asked(limit, after)?;
    let (after, most) = (page.after.unwrap_or(i64::MIN), page.most());
    let words = app.db.read(|conn| inbox::list(conn, &app.keys, actor, after, most))?;
    let (words, next) = page.of(words, |word| word.id);
    let zone = app.config.site.zone;
    let view = |word: Word| WordView {
        id: word.id.to_string(),
        at: word.at.rfc3339(zone),
        source: word.source,
        why: word.why,
        why_text: word.why.zh(),
        ticket: word.ticket,
        text: word.masked,
    };
    Ok(Words { items: words.into_iter().map(view).collect(), next })
}

/// Why it is to be shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordReason {
    reason: Text,
}

/// A word in clear.
#[derive(Serialize, ToSchema)]
pub struct WordClear {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    text: String,
}

/// Shows a word in clear; one entry of the trail, on disk before the answer.
#[utoipa::path(tag = "public", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = WordReason, responses(
    (status = 200, body = WordClear),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/inbox/{id}/reveal")]
pub async fn reveal(asked: Once<i64>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: id, raw, .. }| {
            let reason = || Ok(raw.parse::<WordReason>()?.reason);
            let inbox::InClear { phone, text } = inbox::reveal(tx, &app.keys, actor, *id, reason)?;
            Ok(Answer::ok(&WordClear { phone, text })?.passing())
        })
        .await
}

/// What was made of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WordDone {
    result: WordSettled,
}

/// Marks a word as dealt with.
#[utoipa::path(tag = "public", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = WordDone, responses(
    (status = 204),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/inbox/{id}/settle")]
pub async fn settle(asked: Once<i64>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { actor, path: id, raw, .. }| {
            inbox::settle(tx, actor, *id, || Ok(raw.parse::<WordDone>()?.result))?;
            Ok(Answer::no_content())
        })
        .await
}

/// A new code, told once.
#[derive(Serialize, ToSchema)]
pub struct CodeTold {
    no: String,
    code: String,
    /// Where the ticket has no telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_tail: Option<String>,
}

/// Issues a new code for a citizen who was locked out or has lost the old one, after the agent made
/// sure who asks. The wrong tries are forgotten and the old code is dead.
#[utoipa::path(tag = "tickets", params(("no" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = CodeChecked, responses(
    (status = 200, body = CodeTold),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/tickets/{no}/code")]
pub async fn code(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path: no, raw, .. }| {
            let code = reissue(&app.hotline, tx, actor, no, || raw.parse())?;
            let phone_tail = code.say_tail().map(str::to_owned);
            Answer::ok(&CodeTold { no: no.clone(), code: code.say().to_owned(), phone_tail })
        })
        .await
}
