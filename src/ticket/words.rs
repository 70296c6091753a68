//! Ticket: the words of it that a reader may read, and so may search (contract.md, `GET /search`). Its
//! rule: masked as every way out of the house masks them; what a handling copy leaves out stands apart.

use super::Ticket;
use crate::sealing::{mask_address, mask_text};

/// The texts of a ticket, masked. A phrase lies within one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub content: String,
    /// The lead's reply and the replies of assists.
    pub replies: Vec<String>,
    /// What a handling copy does not show.
    pub inside: Inside,
}

/// Address, notes, answers that did not go through a unit, and tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inside {
    pub address: Option<String>,
    pub notes: Vec<String>,
    /// The agent's direct answer, and the lead's summary of assists still open.
    pub answers: Vec<String>,
    /// Also what tickets are narrowed by.
    pub tags: Vec<String>,
}

impl Words {
    /// What everybody reads who sees the ticket at all.
    pub fn open(&self) -> impl Iterator<Item = &str> {
        let replies = self.replies.iter().map(String::as_str);
        [self.title.as_str(), self.content.as_str()].into_iter().chain(replies)
    }

    /// What those read besides who see the whole case.
    pub fn inside(&self) -> impl Iterator<Item = &str> {
        let Inside { address, notes, answers, tags } = &self.inside;
        address.iter().chain(notes).chain(answers).chain(tags).map(String::as_str)
    }

    /// The words of a handling copy.
    #[must_use]
    pub fn of_copy(self) -> Self {
        Self { inside: Inside::default(), ..self }
    }
}

impl Ticket {
    /// Free text of it with numbers, mails and its caller's names masked.
    pub fn masked(&self, text: &str) -> String {
        mask_text(text, &self.names())
    }

    /// Its words, whole.
    pub fn words(&self) -> Words {
        let masked = |text: &str| self.masked(text);
        let reply = self.reply.as_ref();
        let assists = self.assignments.values().filter_map(|a| a.reply.as_deref());
        let summary = reply.and_then(|reply| reply.assists_summary.as_deref());
        let direct = self.direct.as_ref().map(|direct| direct.text.as_str());
        Words {
            title: masked(&self.title),
            content: masked(&self.content),
            replies: reply
                .map(|reply| reply.text.as_str())
                .into_iter()
                .chain(assists)
                .map(masked)
                .collect(),
            inside: Inside {
                address: self.place.address.as_ref().map(|address| mask_address(address)),
                notes: self.notes.iter().map(|note| masked(&note.text)).collect(),
                answers: direct.into_iter().chain(summary).map(masked).collect(),
                tags: self.tags.iter().map(|tag| masked(tag.as_str())).collect(),
            },
        }
    }
}
