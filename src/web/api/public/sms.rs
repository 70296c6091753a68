//! Web, `POST /sms/replies`: the gateway of text messages brings what citizens answered. Its rule: it
//! is always taken; what nobody can place waits for a person (`/inbox`).

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::citizen::reply::{Heard, hear};
use crate::citizen::word::WhyKept;
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::ticket::Text;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, RawBody, write_once};

/// The longest message, and the longest number, in characters.
const TEXT: usize = 1_000;
const PHONE: usize = 32;

/// A message that a citizen sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsMessage {
    phone: Text,
    text: Text,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub struct MessageTaken {
    /// Whether it answers a survey.
    answered: bool,
    /// Why it waits for a person, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<WhyKept>,
}

/// Takes a message from the gateway.
#[utoipa::path(tag = "public", request_body = SmsMessage,
    params(("Idempotency-Key" = Option<String>, Header, description = "the gateway's own number of the message")),
    responses(
        (status = 200, body = MessageTaken),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/sms/replies")]
pub async fn hear_message(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(&[Role::Platform])?;
    let message: SmsMessage = raw.parse()?;
    for (pointer, text, most) in [("/phone", &message.phone, PHONE), ("/text", &message.text, TEXT)]
    {
        if text.chars().count() > most {
            return Err(Error::field(pointer, "field.too_long"));
        }
    }
    let hotline = app.hotline.clone();
    write_once(&app, key.bind(&actor.name, raw.bytes()), move |tx| {
        let heard = hear(&hotline, tx, &actor, &message.phone, &message.text)?;
        Answer::ok(&match heard {
            Heard::Answered => MessageTaken { answered: true, waits: None },
            Heard::Kept(why) => MessageTaken { answered: false, waits: Some(why) },
        })
    })
    .await
}
