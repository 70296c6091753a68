//! Handling: the ladder of supervision 督办: urge, supervise, interview, circular.

use crate::error::{Error, Kind, Result};
use crate::ticket::command::{Resulted, Spoken, Supervise};
use crate::ticket::overlay::{Said, Supervision};
use crate::ticket::{Mode, Scene, Ticket};

/// Opens a rung, addressed to the unit that leads.
pub fn open(ticket: &mut Ticket, scene: &Scene<'_>, body: &Supervise) -> Result<()> {
    check(scene, body)?;
    let unit = ticket.final_lead().map(|(_, lead)| lead.unit.clone());
    let id = ticket.supervisions.keys().next_back().map_or(1, |last| last + 1);
    ticket.supervisions.insert(
        id,
        Supervision {
            step: body.step,
            text: body.text.to_string(),
            opened_at: scene.now,
            opened_by: scene.actor.user,
            unit,
            due_at: body.due_at,
            answer: None,
            result: None,
        },
    );
    Ok(())
}

/// An answer is due at a time to come.
pub fn check(scene: &Scene<'_>, body: &Supervise) -> Result<()> {
    if body.due_at.is_some_and(|due| due <= scene.now) && scene.mode == Mode::Live {
        return Err(Error::field("/due_at", "field.in_past"));
    }
    Ok(())
}

/// The unit's head answers.
pub fn answer(ticket: &mut Ticket, scene: &Scene<'_>, id: u32, body: &Spoken) -> Result<()> {
    let Some(supervision) = ticket.supervisions.get_mut(&id) else {
        return Err(Error::not_found());
    };
    let unit = supervision.unit.as_ref();
    if !unit.is_some_and(|unit| scene.actor.works_for(unit)) {
        return Err(Error::new(Kind::Forbidden, "not_your_unit"));
    }
    if supervision.result.is_some() {
        return Err(Error::refused("supervise.closed"));
    }
    let by = scene.actor.name.clone();
    supervision.answer = Some(Said { at: scene.now, by, text: body.text.to_string() });
    Ok(())
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
    if supervision.result.is_some() {
        return Err(Error::refused("supervise.closed"));
    }
    let by = scene.actor.name.clone();
    supervision.result = Some(Said { at: scene.now, by, text: body.result.to_string() });
    Ok(())
}
