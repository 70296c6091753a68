//! Follow-up: the three questions (domain.md §5). Its rule: the last valid survey counts, the
//! first is kept beside it; the rule of attempts refuses, it does not correct.

use std::collections::BTreeSet;

use chrono::Timelike;

use super::appointment;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Role;
use crate::limits::ClockName;
use crate::limits::policy::AfterBadSurvey;
use crate::ticket::assignment::Rework;
use crate::ticket::command::{Survey, TriageBody};
use crate::ticket::overlay::{Attempt, Outcome, Triage, Way};
use crate::ticket::sight::handled_it;
use crate::ticket::state::{Awaits, Closing, State, Work};
use crate::ticket::{Mode, Scene, Ticket, link};
use crate::time::Stamp;

/// Writes down one try to ask the citizen, and what follows from it.
pub fn survey(ticket: &mut Ticket, scene: &Scene<'_>, body: &Survey) -> Result<()> {
    check(scene, body)?;
    if matches!(ticket.state, State::Surveying { awaits: Awaits::Triage }) {
        return Err(Error::refused("survey.awaits_triage"));
    }
    let way =
        if scene.actor.has(Role::Citizen) { body.way.unwrap_or(Way::Link) } else { Way::Phone };
    let attempt = Attempt {
        at: scene.now,
        by: scene.actor.user,
        way,
        round: ticket.round(),
        outcome: body.outcome,
        contacted: body.contacted,
        solved: body.solved,
        satisfied: body.satisfied,
        bottom_line: body.bottom_line.clone(),
        prompted: body.prompted,
        comment: body.comment.as_ref().map(ToString::to_string),
        again_at: body.again_at,
    };
    if scene.mode == Mode::Live {
        match way {
            Way::Phone => check_rule_of_attempts(ticket, scene)?,
            _ => check_link(ticket, scene, &attempt)?,
        }
    }
    let (valid, bad) = (attempt.answers().is_some(), attempt.is_bad());
    ticket.attempts.push(attempt);
    if scene.mode == Mode::Live
        && let Some(at) = body.again_at
    {
        agree(ticket, scene, at)?;
    }
    if let State::Closed { how } = &mut ticket.state {
        // An answer after an invalid close still counts; the close stays where it was.
        if valid {
            *how = Closing::Surveyed;
        }
        return Ok(());
    }
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

/// The reviewer, who is nobody of a unit that handled it, says why it is not solved, and whether the lead must work
/// again: another answer would better the figures of that unit.
pub fn triage(ticket: &mut Ticket, scene: &Scene<'_>, body: &TriageBody) -> Result<()> {
    if handled_it(ticket, scene.actor, scene.directory) {
        return Err(Error::new(Kind::Forbidden, "triage.own_unit"));
    }
    if !matches!(ticket.state, State::Surveying { awaits: Awaits::Triage }) {
        return Err(Error::refused("triage.nothing_bad"));
    }
    if body.rework {
        rework(ticket, scene)?;
    } else {
        ticket.end(State::Closed { how: Closing::AsItStands }, scene.now);
    }
    ticket.triages.push(Triage { at: scene.now, why: Some(body.why), rework: body.rework });
    Ok(())
}

/// Unsolved or dissatisfied: to the reviewer, or straight back to the lead where the profile says so.
fn bad_answer(ticket: &mut Ticket, scene: &Scene<'_>) -> Result<()> {
    let at_once = scene.profile.rework.after_bad_survey == AfterBadSurvey::AtOnce
        && ticket.reworks() < scene.profile.rework.max
        && ticket.final_lead().is_some();
    if at_once {
        rework(ticket, scene)?;
        // Nobody looked into it: it has no reason yet.
        ticket.triages.push(Triage { at: scene.now, why: None, rework: true });
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
pub fn attempts_used(ticket: &Ticket) -> u32 {
    let round = ticket.round();
    let used = ticket
        .attempts
        .iter()
        .filter(|attempt| attempt.round == round && attempt.way == Way::Phone)
        .count();
    u32::try_from(used).unwrap_or(u32::MAX)
}

/// Who was not reached answered nothing; and only citizens answer otherwise than on the telephone.
pub fn check(scene: &Scene<'_>, body: &Survey) -> Result<()> {
    let mut wrong = Vec::new();
    let by_citizen = scene.actor.has(Role::Citizen);
    if body.way.is_some_and(|way| (way == Way::Phone) == by_citizen) {
        wrong.push(FieldError::new("/way", "survey.way"));
    }
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
    wrong.extend(appointment::wrong(scene, body));
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

/// The call that the citizen asked for must be one that could be written down then: an attempt is left, the days of
/// asking (domain.md §5) are not over, and the rule of attempts takes it. The limit stays where it is.
pub(super) fn agree(ticket: &Ticket, scene: &Scene<'_>, at: Stamp) -> Result<()> {
    if attempts_used(ticket) >= scene.profile.survey.attempts {
        return Err(Error::refused("survey.again_exhausted"));
    }
    let window = link::survey_window(ticket, scene.profile);
    if let Some((_, until)) = window.filter(|(_, until)| at > *until) {
        let until = until.rfc3339(scene.calendar.zone());
        return Err(Error::with(Kind::Refused, "survey.again_window", &[("until", &until)]));
    }
    check_rule_of_attempts(ticket, &Scene { now: at, ..*scene })
}

/// The link in the message answers for some days ⚙ from the passed reply on, and not before the day
/// that the reply promised. One half of an answer a round and way is enough: a person asks the rest.
fn check_link(ticket: &Ticket, scene: &Scene<'_>, attempt: &Attempt) -> Result<()> {
    let window = link::survey_window(ticket, scene.profile);
    if let Some((from, _)) = window.filter(|(from, _)| scene.now < *from) {
        let from = from.rfc3339(scene.calendar.zone());
        return Err(Error::with(Kind::Refused, "survey.promised", &[("from", &from)]));
    }
    if window.is_some_and(|(_, until)| scene.now > until) {
        return Err(Error::refused("survey.link_over"));
    }
    let same = |it: &&Attempt| it.round == attempt.round && it.way == attempt.way;
    if attempt.answers().is_none() && ticket.attempts.iter().any(|it| same(&it)) {
        return Err(Error::refused("survey.half_given"));
    }
    Ok(())
}

/// Nobody who asked not to be called is called, and nobody before the day that the reply promised.
/// Up to 3 attempts ⚙ on at least 2 days ⚙ at different hours ⚙ of the day: an attempt in an hour
/// too near to an earlier one's is refused, and so is a last one that leaves them on too few days.
fn check_rule_of_attempts(ticket: &Ticket, scene: &Scene<'_>) -> Result<()> {
    let (zone, rule) = (scene.calendar.zone(), &scene.profile.survey);
    if ticket.caller.do_not_call {
        return Err(Error::refused("survey.do_not_call"));
    }
    if let Some(timer) = ticket.timers.get(&ClockName::Survey)
        && scene.now < timer.starts_at
    {
        let from = timer.starts_at.rfc3339(zone);
        return Err(Error::with(Kind::Refused, "survey.promised", &[("from", &from)]));
    }
    let round = ticket.round();
    let when = |at: Stamp| (at.day(zone), at.in_zone(zone).hour());
    let this = when(scene.now);
    let mut days = BTreeSet::from([this.0]);
    let mut tries = 1;
    for earlier in &ticket.attempts {
        if earlier.round == round && earlier.way == Way::Phone {
            let (day, hour) = when(earlier.at);
            if hour.abs_diff(this.1) < rule.hours_apart {
                return Err(Error::refused("survey.same_hour"));
            }
            days.insert(day);
            tries += 1;
        }
    }
    if tries >= rule.attempts && days.len() < rule.min_days.min(tries) as usize {
        return Err(Error::refused("survey.one_day"));
    }
    Ok(())
}
