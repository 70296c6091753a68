//! Web, `GET /decisions`: what waits for a decision of the reader: disputes, extensions, the ledger, exclusions and
//! appeals, surveys that went badly; of an agent withdrawals, which the citizen confirms. Its rule: the command table
//! says what this reader may decide now; who asked first stands first. A list is no opening of a ticket: it tells what
//! a line tells, and a request's own words.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{LineView, line};
use super::waiting::told_of;
use crate::app::App;
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, table};
use crate::limits::ClockName;
use crate::limits::span::DAY_MS;
use crate::ticket::assignment::{Assignment, RequestStage};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::listing::{self, Filter, Sort};
use crate::ticket::overlay::{Attempt, Contacted, ExclusionReason, LedgerStage, Satisfied, Solved};
use crate::ticket::sight::{Sight, scope};
use crate::ticket::state::{StateName, Work};
use crate::ticket::store::asked;
use crate::ticket::store::rows::TicketRow;
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, run};

/// Who decides what others ask.
pub const DECIDERS: &[Role] = &[Role::Dispatcher, Role::Reviewer, Role::Assessor];
/// And who speaks with the citizen before a withdrawal counts.
const WHO: &[Role] = &[Role::Dispatcher, Role::Reviewer, Role::Assessor, Role::Agent];
/// Tickets of one sort that are looked at.
const MOST: usize = 200;
/// Those whose limit is over, among which a request is still looked for.
const OVERDUE: usize = 60;
/// So long ago a ticket may have been received that somebody asks to leave out.
const LEAVING_DAYS: i64 = 62;
/// What is decided about a ticket, and about a part of it.
const OF_TICKETS: [CommandName; 6] = [
    CommandName::WithdrawConfirm,
    CommandName::Triage,
    CommandName::LedgerDecide,
    CommandName::ExcludeDecide,
    CommandName::ExcludeConfirm,
    CommandName::ExcludeAppealDecide,
];
const OF_PARTS: [CommandName; 2] = [CommandName::DisputeDecide, CommandName::ExtendDecide];

/// Something that waits for this reader's decision.
#[derive(Serialize, ToSchema)]
pub struct DecisionView {
    #[serde(flatten)]
    line: LineView,
    /// The command that decides it, as in `allowed`.
    command: CommandName,
    /// What it is given to: the ticket's number, or the id of its part; as `/batch` wants it.
    target: String,
    /// Whose part it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitCode>,
    asked_at: String,
    /// Until when it is to be decided, where that has a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    decide_by: Option<String>,
    /// What was asked, masked.
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
pub struct DecisionList {
    items: Vec<DecisionView>,
    /// There are more tickets than were looked at: those that lapse next were.
    partial: bool,
}

impl DecisionList {
    /// How many wait, by the command that decides them.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let count = |name: &CommandName| self.items.iter().filter(|it| it.command == *name).count();
        let all = OF_PARTS.iter().chain(&OF_TICKETS);
        all.map(|name| (name.as_str(), count(name))).filter(|(_, count)| *count > 0).collect()
    }
}

/// What waits for a decision of the reader, who asked first before the others.
#[utoipa::path(tag = "tickets", operation_id = "decision_list", responses(
    (status = 200, body = DecisionList),
    (status = 403, description = "only agents, dispatchers, reviewers and assessors", body = Problem, content_type = "application/problem+json"),
))]
#[get("/decisions")]
pub async fn list(app: web::Data<App>, Asker(actor): Asker) -> Result<HttpResponse> {
    run(move || Answer::ok(&decisions_of(&app.hotline, &actor)?)).await.map(Answer::respond)
}

/// What waits for a decision of `actor`.
///
/// # Errors
/// 403 for whoever decides nothing.
pub fn decisions_of(hotline: &Hotline, actor: &Actor) -> Result<DecisionList> {
    actor.require(WHO)?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let (ids, partial) = looked_at(conn, actor, now)?;
        let ids: Vec<i64> = ids.into_iter().collect();
        Ok(DecisionList { items: asked_in(conn, hotline, (actor, now), &ids)?, partial })
    })
}

/// The withdrawals that wait for an agent who spoke to the citizen: of the same list nothing else.
///
/// # Errors
/// 403 for whoever is no agent.
pub fn withdrawals_of(hotline: &Hotline, actor: &Actor) -> Result<DecisionList> {
    actor.require(&[Role::Agent])?;
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let ids = asked::withdrawing(conn, most())?;
        let mut items = asked_in(conn, hotline, (actor, now), &ids)?;
        items.retain(|it| it.command == CommandName::WithdrawConfirm);
        Ok(DecisionList { items, partial: ids.len() == MOST })
    })
}

/// What waits for `actor` in the tickets with these ids, who asked first before the others.
fn asked_in(
    conn: &mut Conn,
    hotline: &Hotline,
    (actor, now): (&Actor, Stamp),
    ids: &[i64],
) -> Result<Vec<DecisionView>> {
    let rules = hotline.rules.current(conn, now)?;
    let scene = rules.scene(actor, now, Mode::Live);
    let rows = asked::rows(conn, ids)?;
    let vault = rules.vault(&hotline.keys);
    let mut items = told_of(conn, vault, &scene, &rows, |row, ticket, seen| match seen {
        Sight::Case => Asks { row, ticket, scene: &scene }.all(),
        _ => Vec::new(),
    })?;
    items.sort_by(|one, other| one.asked_at.cmp(&other.asked_at));
    Ok(items)
}

fn most() -> i64 {
    i64::try_from(MOST).unwrap_or(i64::MAX)
}

/// The tickets in which something may wait for `actor`, and whether there are more.
fn looked_at(conn: &mut Conn, actor: &Actor, now: Stamp) -> Result<(BTreeSet<i64>, bool)> {
    let (mut ids, mut partial) = (BTreeSet::new(), false);
    if actor.has(Role::Agent) {
        ids.extend(asked::withdrawing(conn, most())?);
    }
    if actor.has(Role::Dispatcher) {
        ids.extend(asked::disputed(conn, most())?);
    }
    if actor.has_any(&[Role::Reviewer, Role::Assessor]) {
        let since = now.plus_millis(-LEAVING_DAYS * DAY_MS);
        ids.extend(asked::lately_asked_to_leave(conn, since, most())?);
    }
    if actor.has(Role::Reviewer) {
        ids.extend(asked::badly_surveyed(conn, MOST)?);
        // A later limit is asked for before the limit: those that lapse next, and some that have lapsed.
        let from_now = format!("{}.0", now.millis());
        for (after, most) in [(Some(from_now.as_str()), MOST), (None, OVERDUE)] {
            let (rows, more) = at_work(conn, actor, (after, now), most)?;
            partial |= more;
            ids.extend(rows);
        }
    }
    Ok((ids, partial))
}

/// Tickets at their units, what lapses next first.
fn at_work(
    conn: &mut Conn,
    actor: &Actor,
    (after, now): (Option<&str>, Stamp),
    most: usize,
) -> Result<(Vec<i64>, bool)> {
    use StateName as S;
    let states = vec![S::Accepted, S::Consulting, S::InUnits, S::Replied];
    let filter = Filter { states, sort: Some(Sort::Due), ..Filter::default() };
    let (rows, next) = listing::page(conn, &scope(actor), &filter, now, after, most)?;
    Ok((rows.iter().map(|row| row.id).collect(), next.is_some()))
}

/// What may be decided about one ticket.
struct Asks<'a> {
    row: &'a TicketRow,
    ticket: &'a Ticket,
    scene: &'a Scene<'a>,
}

impl Asks<'_> {
    fn all(&self) -> Vec<DecisionView> {
        let may = |target: Target| table::allowed(self.ticket, self.scene, target);
        let whole = may(Target::default());
        let of_ticket = OF_TICKETS.iter().filter(|name| whole.contains(*name));
        let mut found: Vec<DecisionView> =
            of_ticket.filter_map(|name| self.of_ticket(*name)).collect();
        for (k, part) in &self.ticket.assignments {
            let here = may(Target { assignment: Some(*k), side: None });
            let of_part = OF_PARTS.iter().filter(|name| here.contains(*name));
            found.extend(of_part.filter_map(|name| self.of_part((*k, part), *name)));
        }
        found
    }

    fn at(&self, at: Stamp) -> String {
        at.rfc3339(self.scene.profile.zone)
    }

    /// With nothing but what all of them have.
    fn view(&self, command: CommandName, asked_at: Stamp, text: &str) -> DecisionView {
        DecisionView {
            line: line(self.row, self.scene),
            command,
            target: self.ticket.no.clone(),
            unit: self.ticket.final_lead().map(|(_, lead)| lead.unit.clone()),
            asked_at: self.at(asked_at),
            decide_by: None,
            text: self.ticket.masked(text),
            plan: None,
            until: None,
            reason: None,
        }
    }

    fn of_ticket(&self, name: CommandName) -> Option<DecisionView> {
        use CommandName as C;
        match name {
            C::Triage => {
                let last = self.ticket.valid_surveys().1?;
                Some(self.view(name, last.at, &answers(last)))
            }
            C::WithdrawConfirm => {
                let asked = self.ticket.withdrawal.as_ref()?;
                Some(self.view(name, asked.at, &asked.reason))
            }
            C::LedgerDecide => {
                let mut all = self.ticket.ledgers.iter();
                let asked = all.find(|it| it.stage == LedgerStage::ToDecide)?;
                let plan = Some(self.ticket.masked(&asked.plan));
                let until = Some(asked.promised_on.to_string());
                Some(DecisionView {
                    plan,
                    until,
                    ..self.view(name, asked.asked_at, &asked.grounds)
                })
            }
            _ => {
                let asked = self.ticket.exclusion.as_ref()?;
                let appeal = asked.appeal.as_ref().filter(|_| name == C::ExcludeAppealDecide);
                let text = appeal.unwrap_or(&asked.evidence);
                let at = appeal.and(asked.decided_at).unwrap_or(asked.asked_at);
                Some(DecisionView { reason: Some(asked.reason), ..self.view(name, at, text) })
            }
        }
    }

    fn of_part(&self, (k, part): (u32, &Assignment), name: CommandName) -> Option<DecisionView> {
        let (target, unit) = (self.ticket.assignment_id(k), Some(part.unit.clone()));
        match (name, &part.work) {
            (CommandName::DisputeDecide, Work::Disputed { reason, grounds, .. }) => {
                let review = part.timers.get(&ClockName::DisputeReview)?;
                let decide_by = Some(self.at(review.due_at));
                let view = self.view(name, review.starts_at, &format!("{reason}：{grounds}"));
                Some(DecisionView { target, unit, decide_by, ..view })
            }
            (CommandName::ExtendDecide, _) => {
                let mut all = part.extensions.iter();
                let asked = all.find(|it| it.stage == RequestStage::ToDecide)?;
                let until = Some(asked.until.to_string());
                let view = self.view(name, asked.asked_at, &asked.grounds);
                Some(DecisionView { target, unit, until, ..view })
            }
            _ => None,
        }
    }
}

/// What the citizen answered, in words.
fn answers(attempt: &Attempt) -> String {
    let (contacted, solved, satisfied) = (attempt.contacted, attempt.solved, attempt.satisfied);
    let words =
        [contacted.map(Contacted::zh), solved.map(Solved::zh), satisfied.map(Satisfied::zh)];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let comment = attempt.comment.as_ref().map(|comment| format!("：{comment}"));
    format!("{}{}", words.join("、"), comment.unwrap_or_default())
}
