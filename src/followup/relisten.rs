//! Follow-up: hearing a survey again 重听. Its rule: somebody else hears it, once, and writes down whether the record agrees;
//! a difference is for the assessor to look at and changes no answer.

use super::drawn::Heard;
use super::store::{self, RelistenRow};
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::directory::Directory;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::sealing::MasterKey;
use crate::ticket::Ticket;
use crate::ticket::sight::handled_it;
use crate::ticket::store::{Vault, load_by_id};

/// Who hears.
pub const HEARS: &[Role] = &[Role::Reviewer, Role::Assessor];
/// Who reads what was found.
pub const READS: &[Role] = &[Role::Reviewer, Role::Assessor, Role::Leader];

/// Whether `actor` may hear again a survey that `surveyor` asked about `ticket`.
///
/// # Errors
/// 403, also `own_request` for whoever asked and `relisten.own_unit`.
pub fn may_hear(
    actor: &Actor,
    (surveyor, ticket): (i64, &Ticket),
    directory: &Directory,
) -> Result<()> {
    actor.require(HEARS)?;
    actor.require_other_than(surveyor)?;
    if handled_it(ticket, actor, directory) {
        return Err(Error::new(Kind::Forbidden, "relisten.own_unit"));
    }
    Ok(())
}

/// Writes down what `actor` found in the drawn survey `id`.
///
/// # Errors
/// 404; 403, also `own_request` for whoever asked and `relisten.own_unit`; 422; 409 `relisten.heard`.
pub fn hear(
    tx: &mut Tx<'_>,
    (actor, keys, directory): (&Actor, &MasterKey, &Directory),
    id: i64,
    heard: impl FnOnce() -> Result<Heard>,
) -> Result<RelistenRow> {
    actor.require(HEARS)?;
    let row = store::drawn(tx.conn, id)?.ok_or_else(Error::not_found)?;
    let stored =
        load_by_id(tx.conn, Vault { keys }, row.ticket_id)?.ok_or_else(Error::not_found)?;
    may_hear(actor, (row.surveyor, &stored.ticket), directory)?;
    let heard = heard()?;
    heard.check()?;
    if row.heard_at.is_some() {
        return Err(Error::refused("relisten.heard"));
    }
    store::note(tx, id, actor.user, &heard)?;
    let subject = ("ticket", stored.ticket.no.as_str());
    let entry = Entry::new((actor.user, &actor.name), "survey.relisten", subject);
    audit::record(tx, &entry.detailed(format!("finding={}", heard.finding)))?;
    store::drawn(tx.conn, id)?.ok_or_else(Error::not_found)
}
