//! Upstream: what people do about owed answers: send one again, or say that it was entered by hand. Its
//! rule: each is on the audit trail with its name.

use super::carry::{JOB, open_one, wake_next};
use super::{Backfill, BackfillState, store};
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::jobs;

/// Who reads the list.
pub const READERS: &[Role] = &[Role::Reviewer, Role::Dispatcher, Role::Leader];
/// Who acts on it.
pub const HANDS: &[Role] = &[Role::Reviewer, Role::Dispatcher];

/// Sends it anew, from its first try.
///
/// # Errors
/// 404, 403; `upstream.settled` where nothing is owed any more.
pub fn retry(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<Backfill> {
    see(tx, actor, id)?;
    open_one(tx, id)?;
    if !store::ask_again(tx, id, &BackfillState::OPEN)? {
        return Err(Error::refused("upstream.settled"));
    }
    jobs::put(tx, JOB, &id)?;
    note(tx, actor, "upstream.retry", id)?;
    store::one(tx.conn, id)?.ok_or_else(Error::not_found)
}

/// It was entered on the platform's own pages by whoever says so.
///
/// # Errors
/// 404, 403; `upstream.settled` where nothing is owed any more.
pub fn done_by_hand(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<Backfill> {
    see(tx, actor, id)?;
    let owed = open_one(tx, id)?;
    store::settle(tx, id, BackfillState::ByHand, Some(&actor.name))?;
    store::supersede(tx, &owed)?;
    wake_next(tx, owed.ticket_id)?;
    note(tx, actor, "upstream.by_hand", id)?;
    store::one(tx.conn, id)?.ok_or_else(Error::not_found)
}

fn see(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<()> {
    if actor.has_any(READERS) && store::one(tx.conn, id)?.is_none() {
        return Err(Error::not_found());
    }
    actor.require(HANDS)
}

fn note(tx: &mut Tx<'_>, actor: &Actor, action: &str, id: i64) -> Result<()> {
    let id = super::message_id(id);
    audit::record(tx, &Entry::new((actor.user, &actor.name), action, ("backfill", &id)))
}
