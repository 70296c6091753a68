//! Handling: a later limit 延期. Its rule: one, asked on a day before the due day, the caller told;
//! granted late it still counts (domain.md §4).

use crate::error::{Error, FieldError, Result};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::ticket::assignment::{ExtensionRequest, RequestStage};
use crate::ticket::command::{Decide, Endorse, Extend, Request};
use crate::ticket::overlay::{ExclusionStage, LedgerStage};
use crate::ticket::state::Part;
use crate::ticket::{Scene, Ticket};

/// The handler asks; the unit head endorses it before the reviewer decides.
pub fn extend(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Extend) -> Result<()> {
    if !scene.profile.may_extend(ticket.urgency) {
        return Err(Error::refused("extension.urgent"));
    }
    let zone = scene.calendar.zone();
    let rule = &scene.profile.extension;
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if assignment.part == Part::Copy
        || assignment.parent.is_some()
        || !assignment.reworks.is_empty()
    {
        return Err(Error::refused("extension.not_here"));
    }
    let used = assignment.extensions.iter().filter(|r| r.stage != RequestStage::Refused).count();
    if used >= rule.max as usize {
        return Err(Error::refused("extension.once"));
    }
    let Some(timer) = assignment.timers.get(&ClockName::Handle) else {
        return Err(Error::refused("extension.not_here"));
    };
    let due_on = timer.due_at.day(zone);
    if scene.now.day(zone) >= due_on {
        return Err(Error::refused("extension.too_late"));
    }
    let mut wrong = Vec::new();
    let latest = scene.calendar.add_workdays(due_on, rule.max_workdays);
    if body.until.0 <= due_on {
        wrong.push(FieldError::new("/until", "extension.not_later"));
    } else if body.until.0 > latest {
        let latest = latest.to_string();
        wrong.push(FieldError::with("/until", "extension.too_long", &[("latest", &latest)]));
    }
    if !body.caller_told {
        wrong.push(FieldError::new("/caller_told", "extension.caller_not_told"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let endorses_itself = scene.actor.has(Role::UnitHead);
    assignment.extensions.push(ExtensionRequest {
        until: body.until.0,
        grounds: body.grounds.to_string(),
        asked_at: scene.now,
        asked_by: scene.actor.user,
        endorsed_by: endorses_itself.then_some(scene.actor.user),
        stage: if endorses_itself { RequestStage::ToDecide } else { RequestStage::ToEndorse },
        decided_at: None,
    });
    Ok(())
}

/// The reviewer decides; a lead's extension moves the overall limit equally.
pub fn decide(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Decide) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    let Some(request) = assignment.open_extension() else {
        return Err(Error::refused("extension.none"));
    };
    if request.stage == RequestStage::ToEndorse {
        return Err(Error::refused("request.not_endorsed"));
    }
    scene.actor.require_other_than(request.asked_by)?;
    if let Some(head) = request.endorsed_by {
        scene.actor.require_other_than(head)?;
    }
    require_reason(body)?;
    request.decided_at = Some(scene.now);
    if !body.approve {
        request.stage = RequestStage::Refused;
        return Ok(());
    }
    request.stage = RequestStage::Approved;
    let until = request.until;
    let is_lead = assignment.part == Part::Lead;
    let Some(handle) = assignment.timers.get_mut(&ClockName::Handle) else {
        return Err(Error::refused("extension.not_here"));
    };
    let extension = handle.extend_to(until, scene.now, scene.calendar);
    assignment.judge_again();
    if is_lead && let Some(overall) = ticket.timers.get_mut(&ClockName::Overall) {
        overall.extend_like(&extension, scene.calendar);
    }
    Ok(())
}

/// The unit head lets a handler's request go on, or stops it.
pub fn endorse(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Endorse) -> Result<()> {
    let user = scene.actor.user;
    if !body.approve && body.reason.is_none() {
        return Err(Error::field("/reason", "field.required"));
    }
    let nothing = || Error::refused("request.nothing_to_endorse");
    let own = |asked_by: i64| scene.actor.require_other_than(asked_by);
    // Ledger and exclusion are asked for the ticket: the lead's head endorses them, nobody else's.
    let leads = match body.request {
        Request::Extend => true,
        Request::Ledger => ticket.live_lead() == Some(k),
        Request::Exclude => ticket.final_lead().is_some_and(|(lead, _)| lead == k),
    };
    if !leads {
        return Err(nothing());
    }
    match body.request {
        Request::Extend => {
            let assignment = ticket.assignments.get_mut(&k).ok_or_else(Error::not_found)?;
            let request = assignment
                .open_extension()
                .filter(|request| request.stage == RequestStage::ToEndorse)
                .ok_or_else(nothing)?;
            own(request.asked_by)?;
            request.endorsed_by = Some(user);
            request.stage =
                if body.approve { RequestStage::ToDecide } else { RequestStage::Refused };
        }
        Request::Ledger => {
            let ledger = ticket
                .ledgers
                .iter_mut()
                .find(|ledger| ledger.stage == LedgerStage::ToEndorse)
                .ok_or_else(nothing)?;
            own(ledger.asked_by)?;
            ledger.endorsed_by = Some(user);
            ledger.stage = if body.approve { LedgerStage::ToDecide } else { LedgerStage::Refused };
        }
        Request::Exclude => {
            let exclusion = ticket
                .exclusion
                .as_mut()
                .filter(|exclusion| exclusion.stage == ExclusionStage::ToEndorse)
                .ok_or_else(nothing)?;
            own(exclusion.asked_by)?;
            exclusion.endorsed_by = Some(user);
            exclusion.stage =
                if body.approve { ExclusionStage::ToDecide } else { ExclusionStage::Refused };
        }
    }
    Ok(())
}

/// A no needs its reason.
pub fn require_reason(body: &Decide) -> Result<()> {
    if body.approve || body.reason.is_some() {
        Ok(())
    } else {
        Err(Error::field("/reason", "field.required"))
    }
}
