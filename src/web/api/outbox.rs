//! Web, `/outbox`: letters on their way, and those that somebody has to look at. Its rule: the system
//! administrator sees numbers and codes, neither an address nor a word of the case.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::{self, Entry};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::notify::Occasion;
use crate::notify::listing::{self, Filter, Listed};
use crate::notify::retry::{retry as try_again, retry_some};
use crate::notify::store::{CITIZEN, LetterState, Medium};
use crate::web::api::stretch::Onward;
use crate::web::asker::Asker;
use crate::web::blocking::run;
use crate::web::body::{Query, RawBody};
use crate::web::idempotency::{Answer, IdempotencyKey, answer_once};
use crate::web::problem::Problem;

const KEEPERS: &[Role] = &[Role::Sysadmin];

/// A letter, without its address and its words.
#[derive(Serialize, ToSchema)]
pub struct LetterView {
    id: String,
    occasion: Occasion,
    occasion_name: &'static str,
    medium: Medium,
    pub state: LetterState,
    /// The ticket's number; none for a digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The login name of whoever gets it; `citizen` for whoever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    created_at: String,
    due_at: String,
    tries: i32,
    /// The code of the last failure: `mail.refused_550`, `mail.server_away`, `notice.nobody` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<String>,
}

impl LetterView {
    fn of(app: &App, (letter, no, name): Listed) -> Self {
        let zone = app.config.site.zone;
        let citizen = (letter.account_id == CITIZEN).then(|| "citizen".to_owned());
        Self {
            id: letter.id.to_string(),
            occasion: letter.occasion,
            occasion_name: letter.occasion.zh(),
            medium: letter.medium,
            state: letter.state,
            no,
            unit: letter.unit.map(|unit| unit.to_string()),
            to: name.or(citizen),
            created_at: letter.created_at.rfc3339(zone),
            due_at: letter.due_at.rfc3339(zone),
            tries: letter.tries,
            why_name: letter.why.as_deref().map(reason),
            why: letter.why,
            done_at: letter.done_at.map(|at| at.rfc3339(zone)),
        }
    }
}

/// Why a letter failed, for people. What a server answered is told by its number.
fn reason(why: &str) -> String {
    use crate::error::sentence;
    let server = |code| sentence("outbox.refused", &[("code", code)]);
    match why {
        "notice.nobody" => sentence("outbox.nobody", &[]),
        "mail.address" | "sms.number" => sentence("outbox.address", &[]),
        "mail.server_away" => sentence("outbox.away", &[]),
        "mail.tls" => sentence("outbox.tls", &[]),
        "sms.away" => sentence("outbox.gateway_away", &[]),
        "sms.unclear" => sentence("outbox.unclear", &[]),
        _ => match why.rsplit_once('_') {
            Some(("mail.refused" | "mail.deferred", code)) => server(code),
            Some(("mail.site", code)) => sentence("outbox.mail_site", &[("code", code)]),
            Some(("sms.site", code)) => sentence("outbox.sms_site", &[("code", code)]),
            _ => sentence("outbox.other", &[("code", why)]),
        },
    }
}

#[derive(Serialize, ToSchema)]
pub struct LetterList {
    pub items: Vec<LetterView>,
    next: Option<String>,
}

/// Which letters.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    #[param(inline)]
    pub state: Option<LetterState>,
    #[param(inline)]
    pub occasion: Option<Occasion>,
    /// 1 to 500; 50 where nothing is said.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// The letters, newest first.
#[utoipa::path(tag = "administration", params(Which), responses((status = 200, body = LetterList), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/outbox")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(which): Query<Which>,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let list = run(move || letters_of(&app, &actor, &which)).await?;
    Ok(HttpResponse::Ok().json(list))
}

/// A page of the letters.
///
/// # Errors
/// `forbidden`; 422 at `/limit`, `/after`.
pub fn letters_of(app: &App, actor: &Actor, which: &Which) -> Result<LetterList> {
    actor.require(KEEPERS)?;
    let page = Onward::asked(which.limit, which.after.as_deref())?;
    let filter = Filter { state: which.state, occasion: which.occasion, after: page.after };
    let found = app.db.read(|conn| listing::page(conn, &filter, page.most()))?;
    let (found, next) = page.of(found, |(letter, ..)| letter.id);
    let items = found.into_iter().map(|listed| LetterView::of(app, listed)).collect();
    Ok(LetterList { items, next })
}

/// Tries a failed letter again, from the first try.
#[utoipa::path(tag = "administration", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 204), (status = 403, body = Problem, content_type = "application/problem+json"), (status = 404, body = Problem, content_type = "application/problem+json")))]
#[post("/outbox/{id}/retry")]
pub async fn retry(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<i64>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let id = id.into_inner();
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        house.db.write(move |tx| {
            try_again(tx, id)?;
            let subject = id.to_string();
            let entry = Entry::new((actor.user, &actor.name), "outbox.retry", ("letter", &subject));
            audit::record(tx, &entry)
        })?;
        Ok(Answer::no_content())
    })
    .await
}

/// Which letters are tried again: all that failed with this code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxRetry {
    /// As `why` in the list.
    why: String,
}

/// How many letters are tried again.
#[derive(Serialize, ToSchema)]
pub struct OutboxRetried {
    retried: usize,
}

/// Tries every letter again that failed with one code: what stood in their way was mended.
#[utoipa::path(tag = "administration", request_body = OutboxRetry, params(("Idempotency-Key" = Option<String>, Header)), responses((status = 200, body = OutboxRetried), (status = 403, body = Problem, content_type = "application/problem+json"), (status = 422, body = Problem, content_type = "application/problem+json")))]
#[post("/outbox/retry")]
pub async fn retry_all(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    actor.require(KEEPERS)?;
    let why: Arc<str> = raw.parse::<OutboxRetry>()?.why.into();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    if why.is_empty() || why.len() > 60 || !why.chars().all(plain) {
        return Err(Error::field("/why", "field.format"));
    }
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    answer_once(&app, idem, move || {
        // What fails again meanwhile dies later than this, and waits for another word.
        let (until, mut retried) = (house.db.now(), 0);
        loop {
            let (why, by) = (why.clone(), (actor.user, actor.name.clone()));
            let some = house.db.write(move |tx| {
                let some = retry_some(tx, &why, until)?;
                if some > 0 {
                    let entry = Entry::new((by.0, &by.1), "outbox.retry_all", ("letter", &why));
                    audit::record(tx, &entry.detailed(some.to_string()))?;
                }
                Ok(some)
            })?;
            if some == 0 {
                return Answer::ok(&OutboxRetried { retried });
            }
            retried += some;
        }
    })
    .await
}
