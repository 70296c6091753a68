//! Assessment: some of the facts. Its rule: a fact is in or out as it is, with the symbols of the whole.

use std::collections::BTreeSet;

use super::facts::{Facts, Keys, WhistleFact};
use crate::directory::UnitCode;

impl Facts {
    /// What belongs to these units alone; a whistle belongs to both its sides.
    #[must_use]
    pub fn only(&self, units: &BTreeSet<UnitCode>) -> Self {
        let mut mine = vec![false; self.names.count()];
        for unit in units.iter().filter_map(|unit| self.names.find(unit.as_str())) {
            mine[unit.index()] = true;
        }
        let is_mine = |keys: &Keys| mine[keys.unit.index()];
        let whistle = |fact: &WhistleFact| is_mine(&fact.keys) || mine[fact.caller.index()];
        Self {
            names: self.names.clone(),
            tickets: kept(&self.tickets, |fact| is_mine(&fact.keys)),
            assignments: kept(&self.assignments, |fact| is_mine(&fact.keys)),
            contacts: kept(&self.contacts, |fact| is_mine(&fact.keys)),
            whistles: kept(&self.whistles, whistle),
            ledger: kept(&self.ledger, |fact| is_mine(&fact.keys)),
        }
    }

    /// What these tickets (`ticket.id`) bring alone.
    #[must_use]
    pub fn about(&self, tickets: &BTreeSet<i64>) -> Self {
        let is_mine = |ticket: i64| tickets.contains(&ticket);
        Self {
            names: self.names.clone(),
            tickets: kept(&self.tickets, |fact| is_mine(fact.id)),
            assignments: kept(&self.assignments, |fact| is_mine(fact.ticket)),
            contacts: kept(&self.contacts, |fact| is_mine(fact.ticket)),
            whistles: kept(&self.whistles, |fact| is_mine(fact.ticket)),
            ledger: kept(&self.ledger, |fact| is_mine(fact.ticket)),
        }
    }

    /// How many facts there are.
    pub fn count(&self) -> usize {
        self.tickets.len()
            + self.assignments.len()
            + self.contacts.len()
            + self.whistles.len()
            + self.ledger.len()
    }
}

fn kept<T: Clone>(facts: &[T], is_mine: impl Fn(&T) -> bool) -> Vec<T> {
    facts.iter().filter(|fact| is_mine(fact)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::figures::city::busy;

    #[test]
    fn what_some_tickets_bring_and_what_the_others_bring_is_all_there_is() {
        let facts = busy().facts;
        let all: BTreeSet<i64> = facts.tickets.iter().map(|fact| fact.id).collect();
        let some = BTreeSet::from([1, 2]);
        let rest: BTreeSet<i64> = all.difference(&some).copied().collect();
        let (some, rest) = (facts.about(&some), facts.about(&rest));
        assert_eq!((some.tickets.len(), some.count() + rest.count()), (2, facts.count()));
        assert_eq!(facts.about(&all).count(), facts.count());
    }
}
