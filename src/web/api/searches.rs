//! Web, `/searches`: the searches that somebody keeps, with how many tickets each finds now. Its rule: each is
//! counted in its owner's scope; one that means nothing any more says why and hides no other.

use std::time::Duration;

use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::search::kept::{self, Kept, Plan};
use crate::search::query::too_costly;
use crate::search::question::Question;
use crate::search::{Names, Order, Slice};
use crate::ticket::sight::{Scope, scope};
use crate::time::{Deadline, Stamp};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, RawBody, run, write_once};

/// How long counting may take; what is not counted by then is shown without a number.
const PATIENCE: Duration = Duration::from_secs(2);

/// A search that is kept.
#[derive(Serialize, ToSchema)]
pub struct KeptView {
    id: String,
    name: String,
    q: String,
    /// How many tickets it finds now; absent where it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Only the newest tickets were counted, since the index is not there.
    partial: bool,
    /// Stable code of why it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What somebody keeps, by name.
#[derive(Serialize, ToSchema)]
pub struct KeptList {
    items: Vec<KeptView>,
}

struct Counter<'a> {
    app: &'a App,
    actor: &'a Actor,
    names: &'a Names,
    now: Stamp,
    days: (Tz, NaiveDate),
}

impl Counter<'_> {
    fn total(&self, kept: &Kept) -> Result<(usize, bool)> {
        let asked = kept.asked(self.names, self.days)?;
        let slice = Slice { order: Order::Newest, limit: 1, after: None };
        let (actor, names, now) = (self.actor, self.names, self.now);
        let answer = self.app.search.ask(Question { actor, names, asked: &asked, slice, now })?;
        Ok((answer.total, answer.partial))
    }

    fn shown(&self, kept: Kept, deadline: Deadline) -> KeptView {
        let counted = if deadline.is_over() { Err(too_costly()) } else { self.total(&kept) };
        let Kept { id, name, q } = kept;
        let mut view = KeptView {
            id: id.to_string(),
            name,
            q,
            total: None,
            partial: false,
            why: None,
            detail: None,
        };
        match counted {
            Ok((total, partial)) => (view.total, view.partial) = (Some(total), partial),
            Err(error) => {
                // A field that means nothing says more than that something does.
                let field = error.fields().first();
                view.why = Some(field.map_or(error.code(), |field| field.code));
                let detail = field.map_or(error.detail(), |field| field.detail.as_str());
                view.detail = Some(detail.to_owned());
            }
        }
        view
    }
}

/// Runs `act` with what counting needs.
fn counting<T>(app: &App, actor: &Actor, act: impl FnOnce(&Counter<'_>) -> Result<T>) -> Result<T> {
    let now = app.db.now();
    let names = app.db.read(|conn| app.search.names(conn))?;
    let zone = app.search.zone();
    act(&Counter { app, actor, names: &names, now, days: (zone, now.day(zone)) })
}

/// Whoever sees no case has nothing to search.
fn allowed(actor: &Actor) -> Result<()> {
    if scope(actor) == Scope::Nothing { Err(Error::forbidden()) } else { Ok(()) }
}

fn number(text: &str) -> Result<i64> {
    text.parse().map_err(|_| Error::not_found())
}

/// The searches that this user keeps, with how many tickets each finds now.
#[utoipa::path(tag = "tickets", operation_id = "kept_search_list", responses(
    (status = 200, body = KeptList),
    (status = 403, description = "the role sees no cases", body = Problem, content_type = "application/problem+json"),
))]
#[get("/searches")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || {
        allowed(&actor)?;
        let all = app.db.read(|conn| kept::all(conn, &actor))?;
        counting(&app, &actor, |counter| {
            let deadline = Deadline::after(PATIENCE);
            let items = all.into_iter().map(|one| counter.shown(one, deadline)).collect();
            Answer::ok(&KeptList { items })
        })
    })
    .await
    .map(Answer::respond)
}

/// The searches that `actor` keeps, uncounted.
///
/// # Errors
/// 403 for a role that sees no cases.
pub fn kept_of(app: &App, actor: &Actor) -> Result<KeptList> {
    allowed(actor)?;
    let all = app.db.read(|conn| kept::all(conn, actor))?;
    Ok(KeptList { items: all.into_iter().map(uncounted).collect() })
}

/// Keeps a search.
#[utoipa::path(tag = "tickets", operation_id = "kept_search_add", request_body = Plan, params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = KeptView),
    (status = 409, description = "search.kept_too_many, search.name_taken", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[post("/searches")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    allowed(&actor)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let (names, zone) = (house.search.names(tx.conn)?, house.search.zone());
        let kept = kept::keep(tx, &actor, &raw.parse()?, &names, (zone, tx.now.day(zone)))?;
        Answer::created(format!("/api/v1/searches/{}", kept.id), &uncounted(kept))
    })
    .await
}

/// Puts another search in the place of one that is kept.
#[utoipa::path(tag = "tickets", operation_id = "kept_search_change", request_body = Plan, params(("id" = String, Path)), responses(
    (status = 200, body = KeptView),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "search.name_taken", body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[put("/searches/{id}")]
pub async fn change(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    allowed(&actor)?;
    let id = number(&id)?;
    let idem = key.bind(&actor.name, raw.bytes());
    let house = app.clone();
    write_once(&app, idem, move |tx| {
        let (names, zone) = (house.search.names(tx.conn)?, house.search.zone());
        let days = (zone, tx.now.day(zone));
        let kept = kept::change(tx, &actor, (id, &raw.parse()?), &names, days)?;
        Answer::ok(&uncounted(kept))
    })
    .await
}

/// Keeps a search no more.
#[utoipa::path(tag = "tickets", operation_id = "kept_search_remove", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 204),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[post("/searches/{id}/remove")]
pub async fn remove(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    allowed(&actor)?;
    let id = number(&id)?;
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        kept::remove(tx, &actor, id)?;
        Ok(Answer::no_content())
    })
    .await
}

/// As it is kept; `GET /searches` counts.
fn uncounted(kept: Kept) -> KeptView {
    let Kept { id, name, q } = kept;
    let id = id.to_string();
    KeptView { id, name, q, total: None, partial: false, why: None, detail: None }
}
