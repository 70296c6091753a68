//! Web, `/drafts`: what somebody has typed into a form and not sent. Its rule: it is its writer's and nobody else's,
//! sealed like everything that may name a caller, and gone after some days.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, put, web};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, FieldError, Kind, Result};
use crate::sealing::{MasterKey, place};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::store::{self, DraftRow};
use crate::web::{Asker, RawBody, run};

/// Characters of a form's name.
const NAME: usize = 100;
/// Characters of a ticket's number, whoever gave it.
const NUMBER: usize = 64;

/// Every route of drafts.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(one).service(keep).service(discard);
}

/// What was typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// When the last of it was typed, by the writer's own clock: of two drafts the later counts.
    #[schema(value_type = String, format = DateTime)]
    typed_at: Stamp,
    /// The number of the ticket that it is about, where it is about one; it goes with that.
    #[serde(default)]
    ticket: Option<String>,
    /// The form's fields, as the form names them.
    fields: BTreeMap<String, String>,
}

/// A draft and what is in it.
#[derive(Serialize, ToSchema)]
pub struct DraftView {
    name: String,
    typed_at: String,
    saved_at: String,
    fields: BTreeMap<String, String>,
}

/// That there is a draft.
#[derive(Serialize, ToSchema)]
pub struct DraftLine {
    name: String,
    /// By the writer's own clock.
    typed_at: String,
    /// By ours.
    saved_at: String,
}

/// The drafts of a person, the newest first.
#[derive(Serialize, ToSchema)]
pub struct DraftList {
    items: Vec<DraftLine>,
}

fn line(app: &App, name: String, typed_at: Stamp, saved_at: Stamp) -> DraftLine {
    let saved_at = saved_at.rfc3339(app.config.site.zone);
    DraftLine { name, typed_at: typed_at.to_string(), saved_at }
}

/// A form's name: letters, digits and `. _ -`; whatever else there is none of.
fn checked(name: &str) -> Result<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > NAME || !name.chars().all(good) {
        return Err(Error::not_found());
    }
    Ok(name.to_owned())
}

/// Where the draft `name` of the account `owner` lies.
fn place_of(owner: i64, name: &str) -> Vec<u8> {
    place("draft", name, owner)
}

fn opened(keys: &MasterKey, owner: i64, row: &DraftRow) -> Result<BTreeMap<String, String>> {
    let plain = keys.open(&row.sealed, &place_of(owner, &row.name))?;
    // What does not read may hold words of a caller: nothing of it is told.
    serde_json::from_slice(&plain).map_err(|_| Error::internal("a draft that does not read"))
}

/// The drafts that the reader has left: names and times, nothing of what is in them.
#[utoipa::path(tag = "auth", operation_id = "draft_list", responses((status = 200, body = DraftList)))]
#[get("/drafts")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    let house = app.clone();
    let rows = run(move || house.db.read(|conn| store::drafts_of(conn, actor.user))).await?;
    let items = rows.into_iter().map(|(name, typed, saved)| line(&app, name, typed, saved));
    Ok(HttpResponse::Ok().json(DraftList { items: items.collect() }))
}

/// What the reader typed into the form `name` and did not send.
#[utoipa::path(tag = "auth", operation_id = "draft", params(("name" = String, Path)), responses(
    (status = 200, body = DraftView),
    (status = 204, description = "nothing was left there"),
    (status = 404, description = "no form is called so", body = Problem, content_type = "application/problem+json"),
))]
#[get("/drafts/{name}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    let name = checked(&name)?;
    let house = app.clone();
    let found = run(move || {
        let row = house.db.read(|conn| store::draft_of(conn, actor.user, &name))?;
        let Some(row) = row else { return Ok(None) };
        let fields = opened(&house.keys, actor.user, &row)?;
        let line = line(&house, row.name, row.typed_at, row.saved_at);
        let DraftLine { name, typed_at, saved_at } = line;
        Ok(Some(DraftView { name, typed_at, saved_at, fields }))
    })
    .await?;
    Ok(match found {
        Some(draft) => HttpResponse::Ok().json(draft),
        None => HttpResponse::NoContent().finish(),
    })
}

/// Keeps what is typed into the form `name`, in the place of what was there; where that was typed later, it stays, and its
/// times are answered. Of more than `console.drafts_per_person` the oldest go.
#[utoipa::path(tag = "auth", operation_id = "draft_keep", request_body = Draft, params(("name" = String, Path)), responses(
    (status = 200, body = DraftLine),
    (status = 404, description = "no form is called so", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "more than console.draft_bytes", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/drafts/{name}")]
pub async fn keep(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
    raw: RawBody,
) -> Result<HttpResponse> {
    let name = checked(&name)?;
    let most = app.config.console.draft_bytes;
    if raw.bytes().len() > most {
        let limit = most.to_string();
        return Err(Error::with(Kind::TooLarge, "web.too_large", &[("limit", &limit)]));
    }
    let typed: Draft = raw.parse()?;
    if typed.ticket.as_ref().is_some_and(|no| no.is_empty() || no.chars().count() > NUMBER) {
        return Err(Error::invalid(vec![FieldError::new("/ticket", "field.format")]));
    }
    let house = app.clone();
    let line = run(move || {
        let plain = serde_json::to_vec(&typed.fields).map_err(Error::internal)?;
        let sealed = house.keys.seal(&plain, &place_of(actor.user, &name))?;
        let (db, most) = (house.db.clone(), house.config.console.drafts_per_person);
        let (ticket, typed_at) = (typed.ticket, typed.typed_at);
        let row = db.write(move |tx| {
            let (name, sealed, saved_at) = (name.clone(), sealed.clone(), tx.now);
            // A clock that is ahead would keep out whatever is typed elsewhere afterwards.
            let row = DraftRow { name, typed_at: typed_at.min(saved_at), saved_at, sealed };
            kept(tx, actor.user, ticket.as_deref(), row, most)
        })?;
        Ok(self::line(&house, row.name, row.typed_at, row.saved_at))
    })
    .await?;
    Ok(HttpResponse::Ok().json(line))
}

/// Keeps `row`, unless what lies there was typed later; answers the one that lies there then.
fn kept(
    tx: &mut Tx<'_>,
    owner: i64,
    ticket: Option<&str>,
    row: DraftRow,
    most: u32,
) -> Result<DraftRow> {
    let before = store::draft_of(tx.conn, owner, &row.name)?;
    if let Some(later) = before.filter(|before| before.typed_at > row.typed_at) {
        return Ok(later);
    }
    store::keep_draft(tx, owner, ticket, &row)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let all = store::drafts_of(tx.conn, owner)?.into_iter().map(|(name, ..)| name);
    // The one that was kept just now is the newest, or of the same instant as the newest.
    let over: Vec<String> = all.filter(|name| *name != row.name).skip(most.max(1) - 1).collect();
    if !over.is_empty() {
        store::drop_drafts(tx, owner, &over)?;
    }
    Ok(row)
}

/// Forgets what was typed into the form `name`; nothing where nothing was left there.
#[utoipa::path(tag = "auth", operation_id = "draft_discard", params(("name" = String, Path)), responses(
    (status = 204),
    (status = 404, description = "no form is called so", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/drafts/{name}")]
pub async fn discard(
    app: web::Data<App>,
    Asker(actor): Asker,
    name: web::Path<String>,
) -> Result<HttpResponse> {
    let name = checked(&name)?;
    run(move || {
        let names = [name];
        app.db.write(move |tx| store::drop_drafts(tx, actor.user, &names))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forgets drafts older than `console.draft_days`; returns how many. For the worker.
///
/// # Errors
/// As [`crate::db::Db::write`].
pub fn forget_old(app: &App) -> Result<usize> {
    let days = TimeDelta::days(i64::from(app.config.console.draft_days));
    app.db.write(move |tx| {
        let before = tx.now.plus(-days);
        store::forget_drafts(tx, before)
    })
}
