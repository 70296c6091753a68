//! Directory: a dispatch catalogue that is only tried. Its rule: pure; a proposed rule is checked as
//! a recorded one would be, and is recorded nowhere.

use std::collections::BTreeSet;

use crate::directory::check::check;
use crate::directory::entry::Entry;
use crate::directory::matter::Rule;
use crate::directory::snapshot::Directory;
use crate::error::{Error, FieldError, Result};

/// What is proposed; nothing proposed is the catalogue as it is.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// A whole catalogue in place of the one that is there.
    pub rules: Option<Vec<Rule>>,
    /// Rules on top of it: one with a known code takes that one's place.
    pub changes: Vec<Rule>,
}

impl Directory {
    /// The directory with the proposed catalogue.
    ///
    /// # Errors
    /// 422 with each wrong field, below `/rules/n` or `/changes/n`.
    pub fn trying(&self, proposal: Proposal) -> Result<Self> {
        let mut wrong = faults(self, "rules", proposal.rules.as_deref().unwrap_or_default());
        wrong.extend(faults(self, "changes", &proposal.changes));
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        let mut tried = self.clone();
        if proposal.rules.is_some() {
            tried.rules.clear();
        }
        for rule in proposal.rules.unwrap_or_default().into_iter().chain(proposal.changes) {
            tried.add(rule.span.from_on, Entry::Rule(rule));
        }
        Ok(tried)
    }
}

fn faults(directory: &Directory, list: &str, rules: &[Rule]) -> Vec<FieldError> {
    let mut codes = BTreeSet::new();
    let mut wrong = Vec::new();
    for (n, rule) in rules.iter().enumerate() {
        if !codes.insert(&rule.code) {
            wrong.push(FieldError::new(format!("/{list}/{n}/code"), "field.duplicate"));
        }
        let own = check(directory, &Entry::Rule(rule.clone()));
        wrong.extend(
            own.into_iter().map(|fault| FieldError {
                pointer: format!("/{list}/{n}{}", fault.pointer),
                ..fault
            }),
        );
    }
    wrong
}
