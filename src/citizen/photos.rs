//! Citizen: photos and papers that somebody adds to a ticket that is proven to be theirs. Its rule: kept and
//! attached as anybody's are; only what they are there for is less to choose, and how many are fewer.

use super::acts::NAME;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::lifecycle::attach::{Attaching, Most, Room};
use crate::ticket::Ticket;
use crate::ticket::attachment::{Attachment, AttachmentKind, Media};
use crate::ticket::store::{self, Stored};
use crate::time::Stamp;

/// What a citizen says that files are there for; who says nothing shows how it is with photos, and
/// tells with papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    Said(AttachmentKind),
    ByContent,
}

impl Meant {
    /// Reads what was typed.
    ///
    /// # Errors
    /// 422 at `/kind`; `attachment.after_by_unit` for what only a unit can show.
    pub fn parse(kind: Option<&str>) -> Result<Self> {
        let wrong = |code| Error::field("/kind", code);
        let Some(kind) = kind else { return Ok(Self::ByContent) };
        match kind.parse().map_err(|_| wrong("field.unknown_code"))? {
            AttachmentKind::After => Err(wrong("attachment.after_by_unit")),
            kind => Ok(Self::Said(kind)),
        }
    }

    /// What a file of this sort is there for.
    pub const fn kind(self, media: Media) -> AttachmentKind {
        match self {
            Self::Said(kind) => kind,
            Self::ByContent if media.is_photo() => AttachmentKind::Before,
            Self::ByContent => AttachmentKind::Document,
        }
    }
}

/// Where files for the ticket numbered `no` belong, which is proven to be the citizen's.
///
/// # Errors
/// 404 where it is gone since.
pub fn room_for(hotline: &Hotline, conn: &mut Conn, now: Stamp, no: &str) -> Result<Room> {
    let rules = hotline.rules.current(conn, now)?;
    let stored = store::load(conn, rules.vault(&hotline.keys), no)?.ok_or_else(Error::not_found)?;
    Ok(Room { ticket_id: stored.id, key: stored.key().clone() })
}

/// Attaches kept files to the ticket numbered `no`, all or none.
///
/// # Errors
/// As [`Hotline::attach_all`].
pub fn attach(
    hotline: &Hotline,
    tx: &mut Tx<'_>,
    no: &str,
    files: &[Attaching],
    most: Most,
) -> Result<Stored> {
    let rules = hotline.rules.current(tx.conn, tx.now)?;
    let stored = store::load(tx.conn, rules.vault(&hotline.keys), no)?;
    let stored = stored.ok_or_else(Error::not_found)?;
    hotline.attach_all(tx, &rules, &Actor::citizen(), &stored, files, most)
}

/// What the citizen has sent, which is all that they are shown.
pub fn own(ticket: &Ticket) -> impl Iterator<Item = (u32, &Attachment)> {
    let files = ticket.attachments.iter().map(|(k, one)| (*k, one));
    files.filter(|(_, one)| one.is_callers_own(NAME))
}
