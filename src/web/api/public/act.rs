//! Web, `/public/facts`, `/public/urge`, `/public/withdraw`, `/public/unsolved`: what a citizen does
//! with a ticket. Its rule: proven first, then done once for each key.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::look::seen;
use super::view::CitizenView;
use super::{let_ask, proven};
use crate::app::App;
use crate::citizen::Claim;
use crate::citizen::acts::{Act, act};
use crate::error::{Error, Result};
use crate::ticket::Text;
use crate::ticket::overlay::{Contacted, Satisfied};
use crate::web::problem::Problem;
use crate::web::{Answer, Given, Idem, IdempotencyKey, RawBody, given_once};

/// Most characters of what a citizen adds at a time.
const LONGEST: usize = 2_000;

/// What a citizen shows and says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitizenSays {
    no: String,
    code: String,
    phone_tail: String,
    /// At most 2 000 characters.
    text: Text,
}

impl CitizenSays {
    fn read(self, act: fn(Text) -> Act) -> Result<(Claim, Act)> {
        let Self { no, code, phone_tail, text } = self;
        super::both(Claim::parse(&no, &code, &phone_tail), short(text).map(act))
    }
}

/// What a citizen wrote, as a page has it.
///
/// # Errors
/// 422 at `/text`.
pub fn worded(text: &str) -> Result<Text> {
    short(Text::parse(text).map_err(|code| Error::field("/text", code))?)
}

fn short(text: Text) -> Result<Text> {
    if text.chars().count() > LONGEST {
        return Err(Error::field("/text", "field.too_long"));
    }
    Ok(text)
}

/// A request on its way to a ticket.
pub(super) struct Asked {
    pub request: HttpRequest,
    pub key: IdempotencyKey,
    pub raw: RawBody,
}

/// Proves the claim in the body, then does what it asks, once for each key.
pub(super) async fn does(
    app: web::Data<App>,
    asked: Asked,
    read: impl FnOnce(&RawBody) -> Result<(Claim, Act)>,
) -> Result<HttpResponse> {
    let Asked { request, key, raw } = asked;
    let address = let_ask(&request, &app)?;
    let (claim, wish) = read(&raw)?;
    let no = proven(&app, address, claim).await?;
    done(&app, key.bind("public", raw.bytes()), no, wish).await.map(Given::respond)
}

/// Does `wish` to the ticket numbered `no`, which is proven to be the citizen's, once for each key: a
/// [`CitizenView`].
///
/// # Errors
/// As [`act`].
pub async fn done(app: &web::Data<App>, idem: Idem, no: String, wish: Act) -> Result<Given> {
    let hotline = app.hotline.clone();
    given_once(app, idem, move |tx| {
        let stored = act(&hotline, tx, &no, &wish)?;
        let (rules, now) = (hotline.rules.current(tx.conn, tx.now)?, tx.now);
        Answer::ok(&seen(tx.conn, &hotline, &rules, &stored, now)?)
    })
    .await
}

macro_rules! acts {
    ($($(#[$doc:meta])* $handler:ident $path:literal = $act:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(tag = "public", security(()), request_body = CitizenSays,
            params(("Idempotency-Key" = Option<String>, Header)),
            responses(
                (status = 200, body = CitizenView),
                (status = 403, description = "public.locked", body = Problem, content_type = "application/problem+json"),
                (status = 404, description = "public.no_match", body = Problem, content_type = "application/problem+json"),
                (status = 409, body = Problem, content_type = "application/problem+json"),
                (status = 422, body = Problem, content_type = "application/problem+json"),
                (status = 429, description = "web.too_many", body = Problem, content_type = "application/problem+json"),
            ))]
        #[post($path)]
        pub async fn $handler(
            request: HttpRequest,
            app: web::Data<App>,
            key: IdempotencyKey,
            raw: RawBody,
        ) -> Result<HttpResponse> {
            let asked = Asked { request, key, raw };
            does(app, asked, |raw| raw.parse::<CitizenSays>()?.read($act)).await
        }
    )+};
}

acts! {
    /// Adds facts: a note that everybody sees who sees the ticket.
    facts "/public/facts" = Act::Facts;
    /// Asks where it stays; once a day.
    urge "/public/urge" = Act::Urge;
    /// Takes it back; where a unit has it, an agent rings first.
    withdraw "/public/withdraw" = Act::Withdraw;
}

/// What a citizen says who is not helped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CitizenUnsolved {
    no: String,
    code: String,
    phone_tail: String,
    /// What is still wrong, at most 2 000 characters.
    text: Text,
    /// The other two questions, while the survey is open.
    contacted: Option<Contacted>,
    satisfied: Option<Satisfied>,
}

/// 没解决: an answer to the survey while it is asked; of a closed ticket a wish to reopen it, which a
/// person decides.
#[utoipa::path(tag = "public", security(()), request_body = CitizenUnsolved,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = CitizenView),
        (status = 404, description = "public.no_match", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "transition, reopen.too_late, public.asked_already", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/public/unsolved")]
pub async fn unsolved(
    request: HttpRequest,
    app: web::Data<App>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    does(app, Asked { request, key, raw }, |raw| {
        let CitizenUnsolved { no, code, phone_tail, text, contacted, satisfied } = raw.parse()?;
        let wish = short(text).map(|text| Act::Unsolved { text, contacted, satisfied });
        super::both(Claim::parse(&no, &code, &phone_tail), wish)
    })
    .await
}
