//! Handling: a later limit 延期. Its rule: one, asked on a day before the due day, the caller told;
//! granted late it still counts (domain.md §4).

use crate::directory::Urgency;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::ticket::assignment::{ExtensionRequest, RequestStage};
use crate::ticket::command::{Decide, Endorse, Extend, Request};
use crate::ticket::overlay::{ExclusionStage, LedgerStage};
use crate::ticket::sight::is_of;
use crate::ticket::state::Part;
use crate::ticket::{Assignment, Scene, Ticket};

/// The handler asks; the unit head endorses it before the reviewer decides.
pub fn extend(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Extend) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    check_until(assignment, scene, body)?;
    check_possible(assignment, scene, ticket.urgency)?;
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

/// The caller was told.
pub fn check(body: &Extend) -> Result<()> {
    if body.caller_told {
        return Ok(());
    }
    Err(Error::field("/caller_told", "extension.caller_not_told"))
}

/// The day named is later than the limit, and not too late.
fn check_until(assignment: &Assignment, scene: &Scene<'_>, body: &Extend) -> Result<()> {
    let mut wrong = Vec::new();
    if let Some(timer) = assignment.timers.get(&ClockName::Handle) {
        let latest = timer.latest_extension(scene.profile.extension.max_workdays, scene.calendar);
        if body.until.0 <= timer.due_day(scene.calendar) {
            wrong.push(FieldError::new("/until", "extension.not_later"));
        } else if body.until.0 > latest {
            let latest = latest.to_string();
            wrong.push(FieldError::with("/until", "extension.too_long", &[("latest", &latest)]));
        }
    }
    if let Err(error) = check(body) {
        wrong.extend(error.fields().iter().cloned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// One, of the first round, in time, and never where it is urgent.
fn check_possible(assignment: &Assignment, scene: &Scene<'_>, urgency: Urgency) -> Result<()> {
    if !scene.profile.may_extend(urgency) {
        return Err(Error::refused("extension.urgent"));
    }
    let not_here = assignment.part == Part::Copy || assignment.parent.is_some();
    let Some(timer) = assignment.timers.get(&ClockName::Handle) else {
        return Err(Error::refused("extension.not_here"));
    };
    if not_here || !assignment.reworks.is_empty() {
        return Err(Error::refused("extension.not_here"));
    }
    let used = assignment.extensions.iter().filter(|r| r.stage != RequestStage::Refused).count();
    if used >= scene.profile.extension.max as usize {
        return Err(Error::refused("extension.once"));
    }
    if scene.now.day(scene.calendar.zone()) >= timer.due_day(scene.calendar) {
        return Err(Error::refused("extension.too_late"));
    }
    Ok(())
}

/// The reviewer decides, who is nobody of the unit that asks, nor below it; a lead's extension moves the overall limit
/// equally.
pub fn decide(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Decide) -> Result<()> {
    let Some(assignment) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    let asks_itself = is_of(scene.actor, &assignment.unit, scene.directory);
    if let Some(request) = assignment.open_extension() {
        scene.actor.require_other_than(request.asked_by)?;
        request.endorsed_by.map_or(Ok(()), |head| scene.actor.require_other_than(head))?;
        if asks_itself {
            return Err(Error::new(Kind::Forbidden, "extension.own_unit"));
        }
    }
    require_reason(body)?;
    let Some(request) = assignment.open_extension() else {
        return Err(Error::refused("extension.none"));
    };
    if request.stage == RequestStage::ToEndorse {
        return Err(Error::refused("request.not_endorsed"));
    }
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
    let well_formed = || check_endorsement(body);
    let refused = || Error::refused("request.nothing_to_endorse");
    let nothing = || well_formed().err().unwrap_or_else(refused);
    let own = |asked_by: i64| scene.actor.require_other_than(asked_by).and_then(|()| well_formed());
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
    if body.approve || body.reason.is_some() { Ok(()) } else { Err(no_reason()) }
}

/// A no to one's own handler needs its reason too.
pub fn check_endorsement(body: &Endorse) -> Result<()> {
    if body.approve || body.reason.is_some() { Ok(()) } else { Err(no_reason()) }
}

fn no_reason() -> Error {
    Error::field("/reason", "field.required")
}
