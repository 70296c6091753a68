//! Web, console: the agent's desk, with a caller on the line. Its rule: one form, taken in by the interface; what is
//! suggested while typing is asked there too.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::identity::Role;
use crate::web::api::roster::duty::{NowView, after_hours};
use crate::web::blocking::run;

/// What the telephone system opens the desk with.
#[derive(Deserialize, Serialize)]
pub struct Ringing {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    call_id: String,
}

#[derive(Serialize)]
struct AtDesk {
    #[serde(flatten)]
    ringing: Ringing,
    /// Outside working hours: who is on duty, by unit.
    duty: Option<BTreeMap<String, NowView>>,
}

/// The desk.
#[get("/desk")]
pub async fn desk(app: web::Data<App>, guest: Guest, ringing: web::Query<Ringing>) -> Shown {
    guest.actor.require(&[Role::Agent])?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let duty = run(move || after_hours(&house, &actor)).await?;
    let at_desk = AtDesk { ringing: ringing.into_inner(), duty };
    Ok(Page::of(&app, &guest).show("desk.html", at_desk)?)
}
