//! Web, `/papers`: numbered papers, printed as Word files. Its rule: a file that shows a citizen leaves only after its
//! reason is on disk; nothing about papers is asked in an address but their ids and a ticket's number.

use std::collections::BTreeSet;

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::attachments::percent_encoded;
use crate::app::App;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::papers::make::{self, give_reason, kinds_of, of_ticket};
use crate::papers::package::{Bound, bind, zipped};
use crate::papers::print::print;
use crate::papers::{Asked, Made, PaperKind, Templates};
use crate::ticket::Text;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Query, RawBody, run, run_long, write_once};

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const ZIP: &str = "application/zip";

/// Every route of the papers.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(add)
        .service(list)
        .service(batch)
        .service(template)
        .service(fetch)
        .service(reveal);
}

/// A paper that has its number.
#[derive(Serialize, ToSchema)]
struct PaperView {
    id: String,
    kind: PaperKind,
    /// As it is printed: `接诉交〔2026〕12号`.
    no: String,
    tickets: Vec<String>,
    made_at: String,
    made_by: String,
}

impl PaperView {
    fn of(made: Made, zone: Tz) -> Self {
        Self {
            id: made.id.to_string(),
            kind: made.kind,
            no: made.no,
            tickets: made.tickets,
            made_at: made.made_at.rfc3339(zone),
            made_by: made.made_by,
        }
    }
}

/// Papers.
#[derive(Serialize, ToSchema)]
pub struct PaperList {
    items: Vec<PaperView>,
}

/// Whoever makes some sort of paper.
fn makes_any(actor: &Actor) -> Result<()> {
    let makes = PaperKind::ALL.iter().any(|kind| actor.has_any(kind.roles()));
    if makes { Ok(()) } else { Err(Error::forbidden()) }
}

/// Whoever prints some sort of paper: units print what they were sent.
fn prints_any(actor: &Actor) -> Result<()> {
    if actor.has(Role::Handler) { Ok(()) } else { makes_any(actor) }
}

/// Makes papers, one a ticket (of a register, one in all), all or none; each gets the next number of its kind and
/// year. What goes to a citizen is a reveal of the name and needs a reason.
#[utoipa::path(tag = "papers", operation_id = "paper_make", request_body = Asked,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = PaperList),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "a ticket has nothing that such a paper could say", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/papers")]
pub async fn add(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let house = app.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        makes_any(&actor)?;
        let asked: Asked = raw.parse()?;
        let made = make::make(tx, (&house.hotline, &house.papers), &actor, &asked)?;
        let zone = house.papers.zone;
        let items: Vec<PaperView> = made.into_iter().map(|it| PaperView::of(it, zone)).collect();
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        let location = format!("/api/v1/papers/batch?ids={}", ids.join(","));
        Answer::created(location, &PaperList { items })
    })
    .await
}

/// About which ticket.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PapersQuery {
    /// Its number.
    ticket: String,
}

/// The papers about a ticket that this reader may print, oldest first.
#[utoipa::path(tag = "papers", operation_id = "paper_list", params(PapersQuery), responses(
    (status = 200, body = PaperList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/papers")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<PapersQuery>,
) -> Result<HttpResponse> {
    run(move || Answer::ok(&list_of(&app, &actor, &query.ticket)?)).await.map(Answer::respond)
}

/// The papers about the ticket numbered `no` that `actor` may print, oldest first.
///
/// # Errors
/// 403; 404 where the ticket is absent or not for this reader's eyes.
pub fn list_of(app: &App, actor: &Actor, no: &str) -> Result<PaperList> {
    prints_any(actor)?;
    let now = app.db.now();
    let made = app.db.read(|conn| of_ticket(conn, &app.hotline, actor, (no, now)))?;
    let zone = app.papers.zone;
    Ok(PaperList { items: made.into_iter().map(|it| PaperView::of(it, zone)).collect() })
}

/// The kinds of which `actor` may make one about it now.
///
/// # Errors
/// As [`list_of`].
pub fn made_of(app: &App, actor: &Actor, no: &str) -> Result<Vec<PaperKind>> {
    prints_any(actor)?;
    let now = app.db.now();
    app.db.read(|conn| kinds_of(conn, &app.hotline, actor, (no, now)))
}

/// The parts of it that `actor` may make an order of now, by their ids, with whose each is.
///
/// # Errors
/// As [`list_of`].
pub fn parts_of(app: &App, actor: &Actor, no: &str) -> Result<Vec<(String, UnitCode)>> {
    prints_any(actor)?;
    let now = app.db.now();
    app.db.read(|conn| make::parts_of(conn, &app.hotline, actor, (no, now)))
}

/// Which papers, and bound how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BatchQuery {
    /// Their ids with commas between, at most 100: in this order.
    ids: String,
    /// `zip`: one file a paper.
    #[param(value_type = Option<String>)]
    format: Option<PaperBinding>,
}

crate::code_enum! {
    /// How several papers are bound.
    pub enum PaperBinding { Docx = "docx" "合订", Zip = "zip" "分件打包" }
}

/// Several papers in one Word file, each from a new page on; a ZIP where that is asked, or where their templates have
/// heads, feet or styles of their own.
#[utoipa::path(tag = "papers", operation_id = "paper_batch", params(BatchQuery), responses(
    (status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", body = Vec<u8>),
    (status = 403, description = "paper.reason_needed", body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/papers/batch")]
pub async fn batch(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<BatchQuery>,
) -> Result<HttpResponse> {
    let (name, bound) = run_long(move || {
        prints_any(&actor)?;
        let ids = query.ids.split(',').map(|id| id.trim().parse());
        let mut ids: Vec<i64> = ids.collect::<Result<_, _>>().map_err(|_| Error::not_found())?;
        let mut named = BTreeSet::new();
        ids.retain(|id| named.insert(*id));
        let papers = print((&app.hotline, &app.papers), &actor, &ids)?;
        let bound = match query.format {
            Some(PaperBinding::Zip) => zipped(&papers)?,
            _ => bind(&papers)?,
        };
        let first = papers.first().map(|(no, _)| no.clone()).unwrap_or_default();
        let name = if papers.len() > 1 { format!("{first}等{}件", papers.len()) } else { first };
        Ok((name, bound))
    })
    .await?;
    Ok(file(&name, bound))
}

/// One paper as a Word file. Each time is noted; one that shows a citizen needs a reason of today.
#[utoipa::path(tag = "papers", operation_id = "paper_file", params(("id" = String, Path)), responses(
    (status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", body = Vec<u8>),
    (status = 403, description = "paper.reason_needed", body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/papers/{id}.docx")]
pub async fn fetch(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let (name, bound) = run(move || {
        prints_any(&actor)?;
        let id = id.parse().map_err(|_| Error::not_found())?;
        let papers = print((&app.hotline, &app.papers), &actor, &[id])?;
        let name = papers.first().map(|(no, _)| no.clone()).unwrap_or_default();
        Ok((name, bind(&papers)?))
    })
    .await?;
    Ok(file(&name, bound))
}

/// Our template of a kind, with its places: to begin one's own with.
#[utoipa::path(tag = "papers", operation_id = "paper_template", params(("kind" = PaperKind, Path)), responses(
    (status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", body = Vec<u8>),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/papers/templates/{kind}.docx")]
pub async fn template(Asker(actor): Asker, kind: web::Path<String>) -> Result<HttpResponse> {
    if !actor.has(Role::Sysadmin) {
        makes_any(&actor)?;
    }
    let kind: PaperKind = kind.parse().map_err(|_| Error::not_found())?;
    let bytes = run(move || Templates::ours(kind).write()).await?;
    Ok(file(kind.as_str(), Bound::Docx(bytes)))
}

/// Why a paper is printed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperReason {
    reason: Text,
}

/// Says why a paper that shows a citizen is printed: by somebody else, or on another day than it was made. One audit
/// event a ticket.
#[utoipa::path(tag = "papers", operation_id = "paper_reveal", request_body = PaperReason,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 204),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it shows nobody", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/papers/{id}/reveal")]
pub async fn reveal(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let house = app.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        prints_any(&actor)?;
        let id = id.parse().map_err(|_| Error::not_found())?;
        let reason = || raw.parse().map(|body: PaperReason| body.reason);
        give_reason(tx, (&house.hotline, &house.papers), &actor, (id, &reason))?;
        Ok(Answer::no_content())
    })
    .await
}

/// A file to be saved, and kept by nobody on the way.
fn file(name: &str, bound: Bound) -> HttpResponse {
    let (media, ending, bytes) = match bound {
        Bound::Docx(bytes) => (DOCX, "docx", bytes),
        Bound::Zip(bytes) => (ZIP, "zip", bytes),
    };
    let name = percent_encoded(&format!("{name}.{ending}"));
    let disposition = format!("attachment; filename=\"paper.{ending}\"; filename*=UTF-8''{name}");
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(bytes)
}
