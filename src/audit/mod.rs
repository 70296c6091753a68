//! Audit: who did what, when, on what, for which purpose. Its rule: no personal data of citizens
//! in a row; rows are added in the write they speak of, never changed, and kept at least half a
//! year (domain.md §11).

pub mod listing;
pub mod store;
#[cfg(test)]
mod tests;

pub use listing::{Filter, count, page, readers_of};
pub use store::{add_subjects, drop_older_than, is_recorded, record, record_many, record_once};

use crate::code_enum;
use crate::time::Stamp;

code_enum! {
    /// How it went.
    pub enum Went {
        Done = "done" "成功",
        Refused = "refused" "被拒绝",
    }
}

/// The fewest days an entry is kept.
pub const KEPT_DAYS: u32 = 184;

/// Something to be noted.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The account's id and login name; 0 and `"system"` or `"citizen"` for those without one.
    pub account: (i64, &'a str),
    /// What was done: `login`, `ticket.open`, `ticket.reveal`, `account.roles`, …
    pub action: &'a str,
    pub outcome: Went,
    /// What it was done to: a kind and its public number (`("ticket", "2026-000123")`).
    pub subject: (&'a str, &'a str),
    /// The purpose's code, where one was given, or the reason in words, masked.
    pub purpose: Option<&'a str>,
    /// Further facts without personal data: mask free text with `sealing::mask_text` first.
    pub detail: Option<String>,
}

impl<'a> Entry<'a> {
    /// `account` did `action` to `subject`, with success and no further facts.
    pub const fn new(
        account: (i64, &'a str),
        action: &'a str,
        subject: (&'a str, &'a str),
    ) -> Self {
        Self { account, action, outcome: Went::Done, subject, purpose: None, detail: None }
    }

    #[must_use]
    pub const fn refused(mut self) -> Self {
        self.outcome = Went::Refused;
        self
    }

    #[must_use]
    pub const fn for_purpose(mut self, purpose: &'a str) -> Self {
        self.purpose = Some(purpose);
        self
    }

    #[must_use]
    pub fn detailed(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// A noted thing, as the auditor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: i64,
    pub at: Stamp,
    pub account: i64,
    pub name: String,
    pub action: String,
    pub outcome: Went,
    pub subject_kind: String,
    pub subject: String,
    pub purpose: Option<String>,
    pub detail: Option<String>,
}
