//! Web: who asks, from the `Authorization: Bearer` header (an access token or a machine account's
//! key) or else the console's cookie. Its rule: the database is asked on every request, so that an ended session is over at
//! once; a key may do only what its scopes name, and nothing where no scope is meant for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::blocking::run;
use super::{client, cookie};
use crate::app::{App, Demo};
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, Kind, Result};
use crate::identity::{
    Actor, DemoDoor, Post, Role, Scope, Visitor, authenticate, authenticate_console,
};

type Pending<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// The actor of a request, who has nothing else to do first (such as changing a password).
#[derive(Debug, Clone)]
pub struct Asker(pub Actor);

/// Whoever has shown a good token, whatever is still due: for one's own account only.
#[derive(Debug, Clone)]
pub struct Known(pub Visitor);

impl FromRequest for Asker {
    type Error = Error;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (caller, app) = (Caller::of(request), app_of(request));
        Box::pin(async move {
            let (caller, app) = (caller?, app?);
            run(move || app.db.read(|conn| caller.actor(conn, &app)).map(Self)).await
        })
    }
}

impl FromRequest for Known {
    type Error = Error;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (caller, app) = (Caller::of(request), app_of(request));
        Box::pin(async move {
            let (caller, app) = (caller?, app?);
            run(move || app.db.read(|conn| caller.visitor(conn, &app)).map(Self)).await
        })
    }
}

impl Known {
    /// Who sent a form of a page by the browser alone, which puts no echo into the header: `echo` stands in the form.
    ///
    /// # Errors
    /// 401 without a good cookie; `console.echo` (403).
    pub async fn by_form(request: &HttpRequest, echo: &str) -> Result<Self> {
        let app = app_of(request)?;
        let token = cookie::token(request, &app).ok_or_else(nobody)?;
        cookie::require_same_echo(echo, &app.gate.tokens, &token)?;
        let badge = Badge::Page(token.into());
        let caller = Caller { badge, door: door(request), scope: None };
        run(move || app.db.read(|conn| caller.visitor(conn, &app)).map(Self)).await
    }
}

/// A token that was shown and not looked at yet: for a handler that asks the database anyway, on the
/// thread that does.
#[derive(Debug, Clone)]
pub struct Caller {
    badge: Badge,
    door: DemoDoor,
    scope: Option<Scope>,
}

/// What a caller is known by.
#[derive(Debug, Clone)]
enum Badge {
    Token(Arc<str>),
    /// The console's cookie.
    Page(Arc<str>),
    /// Nobody has to be looked up.
    Stranger(Arc<Actor>),
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl Caller {
    fn of(request: &HttpRequest) -> Result<Self> {
        let badge = match bearer(request) {
            Some(token) => Badge::Token(token),
            None => Badge::Page(from_page(request)?),
        };
        let scope = scope_of(request.method(), request.path());
        Ok(Self { badge, door: door(request), scope })
    }

    /// The machine account whose `key` was shown, in the header or where its interface wants it; a
    /// key is needed that was made for `scope`.
    ///
    /// # Errors
    /// 401 for whatever is no key.
    pub fn with_key(key: &str, scope: Scope) -> Result<Self> {
        if !key.starts_with("jk_") {
            return Err(nobody());
        }
        Ok(Self { badge: Badge::Token(key.into()), door: DemoDoor::Shut, scope: Some(scope) })
    }

    /// Somebody without an account, who may do what a citizen may.
    pub fn stranger() -> Self {
        let (name, roles) = ("citizen".to_owned(), [Role::Citizen].into());
        let actor = Actor { name, roles, ..Actor::system() };
        Self { badge: Badge::Stranger(Arc::new(actor)), door: DemoDoor::Shut, scope: None }
    }

    fn visitor(&self, conn: &mut Conn, app: &App) -> Result<Visitor> {
        // Most who call have no unit: the directory is not asked for them.
        let post = |conn: &mut Conn, unit: &UnitCode| {
            let directory = app.directory.current(conn)?;
            Ok(Post { subtree: directory.subtree(unit), company: directory.is_company(unit) })
        };
        let now = app.clock.now();
        let visitor = match &self.badge {
            Badge::Token(token) => authenticate(conn, &app.gate, token, now, self.door, &post),
            Badge::Page(token) => {
                authenticate_console(conn, &app.gate, token, now, self.door, &post)
            }
            Badge::Stranger(_) => Err(nobody()),
        }?;
        // What is said from here on is in the site's words of today; where they cannot be read, as before.
        if let Err(error) = app.directory.keep_speaking(conn, now, app.config.site.zone) {
            tracing::warn!(target: "jiesu::words", code = error.code(), "not followed");
        }
        Ok(visitor)
    }

    /// The actor, who has nothing else to do first.
    ///
    /// # Errors
    /// 401 where the token is not good; 403 where the key was made for something else, or a new
    /// password or a second factor is due.
    pub fn actor(&self, conn: &mut Conn, app: &App) -> Result<Actor> {
        if let Badge::Stranger(actor) = &self.badge {
            return Ok(Actor::clone(actor));
        }
        let visitor = self.visitor(conn, app)?;
        match self.scope {
            Some(scope) => visitor.require_scope(scope)?,
            None if visitor.scopes.is_some() => {
                return Err(Error::new(Kind::Forbidden, "login.scope"));
            }
            None => {}
        }
        visitor.actor().cloned()
    }
}

fn nobody() -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated")
}

fn app_of(request: &HttpRequest) -> Result<Data<App>> {
    request.app_data::<Data<App>>().cloned().ok_or_else(nobody)
}

/// The token in the console's cookie; what would change something must come from a page of ours.
fn from_page(request: &HttpRequest) -> Result<Arc<str>> {
    let app = app_of(request)?;
    let token = cookie::token(request, &app).ok_or_else(nobody)?;
    if !request.method().is_safe() {
        cookie::require_echo(request.headers(), &app.gate.tokens, &token)?;
    }
    Ok(token.into())
}

/// The token or key in the `Authorization` header.
pub fn bearer(request: &HttpRequest) -> Option<Arc<str>> {
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// Demo users come in while `--demo` runs, from this machine and through no proxy.
pub fn door(request: &HttpRequest) -> DemoDoor {
    let app = request.app_data::<Data<App>>();
    let demo = app.is_some_and(|app| app.demo == Demo::On);
    if demo && client::from_this_machine(request) { DemoDoor::Open } else { DemoDoor::Shut }
}

/// The one table of what a key needs where; no scope opens the rest.
fn scope_of(method: &Method, path: &str) -> Option<Scope> {
    let rest = path.strip_prefix("/api/v1/")?;
    let noun = rest.split('/').next().unwrap_or_default();
    let reads = method == Method::GET;
    match noun {
        "tickets" if reads || rest == "tickets/find" => Some(Scope::TicketsRead),
        "search" | "attachments" if reads => Some(Scope::TicketsRead),
        "tickets" | "assignments" | "batch" => Some(Scope::TicketsWrite),
        "sms" => Some(Scope::Sms),
        // Whoever rings back, or sees a number in clear, is a person.
        "calls" if reads || rest == "calls" => Some(Scope::Calls),
        // What the platform sends, and what became of it; the rest is for people.
        "upstream" if method == Method::POST && rest == "upstream/feed" => {
            Some(Scope::TicketsWrite)
        }
        "upstream" if reads && rest == "upstream/messages" => Some(Scope::TicketsRead),
        "rates" if reads => Some(Scope::Rates),
        "categories" | "units" | "regions" | "estates" | "companies" | "catalogue" | "profiles"
        | "calendar"
            if reads =>
        {
            Some(Scope::Reference)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_only_what_its_scope_names_and_never_administration() {
        let scope = |method: Method, path: &str| scope_of(&method, path);
        assert_eq!(scope(Method::POST, "/api/v1/tickets"), Some(Scope::TicketsWrite));
        assert_eq!(scope(Method::POST, "/api/v1/tickets/find"), Some(Scope::TicketsRead));
        assert_eq!(scope(Method::GET, "/api/v1/tickets/2026-000001"), Some(Scope::TicketsRead));
        assert_eq!(scope(Method::GET, "/api/v1/units"), Some(Scope::Reference));
        assert_eq!(scope(Method::POST, "/api/v1/upstream/feed"), Some(Scope::TicketsWrite));
        for (method, path) in [
            (Method::PUT, "/api/v1/units/a"),
            (Method::GET, "/api/v1/users"),
            (Method::GET, "/api/v1/audit"),
            (Method::POST, "/api/v1/reports"),
            (Method::GET, "/elsewhere"),
            (Method::GET, "/api/v1/upstream/backfills"),
            (Method::POST, "/api/v1/upstream/backfills/1/retry"),
            (Method::POST, "/api/v1/calls/1/reveal"),
        ] {
            assert_eq!(scope(method, path), None, "{path}");
        }
    }
}
