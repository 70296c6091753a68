//! Web, console, citizens: a repair card, for whoever goes there and has no account. Its rule: what
//! `GET /public/card/{token}` says, and nothing that can be done.

use actix_web::{HttpRequest, get, web};
use minijinja::Value;
use minijinja::value::Serde;

use super::face::{Filled, Told, show};
use crate::app::App;
use crate::web::api::cards::card_of;
use crate::web::api::public::{let_ask, opened_by};

/// The card.
#[get("/c/card/{token}")]
pub async fn shown_card(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> Told {
    let_ask(&request, &app)?;
    let card = opened_by(&app, &token, card_of).await?;
    Ok(show(&app, "citizen/card.html", &Filled::default(), Value::from(Serde(card))))
}
