//! Web, `/reports`: what is done to reports. Its rule: each step is one write, and a body is read after 404 and 403;
//! what takes a report anew takes it before the write, and again where something has changed meanwhile.

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};

use super::view::{Nothing, ReportView};
use super::{desk, read_id};
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::reports::said::cases::Choosing;
use crate::reports::said::objection::{Decisions, Objecting};
use crate::reports::said::task::Instructing;
use crate::reports::said::texts::Writing;
use crate::reports::store::ReportRow;
use crate::reports::{Aim, Attempt, Creating, Desk, MOVED, Previewing, Ready};
use crate::time::Stamp;
use crate::web::idempotency::{Idem, again, kept_in};
use crate::web::problem::Problem;
use crate::web::{
    Answer, Asker, IdempotencyKey, IfMatch, RawBody, Refused, VersionHeaders, Versioned, run,
    run_long, write_once,
};

/// How often a report is taken for one request.
const ATTEMPTS: usize = 2;

/// What is asked of which report: of none, for a new one.
type Said = Versioned<Option<String>>;

/// Hands `done` the desk, the report that is meant and the body.
fn at<T>(said: &Said, done: impl FnOnce(Desk<'_>, Aim<'_>, &RawBody) -> Result<T>) -> Result<T> {
    let id = said.path.as_deref().map_or(Ok(0), read_id)?;
    let aim = Aim { id, expected: &|found| said.version.check(found) };
    done(desk(&said.app, &said.actor), aim, &said.raw)
}

/// The report as whoever asked sees it after the write; a new one says where it lies.
fn answer(said: &Said, tx: &mut Tx<'_>, row: &ReportRow) -> Result<Answer> {
    let desk = desk(&said.app, &said.actor);
    let seen = desk.look(tx.conn, row.id, tx.now)?;
    let tasks = desk.instructions(tx.conn, row, tx.now)?;
    let version = row.version.into();
    let is_new = said.path.as_deref() != Some(row.id.to_string().as_str());
    let view = ReportView::of(seen, tasks, said.app.config.site.zone);
    let answer = if is_new {
        Answer::created(format!("/api/v1/reports/{}", row.id), &view)?
    } else {
        Answer::ok(&view)?
    };
    Ok(answer.versioned(version))
}

/// One write that needs no new figures.
async fn written(
    said: Said,
    done: impl Fn(&mut Tx<'_>, Desk<'_>, Aim<'_>, &RawBody) -> Result<ReportRow> + Send + Sync + 'static,
) -> Result<HttpResponse> {
    said.write(move |tx, said| {
        let row = at(said, |desk, aim, raw| done(tx, desk, aim, raw))?;
        answer(said, tx, &row)
    })
    .await
}

/// One write that publishes: whoever gets reports is written to in it.
async fn told(
    said: Said,
    done: impl Fn(&mut Tx<'_>, Desk<'_>, Aim<'_>, &RawBody) -> Result<ReportRow> + Send + Sync + 'static,
) -> Result<HttpResponse> {
    said.write(move |tx, said| {
        let row = at(said, |desk, aim, raw| done(tx, desk, aim, raw))?;
        said.app.mailing.published(tx, &row)?;
        answer(said, tx, &row)
    })
    .await
}

/// One write of a report that is taken before it.
async fn taken(
    said: Said,
    ready: impl Fn(&mut Conn, Stamp, Desk<'_>, Aim<'_>, &RawBody) -> Result<Ready>
    + Send
    + Sync
    + 'static,
) -> Result<HttpResponse> {
    let (app, idem) = (said.app.clone(), said.idem());
    let (said, ready) = (Arc::new(said), Arc::new(ready));
    let mut tried = 1;
    loop {
        let (asked, take) = (said.clone(), ready.clone());
        let made = run_long(move || {
            let now = asked.app.db.now();
            let read =
                |conn: &mut Conn| at(&asked, |desk, aim, raw| take(conn, now, desk, aim, raw));
            asked.app.db.read(read)
        });
        let made = match made.await {
            Ok(made) => made,
            // Of a request that was sent before, its answer is there, whatever refuses it now.
            Err(error) => return before(&app, idem).await?.map(again).ok_or(error),
        };
        let attempt = if tried < ATTEMPTS { Attempt::Again } else { Attempt::Last };
        let asked = said.clone();
        let write = move |tx: &mut Tx<'_>| {
            let row = desk(&asked.app, &asked.actor).keep(tx, &made, attempt)?;
            answer(&asked, tx, &row)
        };
        match write_once(&app, idem.clone(), write).await {
            Err(error) if error.code() == MOVED && tried < ATTEMPTS => tried += 1,
            done => return done,
        }
    }
}

/// The answer that was given under the key before, if one was.
async fn before(app: &web::Data<App>, idem: Idem) -> Result<Option<Answer>> {
    let app = app.clone();
    run(move || app.db.read(|conn| kept_in(conn, &app, &idem))).await
}

/// Takes a report about a window, as a draft.
#[utoipa::path(tag = "reports", operation_id = "reports_create", request_body = Creating,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, body = ReportView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "report.exists", body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/reports")]
pub async fn create(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    let said = Said { app, actor, path: None, version: IfMatch::default(), key, raw };
    taken(said, |conn, now, desk, _, raw| desk.ready_new(conn, now, || raw.parse())).await
}

/// The steps of a report that is there.
macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $name:literal $body:ident $way:ident $done:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(tag = "reports", operation_id = $name, request_body = $body,
            params(("id" = String, Path), VersionHeaders),
            responses(
                (status = 200, description = "the report; of a restatement (201) the new edition", body = ReportView),
                (status = 409, description = "the state, and what may be done", body = Problem, content_type = "application/problem+json"),
                Refused,
            ))]
        #[post($path)]
        pub async fn $handler(asked: Versioned<String>) -> Result<HttpResponse> {
            $way(asked.map(Some), $done).await
        }
    )+};
}

steps! {
    /// Opens the check period, or opens it anew, with new figures: until then units may object.
    preview "/reports/{id}/preview" "reports_preview" Previewing taken
        |conn, now, desk, aim, raw| desk.ready_preview(conn, now, aim, || raw.parse());
    /// The head of the unit that a ticket counts for, as its last lead, objects to that.
    object "/reports/{id}/object" "reports_object" Objecting written
        |tx, desk, aim, raw| desk.object(tx, aim, || raw.parse());
    /// A unit's head confirms its own figures as they are shown; an objection afterwards takes that back.
    confirm "/reports/{id}/confirm" "reports_confirm" Nothing written
        |tx, desk, aim, raw| desk.confirm(tx, aim, || raw.parse().map(|Nothing {}| ()));
    /// Decides objections, all that are named or none.
    decide "/reports/{id}/objections/decide" "reports_decide" Decisions written
        |tx, desk, aim, raw| desk.decide(tx, aim, || raw.parse());
    /// Freezes it: figures, definitions, rules and the tickets behind each cell.
    freeze "/reports/{id}/freeze" "reports_freeze" Nothing taken
        |conn, now, desk, aim, raw| desk.ready_freeze(conn, now, aim, || raw.parse().map(|Nothing {}| ()));
    /// Signs what another person froze.
    sign "/reports/{id}/sign" "reports_sign" Nothing written
        |tx, desk, aim, raw| desk.sign(tx, aim, || raw.parse().map(|Nothing {}| ()));
    /// Publishes what is signed; the edition that it corrects is superseded.
    publish "/reports/{id}/publish" "reports_publish" Nothing told
        |tx, desk, aim, raw| desk.publish(tx, aim, || raw.parse().map(|Nothing {}| ()));
    /// Writes into a place that the document leaves open; every version is kept.
    text "/reports/{id}/text" "reports_text" Writing written
        |tx, desk, aim, raw| desk.write(tx, aim, || raw.parse());
    /// Which of the typical cases it offers are shown; every choice is kept.
    choose "/reports/{id}/cases" "reports_cases" Choosing written
        |tx, desk, aim, raw| desk.choose(tx, aim, || raw.parse());
    /// A leader's instruction 批示 on what was frozen: a task of each unit it is addressed to.
    instruct "/reports/{id}/instruct" "reports_instruct" Instructing written
        |tx, desk, aim, raw| desk.instruct(tx, aim, || raw.parse());
    /// Takes what was frozen once more, as the next edition, frozen from its first day; what differs is listed.
    restate "/reports/{id}/restate" "reports_restate" Nothing taken
        |conn, now, desk, aim, raw| desk.ready_restatement(conn, now, aim, || raw.parse().map(|Nothing {}| ()));
}
