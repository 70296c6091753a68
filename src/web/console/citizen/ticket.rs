//! Web, console, citizens: a ticket's page, once number, code and digits were shown. Its rule: what `CitizenView`
//! says, and a form for each thing that may be done now; the claim goes on in the forms.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::face::{Filled, Sorry, Told, can_be_mended, show};
use super::form::Typed;
use crate::app::App;
use crate::error::Result;
use crate::web::api::public::look::seen_now;
use crate::web::api::public::view::three_questions;
use crate::web::api::public::{let_ask, proven};
use crate::web::{Given, Idem, RawBody, client};

/// Whoever has shown what opens a ticket.
pub struct Entered {
    pub app: web::Data<App>,
    pub typed: Typed,
    /// The ticket's number.
    pub no: String,
}

impl Entered {
    /// Lets in whoever sends the right things with a form without files: it comes from a page of ours, not too
    /// often, and what it claims is proven.
    ///
    /// # Errors
    /// `console.elsewhere` (403); `web.too_many` (429) with what was typed; the form again where it opens nothing.
    pub async fn by(
        app: web::Data<App>,
        request: &HttpRequest,
        raw: Result<RawBody>,
    ) -> Result<(Self, Idem), Sorry> {
        client::require_own_page(request)?;
        let asked = let_ask(request, &app);
        let raw = raw?;
        let typed = Typed::of_body(&raw);
        let address = match asked {
            Ok(address) => address,
            Err(error) => return Err(Sorry::too_soon(error, &app, typed, request.path())),
        };
        let idem = typed.idem(request, raw.bytes());
        Ok((Self::with(app, address, typed).await?, idem))
    }

    /// The same where the form was read already.
    ///
    /// # Errors
    /// The form again where it opens nothing.
    pub async fn with(app: web::Data<App>, address: IpAddr, typed: Typed) -> Result<Self, Sorry> {
        let shown = match typed.claim() {
            Ok(claim) => proven(&app, address, claim).await,
            Err(error) => Err(error),
        };
        match shown {
            Ok(no) => Ok(Self { app, typed, no }),
            Err(error) => Err(Sorry::at_entry(error, &app, typed)),
        }
    }

    /// The ticket's page as it stands now.
    ///
    /// # Errors
    /// 404 where it is gone since.
    pub async fn looked(self) -> Told {
        let seen = seen_now(&self.app, self.no.clone()).await?;
        Ok(self.page(Serde(seen).into(), "", &Filled::default()))
    }

    /// The page after `done` was tried: as it stands then, or with what was wrong at the form it was tried by.
    ///
    /// # Errors
    /// What cannot be mended there.
    pub async fn after(self, done: &'static str, tried: Result<Given>) -> Told {
        match tried {
            Ok(given) => {
                let seen: serde_json::Value = given.answer.read()?;
                Ok(self.page(Serde(seen).into(), done, &Filled::default()))
            }
            Err(error) if can_be_mended(&error) => {
                let seen = seen_now(&self.app, self.no.clone()).await?;
                let filled = Filled { typed: Some(&self.typed), error: Some(&error) };
                Ok(self.page(Serde(seen).into(), done, &filled))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The page of the view `seen`; `about` is what was done or tried.
    fn page(&self, seen: Value, about: &str, filled: &Filled<'_>) -> HttpResponse {
        let with = context! {
            t => seen,
            about => about,
            questions => listed(three_questions()),
            most => self.app.config.limits.attachments_per_citizen,
            ..shown(&self.typed)
        };
        show(&self.app, "citizen/ticket.html", filled, with)
    }
}

/// What goes on in the hidden fields of a page's forms.
pub fn shown(claim: &Typed) -> Value {
    context! {
        shown => context! {
            no => claim.word("no"),
            code => claim.word("code"),
            phone_tail => claim.word("phone_tail"),
        }
    }
}

/// A list for a template.
pub fn listed<T: Serialize>(list: Vec<T>) -> Value {
    Value::from(Serde(list))
}
