//! Web, `GET /work`: what waits for a unit's own people: their parts of tickets, and what a handler asked the head
//! to endorse. Its rule: tickets of the reader's lists alone, each part as its ticket shows it; what lapses next of the
//! unit's own clocks stands first, which is the order of the working hours left, too (`store::inbox`). A list is no
//! opening of a ticket: it tells what a line tells, and a request's own words.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, web};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{self, AssignmentView, LineView, NextLimit, line};
use super::waiting::told_of;
use crate::app::App;
use crate::code_enum;
use crate::db::Conn;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, Rules, table};
use crate::ticket::assignment::{Assignment, RequestStage};
use crate::ticket::command::{CommandName, Request, Target};
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::overlay::{ExclusionReason, ExclusionStage, LedgerStage};
use crate::ticket::sight::{Scope, Sight, is_taken_back, scope};
use crate::ticket::state::{Part, StateName, WorkName};
use crate::ticket::store::asked::{self, Which};
use crate::ticket::store::inbox::{PartKey, lapsing};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run};

/// Whose work it is.
const WHO: &[Role] = &[Role::Handler, Role::UnitHead];
/// Parts of which a clock runs, on one page.
const PAGE: usize = 100;
/// Tickets with a running limit that are looked at for what waits for others, the most urgent first.
const URGENT: usize = 100;
/// Days to come whose working time is told, so that an open page can count down what is left.
const SHIFT_DAYS: i64 = 4;
/// Tickets on the ledger that are looked at, the newest first.
const RESTING: usize = 100;
/// Tickets in which something was asked that the head endorses, those that came first before the others.
const ASKED: usize = 200;

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
    /// Of what waits for others or rests on the ledger there is more than was looked at: the most urgent was.
    partial: bool,
    /// To go on from: more parts have a running limit.
    next: Option<String>,
    /// The working time of the days to come, in which `working_minutes` run.
    shifts: Vec<ShiftView>,
}

/// A stretch of working time.
#[derive(Serialize, ToSchema)]
pub struct ShiftView {
    from: String,
    to: String,
}

/// Where the list goes on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WorkQuery {
    /// The `next` of the page before. What has no running limit, and what is to be endorsed, stands on the first page.
    pub after: Option<String>,
}

impl WorkList {
    /// How many parts wait, by the code of whom for.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let count = |waits: &Waits| self.items.iter().filter(|it| it.waits == *waits).count();
        Waits::ALL.iter().map(|waits| (waits.as_str(), count(waits))).collect()
    }
}

/// What waits for the reader's unit and those below it, what lapses next first.
#[utoipa::path(tag = "tickets", operation_id = "work_list", params(WorkQuery), responses(
    (status = 200, body = WorkList),
    (status = 403, description = "only handlers and heads of units", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "a key that was not given by this list", body = Problem, content_type = "application/problem+json"),
))]
#[get("/work")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<WorkQuery>,
) -> Result<HttpResponse> {
    let answer = move || Answer::ok(&work_of(&app.hotline, &actor, query.after.as_deref())?);
    run(answer).await.map(Answer::respond)
}

/// What waits for `actor`'s unit and those below it, behind the key `after` where it goes on.
///
/// # Errors
/// 403 for whoever works for no unit; 422 for a key that was not given by this list.
pub fn work_of(hotline: &Hotline, actor: &Actor, after: Option<&str>) -> Result<WorkList> {
    actor.require(WHO)?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let (page, next) = lapsing(conn, &actor.subtree, after, PAGE)?;
        let page: BTreeSet<PartKey> = page.into_iter().collect();
        let (mut rows, partial) = match after {
            Some(_) => (BTreeMap::new(), false),
            None => beside(conn, actor, now)?,
        };
        let owed: BTreeSet<i64> = page.iter().map(|(id, _)| *id).collect();
        let missing: Vec<i64> = owed.into_iter().filter(|id| !rows.contains_key(id)).collect();
        rows.extend(asked::rows(conn, &missing)?.into_iter().map(|row| (row.id, row)));
        let rows: Vec<TicketRow> = rows.into_values().collect();
        let scene = rules.scene(actor, now, Mode::Live);
        // Each part stands on one page: by its limit; without one, or to be endorsed, on the first.
        let rests = |it: &WorkView| it.next.is_none() || !it.requests.is_empty();
        let here =
            |part: PartKey, it: &WorkView| page.contains(&part) || after.is_none() && rests(it);
        let vault = rules.vault(&hotline.keys);
        let mut items = told_of(conn, vault, &scene, &rows, |row, ticket, seen| {
            let all = parts(row, ticket, &scene, seen).into_iter();
            all.filter(|(k, it)| here((row.id, *k), it)).map(|(_, it)| it).collect()
        })?;
        let key = |it: &WorkView| {
            let due = it.next.as_ref().map(|next| next.due_at.clone());
            (due.is_none(), due)
        };
        items.sort_by_cached_key(key);
        Ok(WorkList { items, partial, next, shifts: shifts(&rules, now) })
    })
}

/// The working time of the days to come.
fn shifts(rules: &Rules, now: Stamp) -> Vec<ShiftView> {
    let (hours, zone) = (&rules.profile.working_hours, rules.profile.zone);
    let shifts = rules.calendar.shifts_between(now, now.plus(TimeDelta::days(SHIFT_DAYS)), hours);
    let view =
        |(from, to): (Stamp, Stamp)| ShiftView { from: from.rfc3339(zone), to: to.rfc3339(zone) };
    shifts.into_iter().map(view).collect()
}

/// The rows of the tickets in which something may wait that has no running limit, and whether there are more.
fn beside(conn: &mut Conn, actor: &Actor, now: Stamp) -> Result<(BTreeMap<i64, TicketRow>, bool)> {
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
        // Also of what is replied or ended: who asks that it leave the assessment.
        let which = Which { units: Some(&actor.subtree), after: None };
        let (ids, next) = asked::waiting(conn, &[CommandName::Endorse], which, ASKED)?;
        more |= next.is_some();
        rows.extend(asked::rows(conn, &ids)?);
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
fn parts(row: &TicketRow, ticket: &Ticket, scene: &Scene<'_>, seen: Sight) -> Vec<(u32, WorkView)> {
    if seen == Sight::Nothing {
        return Vec::new();
    }
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
        Some((*k, WorkView { line: line(row, scene), waits, part, next, requests, answers }))
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
