//! Feed: a message takes effect. Its rule: the effect and the message's fate are one write, which asks first
//! whether the message still waits; so it happens once, on however many nodes it is tried.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::again::{Again, again};
use super::message::{Message, MessageKind};
use super::store::{self, Kept, Refusal};
use super::{Patience, sequence};
use crate::db::Conn;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Hotline;
use crate::ticket::command::{Command, NoteBody, Reasoned, Spoken, Target};
use crate::ticket::store as tickets;

/// Tries of one message against somebody else's change of the same ticket.
const TRIES: u32 = 5;

/// Lets every message of the platform's ticket `no` take effect that now may, one after the other.
///
/// # Errors
/// The database's own; what a message is refused for stands in its row.
pub fn drain(hotline: &Arc<Hotline>, no: &str, patience: Patience) -> Result<()> {
    let mut tries = 0;
    loop {
        let now = hotline.db.now();
        let (rows, ticket) = hotline.db.read(|conn| store::of_number(conn, no))?;
        let Some(next) = sequence::next(&rows, ticket.as_deref(), now, patience) else {
            return Ok(());
        };
        match effect(hotline, next, ticket.clone()) {
            Ok(()) => tries = 0,
            Err(error) if is_passing(&error) && tries < TRIES => tries += 1,
            Err(error) if is_refusal(&error) => refuse(hotline, next, ticket, &error)?,
            Err(error) => return Err(error),
        }
    }
}

/// Somebody was quicker with the same ticket: it is looked at anew.
fn is_passing(error: &Error) -> bool {
    error.kind() == Kind::Stale || error.code() == "ticket.number_known"
}

fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Invalid | Kind::Forbidden | Kind::NotFound | Kind::Refused | Kind::Malformed
    )
}

fn refuse(
    hotline: &Arc<Hotline>,
    kept: &Kept,
    ticket: Option<String>,
    error: &Error,
) -> Result<()> {
    let refusal = match error.fields().first() {
        Some(field) => Refusal {
            code: field.code,
            reason: field.detail.clone(),
            pointer: Some(format!("/ticket{}", field.pointer)),
        },
        None => Refusal { code: error.code(), reason: error.detail().to_owned(), pointer: None },
    };
    let (id, upstream_no) = (kept.id.clone(), kept.upstream_no.clone());
    hotline.db.write(move |tx| {
        store::refused(tx, &id, &refusal)?;
        // What is said of a person after the erasure is not kept either.
        match &ticket {
            Some(no) if is_erased(tx.conn, no)? => store::forget(tx, no, Some(&upstream_no)),
            _ => Ok(()),
        }
    })
}

fn is_erased(conn: &mut Conn, no: &str) -> Result<bool> {
    let Some(id) = tickets::id_of(conn, no)? else { return Ok(false) };
    Ok(tickets::erasure_of(conn, id)?.is_some())
}

/// Whoever sent it, as far as its doing needs.
fn sender(kept: &Kept) -> Actor {
    Actor {
        user: kept.account_id,
        name: kept.account.clone(),
        roles: BTreeSet::from([Role::Platform]),
        ..Actor::system()
    }
}

fn effect(hotline: &Arc<Hotline>, kept: &Kept, ticket: Option<String>) -> Result<()> {
    let keys = hotline.keys.clone();
    let said = hotline.db.read(|conn| store::content(conn, &keys, &kept.id))?;
    let Some(message) = said else {
        // Another node has just let it take effect; else it was emptied with its person, and to wait is no end.
        let waits = hotline.db.read(|conn| store::still_waits(conn, &kept.id))?;
        return if waits { Err(Error::refused(store::ERASED)) } else { Ok(()) };
    };
    match (message.kind, ticket) {
        (MessageKind::Ticket, None) => register(hotline, kept, &message),
        (MessageKind::Ticket, Some(_)) => repeat(hotline, kept, &message),
        (_, Some(no)) => command(hotline, kept, &message, no),
        (_, None) => Ok(()),
    }
}

fn register(hotline: &Arc<Hotline>, kept: &Kept, message: &Message) -> Result<()> {
    let (actor, draft, id) = (sender(kept), message.draft()?, kept.id.clone());
    let turn = hotline.db.turn();
    let arrival = hotline.arrive(&actor, &draft)?;
    drop(turn);
    let here = hotline.clone();
    hotline.db.write(move |tx| {
        if !store::still_waits(tx.conn, &id)? {
            return Ok(());
        }
        let other = here.keep_arrival(tx, &actor, &draft, &arrival)?;
        let no = other.as_ref().unwrap_or(&arrival).ticket().no.clone();
        store::applied(tx, &id, &no, None)
    })
}

fn repeat(hotline: &Arc<Hotline>, kept: &Kept, message: &Message) -> Result<()> {
    let (actor, draft, id) = (sender(kept), message.draft()?, kept.id.clone());
    let here = hotline.clone();
    hotline.db.write(move |tx| {
        if !store::still_waits(tx.conn, &id)? {
            return Ok(());
        }
        let (stored, what) = again(tx, &here, &actor, &draft)?;
        let code = (what == Again::Noted).then_some("upstream.became_facts");
        store::applied(tx, &id, &stored.ticket.no, code)
    })
}

fn command(hotline: &Arc<Hotline>, kept: &Kept, message: &Message, no: String) -> Result<()> {
    let (actor, text, id) = (sender(kept), message.said()?, kept.id.clone());
    let command = match message.kind {
        MessageKind::Urge => Command::Urge(Spoken { text }),
        MessageKind::Recall => Command::Withdraw(Reasoned { reason: text }),
        _ => Command::Note(NoteBody { text, public: true, acknowledge: Vec::new() }),
    };
    let here = hotline.clone();
    hotline.db.write(move |tx| {
        if !store::still_waits(tx.conn, &id)? {
            return Ok(());
        }
        let rules = here.rules.current(tx.conn, tx.now)?;
        let stored = here.see(tx.conn, &rules, &actor, &no)?;
        match &command {
            Command::Urge(said) => here.urge(tx, &rules, &actor, &stored, said)?,
            _ => here.perform(tx, &rules, &actor, &stored, &command, Target::default())?,
        };
        store::applied(tx, &id, &no, None)
    })
}
