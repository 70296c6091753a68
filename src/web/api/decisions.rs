//! Web, `GET /decisions`: what waits for a decision of the reader: disputes, extensions, the ledger, exclusions and
//! appeals, surveys that went badly; of an agent withdrawals, which the citizen confirms. Its rule: the command table
//! says what this reader may decide now; a page is of the tickets that came first, and on it who asked first stands
//! first. A list is no opening of a ticket: it tells what a line tells, and a request's own words.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{LineView, line};
use super::waiting::told_of;
use crate::app::App;
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::Result;
use crate::identity::{Actor, Role};
use crate::lifecycle::{Hotline, table};
use crate::limits::ClockName;
use crate::ticket::assignment::{Assignment, RequestStage};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::overlay::{Attempt, Contacted, ExclusionReason, LedgerStage, Satisfied, Solved};
use crate::ticket::sight::Sight;
use crate::ticket::state::Work;
use crate::ticket::store::asked::{self, Which};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;
use crate::web::problem::Problem;
use crate::web::{Answer, Asker, Query, run};

/// Who decides what others ask.
pub const DECIDERS: &[Role] = &[Role::Dispatcher, Role::Reviewer, Role::Assessor];
/// And who speaks with the citizen before a withdrawal counts.
const WHO: &[Role] = &[Role::Dispatcher, Role::Reviewer, Role::Assessor, Role::Agent];
/// Tickets that are opened for one page, those that came first before the others.
const PAGE: usize = 100;
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

/// A page of what waits.
#[derive(Serialize, ToSchema)]
pub struct DecisionList {
    items: Vec<DecisionView>,
    /// To go on from: in more tickets something was asked. What this reader may not decide yet is on no page, so that one
    /// that goes on may have no line.
    next: Option<String>,
}

/// Where the list goes on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DecisionQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl DecisionList {
    /// How many wait on this page, by the command that decides them.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let count = |name: &CommandName| self.items.iter().filter(|it| it.command == *name).count();
        let all = OF_PARTS.iter().chain(&OF_TICKETS);
        all.map(|name| (name.as_str(), count(name))).filter(|(_, count)| *count > 0).collect()
    }
}

/// What waits for a decision of the reader: the tickets that came first on the first page, and on each page who asked
/// first before the others.
#[utoipa::path(tag = "tickets", operation_id = "decision_list", params(DecisionQuery), responses(
    (status = 200, body = DecisionList),
    (status = 403, description = "only agents, dispatchers, reviewers and assessors", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "a key that was not given by this list", body = Problem, content_type = "application/problem+json"),
))]
#[get("/decisions")]
pub async fn list(
    app: web::Data<App>,
    Asker(actor): Asker,
    Query(query): Query<DecisionQuery>,
) -> Result<HttpResponse> {
    let answer = move || Answer::ok(&decisions_of(&app.hotline, &actor, query.after.as_deref())?);
    run(answer).await.map(Answer::respond)
}

/// What waits for a decision of `actor`, behind the key `after` where it goes on.
///
/// # Errors
/// 403 for whoever decides nothing; 422 for a key that was not given by this list.
pub fn decisions_of(hotline: &Hotline, actor: &Actor, after: Option<&str>) -> Result<DecisionList> {
    actor.require(WHO)?;
    page(hotline, actor, &decides(actor), after)
}

/// The withdrawals that wait for an agent who spoke to the citizen: the first page of the same list, and nothing else of
/// it.
///
/// # Errors
/// 403 for whoever is no agent.
pub fn withdrawals_of(hotline: &Hotline, actor: &Actor) -> Result<DecisionList> {
    actor.require(&[Role::Agent])?;
    let mut asked = page(hotline, actor, &[CommandName::WithdrawConfirm], None)?;
    asked.items.retain(|it| it.command == CommandName::WithdrawConfirm);
    Ok(asked)
}

fn page(
    hotline: &Hotline,
    actor: &Actor,
    commands: &[CommandName],
    after: Option<&str>,
) -> Result<DecisionList> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let which = Which { units: None, after };
        let (ids, next) = asked::waiting(conn, commands, which, PAGE)?;
        Ok(DecisionList { items: asked_in(conn, hotline, (actor, now), &ids)?, next })
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

/// What `actor` may decide at all: whether now and here is the table's to say.
fn decides(actor: &Actor) -> Vec<CommandName> {
    use CommandName as C;
    let mut all = Vec::new();
    if actor.has(Role::Agent) {
        all.push(C::WithdrawConfirm);
    }
    if actor.has(Role::Dispatcher) {
        all.push(C::DisputeDecide);
    }
    if actor.has(Role::Reviewer) {
        all.extend([C::Triage, C::LedgerDecide, C::ExtendDecide]);
        all.extend([C::ExcludeDecide, C::ExcludeConfirm]);
    }
    if actor.has(Role::Assessor) {
        all.push(C::ExcludeAppealDecide);
    }
    all
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
