//! Web, console, citizens: the first page, and the way to a ticket by number, code and digits. Its rule: they are
//! sent and never stand in an address; whoever shows the wrong thing learns nothing.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use minijinja::context;

use super::face::{Filled, Told, show};
use super::ticket::Entered;
use crate::app::App;
use crate::error::{Error, Result};
use crate::web::RawBody;

/// What the forms of a ticket's page are sent to: whoever comes there otherwise looks it up first.
const SENT_TO: &[&str] = &["facts", "photos", "urge", "withdraw", "unsolved", "survey"];

/// The first page.
#[get("/c")]
pub async fn front(app: web::Data<App>) -> HttpResponse {
    show(&app, "citizen/front.html", &Filled::default(), context! {})
}

/// The form that opens a ticket.
#[get("/c/look")]
pub async fn blank_look(app: web::Data<App>) -> HttpResponse {
    show(&app, "citizen/look.html", &Filled::default(), context! {})
}

/// How a ticket stands.
#[post("/c/look")]
pub async fn look_up(
    app: web::Data<App>,
    request: HttpRequest,
    raw: Result<RawBody, Error>,
) -> Told {
    let (entered, _) = Entered::by(app, &request, raw).await?;
    entered.looked().await
}

/// The address of an answer, typed or kept: there is nothing to be shown without a form.
#[get("/c/{rest:.*}")]
pub async fn elsewhere(rest: web::Path<String>) -> Told {
    let place = match rest.as_str() {
        "" => "/c",
        act if SENT_TO.contains(&act) => "/c/look",
        _ => return Err(Error::not_found().into()),
    };
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}
