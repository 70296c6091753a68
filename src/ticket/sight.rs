//! Ticket: who may see how much of it (domain.md §11). Its rule: decided here, once, for lists,
//! single tickets, files and figures alike; the listing's query says the same in SQL.

use std::collections::BTreeSet;

use super::state::{Part, WorkName};
use super::{Attachment, Ticket};
use crate::directory::{Directory, UnitCode};
use crate::identity::{Actor, Role};

/// How much of a ticket a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Nothing: it does not exist for this reader (404).
    Nothing,
    /// The matter and the place to estate level, redacted; no caller, no contact clock.
    HandlingCopy,
    /// Everything but the personal fields, which are masked until revealed.
    Case,
}

/// Which tickets a reader may see at all, for the query of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Nothing,
    All,
    /// What came from upstream.
    Upstream,
    /// What these units work on or worked on.
    Units(BTreeSet<UnitCode>),
}

/// The scope of `actor`'s lists.
pub fn scope(actor: &Actor) -> Scope {
    if actor.sees_all_tickets() {
        Scope::All
    } else if actor.has(Role::Platform) {
        Scope::Upstream
    } else if actor.roles.iter().any(|role| role.sees_unit_tickets()) {
        Scope::Units(actor.subtree.clone())
    } else {
        Scope::Nothing
    }
}

/// What `actor` may see of `ticket`.
pub fn sight(ticket: &Ticket, actor: &Actor, directory: &Directory) -> Sight {
    if actor.sees_all_tickets() {
        return Sight::Case;
    }
    if actor.has(Role::Platform) {
        return if ticket.upstream.is_some() { Sight::Case } else { Sight::Nothing };
    }
    if !actor.roles.iter().any(|role| role.sees_unit_tickets()) {
        return Sight::Nothing;
    }
    let works_on_it = ticket
        .assignments
        .iter()
        .any(|(k, a)| actor.works_for(&a.unit) && !is_taken_back(ticket, *k));
    if !works_on_it {
        return Sight::Nothing;
    }
    if ticket.is_sealed() && (actor.company || is_accused(ticket, actor, directory)) {
        return Sight::HandlingCopy;
    }
    Sight::Case
}

/// Whether a reader with `sight` of the ticket may see this file of it. Photos may show the caller's
/// home, papers the caller's name: with a handling copy come only those that the reader's own unit
/// has brought itself. Nobody can mask what stands in a paper, and opening one is no reveal that says
/// why: a company gets the photos of a case, which were drawn anew, and papers of its own alone.
pub fn sees_attachment(sight: Sight, actor: &Actor, one: &Attachment) -> bool {
    let is_own = one.unit.as_ref().is_some_and(|unit| actor.works_for(unit));
    match sight {
        Sight::Nothing => false,
        Sight::HandlingCopy => is_own,
        Sight::Case => is_own || !actor.company || one.media.is_photo(),
    }
}

/// Whether the actor belongs to the unit the citizen accuses, or below it.
fn is_accused(ticket: &Ticket, actor: &Actor, directory: &Directory) -> bool {
    let Some(accused) = &ticket.accused else { return false };
    let Some(unit) = &actor.unit else { return false };
    let accused = UnitCode::from(accused.as_str());
    directory.subtree(&accused).contains(unit)
}

/// Whether `unit` gets a handling copy of it: property companies and the accused, with all below
/// them, of a sealed ticket.
pub fn gets_handling_copy(ticket: &Ticket, unit: &UnitCode, directory: &Directory) -> bool {
    let accused = ticket.accused.as_ref().map(|accused| accused.as_str());
    Secrecy { sealed: ticket.is_sealed(), accused }.leaves_a_copy_to(unit, directory)
}

/// What decides about handling copies, whether the ticket is at hand or only its row.
#[derive(Debug, Clone, Copy)]
pub struct Secrecy<'a> {
    pub sealed: bool,
    pub accused: Option<&'a str>,
}

impl Secrecy<'_> {
    /// Whether `unit` gets a handling copy and no more.
    pub fn leaves_a_copy_to(self, unit: &UnitCode, directory: &Directory) -> bool {
        let is_accused = |accused| directory.subtree(&UnitCode::from(accused)).contains(unit);
        self.sealed && (directory.is_company(unit) || self.accused.is_some_and(is_accused))
    }
}

/// Whoever gets a handling copy never leads.
pub fn may_lead(ticket: &Ticket, unit: &UnitCode, directory: &Directory) -> bool {
    !gets_handling_copy(ticket, unit, directory)
}

/// Whether `unit` owes the citizen a first contact.
pub fn owes_contact(ticket: &Ticket, unit: &UnitCode, directory: &Directory) -> bool {
    ticket.caller.is_owed_contact() && !gets_handling_copy(ticket, unit, directory)
}

/// Whether `actor` works for the ticket's live or final lead; of a merged one, the lead before.
pub fn works_for_lead(ticket: &Ticket, actor: &Actor) -> bool {
    let merged = || {
        ticket.assignments.iter().find(|(k, a)| a.part == Part::Lead && is_suspended(ticket, **k))
    };
    let lead = ticket.final_lead().map(|(_, lead)| lead).or_else(|| merged().map(|(_, a)| a));
    lead.is_some_and(|lead| actor.works_for(&lead.unit))
}

/// Whether `actor` belongs to `unit`, or to one below it.
pub fn is_of(actor: &Actor, unit: &UnitCode, directory: &Directory) -> bool {
    actor.unit.as_ref().is_some_and(|own| directory.subtree(unit).contains(own))
}

/// Whether `actor` belongs to a unit that handled it, or to one below such a unit.
pub fn handled_it(ticket: &Ticket, actor: &Actor, directory: &Directory) -> bool {
    let mut handlers = ticket.assignments.values().filter(|a| a.part != Part::Copy);
    handlers.any(|a| is_of(actor, &a.unit, directory))
}

/// Whether `actor` belongs to a unit that still has work in it, or to one below such a unit: a decision that stops the
/// clocks of all who work stops that unit's.
pub fn is_at_work(ticket: &Ticket, actor: &Actor, directory: &Directory) -> bool {
    let mut workers = ticket.assignments.values().filter(|a| a.part != Part::Copy && a.is_live());
    workers.any(|a| is_of(actor, &a.unit, directory))
}

/// Whether the dispatcher took assignment `k` back: its unit sees the ticket no more, also when it
/// is merged later. What a merge alone recalled is still seen.
pub fn is_taken_back(ticket: &Ticket, k: u32) -> bool {
    let recalled = ticket.assignments.get(&k).is_some_and(|a| a.is(WorkName::Recalled));
    recalled && !is_suspended(ticket, k)
}

/// Whether assignment `k` was taken back by a merge alone: its unit reads and notes as before.
fn is_suspended(ticket: &Ticket, k: u32) -> bool {
    ticket.suspended.as_ref().is_some_and(|it| it.works.iter().any(|(there, _)| *there == k))
}

/// Whether `actor` may only read: the unit has copies and nothing else.
pub fn reads_only(ticket: &Ticket, actor: &Actor) -> bool {
    !ticket.assignments.iter().any(|(k, a)| {
        let counts = !a.work.name().is_void() || is_suspended(ticket, *k);
        a.part != Part::Copy && counts && actor.works_for(&a.unit)
    })
}
