//! Intake: correcting what was written down. Its rule: a new urgency recomputes the limits from
//! their starts (domain.md §4).

use super::register::{accused_party, check_place, check_reach, company_of, completed_place};
use crate::error::{Error, FieldError, Result};
use crate::limits::{ClockName, Timer};
use crate::ticket::command::{Amend, Fields};
use crate::ticket::sight::{may_lead, owes_contact};
use crate::ticket::state::{Work, WorkName};
use crate::ticket::{Caller, Scene, Ticket};

/// Changes the fields named; what is absent stays.
pub fn amend(ticket: &mut Ticket, scene: &Scene<'_>, body: &Amend) -> Result<()> {
    let fields = &body.fields;
    check(scene, fields)?;
    check_lead(ticket, scene, fields)?;
    if let Some(kind) = fields.kind {
        ticket.kind = kind;
        // What a citizen has answered for leaves the figures by no correction.
        let class = scene.class_of(kind);
        if !ticket.class.chosen && !ticket.would_count_less(class.class) {
            ticket.class = class;
        }
    }
    if let Some(category) = &fields.category {
        ticket.category = Some(category.clone());
    }
    if let Some(title) = &fields.title {
        title.as_str().clone_into(&mut ticket.title);
    }
    if let Some(content) = &fields.content {
        content.as_str().clone_into(&mut ticket.content);
    }
    if let Some(accused) = &fields.accused {
        ticket.accused = Some(accused_party(scene.directory, accused));
    }
    if let Some(tags) = &fields.tags {
        ticket.tags.clone_from(tags);
    }
    if let Some(caller) = &fields.caller {
        change_caller(ticket, scene, caller);
    }
    if let Some(place) = &fields.place {
        ticket.place = completed_place(scene.directory, place);
        let day = ticket.received_at.day(scene.calendar.zone());
        ticket.company = company_of(scene.directory, &ticket.place, day);
    }
    if let Some(urgency) = fields.urgency {
        ticket.change_urgency(scene, urgency);
    }
    release_contacts(ticket, scene);
    Ok(())
}

/// The caller as corrected; the name before stays known, so that it stays masked. Another number once a unit
/// has the ticket is remembered by its instant: whom a survey reaches then is another question.
fn change_caller(ticket: &mut Ticket, scene: &Scene<'_>, caller: &Caller) {
    let before = std::mem::replace(&mut ticket.caller, caller.clone());
    if before.phone != caller.phone && ticket.was_dispatched() {
        ticket.phone_changed_at = Some(scene.now);
    }
    if let Some(name) = before.name.filter(|name| caller.name.as_ref() != Some(name))
        && !ticket.former_names.contains(&name)
    {
        ticket.former_names.push(name);
    }
}

/// A contact that is no longer owed (no number to ring, or a unit that now gets a handling copy)
/// is no longer waited for.
fn release_contacts(ticket: &mut Ticket, scene: &Scene<'_>) {
    let freed: Vec<u32> = ticket
        .assignments
        .iter()
        .filter(|(_, a)| a.is_live() && !owes_contact(ticket, &a.unit, scene.directory))
        .filter(|(_, a)| a.timers.get(&ClockName::Contact).is_some_and(Timer::is_open))
        .map(|(k, _)| *k)
        .collect();
    for k in freed {
        if let Some(assignment) = ticket.assignments.get_mut(&k) {
            assignment.timers.remove(&ClockName::Contact);
            if assignment.is(WorkName::Signed) {
                assignment.work = Work::Handling {};
            }
        }
    }
}

/// What the fields say by themselves, whatever the ticket.
pub fn check(scene: &Scene<'_>, fields: &Fields) -> Result<()> {
    let mut wrong = Vec::new();
    if *fields == Fields::default() {
        wrong.push(FieldError::new("/fields", "field.required"));
    }
    if let Some(category) = &fields.category
        && scene.directory.category(category).is_none()
    {
        wrong.push(FieldError::new("/fields/category", "field.unknown_code"));
    }
    if let Some(place) = &fields.place {
        check_place(scene.directory, place, "/fields/place", &mut wrong);
    }
    if let Some(caller) = &fields.caller {
        if !caller.anonymous && caller.phone.is_none() && caller.email.is_none() {
            wrong.push(FieldError::new("/fields/caller/phone", "intake.nobody_to_answer"));
        }
        check_reach(caller, "/fields/caller", &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// Sealing follows the kind and the accused: a company that leads already would see the case.
fn check_lead(ticket: &Ticket, scene: &Scene<'_>, fields: &Fields) -> Result<()> {
    if let Some((_, lead)) = ticket.final_lead() {
        let mut after = ticket.clone();
        after.kind = fields.kind.unwrap_or(ticket.kind);
        if let Some(accused) = &fields.accused {
            after.accused = Some(accused_party(scene.directory, accused));
        }
        if let Some(caller) = &fields.caller {
            after.caller = caller.clone();
        }
        if !may_lead(&after, &lead.unit, scene.directory) {
            return Err(Error::field("/fields", "dispatch.sealed_lead"));
        }
    }
    Ok(())
}
