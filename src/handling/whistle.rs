//! Handling: a street calls departments to come 吹哨报到. Its rule: every arrival and result is
//! recorded, and both sides are assessed (domain.md §1).

use crate::error::{Error, FieldError, Kind, Result};
use crate::limits::ClockName;
use crate::ticket::command::{ReportIn, Resulted, WhistleBody};
use crate::ticket::overlay::{Called, Said, Whistle};
use crate::ticket::state::Part;
use crate::ticket::{Assignment, Scene, Ticket};

/// The head of a street calls units; each may read along from now.
pub fn call(ticket: &mut Ticket, scene: &Scene<'_>, body: &WhistleBody) -> Result<()> {
    check(scene, body)?;
    let Some(by_unit) = scene.actor.unit.clone() else { return Err(Error::forbidden()) };
    let called = body
        .units
        .iter()
        .map(|unit| Called {
            unit: unit.clone(),
            head: scene.head_of(unit),
            timer: scene.start(ClockName::ReportIn, ticket.urgency, scene.now),
            arrived_at: None,
            result: None,
        })
        .collect();
    for unit in &body.units {
        if !ticket.units().any(|there| there == unit) {
            let k = ticket.next_assignment();
            let copy = Assignment::sent(unit.clone(), scene.head_of(unit), Part::Copy, scene.now);
            ticket.assignments.insert(k, copy);
        }
    }
    let id = ticket.whistles.keys().next_back().map_or(1, |last| last + 1);
    let (by, at, text) = (scene.actor.user, scene.now, body.text.to_string());
    let by_head = scene.head_of(&by_unit);
    let whistle = Whistle { by_unit, by_head, by, at, text, called, closed: None };
    ticket.whistles.insert(id, whistle);
    Ok(())
}

/// The called units exist, may be called, are others than the caller, each named once.
pub fn check(scene: &Scene<'_>, body: &WhistleBody) -> Result<()> {
    let today = scene.now.day(scene.calendar.zone());
    let mut wrong = Vec::new();
    if body.units.is_empty() {
        wrong.push(FieldError::new("/units", "field.required"));
    }
    for (index, unit) in body.units.iter().enumerate() {
        let pointer = format!("/units/{index}");
        if scene.directory.unit(unit).is_none() {
            wrong.push(FieldError::new(pointer, "field.unknown_code"));
        } else if scene.directory.may_be_responsible(unit, today).is_err() {
            wrong.push(FieldError::new(pointer, "dispatch.not_responsible"));
        } else if scene.actor.unit.as_ref() == Some(unit) {
            wrong.push(FieldError::new(pointer, "whistle.itself"));
        } else if body.units.iter().take(index).any(|earlier| earlier == unit) {
            wrong.push(FieldError::new(pointer, "dispatch.named_twice"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// A called unit has come; a second report adds its result.
pub fn report_in(ticket: &mut Ticket, scene: &Scene<'_>, id: u32, body: &ReportIn) -> Result<()> {
    let Some(whistle) = ticket.whistles.get_mut(&id) else { return Err(Error::not_found()) };
    let closed = whistle.closed.is_some();
    // Whoever works for several of them reports in for the own unit first, then for the absent.
    let place = |c: &Called| {
        let own = scene.actor.unit.as_ref() == Some(&c.unit);
        scene
            .actor
            .works_for(&c.unit)
            .then_some((own && c.arrived_at.is_none(), c.arrived_at.is_none()))
    };
    let called = whistle.called.iter_mut().filter(|c| place(c).is_some()).max_by_key(|c| place(c));
    let Some(called) = called else {
        return Err(Error::new(Kind::Forbidden, "whistle.not_called"));
    };
    if closed {
        return Err(Error::refused("whistle.closed"));
    }
    if called.arrived_at.is_some() && (body.result.is_none() || called.result.is_some()) {
        return Err(Error::refused("whistle.reported"));
    }
    if called.arrived_at.is_none() {
        called.arrived_at = Some(scene.now);
        called.timer.stop(scene.now);
    }
    if let Some(result) = &body.result {
        called.result = Some(result.to_string());
    }
    Ok(())
}

/// The street that called closes it with a result.
pub fn close(ticket: &mut Ticket, scene: &Scene<'_>, id: u32, body: &Resulted) -> Result<()> {
    let Some(whistle) = ticket.whistles.get_mut(&id) else { return Err(Error::not_found()) };
    if !scene.actor.works_for(&whistle.by_unit) {
        return Err(Error::new(Kind::Forbidden, "whistle.not_caller"));
    }
    if whistle.closed.is_some() {
        return Err(Error::refused("whistle.closed"));
    }
    let by = scene.actor.name.clone();
    whistle.closed = Some(Said { at: scene.now, by, text: body.result.to_string() });
    Ok(())
}
