//! Web: the console's cookie. Its rule: no script reads it, no other site's page sends it, and it changes
//! nothing without the echo that only a page of ours has.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::HeaderMap;

use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::identity::TokenKeys;

/// Under TLS: for this very host and nothing below or beside it.
const SECURE: &str = "__Host-jiesu";
/// On a plain address, as a small site's network has it.
const PLAIN: &str = "jiesu";
/// Where a page of ours sends its echo.
const ECHO: &str = "x-csrf-token";

/// Whether people reach the site by https, by its own certificate or a proxy's.
pub fn is_secure(app: &App) -> bool {
    app.config.public_url().starts_with("https://")
}

fn own_name(app: &App) -> &'static str {
    if is_secure(app) { SECURE } else { PLAIN }
}

fn read(request: &HttpRequest, name: &str) -> Option<String> {
    request.cookie(name).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
}

/// The token in the console's cookie.
pub fn token(request: &HttpRequest, app: &App) -> Option<String> {
    read(request, own_name(app))
}

/// The cookie for a login that holds for `hours`.
pub fn logged_in(app: &App, token: String) -> Cookie<'static> {
    let hours = i64::from(app.config.auth.console_hours);
    made(app, own_name(app).to_owned(), token, Duration::hours(hours))
}

/// Another beside it, called `name`, that holds for `seconds`; with none of them the browser forgets it.
pub fn beside(app: &App, name: &str, value: String, seconds: i64) -> Cookie<'static> {
    made(app, format!("{}-{name}", own_name(app)), value, Duration::seconds(seconds))
}

/// What the one called `name` holds.
pub fn value_beside(request: &HttpRequest, app: &App, name: &str) -> Option<String> {
    read(request, &format!("{}-{name}", own_name(app)))
}

/// What makes a browser forget it.
pub fn logged_out(app: &App) -> Cookie<'static> {
    made(app, own_name(app).to_owned(), String::new(), Duration::ZERO)
}

fn made(app: &App, name: String, value: String, age: Duration) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(is_secure(app))
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(age)
        .finish()
}

/// Refuses what changes something in the name of `token`'s holder and comes from no page that was made for
/// them.
///
/// # Errors
/// `console.echo` (403).
pub fn require_echo(headers: &HeaderMap, keys: &TokenKeys, token: &str) -> Result<()> {
    let echo = headers.get(ECHO).and_then(|value| value.to_str().ok()).unwrap_or_default();
    require_same_echo(echo, keys, token)
}

/// The same of the `echo` that stands in a form, which a browser sends without the header.
///
/// # Errors
/// `console.echo` (403).
pub fn require_same_echo(echo: &str, keys: &TokenKeys, token: &str) -> Result<()> {
    if keys.is_echo(token, echo) {
        Ok(())
    } else {
        Err(Error::new(Kind::Forbidden, "console.echo"))
    }
}
