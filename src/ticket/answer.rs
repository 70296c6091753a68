//! Ticket: what whoever asked was answered. Its rule: a direct answer, or the lead's reply once a
//! reviewer has passed it; a reply that was sent back, waits, or belongs to an earlier round is none.
//! Page, letter and link all ask here.

use super::overlay::Promise;
use super::{Cited, State, Ticket};
use crate::time::Stamp;

/// An answer that may be said to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer<'a> {
    pub at: Stamp,
    pub text: &'a str,
    /// What a reply promises.
    pub promise: Option<&'a Promise>,
    /// The articles that it rests on.
    pub cited: &'a [Cited],
}

impl Ticket {
    /// What was answered on this ticket itself, where it may be said now.
    pub fn answer(&self) -> Option<Answer<'_>> {
        if let Some(direct) = &self.direct {
            let cited = direct.cited.as_slice();
            return Some(Answer { at: direct.at, text: &direct.text, promise: None, cited });
        }
        let passed = matches!(self.state, State::Surveying { .. } | State::Closed { .. });
        let reply = self.reply.as_ref().filter(|_| passed)?;
        let (promise, cited) = (reply.promise.as_ref(), reply.cited.as_slice());
        Some(Answer { at: reply.at, text: &reply.text, promise, cited })
    }
}
