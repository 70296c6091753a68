//! Assessment: categories counted as others 新旧类别对照. Its rule: the facts of a question are counted so where it says
//! so; what a ticket carries, and what is kept of it, stays.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::facts::{Facts, Keys, Sym};
use crate::code_enum;
use crate::directory::Directory;

code_enum! {
    /// By which categories tickets are counted.
    pub enum Categories {
        /// By those that the tickets carry.
        Recorded = "recorded" "原类别",
        /// By those that they are counted as today.
        Remapped = "remapped" "对照后的类别",
    }
}

/// What each category is counted as that is counted as another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remap(BTreeMap<String, String>);

impl Remap {
    /// As the directory says it on `day`.
    pub fn of(directory: &Directory, day: NaiveDate) -> Self {
        let counted = directory.successors().filter_map(|word| {
            let counted_as = directory.counted_as(&word.code, day);
            (counted_as != word.code).then(|| (word.code.to_string(), counted_as.to_string()))
        });
        Self(counted.collect())
    }

    /// The same facts under the categories they are counted as; of one caller's matters none becomes another's: what
    /// repeats what was found by the categories that the tickets carry.
    #[must_use]
    pub fn apply(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        let mut counted: BTreeMap<Sym, Sym> = BTreeMap::new();
        for (code, counted_as) in &self.0 {
            if let Some(sym) = facts.names.find(code) {
                counted.insert(sym, facts.names.intern(counted_as));
            }
        }
        let count = |keys: &mut Keys| {
            if let Some(counted_as) = counted.get(&keys.category) {
                keys.category = *counted_as;
            }
        };
        facts.tickets.iter_mut().for_each(|fact| count(&mut fact.keys));
        facts.assignments.iter_mut().for_each(|fact| count(&mut fact.keys));
        facts.contacts.iter_mut().for_each(|fact| count(&mut fact.keys));
        facts.whistles.iter_mut().for_each(|fact| count(&mut fact.keys));
        facts.ledger.iter_mut().for_each(|fact| count(&mut fact.keys));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::facts::{Edition, GroupBy};
    use crate::assessment::figures::city::{City, busy, parts, row};
    use crate::assessment::{Depth, Metric, Question, Table};

    fn remap(pairs: &[(&str, &str)]) -> Remap {
        Remap(pairs.iter().map(|(code, to)| ((*code).to_owned(), (*to).to_owned())).collect())
    }

    fn of_category(city: &mut City, category: &str, count: usize) {
        for _ in 0..count {
            let sym = city.facts.names.intern(category);
            city.ticket("a").keys.category = sym;
        }
    }

    #[test]
    fn many_are_counted_as_one_and_the_total_is_the_same() {
        let mut city = City::default();
        for (category, count) in [("old-1", 2), ("old-2", 3), ("new", 1), ("other", 4)] {
            of_category(&mut city, category, count);
        }
        let counted =
            remap(&[("old-1", "new"), ("old-2", "new"), ("never", "new")]).apply(&city.facts);
        let ask = Question { by: GroupBy::Category, ..city.ask(Edition::All) };
        let rates = |facts| Table::compute(facts, ask).rates(&[], Depth::Own, |_| true);
        let (before, after) = (rates(&city.facts), rates(&counted));
        let received = |rates, key| parts(row(rates, key), Metric::Received).0 / 1000;
        assert_eq!((received(&before, "old-1"), received(&before, "new")), (2, 1));
        assert_eq!((received(&after, "new"), received(&after, "other")), (6, 4));
        assert_eq!(after.rows.len(), 2);
        assert_eq!(parts(&before.total, Metric::Received), parts(&after.total, Metric::Received));
    }

    #[test]
    fn where_nothing_is_counted_as_another_the_facts_are_the_same() {
        let city = busy();
        let same = Remap::default().apply(&city.facts);
        assert_eq!(format!("{:?}", same.tickets), format!("{:?}", city.facts.tickets));
    }

    #[test]
    fn a_unit_that_is_called_as_an_old_category_stays_itself() {
        let mut city = City::default();
        of_category(&mut city, "a", 1);
        let counted = remap(&[("a", "b")]).apply(&city.facts);
        let keys = counted.tickets[0].keys;
        assert_eq!((counted.names.text(keys.unit), counted.names.text(keys.category)), ("a", "b"));
    }
}
