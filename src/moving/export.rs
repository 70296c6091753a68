//! Moving out: every ticket of a window in the full form, oldest first. Its rule: memory stays the
//! same however many there are, and an import of the file on an empty site gives the same tickets.

use std::io::Write;

use serde_json::Value;

use super::history::{Asked, Excluded, History, Past, Reviewed, Sent, Tried};
use super::rejects::cannot_write;
use crate::error::{Error, Kind, Result};
use crate::lifecycle::{Hotline, Rules};
use crate::limits::ClockName;
use crate::ticket::event::Event;
use crate::ticket::overlay::{Attempt, Exclusion, ExclusionStage};
use crate::ticket::state::Work;
use crate::ticket::store::Place;
use crate::ticket::{Assignment, State, Text, Ticket, store};
use crate::time::Stamp;

/// How many tickets are held in memory at once.
const PAGE: i64 = 100;

/// Writes every ticket received in `window` (all there are where none is named); answers how many.
///
/// # Errors
/// What the database or the output says.
pub fn export(
    hotline: &Hotline,
    window: Option<(Stamp, Stamp)>,
    out: &mut dyn Write,
) -> Result<u64> {
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    let window = window.unwrap_or((Stamp::MIN, Stamp::MAX));
    let (mut after, mut count) = (None, 0);
    loop {
        let (lines, next) = page(hotline, &rules, window, after)?;
        for line in &lines {
            serde_json::to_writer(&mut *out, line).map_err(|error| cannot_write(error.into()))?;
            out.write_all(b"\n").map_err(cannot_write)?;
        }
        count += lines.len() as u64;
        match next {
            Some(_) => after = next,
            None => return Ok(count),
        }
    }
}

/// The window called `name`: a month by the rule of its profile, or `FROM..TO` (days or instants).
///
/// # Errors
/// 422 where it is neither.
pub fn window(hotline: &Hotline, name: &str) -> Result<(Stamp, Stamp)> {
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    let (rule, zone) = (rules.profile.window, rules.profile.zone);
    let window = match name.split_once("..") {
        Some((from, to)) => rule.from_to(from, to, zone),
        None => rules.window(name)?,
    };
    let window = window.ok_or_else(|| Error::new(Kind::Invalid, "import.window"))?;
    Ok((window.start, window.end))
}

fn page(
    hotline: &Hotline,
    rules: &Rules,
    window: (Stamp, Stamp),
    after: Place,
) -> Result<(Vec<History>, Place)> {
    let vault = rules.vault(&hotline.keys);
    hotline.db.read(|conn| {
        let (tickets, next) = store::page(conn, vault, window, after, PAGE)?;
        let mut lines = Vec::with_capacity(tickets.len());
        for stored in tickets {
            let events = store::load_events(conn, &stored)?;
            lines.push(line(&stored.ticket, events)?);
        }
        Ok((lines, next))
    })
}

/// The full form of one ticket.
///
/// # Errors
/// `internal` where its own texts are none that the form takes.
pub fn line(ticket: &Ticket, events: Vec<Event>) -> Result<History> {
    let text = |text: &str| Text::parse(text).map_err(Error::internal);
    let (merged_into, closed_at) = match &ticket.state {
        State::Merged { into } => (Some(into.clone()), ticket.ended_at()),
        State::Closed { .. } => (None, ticket.ended_at()),
        _ => (None, None),
    };
    Ok(History {
        no: ticket.no.clone(),
        kind: ticket.kind,
        channel: ticket.channel,
        urgency: Some(ticket.urgency),
        received_at: ticket.received_at,
        upstream: ticket.upstream.clone(),
        caller: ticket.caller.clone(),
        title: Text::parse(&ticket.title).ok(),
        content: text(&ticket.content)?,
        category: ticket.category.clone(),
        region: ticket.place.region.clone(),
        estate: ticket.place.estate.clone(),
        building: ticket.place.building.clone(),
        address: ticket.place.address.clone(),
        assessment_class: Some(ticket.class.class),
        assignments: ticket.assignments.values().map(sent).collect(),
        reviews: reviews(&events),
        surveys: ticket.attempts.iter().map(asked).collect(),
        exclusion: ticket.exclusion.as_ref().map(excluded),
        merged_into,
        closed_at,
        events: Some(events.into_iter().map(Past::from).collect()),
        reason: None,
    })
}

fn sent(assignment: &Assignment) -> Sent {
    let stopped = |clock| assignment.timers.get(&clock).and_then(|timer| timer.stopped_at);
    let reworks = assignment.reworks.iter().filter_map(|rework| rework.timer.stopped_at);
    Sent {
        unit: assignment.unit.clone(),
        role: assignment.part,
        sent_at: assignment.sent_at,
        signed_at: stopped(ClockName::Sign),
        contacts: assignment
            .contacts
            .iter()
            .map(|contact| Tried {
                at: contact.at,
                outcome: contact.outcome,
                text: contact.text.clone(),
            })
            .collect(),
        replied_at: reworks.chain(stopped(ClockName::Handle)).max(),
        reply: assignment.reply.clone(),
        returned_at: match assignment.work {
            Work::Returned { at } => Some(at),
            _ => None,
        },
    }
}

/// What reviewers said: commands given here, and those that came in by an import.
fn reviews(events: &[Event]) -> Vec<Reviewed> {
    let mut reviews = Vec::new();
    for event in events {
        if event.command == "review" {
            let pass = event.body.get("pass").and_then(Value::as_bool) == Some(true);
            let reason = event.body.get("reason").and_then(Value::as_str);
            let reason = reason.and_then(|reason| Text::parse(reason).ok());
            reviews.push(Reviewed { at: event.at, pass, reason });
        } else if event.command == "import" {
            let there = event.body.get("reviews").cloned().unwrap_or_default();
            reviews.extend(serde_json::from_value::<Vec<Reviewed>>(there).unwrap_or_default());
        }
    }
    reviews
}

fn asked(attempt: &Attempt) -> Asked {
    Asked {
        at: attempt.at,
        outcome: attempt.outcome,
        contacted: attempt.contacted,
        solved: attempt.solved,
        satisfied: attempt.satisfied,
        bottom_line: attempt.bottom_line.clone(),
        prompted: attempt.prompted,
        comment: attempt.comment.clone(),
    }
}

fn excluded(exclusion: &Exclusion) -> Excluded {
    let approved = match exclusion.stage {
        ExclusionStage::Approved => Some(true),
        ExclusionStage::Refused | ExclusionStage::RefusedFinally => Some(false),
        _ => None,
    };
    Excluded {
        reason: exclusion.reason,
        asked_at: exclusion.asked_at,
        decided_at: exclusion.decided_at.filter(|_| approved.is_some()),
        approved,
    }
}
