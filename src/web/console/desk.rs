//! Web, console: the agent's desk, with a caller on the line. Its rule: one form, taken in by the interface; what is
//! suggested while typing is asked there too.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::identity::Role;

/// What the telephone system opens the desk with.
#[derive(Deserialize, Serialize)]
pub struct Ringing {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    call_id: String,
}

/// The desk.
#[get("/desk")]
pub async fn desk(app: web::Data<App>, guest: Guest, ringing: web::Query<Ringing>) -> Shown {
    guest.actor.require(&[Role::Agent])?;
    Ok(Page::of(&app, &guest).show("desk.html", ringing.into_inner())?)
}
