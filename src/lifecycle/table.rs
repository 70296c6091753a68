//! Lifecycle: contract.md's command tables as data. Its rule: a row says who, in which states of
//! the ticket and of the assignment, and for which unit; nothing else in the house asks for a role
//! to decide whether a command may be given.

use super::subject::has_subject;
use crate::directory::UnitKind;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::sight::{gets_handling_copy, handled_it, reads_only, works_for_lead};
use crate::ticket::state::{Closing, Part, State, StateName, WorkName};
use crate::ticket::{Assignment, Scene, Ticket};

/// What ties the actor to the ticket, besides the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Whoever has the role.
    Role,
    /// Works for the unit of the assignment, which is no copy.
    OwnUnit,
    /// Works for the unit that leads.
    LeadUnit,
    /// Works for the unit that the assignment answers to: the one that passed it down, else the
    /// one that leads.
    UnitAbove,
    /// Units with more than a copy; other roles need no tie.
    NoCopy,
    /// Belongs to a street that has more than a copy.
    Street,
    /// Not of a unit that handled it, nor of one below.
    Outside,
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
const LIVE_OR_CLOSED: &[S] =
    &[S::Accepted, S::Consulting, S::InUnits, S::Replied, S::OnLedger, S::Surveying, S::Closed];
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
        // A copy can read only.
        C::Note => row(EVERYONE, ANY, &[], Tie::NoCopy),
        C::Reply => row(&[Handler, UnitHead], &[S::InUnits], &[], Tie::LeadUnit),
        C::Review => row(&[Reviewer], &[S::Replied], &[], Tie::Role),
        C::Survey => row(&[Surveyor, Citizen], &[S::Surveying], &[], Tie::Outside),
        // Whoever takes the call in which the citizen asks for another time.
        C::SurveyAgain => row(&[Agent, Surveyor], &[S::Surveying], &[], Tie::Outside),
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
        _ => assignment_row_of(name),
    }
}

/// The row of a command aimed at one assignment.
const fn assignment_row_of(name: CommandName) -> Row {
    use CommandName as C;
    match name {
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
        C::Accept | C::SendBack => {
            row(&[Handler], &[S::InUnits, S::Replied, S::OnLedger], &[W::Submitted], Tie::UnitAbove)
        }
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
        // Not on the ledger, where the clock stands still: it waits until work goes on.
        C::ExtendDecide => row(
            &[Reviewer],
            &[S::Accepted, S::Consulting, S::InUnits, S::Replied],
            &[W::Sent, W::Signed, W::Handling, W::Submitted, W::Disputed],
            Tie::Role,
        ),
        C::Endorse => row(
            &[UnitHead],
            LIVE_OR_CLOSED,
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
        _ => row(&[], &[], &[], Tie::Role),
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
    let own = target.assignment.and_then(|k| ticket.assignments.get(&k));
    let gets_copy = |a: &Assignment| gets_handling_copy(ticket, &a.unit, scene.directory);
    let refuse = |code| Err(Error::new(Kind::Forbidden, code));
    match row.tie {
        Tie::OwnUnit if !own.is_some_and(|a| actor.works_for(&a.unit)) => refuse("not_your_unit"),
        Tie::OwnUnit if own.is_some_and(|a| a.part == Part::Copy) => refuse("copy_reads_only"),
        Tie::OwnUnit if name == CommandName::Contact && own.is_some_and(gets_copy) => {
            refuse("contact.handling_copy")
        }
        Tie::LeadUnit if !works_for_lead(ticket, actor) => refuse("not_your_unit"),
        Tie::UnitAbove if !works_above(ticket, actor, own) => refuse("not_your_unit"),
        Tie::NoCopy if by_unit_only(actor, row.roles) && reads_only(ticket, actor) => {
            refuse("copy_reads_only")
        }
        Tie::Street if !is_of_street(actor, scene) => refuse("whistle.not_a_street"),
        // A street whose work was returned closes the whistle that it blew before.
        Tie::Street if name == CommandName::WhistleClose && has_whistled(ticket, actor) => Ok(()),
        Tie::Street if reads_only(ticket, actor) => refuse("copy_reads_only"),
        Tie::Outside if handled_it(ticket, actor, scene.directory) => refuse("survey.own_unit"),
        _ => Ok(()),
    }
}

fn works_above(ticket: &Ticket, actor: &Actor, own: Option<&Assignment>) -> bool {
    let parent = own.and_then(|a| a.parent).and_then(|k| ticket.assignments.get(&k));
    parent.map_or_else(|| works_for_lead(ticket, actor), |above| actor.works_for(&above.unit))
}

/// Whether it is only as a member of a unit that the actor has one of `roles`.
fn by_unit_only(actor: &Actor, roles: &[Role]) -> bool {
    roles.iter().filter(|role| actor.has(**role)).all(|role| role.sees_unit_tickets())
}

fn has_whistled(ticket: &Ticket, actor: &Actor) -> bool {
    ticket.whistles.values().any(|whistle| actor.works_for(&whistle.by_unit))
}

fn is_of_street(actor: &Actor, scene: &Scene<'_>) -> bool {
    let unit = actor.unit.as_ref().and_then(|unit| scene.directory.unit(unit));
    unit.is_some_and(|unit| unit.kind == UnitKind::Street)
}

/// 409 `transition` unless the states allow `name`.
pub fn admit(ticket: &Ticket, actor: &Actor, name: CommandName, target: Target) -> Result<()> {
    if state_allows(ticket, actor, name, target) {
        return Ok(());
    }
    let (_, zh) = standing(ticket, target);
    Err(Error::with(Kind::Refused, "transition", &[("state", zh), ("command", name.zh())]))
}

/// Where the ticket stands, or the assignment that is aimed at: the word on the wire, and in
/// Chinese.
pub fn standing(ticket: &Ticket, target: Target) -> (&'static str, &'static str) {
    target.assignment.and_then(|k| ticket.assignments.get(&k)).map_or_else(
        || (ticket.state.name().as_str(), ticket.state.name().zh()),
        |a| (a.work.name().as_str(), a.work.name().zh()),
    )
}

/// Whether the states of the ticket and of the assignment let `actor` give `name`.
pub fn state_allows(ticket: &Ticket, actor: &Actor, name: CommandName, target: Target) -> bool {
    let row = row_of(name);
    let state = ticket.state.name();
    // An agent amends only what nobody was sent yet; a dispatcher while it lives.
    let by_agent_only = name == CommandName::Amend && !actor.has_any(&[Dispatcher, System]);
    // A citizen's answer by the link still counts after a close without one (domain.md §5).
    let late_answer = name == CommandName::Survey
        && actor.has(Citizen)
        && matches!(ticket.state, State::Closed { how: Closing::Exhausted });
    let ticket_allows = late_answer
        || row.states.contains(&state) && (!by_agent_only || state == StateName::Accepted);
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
        // Most commands fall away by the role, without a refusal in words.
        .filter(|name| scene.actor.has_any(row_of(*name).roles))
        .filter(|name| state_allows(ticket, scene.actor, *name, target))
        .filter(|name| require(ticket, scene, *name, target).is_ok())
        .filter(|name| has_subject(ticket, scene, *name, target))
        .collect()
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
