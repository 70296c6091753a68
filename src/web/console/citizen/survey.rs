//! Web, console, citizens: the page that the survey's letter leads to. Its rule: a link is proof enough, and good for
//! the three questions alone.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use minijinja::Value;
use minijinja::value::Serde;
use serde_json::Value as Json;

use super::face::{Filled, Sorry, Told, can_be_mended, show};
use super::form::Typed;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::web::api::public::survey::{answered, asked_of};
use crate::web::api::public::{let_ask, opened_by};
use crate::web::{RawBody, client};

/// The three questions.
#[get("/c/survey/{token}")]
pub async fn questions(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> Told {
    let_ask(&request, &app)?;
    Ok(paper(&app, &token, &Filled::default()).await?)
}

/// Answers them.
#[post("/c/survey/{token}")]
pub async fn answer(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    raw: Result<RawBody, Error>,
) -> Told {
    client::require_own_page(&request)?;
    let asked = let_ask(&request, &app);
    let raw = raw?;
    let typed = Typed::of_body(&raw);
    if let Err(error) = asked {
        return Err(Sorry::too_soon(error, &app, typed, request.path()));
    }
    let idem = typed.idem(&request, raw.bytes());
    match answered(&app, idem, &token, || typed.answers()).await {
        Ok(given) => {
            let thanks: Json = given.answer.read()?;
            let with = Value::from(Serde(thanks));
            Ok(show(&app, "citizen/thanks.html", &Filled::default(), with))
        }
        // What is over or answered has no questions any more: it is said on a page of its own.
        Err(error) if can_be_mended(&error) && error.kind() != Kind::Refused => {
            let filled = Filled { typed: Some(&typed), error: Some(&error) };
            Ok(paper(&app, &token, &filled).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The questions of the link `token`, as they were answered so far.
async fn paper(app: &web::Data<App>, token: &str, filled: &Filled<'_>) -> Result<HttpResponse> {
    let asked = opened_by(app, token, asked_of).await?;
    Ok(show(app, "citizen/survey.html", filled, Value::from(Serde(asked))))
}
