//! Calls 话务: what the telephone system tells: a call rang, was answered, ended, was missed. Its rule: each
//! event counts once however often and in whatever order it comes; a number is sealed, masked, and shown only
//! with a purpose that is noted.

pub mod desk;
pub mod figures;
pub mod store;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::code_enum;
use crate::error::{Error, FieldError, Result};
use crate::ticket::Text;
use crate::time::Stamp;

pub use desk::{called_back, no_ticket, reveal, take};
pub use figures::{CallsBy, Figures, figures};
pub use store::{Call, one, page};

/// Characters of an id, a queue, an agent.
const LONGEST: usize = 64;

code_enum! {
    /// What happened to a call.
    pub enum CallEvent {
        Ring = "ring" "振铃",
        Answered = "answered" "接听",
        Ended = "ended" "结束",
        Missed = "missed" "未接",
    }
}

code_enum! {
    /// What came of calling back.
    pub enum CalledBack {
        Reached = "reached" "已回拨接通",
        NoAnswer = "no_answer" "已回拨无人接听",
        /// The number was withheld, or is none.
        Impossible = "impossible" "无法回拨",
    }
}

code_enum! {
    /// Why a call needs no ticket.
    pub enum NoTicket {
        Silent = "silent" "无声电话",
        WrongNumber = "wrong_number" "打错电话",
        Prank = "prank" "骚扰电话",
    }
}

/// One event of one call.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The telephone system's own, the same for all events of a call: 1 to 64 of `A–Z a–z 0–9 . _ : -`.
    pub call_id: Text,
    pub event: CallEvent,
    #[schema(value_type = String, format = DateTime)]
    pub at: Stamp,
    /// Absent where it was withheld.
    pub phone: Option<Text>,
    /// The agent's login name.
    pub agent: Option<Text>,
    pub queue: Option<Text>,
    pub recording_id: Option<Text>,
}

impl Told {
    /// # Errors
    /// 422 with every wrong field.
    pub fn check(&self, now: Stamp) -> Result<()> {
        let mut wrong = Vec::new();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        if !self.call_id.chars().all(plain) {
            wrong.push(FieldError::new("/call_id", "field.format"));
        }
        let texts = [
            ("/call_id", Some(&self.call_id)),
            ("/phone", self.phone.as_ref()),
            ("/agent", self.agent.as_ref()),
            ("/queue", self.queue.as_ref()),
            ("/recording_id", self.recording_id.as_ref()),
        ];
        for (pointer, text) in texts {
            if text.is_some_and(|text| text.chars().count() > LONGEST) {
                wrong.push(FieldError::new(pointer, "field.too_long"));
            }
        }
        // Another machine's clock may run a little ahead.
        if self.at > now.plus_millis(300_000) {
            wrong.push(FieldError::new("/at", "field.in_future"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
    }
}
