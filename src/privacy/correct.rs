//! Privacy: correcting what is held (PIPL 46). Its rule: it is the command `amend`, with its permissions, its
//! reason and its event; only that it came from the person is noted beside it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::masked;
use crate::audit::{self, Entry};
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::identity::account::Account;
use crate::lifecycle::{Hotline, Order};
use crate::ticket::command::{CommandName, Parser, Target};

/// The body of the command.
struct Body(Value);

impl Parser for Body {
    fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.0.clone())
            .map_err(|error| Error::new(Kind::Malformed, "malformed").because(error))
    }
}

/// Gives the ticket numbered `no` other `fields` (as `amend` takes them), in the name of `account`.
///
/// # Errors
/// As the command `amend`: 404, 403, 422, 409.
pub fn correct(
    hotline: &Arc<Hotline>,
    account: &Account,
    no: &str,
    fields: &Value,
    reason: &str,
) -> Result<()> {
    let actor = Actor {
        user: account.id,
        name: account.name.clone(),
        roles: account.roles.clone(),
        // Whoever may amend sees every ticket, whatever the unit.
        unit: None,
        subtree: BTreeSet::new(),
        company: false,
    };
    let body = json!({ "fields": fields, "reason": reason });
    let (house, no, reason) = (Arc::clone(hotline), no.to_owned(), masked(reason)?);
    hotline.db.write(move |tx| {
        let (name, target) = (CommandName::Amend, Target::default());
        let order = Order { no: &no, name, target, expected: &|_| Ok(()) };
        house.command(tx, &actor, &order, &Body(body.clone()))?;
        let entry = Entry::new((actor.user, &actor.name), "privacy.correct", ("ticket", &no));
        audit::record(tx, &entry.detailed(reason.clone()))
    })
}
