//! Routing: sending a ticket to its units. Its rule: exactly one live lead; the citizen's clock is
//! never touched by who handles it.

use crate::directory::UnitCode;
use crate::error::{Error, FieldError, Result};
use crate::limits::{ClockName, Span};
use crate::ticket::command::{Conclude, Consult, Dispatch, Reasoned, SubDispatch};
use crate::ticket::sight::{may_lead, owes_contact};
use crate::ticket::state::{Part, State, Work};
use crate::ticket::{Assignment, Scene, Ticket};

/// Sends it to a lead with assists and copies; in `in_units`, adds assists and copies.
pub fn dispatch(ticket: &mut Ticket, scene: &Scene<'_>, body: &Dispatch) -> Result<()> {
    let adding = matches!(ticket.state, State::InUnits { .. });
    let mut wrong = Vec::new();
    if adding && named(body).next().is_none() {
        wrong.push(FieldError::new("/assists", "field.required"));
    } else if let Err(error) = check_named(scene, body) {
        wrong.extend(error.fields().iter().cloned());
    }
    if body.lead.is_none() && !adding && named(body).next().is_some() {
        wrong.push(FieldError::new("/lead", "field.required"));
    }
    check_units(ticket, scene, body, &mut wrong);
    if body.lead.is_some() && !adding && must_designate(ticket, scene) && !body.designate {
        wrong.push(FieldError::new("/designate", "dispatch.must_designate"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if body.lead.is_some() && adding {
        return Err(Error::refused("dispatch.has_lead"));
    }
    if let Some(urgency) = body.urgency {
        ticket.change_urgency(scene, urgency);
    }
    send(ticket, scene, body);
    Ok(())
}

/// Duty is unclear: the units named confer; each may read along.
pub fn consult(ticket: &mut Ticket, scene: &Scene<'_>, body: &Consult) -> Result<()> {
    check_consult(scene, body)?;
    ticket.stop_clock(ClockName::Dispatch, scene.now);
    for unit in &body.units {
        if !has_live_or_copy(ticket, unit) {
            open(ticket, scene, unit, Part::Copy);
        }
    }
    ticket.state = State::Consulting { units: body.units.clone(), since: scene.now };
    Ok(())
}

/// The units to confer exist and may be responsible.
pub fn check_consult(scene: &Scene<'_>, body: &Consult) -> Result<()> {
    let mut wrong = Vec::new();
    if body.units.is_empty() {
        wrong.push(FieldError::new("/units", "field.required"));
    }
    for (index, unit) in body.units.iter().enumerate() {
        check_unit(scene, unit, &format!("/units/{index}"), &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// The minutes name lead and assists, and may designate.
pub fn conclude(ticket: &mut Ticket, scene: &Scene<'_>, body: &Conclude) -> Result<()> {
    dispatch(ticket, scene, &as_dispatch(body))
}

/// What the minutes say, as a dispatch.
pub fn as_dispatch(body: &Conclude) -> Dispatch {
    Dispatch {
        lead: Some(body.lead.clone()),
        assists: body.assists.clone(),
        copies: Vec::new(),
        urgency: None,
        designate: body.designate,
        note: Some(body.minutes.clone()),
    }
}

/// The dispatcher takes it back from all its units.
pub fn recall(ticket: &mut Ticket, scene: &Scene<'_>, body: &Reasoned) -> Result<()> {
    for assignment in ticket.assignments.values_mut().filter(|a| a.is_live()) {
        recall_one(assignment, scene, &body.reason);
    }
    ticket.drop_ledger_request(scene.now);
    ticket.close_whistles_of_the_gone(scene);
    ticket.back_to_accepted(scene);
    Ok(())
}

/// The dispatcher takes an assist back.
pub fn recall_assist(
    ticket: &mut Ticket,
    scene: &Scene<'_>,
    k: u32,
    body: &Reasoned,
) -> Result<()> {
    for k in ticket.below(k).into_iter().chain([k]) {
        if let Some(assignment) = ticket.assignments.get_mut(&k) {
            recall_one(assignment, scene, &body.reason);
        }
    }
    ticket.close_whistles_of_the_gone(scene);
    Ok(())
}

/// Takes the work back from one unit.
pub fn recall_one(assignment: &mut Assignment, scene: &Scene<'_>, reason: &str) {
    assignment.drop_open_timers();
    assignment.work = Work::Recalled { at: scene.now, reason: reason.to_owned() };
}

/// A unit passes work to one below it: an assist with a parent and an earlier limit, in no rate.
pub fn sub_dispatch(
    ticket: &mut Ticket,
    scene: &Scene<'_>,
    k: u32,
    body: &SubDispatch,
) -> Result<()> {
    let Some(parent) = ticket.assignments.get(&k) else { return Err(Error::not_found()) };
    let mut wrong = wrong_below(scene, body);
    if body.unit == parent.unit || !scene.directory.subtree(&parent.unit).contains(&body.unit) {
        wrong.push(FieldError::new("/unit", "sub_dispatch.not_below"));
    }
    if ticket
        .assignments
        .values()
        .any(|a| a.unit == body.unit && a.part != Part::Copy && a.is_live())
    {
        wrong.push(FieldError::new("/unit", "dispatch.already_there"));
    }
    let own_due = match parent.reworks.last() {
        Some(rework) => Some(rework.timer.due_at),
        None => parent.timers.get(&ClockName::Handle).map(|timer| timer.due_at),
    };
    if body.due_at > scene.now && own_due.is_some_and(|due| body.due_at >= due) {
        wrong.push(FieldError::new("/due_at", "sub_dispatch.not_earlier"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let below = open(ticket, scene, &body.unit, Part::Assist);
    if let Some(assignment) = ticket.assignments.get_mut(&below) {
        assignment.parent = Some(k);
        assignment.timers.remove(&ClockName::DisputeWindow);
        let until = Span::Until { at: body.due_at };
        let handle = scene.start_span(ClockName::Handle, until, scene.now, None);
        assignment.timers.insert(ClockName::Handle, handle);
    }
    Ok(())
}

/// What passing work down says by itself: a unit that may be responsible, and a time to come.
pub fn check_below(scene: &Scene<'_>, body: &SubDispatch) -> Result<()> {
    let wrong = wrong_below(scene, body);
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

fn wrong_below(scene: &Scene<'_>, body: &SubDispatch) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    check_unit(scene, &body.unit, "/unit", &mut wrong);
    if body.due_at <= scene.now {
        wrong.push(FieldError::new("/due_at", "field.in_past"));
    }
    wrong
}

/// Whether the next dispatch to a lead must designate: the third one does ⚙ (domain.md §3).
fn must_designate(ticket: &Ticket, scene: &Scene<'_>) -> bool {
    let reopened = ticket.endings.iter().filter_map(|ending| ending.reopened_at).next_back();
    let leads = ticket
        .assignments
        .values()
        .filter(|a| a.part == Part::Lead && reopened.is_none_or(|at| a.sent_at >= at))
        .count();
    leads + 1 >= scene.profile.dispute.designate_from_dispatch as usize
}

fn send(ticket: &mut Ticket, scene: &Scene<'_>, body: &Dispatch) {
    ticket.stop_clock(ClockName::Dispatch, scene.now);
    if let Some(unit) = &body.lead {
        let lead = open(ticket, scene, unit, Part::Lead);
        if body.designate
            && let Some(assignment) = ticket.assignments.get_mut(&lead)
        {
            assignment.designated = true;
            assignment.timers.remove(&ClockName::DisputeWindow);
        }
        ticket.state = State::InUnits { lead };
    }
    for unit in &body.assists {
        open(ticket, scene, unit, Part::Assist);
    }
    for unit in &body.copies {
        open(ticket, scene, unit, Part::Copy);
    }
}

/// Opens an assignment with its unit clocks; a copy has none.
pub fn open(ticket: &mut Ticket, scene: &Scene<'_>, unit: &UnitCode, part: Part) -> u32 {
    let k = ticket.next_assignment();
    let mut assignment = Assignment::sent(unit.clone(), scene.head_of(unit), part, scene.now);
    if part != Part::Copy {
        let mut clocks = vec![ClockName::Sign, ClockName::Handle, ClockName::DisputeWindow];
        if owes_contact(ticket, unit, scene.directory) {
            clocks.push(ClockName::Contact);
        }
        for clock in clocks {
            let timer = scene.start(clock, ticket.urgency, scene.now);
            assignment.timers.insert(clock, timer);
        }
    }
    ticket.assignments.insert(k, assignment);
    k
}

fn has_live_or_copy(ticket: &Ticket, unit: &UnitCode) -> bool {
    ticket.assignments.values().any(|a| a.unit == *unit && a.is_live())
}

/// The units of a dispatch with their pointers and parts.
fn named(body: &Dispatch) -> impl Iterator<Item = (&UnitCode, String, Part)> {
    body.lead
        .iter()
        .map(|unit| (unit, "/lead".to_owned(), Part::Lead))
        .chain(numbered(&body.assists, "assists", Part::Assist))
        .chain(numbered(&body.copies, "copies", Part::Copy))
}

fn numbered<'a>(
    units: &'a [UnitCode],
    list: &'static str,
    part: Part,
) -> impl Iterator<Item = (&'a UnitCode, String, Part)> {
    units.iter().enumerate().map(move |(i, unit)| (unit, format!("/{list}/{i}"), part))
}

/// What a dispatch says by itself: units that exist and may be responsible, each named once, and
/// somebody at all.
pub fn check_named(scene: &Scene<'_>, body: &Dispatch) -> Result<()> {
    let mut wrong = Vec::new();
    let mut seen: Vec<&UnitCode> = Vec::new();
    for (unit, pointer, _) in named(body) {
        if !check_unit(scene, unit, &pointer, &mut wrong) {
            continue;
        }
        if seen.contains(&unit) {
            wrong.push(FieldError::new(pointer, "dispatch.named_twice"));
        }
        seen.push(unit);
    }
    if named(body).next().is_none() {
        wrong.push(FieldError::new("/lead", "field.required"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// What is wrong with units that could be sent to otherwise: they are on it already, or may not
/// lead this ticket.
fn check_units(ticket: &Ticket, scene: &Scene<'_>, body: &Dispatch, wrong: &mut Vec<FieldError>) {
    for (unit, pointer, part) in named(body) {
        let works_already = ticket.assignments.values().any(|a| {
            a.unit == *unit && a.is_live() && (a.part != Part::Copy || part == Part::Copy)
        });
        if works_already {
            wrong.push(FieldError::new(pointer.clone(), "dispatch.already_there"));
        }
        if part == Part::Lead && !may_lead(ticket, unit, scene.directory) {
            wrong.push(FieldError::new(pointer, "dispatch.sealed_lead"));
        }
    }
}

/// Adds what is wrong with `unit`; true where nothing is.
pub fn check_unit(
    scene: &Scene<'_>,
    unit: &UnitCode,
    pointer: &str,
    wrong: &mut Vec<FieldError>,
) -> bool {
    if scene.directory.unit(unit).is_none() {
        wrong.push(FieldError::new(pointer, "field.unknown_code"));
        return false;
    }
    let day = scene.now.day(scene.calendar.zone());
    if scene.directory.may_be_responsible(unit, day).is_err() {
        wrong.push(FieldError::new(pointer, "dispatch.not_responsible"));
        return false;
    }
    true
}
