//! Moving in: the full form, whose events are folded into the very document they once made. Its
//! rule: a document is taken as it is only if it is this line's ticket and names nothing unknown.

use super::history::History;
use crate::directory::Directory;
use crate::error::{Error, FieldError, Result};
use crate::lifecycle::Rules;
use crate::ticket::Ticket;
use crate::ticket::event::{Event, replay};
use crate::time::Stamp;

/// The ticket that `events` make.
///
/// # Errors
/// `invalid` where they make none, or another one than the line tells of; an unknown code; a time
/// to come.
pub(super) fn fold(
    history: &History,
    events: &[Event],
    rules: &Rules,
    now: Stamp,
) -> Result<Ticket> {
    let ticket = replay(events)
        .map_err(|error| Error::field("/events", "import.events_broken").because(error))?;
    let mut wrong = unknown(&ticket, &rules.directory);
    for (index, event) in events.iter().enumerate() {
        if event.at > now {
            wrong.push(FieldError::new(format!("/events/{index}/at"), "field.in_future"));
        }
    }
    let differs = [
        ("/no", ticket.no != history.no),
        ("/kind", ticket.kind != history.kind),
        ("/channel", ticket.channel != history.channel),
        ("/received_at", ticket.received_at != history.received_at),
        ("/content", ticket.content != history.content.as_str()),
        ("/assignments", ticket.assignments.len() != history.assignments.len()),
        ("/surveys", ticket.attempts.len() != history.surveys.len()),
    ];
    for (pointer, is_other) in differs {
        if is_other {
            wrong.push(FieldError::new(pointer, "import.events_differ"));
        }
    }
    if wrong.is_empty() { Ok(ticket) } else { Err(Error::invalid(wrong)) }
}

/// Codes of the document that the directory does not have.
fn unknown(ticket: &Ticket, directory: &Directory) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut demand = |pointer: String, is_known: bool| {
        if !is_known {
            wrong.push(FieldError::new(pointer, "field.unknown_code"));
        }
    };
    if let Some(category) = &ticket.category {
        demand("/category".to_owned(), directory.category(category).is_some());
    }
    if let Some(region) = &ticket.place.region {
        demand("/region".to_owned(), directory.region(region).is_some());
    }
    if let Some(estate) = &ticket.place.estate {
        demand("/estate".to_owned(), directory.estate(estate).is_some());
    }
    for (index, assignment) in ticket.assignments.values().enumerate() {
        let is_known = directory.unit(&assignment.unit).is_some();
        demand(format!("/assignments/{index}/unit"), is_known);
    }
    wrong
}
