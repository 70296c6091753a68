//! Lifecycle: a file becomes part of a ticket. Its rule: it was kept before (`attachment::Files::keep`),
//! so that the event which names it never names nothing; who may bring what is decided here alone.
//!
//! No row of the command table: a file is no body that can be parsed inside a write, and what it is
//! was found out before. The event `attach` carries its patch like any other (decision 0003, 0013).

use serde_json::json;

use super::Hotline;
use super::rules::Rules;
use crate::attachment::{Kept, clean_name};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::sealing::RecordKey;
use crate::ticket::Ticket;
use crate::ticket::attachment::{Attachment, AttachmentKind, Side};
use crate::ticket::command::Target;
use crate::ticket::sight::reads_only;
use crate::ticket::store::Stored;
use crate::time::Stamp;

/// A file on disk that is to become a ticket's.
#[derive(Debug, Clone)]
pub struct Attaching {
    pub kind: AttachmentKind,
    /// What the sender calls it.
    pub name: Option<String>,
    pub kept: Kept,
}

/// Where a ticket's files lie, and the key that seals them.
#[derive(Debug, Clone)]
pub struct Room {
    pub ticket_id: i64,
    pub key: RecordKey,
}

impl Hotline {
    /// Where a file for the ticket numbered `no` belongs, where `actor` may bring one at all; asked
    /// before it is read.
    ///
    /// # Errors
    /// 404, 403.
    pub fn room_for(&self, conn: &mut Conn, now: Stamp, actor: &Actor, no: &str) -> Result<Room> {
        let rules = self.rules.current(conn, now)?;
        let stored = self.see(conn, &rules, actor, no)?;
        side_of(&stored.ticket, actor)?;
        Ok(Room { ticket_id: stored.id, key: stored.key().clone() })
    }

    /// Attaches a kept file to the ticket numbered `no`; answers its place in the ticket.
    ///
    /// # Errors
    /// 404, 403, 412 (`expected` names another version), 422, `attachment.too_many` (409). Whoever
    /// is refused takes the file away again ([`crate::attachment::Files::remove`]).
    pub fn attach(
        &self,
        tx: &mut Tx<'_>,
        (actor, no): (&Actor, &str),
        one: &Attaching,
        most: usize,
        expected: &dyn Fn(i32) -> Result<()>,
    ) -> Result<(Stored, u32)> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let stored = self.see(tx.conn, &rules, actor, no)?;
        side_of(&stored.ticket, actor)?;
        expected(stored.version)?;
        self.attach_to(tx, &rules, actor, &stored, one, most)
    }

    /// The same for a ticket that was loaded and may be seen: a citizen's, by number and code.
    ///
    /// # Errors
    /// 403, 422, 409.
    pub fn attach_to(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        stored: &Stored,
        one: &Attaching,
        most: usize,
    ) -> Result<(Stored, u32)> {
        let ticket = &stored.ticket;
        let side = side_of(ticket, actor)?;
        fits(one, side)?;
        has_room(ticket, side, most)?;
        let k = ticket.next_attachment();
        let Kept { media, bytes, hash } = one.kept.clone();
        let attached = Attachment {
            kind: one.kind,
            media,
            name: one.name.as_deref().and_then(|name| clean_name(name, media)),
            bytes,
            hash,
            at: tx.now,
            by: actor.name.clone(),
            unit: actor.unit.clone().filter(|_| side == Side::Unit),
            gone: None,
        };
        let body = json!({
            "id": ticket.attachment_id(k), "kind": one.kind, "type": media, "bytes": bytes,
            "hash": attached.hash,
        });
        let mut after = ticket.clone();
        after.attachments.insert(k, attached);
        let none = Target::default();
        Ok((self.keep(tx, rules, actor, stored, after, "attach", body, none)?, k))
    }
}

/// On which side `actor` stands: a clerk of a unit at work, or one who speaks with or for the caller.
fn side_of(ticket: &Ticket, actor: &Actor) -> Result<Side> {
    use Role::{Agent, Citizen, Handler, Platform, UnitHead};
    actor.require(&[Agent, Handler, UnitHead, Platform, Citizen])?;
    if actor.has_any(&[Handler, UnitHead]) && !reads_only(ticket, actor) {
        return Ok(Side::Unit);
    }
    if actor.has_any(&[Agent, Platform, Citizen]) {
        return Ok(Side::Caller);
    }
    Err(Error::new(Kind::Forbidden, "copy_reads_only"))
}

/// What was before and after is shown, not told; and what was done is shown by whoever did it.
fn fits(one: &Attaching, side: Side) -> Result<()> {
    if one.kind != AttachmentKind::Document && !one.kept.media.is_photo() {
        return Err(Error::field("/file", "attachment.not_a_photo"));
    }
    if one.kind == AttachmentKind::After && side == Side::Caller {
        return Err(Error::field("/kind", "attachment.after_by_unit"));
    }
    Ok(())
}

fn has_room(ticket: &Ticket, side: Side, most: usize) -> Result<()> {
    if ticket.count_attachments(side) < most {
        return Ok(());
    }
    let most = most.to_string();
    Err(Error::with(Kind::Refused, "attachment.too_many", &[("most", &most)]))
}
