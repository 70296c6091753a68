//! Handling: signing for the work, the first contact with the citizen, and notes on the way.

use crate::error::{Error, Result};
use crate::limits::{ClockName, Timer};
use crate::ticket::assignment::{Contact, ContactOutcome, Progress};
use crate::ticket::command::{ContactBody, ProgressBody};
use crate::ticket::state::{Work, WorkName};
use crate::ticket::{Scene, Ticket};

/// The unit has seen it. Where no contact is owed (any more), handling begins at once.
pub fn sign(ticket: &mut Ticket, scene: &Scene<'_>, k: u32) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if let Some(timer) = assignment.timers.get_mut(&ClockName::Sign) {
        timer.stop(scene.now);
    }
    let contact = assignment.timers.get(&ClockName::Contact);
    let owes_contact = contact.is_some_and(Timer::is_open);
    assignment.work = if owes_contact { Work::Signed {} } else { Work::Handling {} };
    Ok(())
}

/// The unit tried to reach the citizen. The recording stops the clock; a typed time is information.
pub fn contact(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &ContactBody) -> Result<()> {
    check(scene, body)?;
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    assignment.contacts.push(Contact {
        at: scene.now,
        outcome: body.outcome,
        typed_at: body.at,
        text: body.text.as_ref().map(ToString::to_string),
    });
    if contacted(&assignment.contacts, scene)
        && let Some(timer) = assignment.timers.get_mut(&ClockName::Contact)
        && timer.stopped_at.is_none()
    {
        timer.stop(scene.now);
    }
    match &mut assignment.work {
        Work::Signed {} => assignment.work = Work::Handling {},
        // The duty stays while a dispute is open; refused, it goes back to where the work is now.
        Work::Disputed { from, .. } if *from == WorkName::Signed => *from = WorkName::Handling,
        _ => {}
    }
    Ok(())
}

/// Nobody was rung in the future.
pub fn check(scene: &Scene<'_>, body: &ContactBody) -> Result<()> {
    if body.at.is_some_and(|at| at > scene.now) {
        return Err(Error::field("/at", "field.in_future"));
    }
    Ok(())
}

/// When the tries so far count as a contact: spoke, message left or dead number at once; no answer
/// only after two tries at least two hours apart by day ⚙ (domain.md §4).
fn contacted(contacts: &[Contact], scene: &Scene<'_>) -> bool {
    if contacts.iter().any(|contact| contact.outcome != ContactOutcome::NoAnswer) {
        return true;
    }
    let tries: Vec<_> = contacts.iter().map(|contact| contact.at).collect();
    scene.profile.no_answer.counts_from(&tries, scene.calendar.zone()).is_some()
}

/// A note on the way, with points where the work is broken down to places.
pub fn progress(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &ProgressBody) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    assignment.progress.push(Progress {
        at: scene.now,
        text: body.text.to_string(),
        points: body.points.clone(),
    });
    Ok(())
}
