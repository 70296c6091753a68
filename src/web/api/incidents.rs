//! Web, `/incidents`: what is announced before anybody calls, and live tickets that others were merged into. Its rule:
//! declared ones are for everybody who works on cases, the others only for who sees that ticket; the answer to the lead
//! is the answer to all.

pub mod listed;
mod sheet;
mod view;

use actix_web::{HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::db::Conn;
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::intake::incident::{
    self, IncidentChange, IncidentEnd, IncidentRow, NewIncident, READERS, store,
};
use crate::lifecycle::Order;
use crate::ticket::command::{CommandName, Doubt, Parser, Target};
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Once, RawBody, run, write_once};
use view::{IncidentView, view};

/// Every route of incidents.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(listed::list)
        .service(sheet::incidents_csv)
        .service(sheet::incidents_xlsx)
        .service(declare)
        .service(one)
        .service(amend)
        .service(close);
}

/// Declares an incident: from now on agents see it while a caller speaks of it.
#[utoipa::path(tag = "incidents", operation_id = "incident_declare", request_body = NewIncident,
    params(("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 201, body = IncidentView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "incident.guard: its words point at somebody", body = Problem, content_type = "application/problem+json"),
))]
#[post("/incidents")]
pub async fn declare(
    app: web::Data<App>,
    Asker(actor): Asker,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    may_read(&actor)?;
    actor.require(&incident::KEEPERS)?;
    let house = app.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let new: NewIncident = raw.parse()?;
        let directory = house.directory.current(tx.conn)?;
        let row = incident::declare(tx, &actor, &directory, new)?;
        let place = format!("/api/v1/incidents/{}", row.id);
        Answer::created(place, &view(&house, tx.conn, &actor, row)?)
    })
    .await
}

/// Refuses (403) whoever may not read incidents.
fn may_read(actor: &Actor) -> Result<()> {
    actor.require(&READERS)?;
    if actor.company { Err(Error::forbidden()) } else { Ok(()) }
}

/// The declared incident `id`, where `actor` may read it.
fn seen(conn: &mut Conn, actor: &Actor, id: &str) -> Result<IncidentRow> {
    may_read(actor)?;
    let id = id.parse().map_err(|_| Error::not_found())?;
    store::find(conn, id)?.ok_or_else(Error::not_found)
}

/// A declared incident.
#[utoipa::path(tag = "incidents", operation_id = "incident_one", params(("id" = String, Path)), responses(
    (status = 200, body = IncidentView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/incidents/{id}")]
pub async fn one(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    run(move || {
        let shown = app.db.read(|conn| {
            let row = seen(conn, &actor, &id)?;
            view(&app, conn, &actor, row)
        })?;
        Answer::ok(&shown)
    })
    .await
    .map(Answer::respond)
}

/// Says something of an open one anew: its end, its words, the ticket that callers are merged into.
#[utoipa::path(tag = "incidents", operation_id = "incident_amend", request_body = IncidentChange,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = IncidentView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "incident.not_open", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "incident.guard: its words point at somebody", body = Problem, content_type = "application/problem+json"),
))]
#[post("/incidents/{id}/amend")]
pub async fn amend(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path, raw, .. }| {
            let row = seen(tx.conn, actor, path)?;
            let directory = app.directory.current(tx.conn)?;
            let row = incident::amend(tx, (actor, &directory), row, || raw.parse())?;
            Answer::ok(&view(app, tx.conn, actor, row)?)
        })
        .await
}

/// Ends it, with what came of it; with `answer` its lead, which no unit has, is answered by these words, and so is
/// everybody who was merged into it. Where a unit works on the lead, its reply is the answer.
#[utoipa::path(tag = "incidents", operation_id = "incident_close", request_body = IncidentEnd,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses(
    (status = 200, body = IncidentView),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "incident.not_open; with `answer` the lead's state", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "incident.guard, incident.no_lead", body = Problem, content_type = "application/problem+json"),
))]
#[post("/incidents/{id}/close")]
pub async fn close(asked: Once<String>) -> Result<HttpResponse> {
    asked
        .write(|tx, Once { app, actor, path, raw, .. }| {
            let row = seen(tx.conn, actor, path)?;
            let directory = app.directory.current(tx.conn)?;
            let (row, end) = incident::close(tx, (actor, &directory), row, || raw.parse())?;
            if let Some(no) = row.lead.as_deref().filter(|_| end.answer) {
                let (name, target) = (CommandName::Answer, Target::default());
                let order = Order { no, name, target, expected: &|_| Ok(()) };
                let answered = app.hotline.command(tx, actor, &order, &Words::of(&end));
                answered.map_err(at_result)?;
            }
            Answer::ok(&view(app, tx.conn, actor, row)?)
        })
        .await
}

/// What is wrong with the answer is wrong with the field that its words came in.
fn at_result(error: Error) -> Error {
    let at = |field: &FieldError| {
        let pointer = if field.pointer == "/text" { "/result" } else { &field.pointer };
        FieldError { pointer: pointer.to_owned(), ..field.clone() }
    };
    let fields = error.fields().iter().map(at).collect();
    error.at_fields(fields)
}

/// The body of the lead's answer.
struct Words(serde_json::Value);

impl Words {
    fn of(end: &IncidentEnd) -> Self {
        let acknowledge: &[Doubt] = &end.acknowledge;
        Self(serde_json::json!({ "text": end.result.as_str(), "acknowledge": acknowledge }))
    }
}

impl Parser for Words {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.0.clone()).map_err(Error::internal)
    }
}
