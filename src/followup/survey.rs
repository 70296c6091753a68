//! Follow-up: the three questions (domain.md §5). Its rule: the last valid survey counts, the
//! first is kept beside it; the rule of attempts refuses, it does not correct.

use std::collections::BTreeSet;

use chrono::Timelike;

use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::limits::policy::AfterBadSurvey;
use crate::ticket::assignment::Rework;
use crate::ticket::command::{Survey, TriageBody};
use crate::ticket::overlay::{Attempt, Outcome, Triage, Way, Why};
use crate::ticket::state::{Awaits, Closing, State, Work};
use crate::ticket::{Mode, Scene, Ticket};

/// Writes down one try to ask the citizen, and what follows from it.
pub fn survey(ticket: &mut Ticket, scene: &Scene<'_>, body: &Survey) -> Result<()> {
    check(ticket, scene, body)?;
    let way = if scene.actor.has(Role::Citizen) { Way::Link } else { Way::Phone };
    if way == Way::Phone && scene.mode == Mode::Live {
        check_rule_of_attempts(ticket, scene)?;
    }
    let attempt = Attempt {
        at: scene.now,
        by: scene.actor.user,
        way,
        round: ticket.reworks(),
        outcome: body.outcome,
        contacted: body.contacted,
        solved: body.solved,
        satisfied: body.satisfied,
        bottom_line: body.bottom_line.clone(),
        prompted: body.prompted,
        comment: body.comment.as_ref().map(ToString::to_string),
    };
    let (valid, bad) = (attempt.answers().is_some(), attempt.is_bad());
    ticket.attempts.push(attempt);
    if valid {
        ticket.stop_clock(ClockName::Survey, scene.now);
    }
    if bad {
        return bad_answer(ticket, scene);
    }
    let exhausted =
        body.outcome == Outcome::Refused || attempts_used(ticket) >= scene.profile.survey.attempts;
    if valid {
        ticket.end(State::Closed { how: Closing::Surveyed }, scene.now);
    } else if exhausted && way == Way::Phone {
        ticket.stop_clock(ClockName::Survey, scene.now);
        ticket.end(State::Closed { how: Closing::Exhausted }, scene.now);
    }
    Ok(())
}

/// The reviewer says why it is not solved, and whether the lead must work again.
pub fn triage(ticket: &mut Ticket, scene: &Scene<'_>, body: &TriageBody) -> Result<()> {
    if !matches!(ticket.state, State::Surveying { awaits: Awaits::Triage }) {
        return Err(Error::refused("triage.nothing_bad"));
    }
    if body.rework {
        rework(ticket, scene)?;
    } else {
        ticket.end(State::Closed { how: Closing::AsItStands }, scene.now);
    }
    ticket.triages.push(Triage { at: scene.now, why: body.why, rework: body.rework });
    Ok(())
}

/// Unsolved or dissatisfied: to the reviewer, or straight back to the lead where the profile says so.
fn bad_answer(ticket: &mut Ticket, scene: &Scene<'_>) -> Result<()> {
    let at_once = scene.profile.rework.after_bad_survey == AfterBadSurvey::AtOnce
        && ticket.reworks() < scene.profile.rework.max
        && ticket.final_lead().is_some();
    if at_once {
        rework(ticket, scene)?;
        ticket.triages.push(Triage { at: scene.now, why: Why::PoorWork, rework: true });
    } else {
        ticket.state = State::Surveying { awaits: Awaits::Triage };
    }
    Ok(())
}

/// The same lead works again, on the rework clock; at most twice ⚙.
pub fn rework(ticket: &mut Ticket, scene: &Scene<'_>) -> Result<()> {
    if ticket.reworks() >= scene.profile.rework.max && scene.mode == Mode::Live {
        return Err(Error::refused("rework.max"));
    }
    let Some((lead, _)) = ticket.final_lead() else {
        return Err(Error::refused("rework.no_lead"));
    };
    let timer = scene.start(ClockName::Rework, ticket.urgency, scene.now);
    if let Some(assignment) = ticket.assignments.get_mut(&lead) {
        assignment.reworks.push(Rework { at: scene.now, timer });
        assignment.work = Work::Handling {};
    }
    ticket.state = State::InUnits { lead };
    Ok(())
}

/// How many attempts of this round were used; an answer by link or message uses none.
fn attempts_used(ticket: &Ticket) -> u32 {
    let round = ticket.reworks();
    let used = ticket
        .attempts
        .iter()
        .filter(|attempt| attempt.round == round && attempt.way == Way::Phone)
        .count();
    u32::try_from(used).unwrap_or(u32::MAX)
}

fn check(ticket: &Ticket, scene: &Scene<'_>, body: &Survey) -> Result<()> {
    let mut wrong = Vec::new();
    if body.outcome != Outcome::Reached {
        for (pointer, given) in [
            ("/contacted", body.contacted.is_some()),
            ("/solved", body.solved.is_some()),
            ("/satisfied", body.satisfied.is_some()),
        ] {
            if given {
                wrong.push(FieldError::new(pointer, "survey.not_reached"));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if matches!(ticket.state, State::Surveying { awaits: Awaits::Triage }) {
        return Err(Error::refused("survey.awaits_triage"));
    }
    // A surveyor of a unit that handled it never asks about it.
    let own_unit = ticket.assignments.values().any(|a| scene.actor.works_for(&a.unit));
    if own_unit && scene.actor.has(Role::Surveyor) {
        return Err(Error::new(Kind::Forbidden, "survey.own_unit"));
    }
    Ok(())
}

/// Up to 3 attempts ⚙ on at least 2 days at different hours: two in one hour of one day are
/// refused, and so is a last one that would leave them all on one day or all at one hour.
fn check_rule_of_attempts(ticket: &Ticket, scene: &Scene<'_>) -> Result<()> {
    let zone = scene.calendar.zone();
    let round = ticket.reworks();
    let when = |at: crate::time::Stamp| (at.day(zone), at.in_zone(zone).hour());
    let this = when(scene.now);
    let mut all: Vec<_> = ticket
        .attempts
        .iter()
        .filter(|attempt| attempt.round == round && attempt.way == Way::Phone)
        .map(|attempt| when(attempt.at))
        .collect();
    if all.contains(&this) {
        return Err(Error::refused("survey.same_hour"));
    }
    all.push(this);
    let days: BTreeSet<_> = all.iter().map(|(day, _)| *day).collect();
    let hours: BTreeSet<_> = all.iter().map(|(_, hour)| *hour).collect();
    let last = all.len() >= scene.profile.survey.attempts as usize && all.len() > 1;
    if last && days.len() < scene.profile.survey.min_days as usize {
        return Err(Error::refused("survey.one_day"));
    }
    if last && hours.len() < 2 {
        return Err(Error::refused("survey.one_hour"));
    }
    Ok(())
}
