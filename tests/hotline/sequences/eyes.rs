//! Who sees what, told a second time from domain.md §11 and the hand-written tree of units; nothing
//! here is asked of the program.

use jiesu::identity::Role;
use jiesu::ticket::sight::{Sight, sight};
use jiesu::ticket::store::Stored;
use jiesu::ticket::{StateName, Ticket, WorkName};
use rand::rngs::StdRng;

use super::any;
use crate::support::city::{City, Person};
use crate::support::tree;

/// Any three people look at each ticket.
pub fn check(city: &City, rng: &mut StdRng, tickets: &[Stored]) {
    let people: Vec<Person<'_>> = city.people().collect();
    let rules = city.rules();
    for stored in tickets {
        for _ in 0..3 {
            let who = any(rng, &people);
            let seen = sight(&stored.ticket, who.actor, &rules.directory);
            assert_eq!(seen, expected(&stored.ticket, *who), "{}", who.actor.name);
        }
    }
}

fn expected(ticket: &Ticket, who: Person<'_>) -> Sight {
    let centre = [
        Role::Agent,
        Role::Dispatcher,
        Role::Reviewer,
        Role::Surveyor,
        Role::Assessor,
        Role::Leader,
    ];
    if centre.iter().any(|role| who.actor.roles.contains(role)) {
        return Sight::Case;
    }
    if who.actor.roles.contains(&Role::Platform) {
        return if ticket.upstream.is_some() { Sight::Case } else { Sight::Nothing };
    }
    let works = [Role::Handler, Role::UnitHead];
    let Some(unit) = who.actor.unit.as_ref().map(|unit| unit.as_str()) else {
        return Sight::Nothing;
    };
    let merged = ticket.state.name() == StateName::Merged;
    // Its own work or that of a unit below, unless it was taken back (a merge takes back for show).
    let has_work = ticket.assignments.values().any(|a| {
        let below = tree::up_from(a.unit.as_str()).contains(&unit);
        below && (merged || a.work.name() != WorkName::Recalled)
    });
    if !works.iter().any(|role| who.actor.roles.contains(role)) || !has_work {
        return Sight::Nothing;
    }
    let sealed =
        matches!(ticket.kind.as_str(), "complaint" | "report") || ticket.caller.confidential;
    let accused = ticket.accused.as_ref().map(|accused| accused.to_string());
    let is_accused = accused.is_some_and(|accused| tree::up_from(unit).contains(&accused.as_str()));
    if sealed && (tree::is_company(unit) || is_accused) { Sight::HandlingCopy } else { Sight::Case }
}
