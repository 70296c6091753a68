//! Lifecycle: whether a command that the table lets through has something to act on: an open request
//! of somebody else, a supervision, a window not yet over. Its rule: it only shortens the list of
//! what is allowed; the stations have the last word.

use crate::directory::Urgency;
use crate::followup::appointment;
use crate::handling::reply::check_ready;
use crate::handling::supervision::is_their_own;
use crate::identity::Actor;
use crate::limits::ClockName;
use crate::ticket::assignment::{ExtensionRequest, RequestStage};
use crate::ticket::command::{CommandName, Target};
use crate::ticket::overlay::{ExclusionStage, LedgerStage};
use crate::ticket::sight::{handled_it, is_at_work, is_of};
use crate::ticket::state::{Awaits, State, Work, WorkName};
use crate::ticket::{Assignment, Scene, Ticket};

/// Whether `name`, which the table lets through, has something to act on.
pub fn has_subject(ticket: &Ticket, scene: &Scene<'_>, name: CommandName, target: Target) -> bool {
    match target.assignment {
        None => acts_on_ticket(ticket, scene, name),
        Some(k) => acts_on_assignment(ticket, scene, name, k),
    }
}

/// Whether the actor is none of those who asked, endorsed or decided before.
fn is_apart(actor: &Actor, earlier: &[Option<i64>]) -> bool {
    earlier.iter().flatten().all(|user| actor.require_other_than(*user).is_ok())
}

fn acts_on_ticket(ticket: &Ticket, scene: &Scene<'_>, name: CommandName) -> bool {
    use CommandName as C;
    let actor = scene.actor;
    match name {
        C::Decline => ticket.urgency != Urgency::Emergency,
        C::WithdrawConfirm => ticket.withdrawal.is_some(),
        C::Withdraw => ticket.withdrawal.is_none(),
        C::Triage => {
            matches!(ticket.state, State::Surveying { awaits: Awaits::Triage })
                && !handled_it(ticket, actor, scene.directory)
        }
        C::Classify => !handled_it(ticket, actor, scene.directory),
        C::Survey => !matches!(ticket.state, State::Surveying { awaits: Awaits::Triage }),
        C::SurveyAgain => appointment::of(ticket).is_some(),
        C::Reply => live_lead(ticket).is_some_and(|lead| check_ready(lead, scene).is_ok()),
        C::Review => {
            is_apart(actor, &[ticket.reply.as_ref().map(|reply| reply.by)])
                && !is_at_work(ticket, actor, scene.directory)
        }
        C::Reopen => ticket.ended_at().is_some_and(|at| {
            scene.now.millis_since(at) <= i64::from(scene.profile.reopen_days) * 86_400_000
        }),
        C::SuperviseAnswer => ticket
            .supervisions
            .values()
            .any(|s| s.result.is_none() && s.addressed().any(|(unit, _)| actor.works_for(unit))),
        C::SuperviseClose => ticket.supervisions.values().any(|s| {
            s.result.is_none()
                && (s.opened_by == 0 || s.opened_by == actor.user)
                && !is_their_own(s, scene)
        }),
        C::WhistleReportIn => ticket.whistles.values().any(|w| {
            let awaited = |unit| actor.works_for(unit);
            w.closed.is_none() && w.called.iter().any(|c| awaited(&c.unit) && c.result.is_none())
        }),
        C::WhistleClose => {
            ticket.whistles.values().any(|w| w.closed.is_none() && actor.works_for(&w.by_unit))
        }
        C::Ledger | C::LedgerDecide => acts_on_ledger(ticket, scene, name),
        C::Exclude
        | C::ExcludeDecide
        | C::ExcludeConfirm
        | C::ExcludeAppeal
        | C::ExcludeAppealDecide => acts_on_exclusion(ticket, scene, name),
        _ => true,
    }
}

fn live_lead(ticket: &Ticket) -> Option<&Assignment> {
    ticket.live_lead().and_then(|k| ticket.assignments.get(&k))
}

fn acts_on_ledger(ticket: &Ticket, scene: &Scene<'_>, name: CommandName) -> bool {
    use LedgerStage as L;
    let open = |stage| matches!(stage, L::ToEndorse | L::ToDecide | L::Running);
    let current = ticket.ledgers.iter().find(|ledger| open(ledger.stage));
    let disputed = live_lead(ticket).is_some_and(|lead| lead.is(WorkName::Disputed));
    match (name, current) {
        (CommandName::LedgerDecide, Some(ledger)) => {
            ledger.stage == L::ToDecide
                && is_apart(scene.actor, &[Some(ledger.asked_by), ledger.endorsed_by])
                && !is_at_work(ticket, scene.actor, scene.directory)
        }
        (CommandName::Ledger, None) => !disputed,
        _ => false,
    }
}

fn acts_on_exclusion(ticket: &Ticket, scene: &Scene<'_>, name: CommandName) -> bool {
    use CommandName as C;
    use ExclusionStage as E;
    let Some(there) = &ticket.exclusion else { return name == C::Exclude };
    let actor = scene.actor;
    let outside = || !handled_it(ticket, actor, scene.directory);
    let asked = [Some(there.asked_by), there.endorsed_by];
    let later = [there.decided_by, there.refused_by, there.appealed_by];
    match (name, there.stage) {
        (C::Exclude, E::Refused) => there.decided_by.is_none(),
        (C::ExcludeDecide, E::ToDecide) => is_apart(actor, &asked) && outside(),
        (C::ExcludeConfirm, E::ToConfirm) | (C::ExcludeAppealDecide, E::Appealed) => {
            is_apart(actor, &asked) && is_apart(actor, &later) && outside()
        }
        (C::ExcludeAppeal, E::Refused) => there.decided_by.is_some(),
        _ => false,
    }
}

fn acts_on_assignment(ticket: &Ticket, scene: &Scene<'_>, name: CommandName, k: u32) -> bool {
    use CommandName as C;
    let Some(assignment) = ticket.assignments.get(&k) else { return false };
    let extension = |stage| assignment.extensions.iter().find(|request| request.stage == stage);
    let apart = |request: Option<&ExtensionRequest>| {
        request.is_some_and(|r| is_apart(scene.actor, &[Some(r.asked_by), r.endorsed_by]))
    };
    match name {
        C::Accept => is_apart(scene.actor, &[assignment.replied_by]),
        C::Dispute => may_dispute(assignment, scene),
        C::DisputeDecide => match &assignment.work {
            Work::Disputed { asked_by, .. } => {
                is_apart(scene.actor, &[Some(*asked_by)])
                    && !is_of(scene.actor, &assignment.unit, scene.directory)
            }
            _ => false,
        },
        C::Extend => may_extend(ticket, assignment, scene),
        C::ExtendDecide => {
            apart(extension(RequestStage::ToDecide))
                && !is_of(scene.actor, &assignment.unit, scene.directory)
        }
        C::Endorse => {
            apart(extension(RequestStage::ToEndorse)) || may_endorse(ticket, scene.actor, k)
        }
        _ => true,
    }
}

fn may_dispute(assignment: &Assignment, scene: &Scene<'_>) -> bool {
    let window = assignment.timers.get(&ClockName::DisputeWindow);
    let most = scene.profile.dispute.max_per_assignment as usize;
    !assignment.designated
        && assignment.parent.is_none()
        && assignment.disputes.len() < most
        && window.is_none_or(|window| scene.now <= window.due_at)
}

fn may_extend(ticket: &Ticket, assignment: &Assignment, scene: &Scene<'_>) -> bool {
    let refused = |r: &&ExtensionRequest| r.stage != RequestStage::Refused;
    let used = assignment.extensions.iter().filter(refused).count();
    let handle = assignment.timers.get(&ClockName::Handle);
    scene.profile.may_extend(ticket.urgency)
        && assignment.parent.is_none()
        && assignment.reworks.is_empty()
        && used < scene.profile.extension.max as usize
        && handle.is_some_and(|timer| timer.may_ask_extension(scene.now, scene.calendar))
}

fn may_endorse(ticket: &Ticket, actor: &Actor, k: u32) -> bool {
    let ledger = ticket.ledgers.iter().find(|ledger| ledger.stage == LedgerStage::ToEndorse);
    let exclusion = ticket.exclusion.as_ref().filter(|e| e.stage == ExclusionStage::ToEndorse);
    let leads = ticket.live_lead() == Some(k);
    let led = ticket.final_lead().is_some_and(|(lead, _)| lead == k);
    ledger.is_some_and(|ledger| leads && is_apart(actor, &[Some(ledger.asked_by)]))
        || exclusion.is_some_and(|exclusion| led && is_apart(actor, &[Some(exclusion.asked_by)]))
}
