//! Feed: one message of the platform's. Its rule: checked at the door, so that what is kept can be read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code_enum;
use crate::error::{Error, FieldError, Result};
use crate::intake::Draft;
use crate::ticket::{Text, Upstream};
use crate::time::Stamp;

/// Characters that an id or a number may have.
const LONGEST: usize = 64;

code_enum! {
    /// What a message says.
    pub enum MessageKind {
        /// A ticket; said again with other content, the difference becomes a public note.
        Ticket = "ticket" "工单",
        Urge = "urge" "催单",
        /// The citizen takes it back.
        Recall = "recall" "撤单",
        /// What came to light later.
        Facts = "facts" "补充信息",
    }
}

/// A message of the city's platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The platform's own, the same on each try: 1 to 64 of `A–Z a–z 0–9 . _ : -`.
    pub message_id: Text,
    pub kind: MessageKind,
    /// The ticket's number there.
    pub upstream_no: Text,
    /// When it was said there.
    #[schema(value_type = String, format = DateTime)]
    pub at: Stamp,
    /// Its place among the messages of this ticket, from 1. Given, it takes effect after all before it, and
    /// the end is the same in whatever order they come; not given, it takes effect once there is a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i32>,
    /// What is said: for `urge`, `recall` (the reason) and `facts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// For `ticket`: the intake body; `upstream` may be left out, its number is that of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Draft>,
}

impl Message {
    /// # Errors
    /// 422 with every wrong field.
    pub fn check(&self) -> Result<()> {
        let mut wrong = Vec::new();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        if !self.message_id.chars().all(plain) {
            wrong.push(FieldError::new("/message_id", "field.format"));
        }
        for (pointer, text) in
            [("/message_id", &self.message_id), ("/upstream_no", &self.upstream_no)]
        {
            if text.chars().count() > LONGEST {
                wrong.push(FieldError::new(pointer, "field.too_long"));
            }
        }
        if self.seq.is_some_and(|seq| seq < 1) {
            wrong.push(FieldError::new("/seq", "field.negative"));
        }
        let is_ticket = self.kind == MessageKind::Ticket;
        match (&self.ticket, &self.text) {
            (None, _) if is_ticket => wrong.push(FieldError::new("/ticket", "field.required")),
            (Some(_), _) if !is_ticket => wrong.push(FieldError::new("/ticket", "field.unknown")),
            (_, None) if !is_ticket => wrong.push(FieldError::new("/text", "field.required")),
            (_, Some(_)) if is_ticket => wrong.push(FieldError::new("/text", "field.unknown")),
            _ => {}
        }
        let other = |upstream: &Upstream| upstream.no != self.upstream_no;
        if self.ticket.as_ref().and_then(|it| it.upstream.as_ref()).is_some_and(other) {
            wrong.push(FieldError::new("/ticket/upstream/no", "upstream.other_number"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
    }

    /// The draft of a `ticket`, with its number there.
    pub fn draft(&self) -> Result<Draft> {
        let mut draft =
            self.ticket.clone().ok_or_else(|| Error::field("/ticket", "field.required"))?;
        let no = self.upstream_no.clone();
        draft.upstream.get_or_insert(Upstream { no, received_at: self.at, due_at: None });
        Ok(draft)
    }

    /// What was said, for every other kind.
    pub fn said(&self) -> Result<Text> {
        self.text.clone().ok_or_else(|| Error::field("/text", "field.required"))
    }
}
