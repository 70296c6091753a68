//! Lifecycle: contract.md's command tables as data. Its rule: a row says who, in which states of
//! the ticket and of the assignment, and for which unit; nothing else in the house asks for a role
//! to decide whether a command may be given.

use crate::directory::UnitKind;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::overlay::ExclusionStage;
use crate::ticket::sight::works_for_lead;
use crate::ticket::state::{Part, StateName, WorkName};
use crate::ticket::{Scene, Ticket};

/// What ties the actor to the ticket, besides the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Whoever has the role.
    Role,
    /// Works for the unit of the assignment.
    OwnUnit,
    /// Works for the unit that leads.
    LeadUnit,
    /// Handlers and heads need to work for the leading unit; other roles need not.
    LeadUnitIfUnit,
    /// Belongs to a street.
    Street,
}

/// One row of the table.
pub struct Row {
    pub roles: &'static [Role],
    pub states: &'static [StateName],
    /// For an assignment's command: the states of the assignment it is allowed in.
    pub works: &'static [WorkName],
    pub tie: Tie,
}

use Role::{
    Agent, Assessor, Citizen, Dispatcher, Handler, Leader, Platform, Reviewer, Surveyor, System,
    UnitHead,
};
use StateName as S;
use WorkName as W;

const LIVE: &[S] = &[S::Accepted, S::Consulting, S::InUnits, S::Replied, S::OnLedger, S::Surveying];
const ANY: &[S] = &[
    S::Accepted,
    S::Consulting,
    S::InUnits,
    S::Replied,
    S::OnLedger,
    S::Surveying,
    S::Closed,
    S::Declined,
    S::Diverted,
    S::Withdrawn,
    S::Merged,
];
const FROM_REPLIED: &[S] = &[S::Replied, S::OnLedger, S::Surveying, S::Closed];
const BEFORE_REPLY: &[S] = &[S::Accepted, S::Consulting, S::InUnits];
const WORKING: &[S] = &[S::Accepted, S::Consulting, S::InUnits, S::Replied, S::OnLedger];
const EVERYONE: &[Role] = &[
    Agent, Dispatcher, Handler, UnitHead, Reviewer, Surveyor, Assessor, Leader, Platform, Citizen,
];

const fn row(roles: &'static [Role], states: &'static [S], works: &'static [W], tie: Tie) -> Row {
    Row { roles, states, works, tie }
}

/// The row of `name`.
pub const fn row_of(name: CommandName) -> Row {
    use CommandName as C;
    match name {
        C::Amend => row(&[Agent, Dispatcher], LIVE, &[], Tie::Role),
        C::Answer | C::Decline | C::Divert => row(&[Agent], &[S::Accepted], &[], Tie::Role),
        C::Consult => row(&[Dispatcher], &[S::Accepted], &[], Tie::Role),
        C::ConsultConclude => row(&[Dispatcher], &[S::Consulting], &[], Tie::Role),
        C::Dispatch => row(&[Dispatcher, System], &[S::Accepted, S::InUnits], &[], Tie::Role),
        C::Recall => row(&[Dispatcher], &[S::InUnits], &[], Tie::Role),
        C::Merge => row(&[Agent, Dispatcher], BEFORE_REPLY, &[], Tie::Role),
        C::Unmerge => row(&[Dispatcher], &[S::Merged], &[], Tie::Role),
        C::Urge | C::Withdraw => row(&[Agent, Platform, Citizen], LIVE, &[], Tie::Role),
        C::WithdrawConfirm => row(&[Agent], LIVE, &[], Tie::Role),
        C::Note => row(EVERYONE, ANY, &[], Tie::Role),
        C::Reply => row(&[Handler, UnitHead], &[S::InUnits], &[], Tie::LeadUnit),
        C::Review => row(&[Reviewer], &[S::Replied], &[], Tie::Role),
        C::Survey => row(&[Surveyor, Citizen], &[S::Surveying], &[], Tie::Role),
        C::Triage => row(&[Reviewer], &[S::Surveying], &[], Tie::Role),
        C::Reopen => {
            row(&[Agent, Dispatcher], &[S::Declined, S::Diverted, S::Closed], &[], Tie::Role)
        }
        C::Supervise => row(&[Reviewer, Leader], LIVE, &[], Tie::Role),
        C::SuperviseAnswer => row(&[UnitHead], ANY, &[], Tie::Role),
        C::SuperviseClose => row(&[Reviewer, Leader], ANY, &[], Tie::Role),
        C::Ledger => row(&[UnitHead, Handler], &[S::InUnits], &[], Tie::LeadUnit),
        C::LedgerDecide => row(&[Reviewer], &[S::InUnits], &[], Tie::Role),
        C::LedgerProgress => row(&[Handler], &[S::OnLedger], &[], Tie::LeadUnit),
        C::LedgerWriteOff => row(&[UnitHead], &[S::OnLedger], &[], Tie::LeadUnit),
        C::LedgerCancel => row(&[Reviewer], &[S::OnLedger], &[], Tie::Role),
        C::Exclude => row(&[UnitHead, Handler], FROM_REPLIED, &[], Tie::LeadUnit),
        C::ExcludeDecide | C::ExcludeConfirm => row(&[Reviewer], FROM_REPLIED, &[], Tie::Role),
        C::ExcludeAppeal => row(&[UnitHead], FROM_REPLIED, &[], Tie::LeadUnit),
        C::ExcludeAppealDecide => row(&[Assessor], FROM_REPLIED, &[], Tie::Role),
        C::Classify => row(&[Reviewer], ANY, &[], Tie::Role),
        C::Flag => row(&[Agent, Surveyor, Reviewer], ANY, &[], Tie::Role),
        C::Whistle => row(&[UnitHead], LIVE, &[], Tie::Street),
        C::WhistleReportIn => row(&[Handler, UnitHead], ANY, &[], Tie::Role),
        C::WhistleClose => row(&[UnitHead], ANY, &[], Tie::Street),
        C::Sign => row(&[Handler, UnitHead], WORKING, &[W::Sent], Tie::OwnUnit),
        C::Contact => row(
            &[Handler],
            WORKING,
            // The unit keeps the duty to contact while its dispute is open (首接负责).
            &[W::Signed, W::Handling, W::Disputed],
            Tie::OwnUnit,
        ),
        C::Progress => row(&[Handler], WORKING, &[W::Handling], Tie::OwnUnit),
        C::AssistReply => row(&[Handler], WORKING, &[W::Handling], Tie::OwnUnit),
        C::Accept | C::SendBack => row(&[Handler], WORKING, &[W::Submitted], Tie::LeadUnit),
        C::Dispute => row(
            &[Handler],
            &[S::Accepted, S::InUnits],
            &[W::Sent, W::Signed, W::Handling],
            Tie::OwnUnit,
        ),
        C::DisputeDecide => row(&[Dispatcher], WORKING, &[W::Disputed], Tie::Role),
        C::Extend => row(
            &[Handler],
            &[S::Accepted, S::InUnits],
            &[W::Sent, W::Signed, W::Handling],
            Tie::OwnUnit,
        ),
        C::ExtendDecide => row(
            &[Reviewer],
            WORKING,
            &[W::Sent, W::Signed, W::Handling, W::Submitted, W::Disputed],
            Tie::Role,
        ),
        C::Endorse => row(
            &[UnitHead],
            ANY,
            &[W::Sent, W::Signed, W::Handling, W::Submitted, W::Disputed, W::Done],
            Tie::OwnUnit,
        ),
        C::SubDispatch => {
            row(&[Handler, UnitHead], WORKING, &[W::Signed, W::Handling], Tie::OwnUnit)
        }
        C::AssignmentRecall => row(
            &[Dispatcher],
            WORKING,
            &[W::Sent, W::Signed, W::Handling, W::Submitted, W::Disputed],
            Tie::Role,
        ),
    }
}

/// Whether a command is an assignment's.
pub const fn is_assignment_command(name: CommandName) -> bool {
    !row_of(name).works.is_empty()
}

/// 403 unless the actor's role, and the unit the row asks for, allow `name` here.
pub fn require(
    ticket: &Ticket,
    scene: &Scene<'_>,
    name: CommandName,
    target: Target,
) -> Result<()> {
    let row = row_of(name);
    let actor = scene.actor;
    actor.require(row.roles)?;
    // An agent amends only what nobody was sent yet; a dispatcher while it lives.
    let tied = match row.tie {
        Tie::Role => true,
        Tie::OwnUnit => target
            .assignment
            .and_then(|k| ticket.assignments.get(&k))
            .is_some_and(|a| actor.works_for(&a.unit)),
        Tie::LeadUnit | Tie::LeadUnitIfUnit => works_for_lead(ticket, actor),
        Tie::Street => actor
            .unit
            .as_ref()
            .and_then(|unit| scene.directory.unit(unit))
            .is_some_and(|unit| unit.kind == UnitKind::Street),
    };
    if tied { Ok(()) } else { Err(Error::new(Kind::Forbidden, "not_your_unit")) }
}

/// 409 `transition`, with the state and what is allowed, unless the states allow `name`.
pub fn admit(ticket: &Ticket, scene: &Scene<'_>, name: CommandName, target: Target) -> Result<()> {
    if state_allows(ticket, scene.actor, name, target) {
        return Ok(());
    }
    let state = target
        .assignment
        .and_then(|k| ticket.assignments.get(&k))
        .map_or_else(|| ticket.state.name().as_str(), |a| a.work.name().as_str());
    let zh = target
        .assignment
        .and_then(|k| ticket.assignments.get(&k))
        .map_or_else(|| ticket.state.name().zh(), |a| a.work.name().zh());
    let allowed = allowed(ticket, scene, target).into_iter().map(|c| c.wire().to_owned()).collect();
    Err(Error::with(Kind::Refused, "transition", &[("state", zh), ("command", name.zh())])
        .in_state(state, allowed))
}

fn state_allows(ticket: &Ticket, actor: &Actor, name: CommandName, target: Target) -> bool {
    let row = row_of(name);
    let state = ticket.state.name();
    let by_agent_only = name == CommandName::Amend && !actor.has_any(&[Dispatcher, System]);
    let ticket_allows =
        row.states.contains(&state) && (!by_agent_only || state == StateName::Accepted);
    let work_allows = match target.assignment {
        _ if row.works.is_empty() => true,
        None => false,
        Some(k) => ticket
            .assignments
            .get(&k)
            .is_some_and(|a| row.works.contains(&a.work.name()) && fits_part(name, a.part)),
    };
    ticket_allows && work_allows
}

/// A copy can read only; answering as an assist and being accepted are for assists.
fn fits_part(name: CommandName, part: Part) -> bool {
    match name {
        CommandName::AssistReply
        | CommandName::Accept
        | CommandName::SendBack
        | CommandName::AssignmentRecall => part == Part::Assist,
        _ => part != Part::Copy,
    }
}

/// The commands this actor may give now at `target` (the ticket itself, or one assignment).
pub fn allowed(ticket: &Ticket, scene: &Scene<'_>, target: Target) -> Vec<CommandName> {
    CommandName::ALL
        .iter()
        .copied()
        .filter(|name| is_assignment_command(*name) == target.assignment.is_some())
        .filter(|name| require(ticket, scene, *name, target).is_ok())
        .filter(|name| state_allows(ticket, scene.actor, *name, target))
        .filter(|name| has_subject(ticket, *name, target))
        .collect()
}

/// Whether a decision has something to decide: an open request, supervision, whistle or dispute.
fn has_subject(ticket: &Ticket, name: CommandName, target: Target) -> bool {
    use crate::ticket::overlay::LedgerStage as L;
    use CommandName as C;
    let exclusion = ticket.exclusion.as_ref().map(|e| e.stage);
    let ledger = |stages: &[L]| ticket.ledgers.iter().any(|l| stages.contains(&l.stage));
    match name {
        C::WithdrawConfirm => ticket.withdrawal.is_some(),
        C::Withdraw => ticket.withdrawal.is_none(),
        C::Triage => matches!(
            ticket.state,
            crate::ticket::State::Surveying { awaits: crate::ticket::state::Awaits::Triage }
        ),
        C::Survey => matches!(
            ticket.state,
            crate::ticket::State::Surveying { awaits: crate::ticket::state::Awaits::Answer }
        ),
        C::SuperviseAnswer | C::SuperviseClose => {
            ticket.supervisions.values().any(|s| s.result.is_none())
        }
        C::WhistleReportIn | C::WhistleClose => {
            ticket.whistles.values().any(|w| w.closed.is_none())
        }
        C::LedgerDecide => ledger(&[L::ToDecide]),
        C::Ledger => !ledger(&[L::ToEndorse, L::ToDecide, L::Running]),
        C::ExcludeDecide => exclusion == Some(ExclusionStage::ToDecide),
        C::ExcludeConfirm => exclusion == Some(ExclusionStage::ToConfirm),
        C::ExcludeAppeal => exclusion == Some(ExclusionStage::Refused),
        C::ExcludeAppealDecide => exclusion == Some(ExclusionStage::Appealed),
        C::Exclude => exclusion.is_none(),
        C::ExtendDecide | C::Endorse => {
            let extension = target
                .assignment
                .and_then(|k| ticket.assignments.get(&k))
                .is_some_and(|a| a.extensions.iter().any(|r| r.decided_at.is_none()));
            extension
                || (name == C::Endorse
                    && (ledger(&[L::ToEndorse]) || exclusion == Some(ExclusionStage::ToEndorse)))
        }
        _ => true,
    }
}

impl CommandName {
    /// The command as it stands in the URL after the ticket or the assignment.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::AssistReply => "reply",
            Self::AssignmentRecall => "recall",
            other => other.as_str(),
        }
    }
}
