//! Lifecycle: a file becomes part of a ticket. Its rule: it was kept before (`attachment::Files::keep`),
//! so that the event which names it never names nothing; who may bring what is decided here alone.
//!
//! No row of the command table: a file is no body that can be parsed inside a write, and what it is
//! was found out before. The event `attach` carries its patch like any other (decision 0003, 0013).

use serde_json::{Value, json};

use super::Hotline;
use super::rules::Rules;
use crate::attachment::{Kept, clean_name};
use crate::config::Config;
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

/// How many files a ticket takes.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// From its units, and as many from everybody else.
    pub per_side: usize,
    /// Of those from its citizen.
    pub per_citizen: usize,
}

impl Most {
    pub fn of(config: &Config) -> Self {
        let limits = &config.limits;
        Self { per_side: limits.attachments_per_side, per_citizen: limits.attachments_per_citizen }
    }
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
        most: Most,
        expected: &dyn Fn(i32) -> Result<()>,
    ) -> Result<(Stored, u32)> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let stored = self.see(tx.conn, &rules, actor, no)?;
        side_of(&stored.ticket, actor)?;
        expected(stored.version)?;
        let files = std::slice::from_ref(one);
        let (after, told) = with_files(&stored.ticket, actor, files, most, tx.now)?;
        let k = after.next_attachment() - 1;
        let body = told.into_iter().next().unwrap_or_default();
        let none = Target::default();
        Ok((self.keep(tx, &rules, actor, &stored, after, "attach", body, none)?, k))
    }

    /// The same with several files at once, all or none and one event, on a ticket that was loaded and
    /// may be seen: a citizen's, by number and code.
    ///
    /// # Errors
    /// 403, 422, 409.
    pub fn attach_all(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        stored: &Stored,
        files: &[Attaching],
        most: Most,
    ) -> Result<Stored> {
        let (after, told) = with_files(&stored.ticket, actor, files, most, tx.now)?;
        let (body, none) = (json!({ "files": told }), Target::default());
        self.keep(tx, rules, actor, stored, after, "attach", body, none)
    }
}

/// The ticket with these files, and what its chain says of each.
fn with_files(
    ticket: &Ticket,
    actor: &Actor,
    files: &[Attaching],
    most: Most,
    now: Stamp,
) -> Result<(Ticket, Vec<Value>)> {
    let side = side_of(ticket, actor)?;
    for one in files {
        fits(one, side)?;
    }
    has_room(ticket, actor, side, files.len(), most)?;
    let (mut after, mut told) = (ticket.clone(), Vec::with_capacity(files.len()));
    for one in files {
        let k = after.next_attachment();
        let Kept { media, bytes, hash } = one.kept.clone();
        told.push(json!({
            "id": ticket.attachment_id(k), "kind": one.kind, "type": media, "bytes": bytes,
            "hash": hash,
        }));
        let name = one.name.as_deref().and_then(|name| clean_name(name, media, &ticket.names()));
        let attached = Attachment {
            kind: one.kind,
            media,
            name,
            bytes,
            hash,
            at: now,
            by: actor.name.clone(),
            unit: actor.unit.clone().filter(|_| side == Side::Unit),
            gone: None,
        };
        after.attachments.insert(k, attached);
    }
    Ok((after, told))
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

/// The kinds of files that `actor` may bring to `ticket`; none for whoever brings nothing.
pub fn kinds_for(ticket: &Ticket, actor: &Actor) -> Vec<AttachmentKind> {
    let Ok(side) = side_of(ticket, actor) else { return Vec::new() };
    AttachmentKind::ALL.iter().copied().filter(|kind| is_theirs(*kind, side)).collect()
}

/// What was done is shown by whoever did it.
fn is_theirs(kind: AttachmentKind, side: Side) -> bool {
    kind != AttachmentKind::After || side == Side::Unit
}

/// What was before and after is shown, not told; and what was done is shown by whoever did it.
fn fits(one: &Attaching, side: Side) -> Result<()> {
    if one.kind != AttachmentKind::Document && !one.kept.media.is_photo() {
        return Err(Error::field("/file", "attachment.not_a_photo"));
    }
    if !is_theirs(one.kind, side) {
        return Err(Error::field("/kind", "attachment.after_by_unit"));
    }
    Ok(())
}

/// Whoever has an account has the room of the side; a citizen has a part of it.
fn has_room(ticket: &Ticket, actor: &Actor, side: Side, coming: usize, most: Most) -> Result<()> {
    let side = (ticket.count_attachments(side), most.per_side);
    let own = actor.has(Role::Citizen);
    let own = own.then(|| (ticket.count_brought_by(&actor.name), most.per_citizen));
    let full = |(there, most): &(usize, usize)| there + coming > *most;
    match [own, Some(side)].into_iter().flatten().find(full) {
        None => Ok(()),
        Some((_, most)) => {
            let most = most.to_string();
            Err(Error::with(Kind::Refused, "attachment.too_many", &[("most", &most)]))
        }
    }
}
