//! Lifecycle: the one pure decision: what a command makes of a ticket. Its rule: no connection, no
//! clock, no randomness; the same ticket, command and scene give the same answer.

use super::{form, table};
use crate::assessment::exclusion;
use crate::error::{Error, Result};
use crate::followup::{rearrange, reopen, survey};
use crate::handling::{contact, extension, ledger, reply, supervision, whistle};
use crate::intake::{amend, duplicate, settle};
use crate::routing::{dispatch, dispute};
use crate::ticket::command::{Command, Target};
use crate::ticket::overlay::Note;
use crate::ticket::{Mode, Scene, Ticket};

/// The ticket after `command`, or why not: 403 (role, unit), 422 (fields), 409 (state) in that order;
/// absence (404) was decided before.
pub fn decide(
    ticket: &Ticket,
    command: &Command,
    target: Target,
    scene: &Scene<'_>,
) -> Result<Ticket> {
    if scene.mode == Mode::Live {
        table::require(ticket, scene, command.name(), target)?;
    }
    let decided = || {
        if scene.mode == Mode::Live {
            let refused = table::admit(ticket, scene.actor, command.name(), target);
            refused.or_else(|refused| form::check(command, scene).and(Err(refused)))?;
        }
        let mut after = ticket.clone();
        apply(&mut after, command, target, scene)?;
        Ok(after)
    };
    decided().map_err(|error| with_state(error, ticket, target, scene))
}

fn apply(ticket: &mut Ticket, command: &Command, target: Target, scene: &Scene<'_>) -> Result<()> {
    let side = || target.side.ok_or_else(Error::not_found);
    match command {
        Command::Amend(body) => amend::amend(ticket, scene, body),
        Command::Answer(body) => settle::answer(ticket, scene, body),
        Command::Decline(body) => settle::decline(ticket, scene, body),
        Command::Divert(body) => settle::divert(ticket, scene, body),
        Command::Consult(body) => dispatch::consult(ticket, scene, body),
        Command::ConsultConclude(body) => dispatch::conclude(ticket, scene, body),
        Command::Dispatch(body) => dispatch::dispatch(ticket, scene, body),
        Command::Recall(body) => dispatch::recall(ticket, scene, body),
        Command::Merge(body) => {
            duplicate::merge(ticket, scene, &body.into);
            Ok(())
        }
        Command::Unmerge(_) => duplicate::unmerge(ticket),
        Command::Urge(_) => {
            settle::urge(ticket, scene);
            Ok(())
        }
        Command::Withdraw(body) => settle::withdraw(ticket, scene, body),
        Command::WithdrawConfirm(body) => settle::confirm_withdrawal(ticket, scene, body),
        Command::Note(body) => {
            ticket.notes.push(Note {
                at: scene.now,
                by: scene.actor.name.clone(),
                text: body.text.to_string(),
                public: body.public,
            });
            Ok(())
        }
        Command::Review(body) => reply::review(ticket, scene, body),
        Command::Survey(body) => survey::survey(ticket, scene, body),
        Command::SurveyAgain(body) => rearrange::rearrange(ticket, scene, body),
        Command::Triage(body) => survey::triage(ticket, scene, body),
        Command::Reopen(_) => reopen::reopen(ticket, scene),
        Command::Supervise(body) => supervision::open(ticket, scene, body),
        Command::SuperviseAnswer(body) => supervision::answer(ticket, scene, side()?, body),
        Command::SuperviseClose(body) => supervision::close(ticket, scene, side()?, body),
        Command::Whistle(body) => whistle::call(ticket, scene, body),
        Command::WhistleReportIn(body) => whistle::report_in(ticket, scene, side()?, body),
        Command::WhistleClose(body) => whistle::close(ticket, scene, side()?, body),
        Command::Classify(body) => exclusion::classify(ticket, scene, body),
        Command::Flag(body) => exclusion::flag(ticket, scene, body),
        _ => apply_requests(ticket, command, scene)
            .unwrap_or_else(|| apply_to_assignment(ticket, command, target, scene)),
    }
}

/// Ledger and exclusion: requests with a decision; `None` for any other command.
fn apply_requests(ticket: &mut Ticket, command: &Command, scene: &Scene<'_>) -> Option<Result<()>> {
    Some(match command {
        Command::Ledger(body) => ledger::ask(ticket, scene, body),
        Command::LedgerDecide(body) => ledger::decide(ticket, scene, body),
        Command::LedgerProgress(body) => ledger::progress(ticket, scene, body),
        Command::LedgerWriteOff(body) => ledger::write_off(ticket, scene, body),
        Command::LedgerCancel(body) => ledger::cancel(ticket, scene, body),
        Command::Exclude(body) => exclusion::ask(ticket, scene, body),
        Command::ExcludeDecide(body) => exclusion::decide(ticket, scene, body),
        Command::ExcludeConfirm(body) => exclusion::confirm(ticket, scene, body),
        Command::ExcludeAppeal(body) => exclusion::appeal(ticket, scene, body),
        Command::ExcludeAppealDecide(body) => exclusion::decide_appeal(ticket, scene, body),
        _ => return None,
    })
}

/// Commands aimed at one assignment; a lead's reply is aimed at the live lead.
fn apply_to_assignment(
    ticket: &mut Ticket,
    command: &Command,
    target: Target,
    scene: &Scene<'_>,
) -> Result<()> {
    let k = target.assignment.or_else(|| ticket.live_lead()).ok_or_else(Error::not_found)?;
    match command {
        Command::Reply(body) => reply::reply(ticket, scene, k, body),
        Command::Sign(_) => contact::sign(ticket, scene, k),
        Command::Contact(body) => contact::contact(ticket, scene, k, body),
        Command::Progress(body) => contact::progress(ticket, scene, k, body),
        Command::AssistReply(body) => reply::assist_reply(ticket, scene, k, body),
        Command::Accept(_) => reply::accept(ticket, scene, k),
        Command::SendBack(body) => reply::send_back(ticket, scene, k, body),
        Command::Dispute(body) => dispute::dispute(ticket, scene, k, body),
        Command::DisputeDecide(body) => dispute::decide(ticket, scene, k, body),
        Command::Extend(body) => extension::extend(ticket, scene, k, body),
        Command::ExtendDecide(body) => extension::decide(ticket, scene, k, body),
        Command::Endorse(body) => extension::endorse(ticket, scene, k, body),
        Command::SubDispatch(body) => dispatch::sub_dispatch(ticket, scene, k, body),
        Command::AssignmentRecall(body) => dispatch::recall_assist(ticket, scene, k, body),
        _ => Err(Error::not_found()),
    }
}

/// A refusal says where the ticket (or the assignment aimed at) stands and what may be done instead.
pub fn with_state(error: Error, ticket: &Ticket, target: Target, scene: &Scene<'_>) -> Error {
    if error.kind() != crate::error::Kind::Refused {
        return error;
    }
    let allowed = table::allowed(ticket, scene, target);
    let allowed = allowed.into_iter().map(|name| name.wire().to_owned()).collect();
    error.in_state(table::standing(ticket, target).0, allowed)
}
