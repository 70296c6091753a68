//! Proactive: what a rule has found. Its rule: it names its cell, its evidence and its reasons, and nobody.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::seen::Seen;
use crate::code_enum;
use crate::sealing::hex;
use crate::ticket::again::About;

code_enum! {
    /// The rules of domain.md §8.
    pub enum Rule {
        Repeat = "repeat" "重复诉求",
        Cluster = "cluster" "聚集性诉求",
        Sensitive = "sensitive" "敏感词",
        Estate = "estate" "高投诉小区",
        Dissatisfied = "dissatisfied" "连续不满意",
        Season = "season" "季节性上升",
    }
}

code_enum! {
    /// How loud a warning is.
    pub enum Grade {
        /// Pushed to whoever answers for it.
        Alarm = "alarm" "预警",
        /// Listed only: the rule fired, but chance alone does that as often; or the rule was demoted.
        Watch = "watch" "关注",
        /// A standing list, such as that of the estates with many complaints.
        List = "list" "名单",
    }
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub rule: Rule,
    /// One warning is open for a rule and a cell.
    pub cell: String,
    pub grade: Grade,
    pub estate: Option<String>,
    pub category: Option<String>,
    pub company: Option<String>,
    /// What was counted, and from how many on the rule fires.
    pub n: u32,
    pub threshold: u32,
    /// Numbers of tickets, the latest last.
    pub tickets: Vec<String>,
    /// How it was counted.
    pub why: Value,
}

/// The most numbers of tickets that a finding carries; the latest ones.
pub const EVIDENCE: usize = 100;

impl Finding {
    /// A finding of `rule` about the place and the matter of `ticket`.
    pub fn of(rule: Rule, cell: String, ticket: &Seen) -> Self {
        Self {
            rule,
            cell,
            grade: Grade::Alarm,
            estate: ticket.estate.clone(),
            category: ticket.category.clone(),
            company: ticket.company.clone(),
            n: 0,
            threshold: 0,
            tickets: Vec::new(),
            why: Value::Null,
        }
    }

    /// With the numbers of `tickets`, the latest at most.
    #[must_use]
    pub fn resting_on<'a>(mut self, tickets: impl IntoIterator<Item = &'a Seen>) -> Self {
        let mut all: Vec<String> = tickets.into_iter().map(|ticket| ticket.no.clone()).collect();
        let over = all.len().saturating_sub(EVIDENCE);
        all.drain(..over);
        self.tickets = all;
        self
    }
}

/// The cell of a caller and a matter: a digest from which neither can be read.
pub fn cell_of(caller: &str, about: &About) -> String {
    let mut hash = Sha256::new();
    for part in [
        Some(caller),
        Some(about.category.as_str()),
        about.estate.as_deref(),
        about.region.as_deref(),
    ] {
        let part = part.unwrap_or_default();
        hash.update(u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}

/// The cell beside `cell` for what rests on sealed tickets: a desk's, while what is beside it may be a unit's.
pub fn of_sealed(cell: &str) -> String {
    format!("{cell}/sealed")
}

/// A number of things as rows keep it.
pub fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
