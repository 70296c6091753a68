//! Web, `GET /work`: what waits for a unit's own people: their parts of tickets, and what a handler asked the head
//! to endorse. Its rule: tickets of the reader's lists alone, each part as its ticket shows it; what lapses next
//! stands first. A list is no opening of a ticket: it tells what a line tells, and a request's own words.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{self, AssignmentView, LineView, NextLimit, line};
use crate::app::App;
use crate::code_enum;
use crate::db::Conn;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, table};
use crate::ticket::assignment::{Assignment, RequestStage};
use crate::ticket::command::{CommandName, Request, Target};
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::overlay::{ExclusionReason, ExclusionStage, LedgerStage};
use crate::ticket::sight::{Scope, Sight, is_taken_back, scope, sight};
use crate::ticket::state::{Part, StateName, WorkName};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{asked_to_leave, load_many};
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// Whose work it is.
const WHO: &[Role] = &[Role::Handler, Role::UnitHead];
/// Tickets with a running limit that are looked at, the most urgent first.
const URGENT: usize = 200;
/// Tickets on the ledger that are looked at, the newest first.
const RESTING: usize = 100;
/// Replied and ended tickets, the newest first, among which a request to leave the assessment is looked for.
const LATE: usize = 500;

code_enum! {
    /// For whom a part waits.
    pub enum Waits {
        Sign = "sign" "待签收",
        Endorse = "endorse" "待签批",
        Handle = "handle" "在办",
        Others = "others" "等待他人",
    }
}

/// A part of a ticket that a unit of the reader's works on.
#[derive(Serialize, ToSchema)]
pub struct WorkView {
    #[serde(flatten)]
    line: LineView,
    waits: Waits,
    part: AssignmentView,
    /// What of the part runs out next; absent where nothing runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextLimit>,
    /// What was asked and this reader may endorse.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<RequestView>,
    /// Answers of assists that the reader may accept now.
    answers: usize,
}

/// What a handler asked and the unit head endorses.
#[derive(Serialize, ToSchema)]
pub struct RequestView {
    request: Request,
    asked_at: String,
    /// The grounds or the evidence, masked.
    text: String,
    /// How the case is to be solved: of the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// The later limit, or the promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Of an exclusion.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ExclusionReason>,
}

/// All that waits.
#[derive(Serialize, ToSchema)]
pub struct WorkList {
    items: Vec<WorkView>,
    /// There are more tickets than were looked at: the most urgent were.
    partial: bool,
}

impl WorkList {
    /// How many parts wait, by the code of whom for.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let count = |waits: &Waits| self.items.iter().filter(|it| it.waits == *waits).count();
        Waits::ALL.iter().map(|waits| (waits.as_str(), count(waits))).collect()
    }
}

/// What waits for the reader's unit and those below it, what lapses next first.
#[utoipa::path(tag = "tickets", operation_id = "work_list", responses(
    (status = 200, body = WorkList),
    (status = 403, description = "only handlers and heads of units", body = Problem, content_type = "application/problem+json"),
))]
#[get("/work")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&work_of(&app.hotline, &actor)?)).await.map(Answer::respond)
}

/// What waits for `actor`'s unit and those below it.
///
/// # Errors
/// 403 for whoever works for no unit.
pub fn work_of(hotline: &Hotline, actor: &Actor) -> Result<WorkList> {
    actor.require(WHO)?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let scene = rules.scene(actor, now, Mode::Live);
        let (rows, partial) = looked_at(conn, actor, now)?;
        let ids: Vec<i64> = rows.keys().copied().collect();
        let tickets = load_many(conn, rules.vault(&hotline.keys), &ids)?;
        let mut items = Vec::new();
        for (id, row) in &rows {
            let Some(ticket) = tickets.get(id) else { continue };
            let seen = sight(ticket, actor, &rules.directory);
            if seen != Sight::Nothing {
                items.extend(parts(row, ticket, &scene, seen));
            }
        }
        let key = |it: &WorkView| {
            let due = it.next.as_ref().map(|next| next.due_at.clone());
            (due.is_none(), due)
        };
        items.sort_by_cached_key(key);
        Ok(WorkList { items, partial })
    })
}

/// The rows of the tickets in which something may wait, and whether there are more.
fn looked_at(
    conn: &mut Conn,
    actor: &Actor,
    now: Stamp,
) -> Result<(BTreeMap<i64, TicketRow>, bool)> {
    use StateName as S;
    let scope = scope(actor);
    let mut page = |states: &[S], sort: Sort, limit: usize| {
        let units = Some(actor.subtree.clone());
        let filter =
            Filter { states: states.to_vec(), units, sort: Some(sort), ..Filter::default() };
        listed(conn, &scope, &filter, now, limit)
    };
    let running = [S::Accepted, S::Consulting, S::InUnits, S::Replied];
    let (mut rows, mut more) = page(&running, Sort::Due, URGENT)?;
    let (resting, more_rest) = page(&[S::OnLedger], Sort::Newest, RESTING)?;
    more |= more_rest;
    rows.extend(resting);
    if actor.has(Role::UnitHead) {
        let (late, _) = page(&[S::Replied, S::Surveying, S::Closed], Sort::Newest, LATE)?;
        let ids: Vec<i64> = late.iter().map(|row| row.id).collect();
        let asked = asked_to_leave(conn, &ids)?;
        rows.extend(late.into_iter().filter(|row| asked.contains(&row.id)));
    }
    Ok((rows.into_iter().map(|row| (row.id, row)).collect(), more))
}

fn listed(
    conn: &mut Conn,
    scope: &Scope,
    filter: &Filter,
    now: Stamp,
    limit: usize,
) -> Result<(Vec<TicketRow>, bool)> {
    let (rows, next) = listing::page(conn, scope, filter, now, None, limit)?;
    Ok((rows, next.is_some()))
}

/// The parts of `ticket` that wait for the actor, or on which the actor waits.
fn parts(row: &TicketRow, ticket: &Ticket, scene: &Scene<'_>, seen: Sight) -> Vec<WorkView> {
    let own = ticket.assignments.iter().filter(|(k, a)| {
        a.part != Part::Copy && scene.actor.works_for(&a.unit) && !is_taken_back(ticket, **k)
    });
    own.filter_map(|(k, a)| {
        let requests = requests(ticket, (*k, a), scene);
        if !a.is_live() && requests.is_empty() {
            return None;
        }
        let (part, next) = view::part((ticket, *k), scene, seen)?;
        let answers = answers(ticket, *k, scene);
        let waits = match a.work.name() {
            _ if !requests.is_empty() => Waits::Endorse,
            WorkName::Sent => Waits::Sign,
            WorkName::Submitted | WorkName::Disputed => Waits::Others,
            _ => Waits::Handle,
        };
        Some(WorkView { line: line(row, scene), waits, part, next, requests, answers })
    })
    .collect()
}

/// Answers to the part `k` that the actor may accept: of the assists under it, and of those of the ticket where it leads.
fn answers(ticket: &Ticket, k: u32, scene: &Scene<'_>) -> usize {
    let leads = ticket.live_lead() == Some(k);
    let below = |a: &Assignment| a.parent == Some(k) || a.parent.is_none() && leads;
    let open = ticket.assignments.iter().filter(|(_, a)| a.is(WorkName::Submitted) && below(a));
    open.filter(|(k, _)| may(ticket, scene, CommandName::Accept, **k)).count()
}

fn may(ticket: &Ticket, scene: &Scene<'_>, name: CommandName, k: u32) -> bool {
    let target = Target { assignment: Some(k), side: None };
    table::allowed(ticket, scene, target).contains(&name)
}

/// What was asked at the part `k` and the actor may endorse.
fn requests(ticket: &Ticket, (k, a): (u32, &Assignment), scene: &Scene<'_>) -> Vec<RequestView> {
    if !scene.actor.has(Role::UnitHead) || !may(ticket, scene, CommandName::Endorse, k) {
        return Vec::new();
    }
    let at = |at: Stamp| at.rfc3339(scene.profile.zone);
    let later = a.extensions.iter().find(|it| it.stage == RequestStage::ToEndorse);
    let later = later.map(|it| RequestView {
        request: Request::Extend,
        asked_at: at(it.asked_at),
        text: ticket.masked(&it.grounds),
        plan: None,
        until: Some(it.until.to_string()),
        reason: None,
    });
    let leads = ticket.live_lead() == Some(k);
    let ledger = ticket.ledgers.iter().find(|it| leads && it.stage == LedgerStage::ToEndorse);
    let ledger = ledger.map(|it| RequestView {
        request: Request::Ledger,
        asked_at: at(it.asked_at),
        text: ticket.masked(&it.grounds),
        plan: Some(ticket.masked(&it.plan)),
        until: Some(it.promised_on.to_string()),
        reason: None,
    });
    let led = ticket.final_lead().is_some_and(|(lead, _)| lead == k);
    let leaves = ticket.exclusion.as_ref();
    let leaves = leaves.filter(|it| led && it.stage == ExclusionStage::ToEndorse);
    let leaves = leaves.map(|it| RequestView {
        request: Request::Exclude,
        asked_at: at(it.asked_at),
        text: ticket.masked(&it.evidence),
        plan: None,
        until: None,
        reason: Some(it.reason),
    });
    [later, ledger, leaves].into_iter().flatten().collect()
}
