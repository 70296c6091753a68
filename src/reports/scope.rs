//! Reports: whose report it is. Its rule: a unit and a region come with all that lies below them, and what is outside is
//! in no figure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::assessment::facts::{Facts, Keys, Names, Sym, WhistleFact};
use crate::assessment::listed::dims;
use crate::assessment::{Depth, GroupBy};
use crate::directory::{Directory, RegionCode, UnitCode};

/// Whose report it is, where it is not the whole bureau's: one unit with all below it, one district, head, estate or
/// company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub by: GroupBy,
    pub key: String,
}

impl Scope {
    /// The keys that are inside.
    pub fn keys(&self, directory: &Directory) -> BTreeSet<String> {
        match self.by {
            GroupBy::Unit => {
                let units = directory.subtree(&UnitCode::new(self.key.as_str()));
                units.iter().map(ToString::to_string).collect()
            }
            GroupBy::Region => {
                let outer = RegionCode::new(self.key.as_str());
                let inner = directory.regions().filter(|it| directory.contains(&outer, &it.code));
                inner.map(|it| it.code.to_string()).chain([self.key.clone()]).collect()
            }
            _ => BTreeSet::from([self.key.clone()]),
        }
    }

    /// As people read it.
    pub fn name(&self, directory: &Directory) -> String {
        let found = dims(self.by, Depth::Own, directory);
        let found = found.into_iter().find(|dim| dim.key == self.key);
        found.map_or_else(|| self.key.clone(), |dim| dim.name)
    }
}

/// Of `facts` those whose key of `by` is among `keys`; a whistle belongs to both its sides.
pub fn narrowed(facts: &Facts, by: GroupBy, keys: &BTreeSet<String>) -> Facts {
    let inside = symbols(&facts.names, keys);
    let is_in = |of: &Keys| inside[of.of(by).index()];
    let called = |it: &&WhistleFact| {
        let caller = match by {
            GroupBy::Unit => inside[it.caller.index()],
            GroupBy::Head => inside[it.caller_head.index()],
            _ => false,
        };
        is_in(&it.keys) || caller
    };
    Facts {
        names: facts.names.clone(),
        tickets: facts.tickets.iter().filter(|it| is_in(&it.keys)).cloned().collect(),
        assignments: facts.assignments.iter().filter(|it| is_in(&it.keys)).cloned().collect(),
        contacts: facts.contacts.iter().filter(|it| is_in(&it.keys)).copied().collect(),
        whistles: facts.whistles.iter().filter(called).copied().collect(),
        ledger: facts.ledger.iter().filter(|it| is_in(&it.keys)).copied().collect(),
    }
}

/// For each symbol of `names`: whether it is one of `keys`.
pub fn symbols(names: &Names, keys: &BTreeSet<String>) -> Vec<bool> {
    names.all().map(|text| keys.contains(text)).collect()
}

/// Marks every fact of the tickets `upheld` as excluded by [`OBJECTION`], where nothing excluded it before.
pub fn mark_upheld(facts: &mut Facts, upheld: &BTreeSet<i64>) {
    if upheld.is_empty() {
        return;
    }
    let objection = facts.names.intern(OBJECTION);
    macro_rules! mark {
        ($($facts:ident $id:ident),+) => {$(
            for fact in &mut facts.$facts {
                if upheld.contains(&fact.$id) && fact.excluded == Sym::NONE {
                    fact.excluded = objection;
                }
            }
        )+};
    }
    mark!(tickets id, assignments ticket, contacts ticket, whistles ticket, ledger ticket);
}

/// The reason of what an objection in the check period took out.
pub const OBJECTION: &str = "objection";
