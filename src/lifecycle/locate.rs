//! Lifecycle: settling a place that stayed free text. Its rule: an ordinary amendment of the place, by a person, in one
//! transaction with what the queue keeps.

use std::sync::Arc;

use serde_json::{Value, json};

use super::decide::with_state;
use super::hotline::{Hotline, Order};
use super::rules::Rules;
use crate::db::Tx;
use crate::error::{Error, Result, sentence};
use crate::identity::Actor;
use crate::places::queue::{self, Lamp, PutAside, Settlement};
use crate::places::{Aside, WHO};
use crate::ticket::command::{CommandName, Parser, Target};
use crate::ticket::store::Stored;
use crate::ticket::{Mode, Scene, Ticket};

/// The amendment's body.
struct Amendment(Value);

impl Parser for Amendment {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.0.clone()).map_err(Error::internal)
    }
}

/// Which ticket, and whether the caller meant this version (`If-Match`).
#[derive(Clone, Copy)]
pub struct Aim<'a> {
    pub no: &'a str,
    pub expected: &'a dyn Fn(i32) -> Result<()>,
}

impl Hotline {
    /// The ticket in the queue, as far as `actor` may settle it.
    fn aimed(&self, tx: &mut Tx<'_>, actor: &Actor, aim: Aim<'_>) -> Result<(Arc<Rules>, Stored)> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let stored = self.see(tx.conn, &rules, actor, aim.no)?;
        actor.require(&WHO)?;
        (aim.expected)(stored.version)?;
        Ok((rules, stored))
    }

    /// Gives the ticket the estate, or the region, that the body names; it leaves the queue.
    ///
    /// # Errors
    /// In this order: 404, 403, 412, 422, 409 (`place.known`, `place.no_address`, `place.over`).
    pub fn locate<P: Parser>(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        aim: Aim<'_>,
        lamp: Lamp<'_>,
        body: &P,
    ) -> Result<Stored> {
        let (rules, stored) = self.aimed(tx, actor, aim)?;
        let settlement: Settlement = body.parse()?;
        let place = queue::settled(&lamp, &stored.ticket, &settlement)?;
        check_waits(&stored.ticket, &rules.scene(actor, tx.now, Mode::Live))?;
        let reason = sentence("place.settled", &[]);
        let amendment = Amendment(json!({"fields": {"place": place}, "reason": reason}));
        let order = Order {
            no: aim.no,
            name: CommandName::Amend,
            target: Target::default(),
            expected: aim.expected,
        };
        let kept = self.command(tx, actor, &order, &amendment)?;
        if settlement.estate.is_none() {
            lamp.put_aside(tx, actor, &kept, Aside::NoEstate)?;
        }
        Ok(kept)
    }

    /// Says that its place cannot be resolved: it leaves the queue until something new can be offered. The ticket itself
    /// does not change.
    ///
    /// # Errors
    /// In this order: 404, 403, 412, 422, 409 (`place.known`, `place.no_address`, `place.over`).
    pub fn leave_unlocated<P: Parser>(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        aim: Aim<'_>,
        lamp: Lamp<'_>,
        body: &P,
    ) -> Result<Stored> {
        let (rules, stored) = self.aimed(tx, actor, aim)?;
        let PutAside { why } = body.parse()?;
        check_waits(&stored.ticket, &rules.scene(actor, tx.now, Mode::Live))?;
        lamp.put_aside(tx, actor, &stored, why)?;
        Ok(stored)
    }
}

/// Whether the ticket waits for a place, by a person who can still be told.
fn check_waits(ticket: &Ticket, scene: &Scene<'_>) -> Result<()> {
    let refused = |code: &'static str| {
        Err(with_state(Error::refused(code), ticket, Target::default(), scene))
    };
    if ticket.place.estate.is_some() {
        return refused("place.known");
    }
    if ticket.place.address.is_none() {
        return refused("place.no_address");
    }
    // What is over is amended no more.
    if ticket.state.is_live() { Ok(()) } else { refused("place.over") }
}
