//! Follow-up: an appointment that is moved or cancelled because the citizen rang back 改约回访. Its rule: nobody was rung, so
//! no attempt is used and no limit moves; the new time is one that the last call could have agreed on.

use super::{appointment, survey};
use crate::error::{Error, Result};
use crate::ticket::command::Rearrange;
use crate::ticket::overlay::Way;
use crate::ticket::{Mode, Scene, Ticket};

/// Puts the appointment of `ticket` at another time, or ends it.
pub fn rearrange(ticket: &mut Ticket, scene: &Scene<'_>, body: &Rearrange) -> Result<()> {
    check(scene, body)?;
    if appointment::of(ticket).is_none() {
        return Err(Error::refused("survey.nothing_agreed"));
    }
    if scene.mode == Mode::Live
        && let Some(at) = body.again_at
    {
        survey::agree(ticket, scene, at)?;
    }
    let round = ticket.round();
    let mut calls = ticket.attempts.iter_mut().rev();
    if let Some(last) = calls.find(|it| it.round == round && it.way == Way::Phone) {
        last.again_at = body.again_at;
    }
    Ok(())
}

/// A time to come, or that it is cancelled; one of them.
pub fn check(scene: &Scene<'_>, body: &Rearrange) -> Result<()> {
    match (body.again_at, body.cancel) {
        (Some(_), true) => Err(Error::field("/again_at", "survey.again_cancelled")),
        (None, false) => Err(Error::field("/again_at", "field.required")),
        (Some(at), false) if at <= scene.now => Err(Error::field("/again_at", "field.in_past")),
        _ => Ok(()),
    }
}
