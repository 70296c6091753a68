//! Web, console: coming in and leaving. Its rule: the same door as the interface's, and after it one goes where one
//! wanted to, never to another site.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use minijinja::context;
use serde::Deserialize;

use super::fault::Shown;
use super::templates;
use crate::app::{App, Demo};
use crate::error::{Error, Kind, Result};
use crate::identity::{Attempt, Tokens, demo, log_in, log_out};
use crate::web::asker::{Known, door};
use crate::web::blocking::run;
use crate::web::{client, cookie};

/// Where to go after the login, and in which language one is asked for it.
#[derive(Deserialize)]
pub struct Onward {
    #[serde(default)]
    to: String,
    /// `en`, or Chinese.
    #[serde(default)]
    lang: String,
}

/// What is typed at the door.
#[derive(Deserialize)]
pub struct Typed {
    username: String,
    password: String,
    #[serde(default)]
    otp: String,
    #[serde(flatten)]
    onward: Onward,
}

/// The login.
#[get("/login")]
pub async fn form(
    app: web::Data<App>,
    onward: web::Query<Onward>,
    request: HttpRequest,
) -> HttpResponse {
    shown(&app, &request, &onward, "", None)
}

/// Logs in.
#[post("/login")]
pub async fn enter(app: web::Data<App>, request: HttpRequest, typed: web::Form<Typed>) -> Shown {
    let typed = typed.into_inner();
    let attempt = Attempt {
        name: typed.username.clone(),
        password: typed.password,
        otp: Some(typed.otp).filter(|code| !code.trim().is_empty()),
    };
    match let_in(&app, &request, attempt).await {
        Ok(tokens) => Ok(HttpResponse::SeeOther()
            .cookie(cookie::logged_in(&app, tokens.console_token))
            .insert_header((header::LOCATION, within(&typed.onward.to).to_owned()))
            .finish()),
        Err(error) if matches!(error.kind(), Kind::Unauthenticated | Kind::TooMany) => {
            let mut answer = shown(&app, &request, &typed.onward, &typed.username, Some(&error));
            *answer.status_mut() = crate::web::problem::status(error.kind());
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

async fn let_in(app: &web::Data<App>, request: &HttpRequest, attempt: Attempt) -> Result<Tokens> {
    client::require_own_page(request)?;
    if let Some(address) = client::client_ip(request, &app.config.web.trusted_proxies) {
        app.limiter.check(address, &attempt.name)?;
    }
    let (house, door) = (app.clone(), door(request));
    run(move || log_in(&house.db, &house.gate, &attempt, door)).await
}

/// Ends the session, here and everywhere.
#[post("/logout")]
pub async fn leave(app: web::Data<App>, Known(visitor): Known) -> Shown {
    let house = app.clone();
    run(move || log_out(&house.db, &visitor)).await?;
    Ok(HttpResponse::NoContent().cookie(cookie::logged_out(&app)).finish())
}

fn shown(
    app: &App,
    request: &HttpRequest,
    onward: &Onward,
    name: &str,
    error: Option<&Error>,
) -> HttpResponse {
    let demo = app.demo == Demo::On && client::from_this_machine(request);
    let said = context! {
        to => within(&onward.to),
        lang => if onward.lang == "en" { "en" } else { "" },
        name => name,
        wrong => error.map(|error| error.detail().to_owned()),
        otp => error.is_some_and(|error| error.code() == "login.otp_needed"),
        site => app.config.site.name.clone(),
        plain => !cookie::is_secure(app),
        demo => demo,
        people => if demo { people() } else { Vec::new() },
        password => if demo { demo::PASSWORD } else { "" },
    };
    templates::bare("login.html", said)
}

/// Whom one may be in the demo city, by name and display name.
fn people() -> Vec<minijinja::Value> {
    let users = demo::users().unwrap_or_default();
    users
        .iter()
        .map(|user| context! { name => user.name.clone(), display_name => user.display_name.clone() })
        .collect()
}

/// `to` where it is a place of this site, else the first page.
fn within(to: &str) -> &str {
    // A browser drops tabs and line ends from an address before it reads it: `/<tab>/evil` is `//evil`.
    let own = to.starts_with('/') && !to.starts_with("//");
    let own = own && !to.contains(|letter: char| letter == '\\' || letter.is_control());
    if own { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_within_the_site() {
        for (to, place) in [
            ("/tickets/2026-000001?tab=time", "/tickets/2026-000001?tab=time"),
            ("//evil.example/", "/"),
            ("https://evil.example/", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example/", "/"),
            ("", "/"),
        ] {
            assert_eq!(within(to), place, "{to}");
        }
    }
}
