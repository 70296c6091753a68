//! Web, `POST /public/tickets`: a citizen asks for something. Its rule: as an agent's intake, with
//! less to say; a person sends it on unless the site says otherwise.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{address, counted};
use crate::app::App;
use crate::citizen::draft::CitizenDraft;
use crate::error::Result;
use crate::identity::Actor;
use crate::intake::DispatchMode;
use crate::lifecycle::Arrival;
use crate::web::problem::Problem;
use crate::web::{Answer, Given, Idem, IdempotencyKey, RawBody, given_once, run};

/// What the citizen keeps: with these three the ticket is found again.
#[derive(Serialize, ToSchema)]
pub struct TicketGiven {
    no: String,
    /// Six digits; never shown again.
    code: String,
    /// Four digits to be given where others give the last of their telephone: without a telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_tail: Option<String>,
}

impl From<&Arrival> for TicketGiven {
    fn from(arrival: &Arrival) -> Self {
        Self {
            no: arrival.ticket().no.clone(),
            code: arrival.code.say().to_owned(),
            phone_tail: arrival.code.say_tail().map(str::to_owned),
        }
    }
}

/// Takes a citizen's ticket in.
#[utoipa::path(tag = "public", security(()), request_body = CitizenDraft,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key and body give the same ticket")),
    responses(
        (status = 201, body = TicketGiven),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/tickets")]
pub async fn take_in(
    request: HttpRequest,
    app: web::Data<App>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let_bring(&request, &app)?;
    let idem = key.bind("public", raw.bytes());
    taken(&app, idem, move || raw.parse()).await.map(Given::respond)
}

/// Lets the request bring a ticket, or sends it away.
///
/// # Errors
/// `web.too_many` (429).
pub fn let_bring(request: &HttpRequest, app: &App) -> Result<()> {
    counted(app.gatekeeper.let_bring(address(request, app)))
}

/// Takes in what `read` finds written, once for each key: a [`TicketGiven`].
///
/// # Errors
/// What `read` says; 422 with every wrong field.
pub async fn taken(
    app: &web::Data<App>,
    idem: Idem,
    read: impl FnOnce() -> Result<CitizenDraft> + Send + 'static,
) -> Result<Given> {
    let dispatch =
        if app.config.public.auto_dispatch { DispatchMode::Auto } else { DispatchMode::Hold };
    let (clerk, hotline) = (app.hotline.clone(), app.hotline.clone());
    let (draft, arrival) = run(move || {
        let draft = read()?.into_draft(dispatch)?;
        let arrival = clerk.arrive(&Actor::citizen(), &draft)?;
        Ok((draft, arrival))
    })
    .await?;
    given_once(app, idem, move |tx| {
        let again = hotline.keep_arrival(tx, &Actor::citizen(), &draft, &arrival)?;
        let given = TicketGiven::from(again.as_ref().unwrap_or(&arrival));
        Answer::created("/api/v1/public/lookup", &given)
    })
    .await
}
