//! Web, `/incidents`: what is announced before anybody calls, and live tickets that others were merged into, in one list.
//! Its rule: declared ones are for everybody who works on cases, the others only for who sees that ticket; the answer to
//! the lead is the answer to all.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::code_enum;
use crate::db::Conn;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::intake::incident::linked::{self, LinkedRow};
use crate::intake::incident::store::{self, Lead};
use crate::intake::incident::{
    self, IncidentChange, IncidentEnd, IncidentRow, IncidentState, NewIncident, READERS,
};
use crate::lifecycle::Order;
use crate::ticket::command::{CommandName, Doubt, Parser, Target};
use crate::ticket::listing;
use crate::ticket::sight::scope;
use crate::web::api::stretch::Onward;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, Once, Query, RawBody, run, write_once};

/// Every route of incidents.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services.service(list).service(declare).service(one).service(amend).service(close);
}

code_enum! {
    /// How an incident is known.
    pub enum IncidentSource { Declared = "declared" "已公布", Linked = "linked" "多人反映" }
}

/// A place or a matter, with its name.
#[derive(Serialize, ToSchema)]
struct IncidentPlace {
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// An incident.
#[derive(Serialize, ToSchema)]
pub struct IncidentView {
    /// Of a declared one; the other is its ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    source: IncidentSource,
    state: IncidentState,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<IncidentPlace>,
    estates: Vec<IncidentPlace>,
    regions: Vec<IncidentPlace>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_end: Option<String>,
    /// Open, and past its expected end.
    overdue: bool,
    /// What callers are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    tell: Option<String>,
    /// The number of its ticket, for who sees that.
    #[serde(skip_serializing_if = "Option::is_none")]
    no: Option<String>,
    /// Whether the next caller's ticket can be merged into that: `POST /tickets` with `into`.
    takes_callers: bool,
    /// How many were merged into it.
    linked: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
}

/// Shows incidents to one reader.
struct Shown<'a> {
    app: &'a App,
    directory: &'a Directory,
    leads: BTreeMap<String, Lead>,
    /// Ids of the tickets that the reader may see.
    seen: BTreeSet<i64>,
}

impl<'a> Shown<'a> {
    fn of(
        (app, directory): (&'a App, &'a Directory),
        conn: &mut Conn,
        actor: &Actor,
        (declared, linked): (&[IncidentRow], &[LinkedRow]),
    ) -> Result<Self> {
        let numbers = declared.iter().filter_map(|row| row.lead.clone()).collect();
        let leads = store::leads(conn, numbers)?;
        let ids = leads.values().map(|lead| lead.id).chain(linked.iter().map(|row| row.id));
        let seen = listing::visible(conn, &scope(actor), &ids.collect::<Vec<_>>())?;
        Ok(Self { app, directory, leads, seen })
    }

    fn estate(&self, code: &EstateCode) -> IncidentPlace {
        let name = self.directory.estate(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    fn region(&self, code: &RegionCode) -> IncidentPlace {
        let name = self.directory.region(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    fn category(&self, code: &CategoryCode) -> IncidentPlace {
        let name = self.directory.category(code).map(|it| it.name.clone());
        IncidentPlace { code: code.to_string(), name }
    }

    fn declared(&self, row: IncidentRow) -> IncidentView {
        let zone = self.app.config.site.zone;
        let lead = row.lead.as_ref().and_then(|no| self.leads.get(no));
        let lead = lead.filter(|lead| self.seen.contains(&lead.id));
        let is_open = row.state == IncidentState::Open;
        let now = self.app.db.now();
        IncidentView {
            id: Some(row.id.to_string()),
            source: IncidentSource::Declared,
            state: row.state,
            category: row.category.as_ref().map(|code| self.category(code)),
            estates: row.estate_codes().iter().map(|code| self.estate(code)).collect(),
            regions: row.region_codes().iter().map(|code| self.region(code)).collect(),
            since: row.since.rfc3339(zone),
            expected_end: row.expected_end.map(|at| at.rfc3339(zone)),
            overdue: is_open && row.expected_end.is_some_and(|end| end < now),
            title: row.title,
            tell: Some(row.tell),
            takes_callers: is_open && lead.is_some_and(|lead| lead.state.is_live()),
            linked: lead.map_or(0, |lead| lead.linked),
            no: row.lead.filter(|_| lead.is_some()),
            version: Some(row.version),
            declared_at: Some(row.declared_at.rfc3339(zone)),
            declared_by: Some(row.declared_by),
            changed_at: Some(row.changed_at.rfc3339(zone)),
            changed_by: Some(row.changed_by),
            result: row.result,
            closed_at: row.closed_at.map(|at| at.rfc3339(zone)),
        }
    }

    fn linked(&self, row: LinkedRow) -> IncidentView {
        IncidentView {
            id: None,
            source: IncidentSource::Linked,
            state: IncidentState::Open,
            title: row.title,
            category: row.category.as_ref().map(|code| self.category(code)),
            estates: row.estate.iter().map(|code| self.estate(code)).collect(),
            regions: row.region.iter().map(|code| self.region(code)).collect(),
            since: row.received_at.rfc3339(self.app.config.site.zone),
            expected_end: None,
            overdue: false,
            tell: None,
            no: Some(row.no),
            takes_callers: true,
            linked: row.children,
            version: None,
            declared_at: None,
            declared_by: None,
            changed_at: None,
            changed_by: None,
            result: None,
            closed_at: None,
        }
    }
}

fn view(app: &App, conn: &mut Conn, actor: &Actor, row: IncidentRow) -> Result<IncidentView> {
    let directory = app.directory.current(conn)?;
    let shown = Shown::of((app, &directory), conn, actor, (std::slice::from_ref(&row), &[]))?;
    Ok(shown.declared(row))
}

/// Incidents, the newest first.
#[derive(Serialize, ToSchema)]
pub struct IncidentList {
    items: Vec<IncidentView>,
    next: Option<String>,
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct IncidentQuery {
    /// Open ones, where nothing is said.
    #[param(value_type = Option<String>)]
    state: Option<IncidentState>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A row of either kind: ids are of one sequence.
enum Either {
    Declared(IncidentRow),
    Linked(LinkedRow),
}

impl Either {
    fn id(&self) -> i64 {
        match self {
            Self::Declared(row) => row.id,
            Self::Linked(row) => row.id,
        }
    }
}

/// Incidents, the newest first: declared ones, and among the open ones live tickets that others were merged into, as far
/// as the reader sees them.
#[utoipa::path(tag = "incidents", operation_id = "incident_list", params(IncidentQuery), responses(
    (status = 200, body = IncidentList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/incidents")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<IncidentQuery>,
) -> Result<HttpResponse> {
    let page = Onward::asked(query.limit, query.after.as_deref())?;
    run(move || {
        may_read(&actor)?;
        let state = query.state.unwrap_or(IncidentState::Open);
        let list = app.db.read(|conn| {
            let directory = app.directory.current(conn)?;
            let declared = store::page(conn, state, page.after, page.most())?;
            // Who else told of it is not for those who see only what was sent to them.
            let wants_linked = state == IncidentState::Open && actor.sees_all_tickets();
            let linked = if wants_linked {
                linked::page(conn, page.after, page.most())?
            } else {
                Vec::new()
            };
            let shown = Shown::of((&app, &directory), conn, &actor, (&declared, &linked))?;
            let declared = declared.into_iter().map(Either::Declared);
            let mut rows: Vec<Either> =
                declared.chain(linked.into_iter().map(Either::Linked)).collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.id()));
            let (rows, next) = page.of(rows, Either::id);
            let items = rows.into_iter().filter_map(|row| match row {
                Either::Declared(row) => Some(shown.declared(row)),
                Either::Linked(row) => shown.seen.contains(&row.id).then(|| shown.linked(row)),
            });
            Ok(IncidentList { items: items.collect(), next })
        })?;
        Answer::ok(&list)
    })
    .await
    .map(Answer::respond)
}

fn may_read(actor: &Actor) -> Result<()> {
    actor.require(&READERS)?;
    if actor.company { Err(Error::forbidden()) } else { Ok(()) }
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
                app.hotline.command(tx, actor, &order, &Words::of(&end))?;
            }
            Answer::ok(&view(app, tx.conn, actor, row)?)
        })
        .await
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
