//! Proactive: who sees which warnings. Its rule: the desks see all, a unit's people what their unit answers for, a
//! company only what is about itself, and of that neither a ticket nor a caller.

use std::collections::BTreeSet;

use super::finding::Rule;
use crate::directory::{CompanyCode, Directory, UnitCode};
use crate::error::Result;
use crate::identity::{Actor, Role};

/// Who may look at warnings and campaigns at all.
pub const READERS: [Role; 5] =
    [Role::Reviewer, Role::Dispatcher, Role::Leader, Role::Handler, Role::UnitHead];
/// Who sees all of them.
const DESKS: [Role; 3] = [Role::Reviewer, Role::Dispatcher, Role::Leader];
/// Who works on those of a unit.
const HANDS: [Role; 2] = [Role::Handler, Role::UnitHead];
/// What a company may know of itself: nothing that is about one caller, as a row of dissatisfied answers may be.
pub const OF_COMPANIES: [Rule; 2] = [Rule::Cluster, Rule::Estate];

/// Whose warnings somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Units(BTreeSet<UnitCode>),
    Company(Option<CompanyCode>),
}

/// The scope of `actor`.
///
/// # Errors
/// 403 for whoever is none of [`READERS`].
pub fn scope(actor: &Actor, directory: &Directory) -> Result<Scope> {
    actor.require(&READERS)?;
    if actor.company {
        let own = actor.unit.as_ref().and_then(|unit| directory.company_of_unit(unit));
        return Ok(Scope::Company(own.cloned()));
    }
    if actor.has_any(&DESKS) { Ok(Scope::All) } else { Ok(Scope::Units(actor.subtree.clone())) }
}

/// Whether `actor` may act on a warning that `unit` or `desk` answers for.
pub fn may_act(actor: &Actor, unit: Option<&UnitCode>, desk: Option<Role>) -> bool {
    if actor.company {
        return false;
    }
    match (unit, desk) {
        (Some(unit), _) => actor.has_any(&HANDS) && actor.works_for(unit),
        (None, Some(desk)) => actor.has(desk),
        (None, None) => false,
    }
}
