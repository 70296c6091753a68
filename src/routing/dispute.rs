//! Routing: "not ours" 派单异议. Its rule: once, inside the window, with grounds; the duty to
//! contact stays until it is upheld, and the citizen's clock never stops for it (domain.md §3).

use crate::error::{Error, Kind, Result};
use crate::limits::ClockName;
use crate::ticket::assignment::{DisputeOutcome, DisputeRecord};
use crate::ticket::command::{Dispute, DisputeDecide};
use crate::ticket::sight::is_of;
use crate::ticket::state::{Part, State, Work};
use crate::ticket::{Mode, Scene, Ticket};

/// The unit says it is not theirs.
pub fn dispute(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Dispute) -> Result<()> {
    let urgency = ticket.urgency;
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if assignment.designated {
        return Err(Error::refused("dispute.designated"));
    }
    if assignment.part == Part::Copy || assignment.parent.is_some() {
        return Err(Error::refused("dispute.not_disputable"));
    }
    if assignment.disputes.len() >= scene.profile.dispute.max_per_assignment as usize {
        return Err(Error::refused("dispute.once"));
    }
    let from = assignment.work.name();
    if let Some(window) = assignment.timers.get_mut(&ClockName::DisputeWindow) {
        if scene.mode == Mode::Live && scene.now > window.due_at {
            let until = window.due_at.rfc3339(scene.calendar.zone());
            return Err(Error::with(Kind::Refused, "dispute.window_over", &[("until", &until)]));
        }
        window.stop(scene.now);
    }
    let review = scene.start(ClockName::DisputeReview, urgency, scene.now);
    assignment.timers.insert(ClockName::DisputeReview, review);
    assignment.work = Work::Disputed {
        from,
        reason: body.reason.to_string(),
        grounds: body.grounds.to_string(),
        asked_by: scene.actor.user,
    };
    Ok(())
}

/// The dispatcher decides it, who is nobody of the unit that says so, nor below it.
pub fn decide(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &DisputeDecide) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    let Work::Disputed { from, asked_by, .. } = &assignment.work else {
        return Err(Error::refused("dispute.none"));
    };
    scene.actor.require_other_than(*asked_by)?;
    if is_of(scene.actor, &assignment.unit, scene.directory) {
        return Err(Error::new(Kind::Forbidden, "dispute.own_unit"));
    }
    let from = *from;
    let asked_at = assignment
        .timers
        .get(&ClockName::DisputeReview)
        .map_or(scene.now, |review| review.starts_at);
    if let Some(review) = assignment.timers.get_mut(&ClockName::DisputeReview) {
        review.stop(scene.now);
    }
    let outcome = if body.uphold { DisputeOutcome::Upheld } else { DisputeOutcome::Rejected };
    assignment.disputes.push(DisputeRecord {
        asked_at,
        decided_at: scene.now,
        outcome,
        reason: body.reason.to_string(),
    });
    if !body.uphold {
        assignment.work = Work::back_from_dispute(from);
        return Ok(());
    }
    return_it(ticket, scene, k);
    Ok(())
}

/// The unit need not do it: the assignment is void, and a lead's ticket waits for another one.
pub fn return_it(ticket: &mut Ticket, scene: &Scene<'_>, k: u32) {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return };
    assignment.drop_open_timers();
    assignment.work = Work::Returned { at: scene.now };
    let was_lead = assignment.part == Part::Lead;
    end_below(ticket, scene, k);
    if was_lead && matches!(ticket.state, State::InUnits { .. }) {
        ticket.drop_ledger_request(scene.now);
        ticket.back_to_accepted(scene);
    }
}

/// What a void assignment had passed down is void with it.
fn end_below(ticket: &mut Ticket, scene: &Scene<'_>, k: u32) {
    for below in ticket.below(k) {
        if let Some(assignment) = ticket.assignments.get_mut(&below) {
            assignment.drop_open_timers();
            assignment.work =
                Work::Recalled { at: scene.now, reason: "parent_returned".to_owned() };
        }
    }
}
