//! Follow-up: when a citizen asked to be rung again 预约回访. Its rule: it is said in a call, and that call is an attempt like
//! any other; it moves no limit, holds for one call, and ends with the next one or with the survey.

use crate::error::FieldError;
use crate::identity::Role;
use crate::ticket::command::Survey;
use crate::ticket::overlay::{Attempt, Outcome, Way};
use crate::ticket::state::{Awaits, State};
use crate::ticket::{Scene, Ticket};
use crate::time::Stamp;

/// What is wrong with the time in `body`, whatever the ticket: it is of a call in which somebody spoke and not all three
/// questions were answered, and it lies ahead.
pub fn wrong(scene: &Scene<'_>, body: &Survey) -> Option<FieldError> {
    let at = body.again_at?;
    let spoke =
        matches!(body.outcome, Outcome::Reached | Outcome::NotTheCaller | Outcome::TooEarly);
    let answered = body.contacted.is_some() && body.solved.is_some() && body.satisfied.is_some();
    if !spoke || answered || scene.actor.has(Role::Citizen) {
        return Some(FieldError::new("/again_at", "survey.again_pointless"));
    }
    (at <= scene.now).then(|| FieldError::new("/again_at", "field.in_past"))
}

/// When the citizen of `ticket` asked to be rung, while that call is owed: the last call of this round said so.
pub fn of(ticket: &Ticket) -> Option<Stamp> {
    if !matches!(ticket.state, State::Surveying { awaits: Awaits::Answer }) {
        return None;
    }
    let round = ticket.round();
    let of_round = |it: &&Attempt| it.round == round && it.way == Way::Phone;
    ticket.attempts.iter().rev().find(of_round)?.again_at
}
