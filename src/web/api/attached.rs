//! Web: what a reader is told of a ticket's files. Its rule: only of those that the reader may see, and
//! what somebody called a file is masked as any text.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ticket::attachment::{Attachment, AttachmentKind, GoneWhy, Media};
use crate::ticket::sight::{Sight, sees_attachment};
use crate::ticket::{Scene, Ticket};

/// A file of a ticket.
#[derive(Serialize, ToSchema)]
pub struct AttachmentView {
    /// As in `GET /attachments/{id}`.
    id: String,
    kind: AttachmentKind,
    /// What its sender calls it, masked, or what we call it.
    name: String,
    r#type: Media,
    /// As it is served: a photo was drawn anew and has another length than what was sent.
    bytes: u64,
    at: String,
    /// A login name; `citizen` for the citizen.
    by: String,
    /// Why the file is not there (any more), where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<GoneWhy>,
}

/// Attachment `k`.
pub fn view(ticket: &Ticket, k: u32, one: &Attachment, scene: &Scene<'_>) -> AttachmentView {
    AttachmentView {
        id: ticket.attachment_id(k),
        kind: one.kind,
        name: name_of(ticket, k, one),
        r#type: one.media,
        bytes: one.bytes,
        at: one.at.rfc3339(scene.profile.zone),
        by: one.by.clone(),
        gone: one.gone,
    }
}

/// Those that this reader may see.
pub fn views(ticket: &Ticket, scene: &Scene<'_>, sight: Sight) -> Vec<AttachmentView> {
    ticket
        .attachments
        .iter()
        .filter(|(_, one)| sees_attachment(sight, scene.actor, one))
        .map(|(k, one)| view(ticket, *k, one, scene))
        .collect()
}

/// What it is called for those who may see it.
pub fn name_of(ticket: &Ticket, k: u32, one: &Attachment) -> String {
    match &one.name {
        Some(name) => ticket.masked(name),
        None => plain_name(ticket, k, one),
    }
}

/// A name that says nothing but which it is.
pub fn plain_name(ticket: &Ticket, k: u32, one: &Attachment) -> String {
    format!("{}.{}", ticket.attachment_id(k), one.media.ending())
}
