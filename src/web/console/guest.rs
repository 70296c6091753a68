//! Web, console: who looks at a page. Its rule: as `asker` knows them, from the cookie; a page that is not for
//! them leads to the login.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::fault::Fault;
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::{Actor, Visitor};
use crate::web::asker::Known;
use crate::web::cookie;

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

impl FromRequest for Guest {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Fault>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let path = request.path().to_owned();
        let echo = echo(request);
        let known = Known::from_request(request, payload);
        Box::pin(async move {
            let guest = async {
                let Known(visitor) = known.await?;
                let echo = echo?;
                Self::of(&visitor, echo, path)
            };
            guest.await.map_err(|error| Fault::at(error, wanted))
        })
    }
}

impl Guest {
    fn of(visitor: &Visitor, echo: String, path: String) -> Result<Self> {
        let actor = visitor.actor()?.clone();
        Ok(Self { actor, display_name: visitor.display_name.clone(), echo, path })
    }
}

fn echo(request: &HttpRequest) -> Result<String> {
    let app = request.app_data::<Data<App>>().ok_or_else(Error::not_found)?;
    let token = cookie::token(request, app).unwrap_or_default();
    app.gate.tokens.echo(&token)
}
