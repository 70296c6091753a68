//! Web, console: the agent's desk, with a caller on the line. Its rule: one form, taken in by the interface; what is
//! suggested while typing is asked there too. A number that comes by the address leaves it at once.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::citizen::fresh_key;
use super::fault::Shown;
use super::guest::Guest;
use super::page::Page;
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::sealing::place;
use crate::web::api::roster::duty::{NowView, after_hours};
use crate::web::blocking::run;
use crate::web::cookie;

/// Characters of a number at most.
const LETTERS: usize = 40;
/// How long a number waits for the desk that it is for.
const WAITS: TimeDelta = TimeDelta::seconds(60);

/// What the telephone system opens the desk with.
#[derive(Deserialize)]
pub struct Ringing {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    call_id: String,
    /// Under which the number waits.
    #[serde(default)]
    ring: String,
}

#[derive(Serialize)]
struct Desk {
    phone: String,
    call_id: String,
    /// Outside working hours: who is on duty, by unit.
    duty: Option<BTreeMap<String, NowView>>,
}

/// The desk.
#[get("/desk")]
pub async fn desk(
    app: web::Data<App>,
    guest: Guest,
    ringing: web::Query<Ringing>,
    request: HttpRequest,
) -> Shown {
    let ringing = ringing.into_inner();
    if !ringing.phone.is_empty() {
        return Ok(exchanged(&app, &guest, &ringing)?);
    }
    guest.actor.require(&[Role::Agent])?;
    let (house, actor) = (app.clone(), guest.actor.clone());
    let duty = run(move || after_hours(&house, &actor)).await?;
    let phone = brought(&app, &guest, &request, &ringing.ring);
    let is_brought = phone.is_some();
    let view = Desk { phone: phone.unwrap_or_default(), call_id: ringing.call_id, duty };
    let mut answer = Page::of(&app, &guest).show("desk.html", view)?;
    if is_brought {
        let gone = cookie::beside(&app, &ringing.ring, String::new(), 0);
        answer.add_cookie(&gone).map_err(Error::internal)?;
    }
    Ok(answer)
}

/// The way to the desk without the number, which waits in the browser, sealed, for whoever looks and for once.
fn exchanged(app: &App, guest: &Guest, ringing: &Ringing) -> Result<HttpResponse> {
    let key = fresh_key();
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !ringing.call_id.is_empty() {
        query.append_pair("call_id", &ringing.call_id);
    }
    query.append_pair("ring", &key);
    let mut answer = HttpResponse::SeeOther();
    answer.insert_header((header::LOCATION, format!("/desk?{}", query.finish())));
    let phone = ringing.phone.trim();
    if phone.chars().count() <= LETTERS {
        let until = app.clock.now().plus(WAITS).millis();
        let plain = format!("{until} {phone}");
        let bound = place("desk", &key, guest.actor.user);
        let sealed = URL_SAFE_NO_PAD.encode(app.keys.seal(plain.as_bytes(), &bound)?);
        answer.cookie(cookie::beside(app, &key, sealed, WAITS.num_seconds()));
    }
    Ok(answer.finish())
}

/// The number that waits under `key`; nothing where it has been shown, is another's, or has waited for long.
fn brought(app: &App, guest: &Guest, request: &HttpRequest, key: &str) -> Option<String> {
    let sealed = cookie::value_beside(request, app, key).filter(|_| !key.is_empty())?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain = app.keys.open(&sealed, &place("desk", key, guest.actor.user)).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (until, phone) = plain.split_once(' ')?;
    let until: i64 = until.parse().ok()?;
    (app.clock.now().millis() < until).then(|| phone.to_owned())
}
