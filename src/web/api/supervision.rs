//! Web, `/supervision`: what is supervised, and what the triggers propose 督办. Its rule: a unit sees its own open ones
//! and no proposal; a proposal becomes a rung in the name of the reviewer who takes it.

mod sheet;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bottomline::name_of;
use crate::app::App;
use crate::db::Conn;
use crate::directory::Directory;
use crate::error::Result;
use crate::handling::ladder::{Proposal, Trigger, Verdict};
use crate::handling::store::{SupervisionRow, open};
use crate::identity::{Actor, Role};
use crate::lifecycle::Rules;
use crate::lifecycle::supervise::{may_decide, words};
use crate::limits::{Calendar, Light, soon_of};
use crate::ticket::listing::visible;
use crate::ticket::overlay::Step;
use crate::ticket::sight::scope;
use crate::ticket::store::numbers_of;
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, IdempotencyKey, RawBody, run, write_once};

/// Who sees all that is supervised, and what is proposed.
const JUDGES: [Role; 3] = [Role::Reviewer, Role::Leader, Role::Assessor];

/// Every route of supervision beside the commands.
pub fn routes(services: &mut ServiceConfig<'_>) {
    services
        .service(list)
        .service(sheet::supervision_csv)
        .service(sheet::supervision_xlsx)
        .service(proposed)
        .service(take)
        .service(refuse);
}

/// One unit's part of an open supervision.
#[derive(Serialize, ToSchema)]
struct SupervisionView {
    ticket: String,
    /// Its place in the ticket, as in `/tickets/{no}/supervise/{id}/answer`.
    id: i32,
    step: Step,
    step_name: &'static str,
    unit: String,
    unit_name: String,
    opened_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    /// Of the answer: red where it is overdue or came late.
    light: Light,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<String>,
    /// What the reader may do to it now: `answer`.
    allowed: Vec<&'static str>,
}

/// Open supervisions, unpaged.
#[derive(Serialize, ToSchema)]
pub struct SupervisionList {
    items: Vec<SupervisionView>,
}

impl SupervisionList {
    /// The numbers of the tickets of the first `most`.
    pub fn first(&self, most: usize) -> Vec<String> {
        self.items.iter().take(most).map(|it| it.ticket.clone()).collect()
    }
}

fn light(row: &SupervisionRow, calendar: &Calendar, now: Stamp) -> Light {
    let Some(due) = row.due_at else { return Light::Green };
    match row.answered_at {
        Some(at) if at > due => Light::Red,
        Some(_) => Light::Green,
        None => Light::of(Some(soon_of(row.opened_at, due, calendar)), Some(due), now),
    }
}

/// The numbers of those of the tickets `ids` that `actor` sees.
fn numbers(conn: &mut Conn, actor: &Actor, ids: &[i64]) -> Result<BTreeMap<i64, String>> {
    let seen: Vec<i64> = visible(conn, &scope(actor), ids)?.into_iter().collect();
    numbers_of(conn, &seen)
}

/// Whether `actor` sees every unit's.
fn sees_all(actor: &Actor) -> bool {
    actor.has_any(&JUDGES) && !actor.company
}

/// The open supervisions that `actor` sees, the first due first.
fn supervised(
    conn: &mut Conn,
    rules: &Rules,
    actor: &Actor,
    now: Stamp,
) -> Result<Vec<SupervisionView>> {
    let all = sees_all(actor);
    if !all {
        actor.require(&[Role::Handler, Role::UnitHead])?;
    }
    let mut rows = open(conn)?;
    rows.retain(|row| all || actor.works_for(&row.unit));
    let ids: Vec<i64> = rows.iter().map(|row| row.ticket_id).collect();
    let numbers = numbers(conn, actor, &ids)?;
    let shown = |at: Stamp| at.rfc3339(rules.profile.zone);
    let answers = |row: &SupervisionRow| {
        let is_open = row.answered_at.is_none();
        is_open && actor.has(Role::UnitHead) && actor.works_for(&row.unit)
    };
    let view = |row: SupervisionRow| {
        Some(SupervisionView {
            allowed: if answers(&row) { vec!["answer"] } else { Vec::new() },
            ticket: numbers.get(&row.ticket_id)?.clone(),
            id: row.side,
            step: row.step,
            step_name: row.step.zh(),
            unit_name: name_of(&rules.directory, row.unit.as_str()),
            light: light(&row, &rules.calendar, now),
            unit: row.unit.to_string(),
            opened_at: shown(row.opened_at),
            due_at: row.due_at.map(shown),
            answered_at: row.answered_at.map(shown),
        })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

/// Open supervisions, the first due first, each unit's part with its light: a unit its own, those who judge all.
#[utoipa::path(tag = "supervision", operation_id = "supervision_list", responses(
    (status = 200, body = SupervisionList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/supervision")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&listed(&app, &actor)?)).await.map(Answer::respond)
}

/// What is supervised now, as far as `actor` sees it.
///
/// # Errors
/// 403 for a role that sees none.
pub fn listed(app: &App, actor: &Actor) -> Result<SupervisionList> {
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let items = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        supervised(conn, &rules, actor, now)
    })?;
    Ok(SupervisionList { items })
}

/// A rung that a reviewer may open with one key.
#[derive(Serialize, ToSchema)]
pub struct ProposalView {
    id: String,
    trigger: Trigger,
    trigger_name: &'static str,
    step: Step,
    step_name: &'static str,
    unit: String,
    unit_name: String,
    /// On which ticket it would be opened.
    ticket: String,
    /// Why, as it would be written to the unit.
    text: String,
    /// Working days overdue, reworks, or rungs.
    count: u32,
    /// What the reader may do to it now: `take`, `refuse`.
    allowed: Vec<&'static str>,
}

impl ProposalView {
    fn of(it: Proposal, ticket: String, (actor, directory): (&Actor, &Directory)) -> Self {
        let decides = may_decide(actor, &it, directory).is_ok();
        Self {
            allowed: if decides { vec!["take", "refuse"] } else { Vec::new() },
            text: words(&it),
            unit_name: name_of(directory, it.unit.as_str()),
            id: it.key,
            trigger: it.trigger,
            trigger_name: it.trigger.zh(),
            step: it.step,
            step_name: it.step.zh(),
            unit: it.unit.to_string(),
            ticket,
            count: it.count,
        }
    }
}

/// What is proposed now, unpaged.
#[derive(Serialize, ToSchema)]
pub struct ProposalList {
    items: Vec<ProposalView>,
}

impl ProposalList {
    /// The numbers of the tickets of the first `most`.
    pub fn first(&self, most: usize) -> Vec<String> {
        self.items.iter().take(most).map(|it| it.ticket.clone()).collect()
    }
}

/// What the profile's triggers propose: nothing is opened until a reviewer takes it.
#[utoipa::path(tag = "supervision", operation_id = "supervision_proposals", responses(
    (status = 200, body = ProposalList),
    (status = 403, body = Problem, content_type = "application/problem+json"),
))]
#[get("/supervision/proposals")]
pub async fn proposed(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&proposed_to(&app, &actor)?)).await.map(Answer::respond)
}

/// What is proposed now, for `actor`.
///
/// # Errors
/// 403 for a role that sees no proposals.
pub fn proposed_to(app: &App, actor: &Actor) -> Result<ProposalList> {
    actor.require(&JUDGES)?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let all = hotline.proposed(conn, &rules, now)?;
        let ids: Vec<i64> = all.iter().map(|it| it.ticket).collect();
        let numbers = numbers(conn, actor, &ids)?;
        let view = |it: Proposal| {
            let no = numbers.get(&it.ticket)?.clone();
            Some(ProposalView::of(it, no, (actor, &rules.directory)))
        };
        Ok(ProposalList { items: all.into_iter().filter_map(view).collect() })
    })
}

async fn say(
    app: web::Data<App>,
    (actor, id, verdict): (Actor, String, Verdict),
    (key, raw): (IdempotencyKey, RawBody),
) -> Result<HttpResponse> {
    let hotline = app.hotline.clone();
    let idem = key.bind(&actor.name, raw.bytes());
    write_once(&app, idem, move |tx| {
        let it = hotline.decide_proposal(tx, &actor, (&id, verdict))?;
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let no = numbers_of(tx.conn, &[it.ticket])?.remove(&it.ticket).unwrap_or_default();
        Answer::ok(&ProposalView::of(it, no, (&actor, &rules.directory)))
    })
    .await
}

/// A reviewer takes a proposal: its rung is opened in the reviewer's name.
#[utoipa::path(tag = "supervision", operation_id = "supervision_take",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = ProposalView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing of that id is proposed now", body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/supervision/proposals/{id}/take")]
pub async fn take(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    say(app, (actor, id.into_inner(), Verdict::Taken), (key, raw)).await
}

/// A reviewer refuses a proposal; for the same reason it does not come again.
#[utoipa::path(tag = "supervision", operation_id = "supervision_refuse",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, body = ProposalView),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "nothing of that id is proposed now", body = Problem, content_type = "application/problem+json"),
    ))]
#[post("/supervision/proposals/{id}/refuse")]
pub async fn refuse(
    app: web::Data<App>,
    Asker(actor): Asker,
    id: web::Path<String>,
    key: IdempotencyKey,
    raw: RawBody,
) -> Result<HttpResponse> {
    say(app, (actor, id.into_inner(), Verdict::Refused), (key, raw)).await
}
