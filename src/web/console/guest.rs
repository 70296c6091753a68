//! Web, console: who looks at a page. Its rule: as `asker` knows them, from the cookie; a page that is not for
//! them leads to the login, and where something is to be done first, to one's own account.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::fault::Fault;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Visitor};
use crate::web::asker::Known;
use crate::web::cookie;

type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Fault>>>>;

/// Who looks, and what their pages send back with a change.
#[derive(Debug, Clone)]
pub struct Guest {
    pub actor: Actor,
    pub display_name: String,
    /// See `cookie::require_echo`.
    pub echo: String,
    /// The page's address without its query.
    pub path: String,
}

/// The same whatever is still due: for the page of one's own account, and no other.
#[derive(Debug, Clone)]
pub struct Oneself {
    pub guest: Guest,
    pub visitor: Visitor,
}

impl FromRequest for Guest {
    type Error = Fault;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (wanted, oneself) = (wanted(request), Oneself::from_request(request, payload));
        Box::pin(async move {
            let Oneself { guest, visitor } = oneself.await?;
            match visitor.actor() {
                Ok(_) => Ok(guest),
                Err(error) => Err(Fault::at(error, wanted)),
            }
        })
    }
}

impl FromRequest for Oneself {
    type Error = Fault;
    type Future = Pending<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (wanted, path) = (wanted(request), request.path().to_owned());
        let echo = echo(request);
        let known = Known::from_request(request, payload);
        Box::pin(async move {
            let oneself = async {
                let visitor = person(known.await?)?;
                let guest = Guest::of(&visitor, echo?, path);
                Ok::<_, Error>(Self { guest, visitor })
            };
            oneself.await.map_err(|error| Fault::at(error, wanted))
        })
    }
}

impl Guest {
    /// Who sent a form of the page at `path` by the browser alone; the page's echo stands in it.
    ///
    /// # Errors
    /// As for a page; `console.echo` (403).
    pub async fn by_form(request: &HttpRequest, echo: &str, path: &str) -> Result<Self, Fault> {
        let guest = async {
            let visitor = person(Known::by_form(request, echo).await?)?;
            visitor.actor()?;
            Ok::<_, Error>(Self::of(&visitor, echo.to_owned(), path.to_owned()))
        };
        guest.await.map_err(|error| Fault::at(error, path.to_owned()))
    }

    fn of(visitor: &Visitor, echo: String, path: String) -> Self {
        let actor = visitor.self_service().clone();
        Self { actor, display_name: visitor.display_name.clone(), echo, path }
    }
}

/// A machine's key is for what its scopes name; pages are for people.
fn person(Known(visitor): Known) -> Result<Visitor> {
    if visitor.scopes.is_some() {
        return Err(Error::new(Kind::Forbidden, "login.scope"));
    }
    Ok(visitor)
}

/// The page that was asked for, with its query.
fn wanted(request: &HttpRequest) -> String {
    // A caller's number may stand in the query, and goes into no other address.
    if request.path() == "/desk" {
        return "/desk".to_owned();
    }
    request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

fn echo(request: &HttpRequest) -> Result<String> {
    let app = request.app_data::<Data<App>>().ok_or_else(Error::not_found)?;
    let token = cookie::token(request, app).unwrap_or_default();
    app.gate.tokens.echo(&token)
}
