//! Calls: what the telephone system and the agents do. Its rule: whoever sees a number in clear says what for,
//! and that is on disk before the number is told.

use super::store::{self, Call};
use super::{CalledBack, NoTicket, Told};
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::sealing::{MasterKey, mask_text};
use crate::ticket::Text;

/// Who tells of calls and works with them: agents, and the telephone system's account, which is one.
pub const HANDS: &[Role] = &[Role::Agent];
/// Who reads lists and figures.
pub const READERS: &[Role] = &[Role::Agent, Role::Reviewer, Role::Leader];

/// Writes an event down.
///
/// # Errors
/// 403; 422 with every wrong field.
pub fn take(tx: &mut Tx<'_>, actor: &Actor, keys: &MasterKey, told: &Told) -> Result<Call> {
    actor.require(HANDS)?;
    told.check(tx.now)?;
    store::tell(tx, keys, told)
}

/// The number in clear; null where it was withheld. The reason is noted, masked, before it is told.
///
/// # Errors
/// 404, 403.
pub fn reveal(
    tx: &mut Tx<'_>,
    actor: &Actor,
    keys: &MasterKey,
    call_id: &str,
    reason: &Text,
) -> Result<Option<String>> {
    let call = see(tx, actor, call_id)?;
    let entry = Entry::new((actor.user, &actor.name), "call.reveal", ("call", call_id));
    let reason = mask_text(reason, &[]);
    audit::record(tx, &entry.for_purpose(&reason))?;
    call.phone(keys)
}

/// Notes that a missed call was called back, by whoever did.
///
/// # Errors
/// 404, 403; `calls.not_missed`, `calls.called_back`.
pub fn called_back(tx: &mut Tx<'_>, actor: &Actor, call_id: &str, how: CalledBack) -> Result<Call> {
    let call = see(tx, actor, call_id)?;
    if !call.is_missed() {
        return Err(Error::refused("calls.not_missed"));
    }
    if call.called_back_at.is_some() {
        return Err(Error::refused("calls.called_back"));
    }
    store::called_back(tx, call.id, &actor.name, how)?;
    store::one(tx.conn, call_id)?.ok_or_else(Error::not_found)
}

/// Notes that a call needs no ticket, once, by whoever heard it.
///
/// # Errors
/// 404, 403; `calls.no_ticket`.
pub fn no_ticket(tx: &mut Tx<'_>, actor: &Actor, call_id: &str, why: NoTicket) -> Result<Call> {
    let call = see(tx, actor, call_id)?;
    if call.no_ticket.is_some() {
        return Err(Error::refused("calls.no_ticket"));
    }
    store::no_ticket(tx, call.id, &actor.name, why)?;
    store::one(tx.conn, call_id)?.ok_or_else(Error::not_found)
}

/// The call, for whoever may work with it.
///
/// # Errors
/// 404, 403.
pub fn see(tx: &mut Tx<'_>, actor: &Actor, call_id: &str) -> Result<Call> {
    let call = store::one(tx.conn, call_id)?;
    if call.is_none() && actor.has_any(READERS) {
        return Err(Error::not_found());
    }
    actor.require(HANDS)?;
    call.ok_or_else(Error::not_found)
}
