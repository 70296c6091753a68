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

/// The token in the console's cookie.
pub fn token(request: &HttpRequest, app: &App) -> Option<String> {
    let name = if is_secure(app) { SECURE } else { PLAIN };
    request.cookie(name).map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty())
}

/// The cookie for a login that holds for `hours`.
pub fn logged_in(app: &App, token: String) -> Cookie<'static> {
    let hours = i64::from(app.config.auth.console_hours);
    made(app, token, Duration::hours(hours))
}

/// What makes a browser forget it.
pub fn logged_out(app: &App) -> Cookie<'static> {
    made(app, String::new(), Duration::ZERO)
}

fn made(app: &App, token: String, age: Duration) -> Cookie<'static> {
    let secure = is_secure(app);
    Cookie::build(if secure { SECURE } else { PLAIN }, token)
        .path("/")
        .secure(secure)
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
    if keys.is_echo(token, echo) {
        Ok(())
    } else {
        Err(Error::new(Kind::Forbidden, "console.echo"))
    }
}
