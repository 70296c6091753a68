//! Webhooks: who listens to what, in memory. Its rule: where nobody listens, a change costs nothing;
//! where somebody does, a row and a job are written with it. An endpoint of a unit hears of a ticket
//! exactly when that unit's handlers see it. Nobody hears of an intake within the minute in which it can be undone.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde_json::json;

use super::deliver::{Due, JOB};
use super::event::{Event, Told, heard};
use super::store::{self, Delivery};
use crate::db::{Conn, Tx};
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::jobs;
use crate::notify::outbox::GRACE;
use crate::ticket::Ticket;
use crate::ticket::sight::{Sight, sight};
use crate::time::Stamp;

/// An intake taken back within [`GRACE`], as its event is called.
const UNDO: &str = "undo";

/// The endpoints that are enabled.
#[derive(Debug, Default)]
pub struct Hooks(Vec<Hook>);

#[derive(Debug)]
struct Hook {
    id: i64,
    /// Empty: all.
    events: BTreeSet<Event>,
    /// A handler of its unit; nobody where it hears of every ticket.
    eyes: Option<Actor>,
}

/// A change of a ticket, as the rooms above tell it.
#[derive(Debug, Clone, Copy)]
pub struct Occurred<'a> {
    pub version: i32,
    pub before: Option<&'a Ticket>,
    pub after: &'a Ticket,
    /// What the change is called.
    pub label: &'a str,
}

impl Hooks {
    /// Those of the database now, with the units of `directory`.
    ///
    /// # Errors
    /// As the database says.
    pub fn load(conn: &mut Conn, directory: &Directory) -> Result<Self> {
        let hook = |(id, events, unit): (i64, String, Option<UnitCode>)| {
            let events = serde_json::from_str(&events).map_err(Error::internal)?;
            Ok(Hook { id, events, eyes: unit.map(|unit| handler(unit, directory)) })
        };
        store::listening(conn)?.into_iter().map(hook).collect::<Result<_>>().map(Self)
    }
}

fn handler(unit: UnitCode, directory: &Directory) -> Actor {
    Actor {
        roles: BTreeSet::from([Role::Handler]),
        subtree: directory.subtree(&unit),
        company: directory.is_company(&unit),
        unit: Some(unit),
        ..Actor::system()
    }
}

impl Hook {
    /// How much of it the endpoint may hear; a change that takes a ticket away is still heard.
    fn sight(&self, occurred: &Occurred<'_>, directory: &Directory) -> Sight {
        let Some(eyes) = &self.eyes else { return Sight::Case };
        let before = occurred.before.map(|before| sight(before, eyes, directory));
        before.unwrap_or(Sight::Nothing).max(sight(occurred.after, eyes, directory))
    }

    fn hears(&self, event: Event, told: &Told, sight: Sight) -> bool {
        let listens = self.events.is_empty() || self.events.contains(&event);
        let is_contact = told.limit.as_ref().is_some_and(|limit| limit.starts_with("contact/"));
        match sight {
            Sight::Nothing => false,
            // Whoever gets a handling copy has no contact clock.
            Sight::HandlingCopy => listens && !is_contact,
            Sight::Case => listens,
        }
    }
}

/// Writes who is to be told of `occurred`, in the write of its cause: once its intake can no longer be undone. Where it
/// is undone, what waits is told to nobody.
///
/// # Errors
/// As the database says.
pub fn follow(
    tx: &mut Tx<'_>,
    hooks: &Hooks,
    directory: &Directory,
    zone: Tz,
    occurred: &Occurred<'_>,
) -> Result<()> {
    let after = occurred.after;
    if occurred.label == UNDO {
        return store::drop_untold(tx, &after.no, after.registered_at);
    }
    if hooks.0.is_empty() {
        return Ok(());
    }
    let due_at = tx.now.max(after.registered_at.plus(GRACE));
    let heard = heard(occurred.before, after, occurred.version, zone);
    if heard.is_empty() {
        return Ok(());
    }
    for hook in &hooks.0 {
        let sight = hook.sight(occurred, directory);
        for (event, told) in heard.iter().filter(|(event, told)| hook.hears(*event, told, sight)) {
            let body = json!({ "type": event, "timestamp": tx.now.rfc3339(zone), "data": told });
            put(tx, hook.id, *event, body.to_string(), due_at)?;
        }
    }
    Ok(())
}

/// Writes one delivery and its job, to be done at `due_at`.
pub(super) fn put(
    tx: &mut Tx<'_>,
    webhook: i64,
    event: Event,
    body: String,
    due_at: Stamp,
) -> Result<i64> {
    let delivery = Delivery::fresh(tx.id(), webhook, event, body, tx.now);
    store::insert_delivery(tx, &delivery)?;
    let due = Due { delivery: delivery.id, by_hand: event == Event::Test };
    jobs::put_at(tx, JOB, &due, due_at)?;
    Ok(delivery.id)
}
