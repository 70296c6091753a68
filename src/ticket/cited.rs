//! Ticket: the articles of the knowledge base that an answer rests on. Its rule: what it said of them then is kept
//! with the ticket; of an internal one only its number and version, since the citizen and companies read along.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Ticket;

/// An article as it was when an answer named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    pub code: String,
    /// The version that was in service.
    pub version: i32,
    /// Absent for an internal one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 文号, where it has one and is not internal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_no: Option<String>,
}

impl Cited {
    /// Whether citizens and companies may know of it.
    pub const fn is_public(&self) -> bool {
        self.title.is_some()
    }
}

impl Ticket {
    /// What its direct answer, or its lead's reply, rests on.
    pub fn cited(&self) -> &[Cited] {
        let reply = || self.reply.as_ref().map(|reply| reply.cited.as_slice());
        let direct = self.direct.as_ref().map(|direct| direct.cited.as_slice());
        direct.or_else(reply).unwrap_or_default()
    }
}
