//! Privacy: what is held about a person, for that person (access and copy, PIPL 45). Its rule: in clear, so two
//! people answer for it, and each ticket's trail says so.

use serde_json::{Value, json};

use super::{Two, clear, masked};
use crate::audit;
use crate::calls::{self, Call};
use crate::citizen::inbox;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::intake::vexatious::{self, MarkRow};
use crate::lifecycle::Hotline;
use crate::ticket::listing::{self, Filter};
use crate::ticket::sight::Scope;
use crate::ticket::store;

/// Tickets of one page of the list.
const PAGE: usize = 200;
/// Readers that are told of a ticket.
const READERS: u32 = 500;
/// What of the trail is the person's to know: who has seen the case.
const SEEN: [&str; 6] =
    ["ticket.open", "ticket.reveal", "ticket.card", FIND, "privacy.correct", clear::SEEN];
/// The audit trail's word for this.
const FIND: &str = "privacy.find";

/// Whose data is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Everything under this telephone number.
    Phone(String),
    /// The person of this ticket.
    Ticket(String),
}

/// What is held: each ticket with its history and its readers; under a number also the calls and words that came
/// from it, and the vexatious marks on it. The lookups are noted first.
///
/// # Errors
/// 404 where there is no such ticket; the database's own.
pub fn find(hotline: &Hotline, two: &Two, who: &Who, reason: &str) -> Result<Value> {
    let reason = masked(reason)?;
    let numbers = numbers(hotline, who)?;
    let (calls, words, marks) = match who {
        Who::Ticket(_) => (Vec::new(), Vec::new(), Vec::new()),
        Who::Phone(phone) => {
            let hash = hotline.keys.phone_hash(phone);
            let words = |conn: &mut Conn| inbox::copies(conn, &hotline.keys, &hash);
            let marks = |conn: &mut Conn| vexatious::store::of_number(conn, &hash);
            let calls = hotline.db.read(|conn| calls::store::of_number(conn, &hash))?;
            (calls, hotline.db.read(words)?, hotline.db.read(marks)?)
        }
    };
    let mut noted: Vec<(&'static str, String)> = Vec::new();
    noted.extend(numbers.iter().map(|no| ("ticket", no.clone())));
    noted.extend(calls.iter().map(|call| ("call", call.call_id.clone())));
    noted.extend(words.iter().map(|word| ("word", word.id.to_string())));
    let two = two.clone();
    hotline.db.write(move |tx| {
        noted.iter().try_for_each(|(kind, id)| two.note(tx, FIND, (*kind, id), &reason))
    })?;
    let held = numbers.iter().map(|no| held(hotline, no));
    let held = held.collect::<Result<Vec<_>>>()?;
    let held: Vec<Value> = held.into_iter().flatten().collect();
    let calls = calls.iter().map(|call| copy(hotline, call)).collect::<Result<Vec<_>>>()?;
    let marks: Vec<Value> = marks.iter().map(mark).collect();
    let made_at = hotline.db.now();
    let count = held.len();
    Ok(json!({
        "made_at": made_at, "count": count, "tickets": held, "calls": calls, "words": words, "marks": marks,
    }))
}

/// What was decided about the person in one matter.
fn mark(mark: &MarkRow) -> Value {
    json!({
        "ticket": mark.ticket_no, "category": mark.category, "estate": mark.estate,
        "region": mark.region, "tickets": mark.tickets(), "reason": mark.reason, "state": mark.state,
        "proposed_at": mark.proposed_at, "decided_at": mark.decided_at, "decided_why": mark.decided_why,
        "ends_at": mark.ends_at, "lifted_at": mark.lifted_at, "lifted_why": mark.lifted_why,
    })
}

/// What a call tells of whoever called.
fn copy(hotline: &Hotline, call: &Call) -> Result<Value> {
    Ok(json!({
        "call_id": call.call_id, "first_at": call.first_at, "rang_at": call.rang_at,
        "answered_at": call.answered_at, "ended_at": call.ended_at, "missed_at": call.missed_at,
        "agent": call.agent, "queue": call.queue, "recording_id": call.recording_id,
        "phone": call.phone(&hotline.keys)?, "called_back_at": call.called_back_at,
        "called_back_by": call.called_back_by, "called_back": call.called_back,
        "no_ticket": call.no_ticket, "no_ticket_by": call.no_ticket_by,
        "no_ticket_at": call.no_ticket_at,
    }))
}

fn numbers(hotline: &Hotline, who: &Who) -> Result<Vec<String>> {
    let phone = match who {
        Who::Ticket(no) => {
            let there = hotline.db.read(|conn| store::id_of(conn, no))?;
            return there.map(|_| vec![no.clone()]).ok_or_else(Error::not_found);
        }
        Who::Phone(phone) => hotline.keys.phone_hash(phone),
    };
    let filter = Filter { callers: Some(vec![phone]), ..Filter::default() };
    let now = hotline.db.now();
    let (mut numbers, mut after) = (Vec::new(), None);
    loop {
        let (rows, next) = hotline
            .db
            .read(|conn| listing::page(conn, &Scope::All, &filter, now, after.as_deref(), PAGE))?;
        numbers.extend(rows.into_iter().map(|row| row.no));
        if next.is_none() {
            return Ok(numbers);
        }
        after = next;
    }
}

fn held(hotline: &Hotline, no: &str) -> Result<Option<Value>> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let Some(stored) = store::load(conn, rules.vault(&hotline.keys), no)? else {
            return Ok(None);
        };
        let events: Vec<Value> = store::load_events(conn, &stored)?
            .into_iter()
            .map(|event| {
                json!({ "at": event.at, "actor": event.actor, "command": event.command, "body": event.body })
            })
            .collect();
        let readers: Vec<Value> = audit::readers_of(conn, ("ticket", no), &SEEN, READERS)?
            .into_iter()
            .map(|line| json!({ "at": line.at, "user": line.name, "what": line.action }))
            .collect();
        Ok(Some(json!({ "ticket": stored.ticket, "events": events, "readers": readers })))
    })
}
