//! Handling: the ladder of supervision 督办: urge, supervise, interview, circular.

use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Kind, Result};
use crate::ticket::command::{Resulted, Spoken, Supervise};
use crate::ticket::overlay::{Joined, Said, Step, Supervision};
use crate::ticket::sight::is_of;
use crate::ticket::state::Part;
use crate::ticket::{Mode, Scene, Ticket};
use crate::time::Stamp;

/// Opens a rung, addressed to the units that are named; where none is, to the one that leads.
pub fn open(ticket: &mut Ticket, scene: &Scene<'_>, body: &Supervise) -> Result<()> {
    check(scene, body)?;
    let mut units = addressed(ticket, scene, body)?.into_iter();
    let unit = units.next();
    let others = units.map(|unit| Joined { unit, answer: None }).collect();
    let id = ticket.supervisions.keys().next_back().map_or(1, |last| last + 1);
    ticket.supervisions.insert(
        id,
        Supervision {
            step: body.step,
            text: body.text.to_string(),
            opened_at: scene.now,
            opened_by: scene.actor.user,
            unit,
            due_at: body.due_at.or_else(|| answer_due(scene, body.step)),
            answer: None,
            others,
            result: None,
        },
    );
    Ok(())
}

/// By when an answer is due where nobody names a time ⚙; an urging wants none.
pub fn answer_due(scene: &Scene<'_>, step: Step) -> Option<Stamp> {
    let span = scene.profile.supervision.answer.0;
    let is_owed = step != Step::Urge && scene.mode == Mode::Live;
    is_owed.then(|| span.due(scene.now, scene.calendar))
}

/// Whom a rung is addressed to, each once, the lead first where it is among them: all work or worked on the ticket.
fn addressed(ticket: &Ticket, scene: &Scene<'_>, body: &Supervise) -> Result<Vec<UnitCode>> {
    let lead = ticket.final_lead().map(|(_, lead)| &lead.unit);
    let mut units: Vec<UnitCode> = Vec::new();
    let mut wrong = Vec::new();
    for (place, unit) in body.units.iter().enumerate() {
        let mut own = ticket.assignments.values();
        let works =
            own.any(|a| a.unit == *unit && a.part != Part::Copy && !a.work.name().is_void());
        if !works && scene.mode == Mode::Live {
            wrong.push(FieldError::new(format!("/units/{place}"), "supervise.not_on_ticket"));
        }
        if units.contains(unit) {
            continue;
        }
        let place = if lead == Some(unit) { 0 } else { units.len() };
        units.insert(place, unit.clone());
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if units.is_empty() {
        units.extend(lead.cloned());
    }
    Ok(units)
}

/// An answer is due at a time to come.
pub fn check(scene: &Scene<'_>, body: &Supervise) -> Result<()> {
    if body.due_at.is_some_and(|due| due <= scene.now) && scene.mode == Mode::Live {
        return Err(Error::field("/due_at", "field.in_past"));
    }
    Ok(())
}

/// The unit's head answers: for the own unit where it is among them; else, whoever stands above several of the units
/// answers for one after the other.
pub fn answer(ticket: &mut Ticket, scene: &Scene<'_>, id: u32, body: &Spoken) -> Result<()> {
    let Some(supervision) = ticket.supervisions.get_mut(&id) else {
        return Err(Error::not_found());
    };
    let is_closed = supervision.result.is_some();
    let first = supervision.unit.as_ref().map(|unit| (unit, &mut supervision.answer));
    let others = supervision.others.iter_mut().map(|one| (&one.unit, &mut one.answer));
    let mut own: Vec<_> =
        first.into_iter().chain(others).filter(|(unit, _)| scene.actor.works_for(unit)).collect();
    if own.is_empty() {
        return Err(Error::new(Kind::Forbidden, "not_your_unit"));
    }
    if is_closed {
        return Err(Error::refused("supervise.closed"));
    }
    let mine = own.iter().position(|(unit, _)| scene.actor.unit.as_ref() == Some(*unit));
    let open = || own.iter().position(|(_, answer)| answer.is_none());
    let next = mine.or_else(open).unwrap_or(0);
    let by = scene.actor.name.clone();
    *own[next].1 = Some(Said { at: scene.now, by, text: body.text.to_string() });
    Ok(())
}

/// Whether the program opened it on a unit that the actor belongs to, or to one below it: then another closes it.
pub fn is_their_own(supervision: &Supervision, scene: &Scene<'_>) -> bool {
    let is_own = |unit: &UnitCode| is_of(scene.actor, unit, scene.directory);
    supervision.opened_by == 0 && supervision.addressed().any(|(unit, _)| is_own(unit))
}

/// Whoever opened it closes it with a result.
pub fn close(ticket: &mut Ticket, scene: &Scene<'_>, id: u32, body: &Resulted) -> Result<()> {
    let Some(supervision) = ticket.supervisions.get_mut(&id) else {
        return Err(Error::not_found());
    };
    // What the program opened (a missed promise) any reviewer or leader may close.
    if supervision.opened_by != 0 && supervision.opened_by != scene.actor.user {
        return Err(Error::new(Kind::Forbidden, "supervise.not_opener"));
    }
    if is_their_own(supervision, scene) {
        return Err(Error::new(Kind::Forbidden, "supervise.own_close"));
    }
    if supervision.result.is_some() {
        return Err(Error::refused("supervise.closed"));
    }
    let by = scene.actor.name.clone();
    supervision.result = Some(Said { at: scene.now, by, text: body.result.to_string() });
    Ok(())
}
