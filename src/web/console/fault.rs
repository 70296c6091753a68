//! Web, console: what went wrong, as a page. Its rule: the same sentence as the interface says; who is not logged
//! in is led to the door and back, who must do something first to their own account.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use minijinja::context;

use super::templates;
use crate::error::{Error, Kind};
use crate::web::{problem, request_id};

/// What a page's handler answers.
pub type Shown = Result<HttpResponse, Fault>;

/// An error of the house, to be shown to a person.
#[derive(Debug)]
pub struct Fault {
    error: Error,
    /// The page that was asked for.
    wanted: Option<String>,
}

impl Fault {
    /// The same while `path` was asked for: after the login it goes on there.
    pub const fn at(error: Error, path: String) -> Self {
        Self { error, wanted: Some(path) }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, wanted: None }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        problem::status(self.error.kind())
    }

    fn error_response(&self) -> HttpResponse {
        if self.error.kind() == Kind::Unauthenticated {
            return to_the_door(self.wanted.as_deref());
        }
        if self.wanted.is_some() && is_due_first(self.error.code()) {
            return HttpResponse::SeeOther().insert_header((header::LOCATION, "/me")).finish();
        }
        problem::note(&self.error);
        let status = self.status_code();
        let said = context! {
            status => status.as_u16(),
            code => self.error.code(),
            detail => self.error.detail(),
            request => request_id::current(),
        };
        let mut answer = templates::bare("fault.html", said);
        *answer.status_mut() = status;
        answer
    }
}

/// Whether a login must do something with its own account before it sees a page.
fn is_due_first(code: &str) -> bool {
    matches!(code, "login.password_due" | "login.totp_due")
}

/// To the login, and from there to `wanted`.
fn to_the_door(wanted: Option<&str>) -> HttpResponse {
    let place = match wanted.filter(|path| *path != "/") {
        Some(path) => {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("to", path).finish();
            format!("/login?{query}")
        }
        None => "/login".to_owned(),
    };
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}
