//! Follow-up: taking an ended ticket up again. Its rule: within 30 natural days ⚙ it is the same
//! ticket with a new overall clock; later it is a new ticket linked to the old one (domain.md §2).

use crate::error::{Error, Result};
use crate::ticket::{Mode, Scene, Ticket};

/// From declined, diverted or closed back to accepted.
pub fn reopen(ticket: &mut Ticket, scene: &Scene<'_>) -> Result<()> {
    let Some(ending) = ticket.endings.last_mut() else {
        return Err(Error::refused("reopen.not_ended"));
    };
    let days = i64::from(scene.profile.reopen_days);
    let too_late = scene.now.millis_since(ending.at) > days * 86_400_000;
    if too_late && scene.mode == Mode::Live {
        return Err(Error::refused("reopen.too_late"));
    }
    ending.reopened_at = Some(scene.now);
    if ticket.direct.is_some() && !ticket.class.chosen {
        ticket.class = scene.class_of(ticket.kind);
    }
    ticket.direct = None;
    if ticket.first_passed_at.is_none() {
        ticket.handled_ms = None;
    }
    ticket.withdrawal = None;
    ticket.start_overall(scene, scene.now);
    ticket.back_to_accepted(scene);
    Ok(())
}
