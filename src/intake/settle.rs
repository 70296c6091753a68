//! Intake: what ends without a unit: answered at once, declined, diverted; and what the citizen
//! does later: urge and withdraw.

use crate::directory::Urgency;
use crate::error::{Error, Result};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::routing::dispatch;
use crate::ticket::command::{Answer, Decline, Divert, Reasoned, WithdrawConfirm};
use crate::ticket::overlay::Withdrawal;
use crate::ticket::state::{Awaits, Closing};
use crate::ticket::{Class, Direct, Scene, State, Ticket};

/// Whether a ticket answered at once is drawn for a survey: decided by its number, so that the
/// same ticket is always drawn or never (⚙ percent, default 0).
fn is_drawn(no: &str, percent: u32) -> bool {
    let sum = no
        .bytes()
        .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    sum % 100 < percent
}

/// The agent answers on the spot.
pub fn answer(ticket: &mut Ticket, scene: &Scene<'_>, body: &Answer) -> Result<()> {
    ticket.direct = Some(Direct {
        at: scene.now,
        text: body.text.to_string(),
        article: body.article.as_ref().map(ToString::to_string),
        cited: body.cited.clone(),
    });
    if !ticket.class.chosen {
        ticket.class = Class { class: scene.profile.assessment.direct_class, chosen: false };
    }
    ticket.finish_clocks(scene);
    ticket.note_handling_time(scene);
    let drawn =
        is_drawn(&ticket.no, scene.profile.survey.direct_sample_percent) && ticket.survey_is_due();
    if drawn {
        ticket.state = State::Surveying { awaits: Awaits::Answer };
        let timer = scene.start(ClockName::Survey, ticket.urgency, scene.now);
        ticket.timers.insert(ClockName::Survey, timer);
    } else {
        ticket.end(State::Closed { how: Closing::Answered }, scene.now);
    }
    Ok(())
}

/// Not accepted, with a coded reason and how the caller was told.
pub fn decline(ticket: &mut Ticket, scene: &Scene<'_>, body: &Decline) -> Result<()> {
    if ticket.urgency == Urgency::Emergency {
        return Err(Error::refused("decline.emergency"));
    }
    ticket.finish_clocks(scene);
    let state = State::Declined { reason: body.reason, told: body.told.to_string() };
    ticket.end(state, scene.now);
    Ok(())
}

/// Handed to 110, 119, 120 or 122.
pub fn divert(ticket: &mut Ticket, scene: &Scene<'_>, body: &Divert) -> Result<()> {
    check_divert(scene, body)?;
    ticket.finish_clocks(scene);
    ticket.end(State::Diverted { service: body.service, at: body.at }, scene.now);
    Ok(())
}

/// Nobody was diverted in the future.
pub fn check_divert(scene: &Scene<'_>, body: &Divert) -> Result<()> {
    if body.at > scene.now {
        return Err(Error::field("/at", "field.in_future"));
    }
    Ok(())
}

/// The citizen asks where it stays; the live lead is charged with it.
pub fn urge(ticket: &mut Ticket, scene: &Scene<'_>) {
    ticket.urges.push(scene.now);
    charge(ticket);
}

/// Whoever leads it now was urged once more.
pub fn charge(ticket: &mut Ticket) {
    if let Some(lead) = ticket.live_lead()
        && let Some(assignment) = ticket.assignments.get_mut(&lead)
    {
        assignment.urges += 1;
    }
}

/// The citizen takes it back. After a dispatch it waits for an agent who spoke to the citizen.
pub fn withdraw(ticket: &mut Ticket, scene: &Scene<'_>, body: &Reasoned) -> Result<()> {
    if ticket.withdrawal.is_some() {
        return Err(Error::refused("withdraw.pending"));
    }
    let pending = Withdrawal { at: scene.now, reason: body.reason.to_string() };
    if ticket.was_dispatched() {
        ticket.withdrawal = Some(pending);
    } else {
        ticket.finish_clocks(scene);
        ticket.end(State::Withdrawn { reason: pending.reason }, scene.now);
    }
    Ok(())
}

/// Whoever took it in takes it back before anybody was told of it: its units never had it.
pub fn undo(ticket: &mut Ticket, scene: &Scene<'_>, reason: &str) {
    for assignment in ticket.assignments.values_mut().filter(|a| !a.work.name().is_void()) {
        dispatch::recall_one(assignment, scene, reason);
    }
    ticket.finish_clocks(scene);
    ticket.end(State::Withdrawn { reason: reason.to_owned() }, scene.now);
}

/// An agent rang the intake number: the citizen meant it, or did not.
pub fn confirm_withdrawal(
    ticket: &mut Ticket,
    scene: &Scene<'_>,
    body: &WithdrawConfirm,
) -> Result<()> {
    scene.actor.require(&[Role::Agent])?;
    let Some(pending) = ticket.withdrawal.take() else {
        return Err(Error::refused("withdraw.nothing_pending"));
    };
    if body.confirmed {
        ticket.finish_clocks(scene);
        ticket.end(State::Withdrawn { reason: pending.reason }, scene.now);
    }
    Ok(())
}
