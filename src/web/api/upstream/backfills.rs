//! Web, `/upstream/backfills`: the answers that the city's platform is owed. Its rule: the list is the query's,
//! the light the clock's; whoever settles one is named.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::limits::Light;
use crate::time::Stamp;
use crate::upstream::desk::{self, READERS};
use crate::upstream::form::Field;
use crate::upstream::store::{self, listing};
use crate::upstream::{Backfill, BackfillState, Cause};
use crate::web::api::tickets::note_opening;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Once, Page, Query, run};

/// An answer that is or was owed to the platform.
#[derive(Serialize, ToSchema)]
pub struct BackfillView {
    pub id: String,
    /// The same on each try.
    message_id: String,
    ticket: String,
    upstream_no: String,
    /// 1, 2, … within its ticket; the latest is what counts.
    revision: i32,
    cause: Cause,
    state: BackfillState,
    light: Light,
    caused_at: String,
    due_at: String,
    tries: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
    /// The code of the last failure or refusal: ours, or the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Who entered it by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    done_by: Option<String>,
}

impl BackfillView {
    fn of(owed: Backfill, now: Stamp, zone: chrono_tz::Tz) -> Self {
        let shown = |at: Option<Stamp>| at.map(|at| at.rfc3339(zone));
        Self {
            id: owed.id.to_string(),
            message_id: owed.message_id(),
            light: owed.light(now),
            ticket: owed.ticket_no,
            upstream_no: owed.upstream_no,
            revision: owed.revision,
            cause: owed.cause,
            state: owed.state,
            caused_at: owed.caused_at.rfc3339(zone),
            due_at: owed.due_at.rfc3339(zone),
            tries: owed.tries,
            next_at: shown(owed.next_at),
            sent_at: shown(owed.sent_at),
            settled_at: shown(owed.settled_at),
            why: owed.why,
            done_by: owed.done_by,
        }
    }
}

/// What a list of answers may be narrowed to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BackfillQuery {
    /// One state or several, separated by commas; nothing said: those still owed.
    pub state: Option<String>,
    pub light: Option<Light>,
    pub upstream_no: Option<String>,
    /// The ticket's number here.
    pub ticket: Option<String>,
    /// 1 to 500, 50 where nothing is said.
    pub limit: Option<u32>,
    pub after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Backfills {
    pub items: Vec<BackfillView>,
    next: Option<String>,
}

/// The answers owed to the platform, the most urgent first.
#[utoipa::path(tag = "upstream", params(BackfillQuery), responses((status = 200, body = Backfills), (status = 403, body = Problem, content_type = "application/problem+json")))]
#[get("/upstream/backfills")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<BackfillQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&owed_of(&app, &actor, query)?)).await.map(Answer::respond)
}

/// The answers that `query` names, the most urgent first.
///
/// # Errors
/// 403 for whoever has nothing to do with the platform; 422.
pub fn owed_of(app: &App, actor: &Actor, query: BackfillQuery) -> Result<Backfills> {
    actor.require(READERS)?;
    let limit = Page { limit: query.limit, after: None }.limit()?;
    let (now, zone) = (app.db.now(), app.config.site.zone);
    let filter = listing::Filter {
        states: states(query.state.as_deref())?,
        light: query.light,
        upstream_no: query.upstream_no,
        ticket_no: query.ticket,
        from: None,
        to: None,
    };
    let after = query.after.as_deref();
    let (owed, next) = app.db.read(|conn| listing::page(conn, &filter, now, after, limit))?;
    let items = owed.into_iter().map(|owed| BackfillView::of(owed, now, zone)).collect();
    Ok(Backfills { items, next })
}

/// An answer in the platform's own fields.
#[derive(Serialize, ToSchema)]
pub struct WrittenView {
    #[serde(flatten)]
    backfill: BackfillView,
    /// In the form's order.
    fields: Vec<WrittenField>,
}

/// A field of the platform's form.
#[derive(Serialize, ToSchema)]
pub struct WrittenField {
    /// Its name in the message.
    to: String,
    /// What the platform's page calls it.
    title: String,
    /// As the platform is told; numbers and the caller's name in it are masked.
    value: String,
    /// Something in it is masked here: it is shown for a reason, with the ticket.
    masked: bool,
}

/// What an answer says, in the order of the platform's form. That its ticket was opened is noted.
#[utoipa::path(tag = "upstream", operation_id = "backfill_written", params(("id" = String, Path)), responses(
    (status = 200, body = WrittenView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "absent, or its ticket was erased", body = Problem, content_type = "application/problem+json"),
))]
#[get("/upstream/backfills/{id}")]
pub async fn written(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&written_of(&app, &actor, &id)?)).await.map(Answer::respond)
}

/// What the answer `id` says.
///
/// # Errors
/// 403; 404 where it is absent, or its ticket is not there any more.
pub fn written_of(app: &App, actor: &Actor, id: &str) -> Result<WrittenView> {
    actor.require(READERS)?;
    let id: i64 = id.parse().map_err(|_| Error::not_found())?;
    let (now, zone) = (app.db.now(), app.config.site.zone);
    let owed = app.db.read(|conn| store::one(conn, id))?.ok_or_else(Error::not_found)?;
    let facts = app.carrier.facts(&owed)?;
    let stored = app.db.read(|conn| {
        let rules = app.hotline.rules.current(conn, now)?;
        app.hotline.see(conn, &rules, actor, &owed.ticket_no)
    })?;
    note_opening(&app.hotline, actor, (&owed.ticket_no, now.day(zone)))?;
    let form = &app.carrier.form;
    // Numbers of tickets and messages are nobody's telephone.
    let plain = [owed.upstream_no.clone(), owed.ticket_no.clone(), owed.message_id()];
    let field = |(field, text): (&Field, String)| {
        let value = if plain.contains(&text) { text.clone() } else { stored.ticket.masked(&text) };
        let masked = value != text;
        WrittenField { to: field.to.clone(), title: field.title.clone(), value, masked }
    };
    let fields = form.fields.iter().zip(form.cells(&facts, zone)).map(field).collect();
    Ok(WrittenView { backfill: BackfillView::of(owed, now, zone), fields })
}

fn states(text: Option<&str>) -> Result<Vec<BackfillState>> {
    let Some(text) = text else { return Ok(BackfillState::OPEN.to_vec()) };
    let unknown = |_| Error::field("/state", "field.unknown_code");
    text.split(',').map(|word| word.trim().parse().map_err(unknown)).collect()
}

/// Sends an answer anew, from its first try.
#[utoipa::path(tag = "upstream", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = BackfillView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "upstream.settled", body = Problem, content_type = "application/problem+json"),
))]
#[post("/upstream/backfills/{id}/retry")]
pub async fn retry(asked: Once<i64>) -> Result<HttpResponse> {
    asked
        .write(|tx, asked| {
            let owed = desk::retry(tx, &asked.actor, asked.path)?;
            Answer::ok(&BackfillView::of(owed, tx.now, asked.app.config.site.zone))
        })
        .await
}

/// Says that an answer was entered on the platform's own pages, by whoever says so.
#[utoipa::path(tag = "upstream", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = BackfillView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "upstream.settled", body = Problem, content_type = "application/problem+json"),
))]
#[post("/upstream/backfills/{id}/by-hand")]
pub async fn by_hand(asked: Once<i64>) -> Result<HttpResponse> {
    asked
        .write(|tx, asked| {
            let owed = desk::done_by_hand(tx, &asked.actor, asked.path)?;
            Answer::ok(&BackfillView::of(owed, tx.now, asked.app.config.site.zone))
        })
        .await
}
