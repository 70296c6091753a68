//! Who sees what, told a second time from domain.md §11 and the hand-written tree of units; nothing
//! here is asked of the program.

use std::collections::BTreeSet;

use jiesu::db::Conn;
use jiesu::error::Kind;
use jiesu::identity::Role;
use jiesu::lifecycle::{Rules, table};
use jiesu::ticket::command::{CommandName, Target};
use jiesu::ticket::listing::{self, Filter};
use jiesu::ticket::sight::{Sight, scope, sight};
use jiesu::ticket::state::Work;
use jiesu::ticket::store::Stored;
use jiesu::ticket::{Mode, Scene, Ticket};
use jiesu::web::api::masked::masked_json;
use jiesu::web::api::view;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use super::any;
use crate::support::city::{City, Person};
use crate::support::tree;

/// How many people ask for lists at the end of a life.
const READERS: usize = 12;

/// Whether `who` may know of the ticket at all.
pub fn sees(ticket: &Ticket, who: Person<'_>) -> bool {
    expected(ticket, who) != Sight::Nothing
}

/// Any three people look at the ticket, and one of them asks for it.
pub fn glance(city: &City, rng: &mut StdRng, stored: &Stored) {
    let people: Vec<Person<'_>> = city.people().collect();
    let rules = city.rules();
    for _ in 0..3 {
        shown(&rules, stored, *any(rng, &people));
    }
    asked(&rules, stored, *any(rng, &people));
}

/// At the end of a life everyone looks at its tickets, and some ask for lists of them.
pub fn check(city: &City, rng: &mut StdRng, tickets: &[Stored]) {
    let people: Vec<Person<'_>> = city.people().collect();
    let rules = city.rules();
    for stored in tickets {
        for who in &people {
            shown(&rules, stored, *who);
        }
        histories(city, stored);
    }
    for who in people.sample(rng, READERS) {
        lists(&rules, tickets, *who);
    }
}

/// What the program shows `who` of it: what is due, and nothing personal in clear.
fn shown(rules: &Rules, stored: &Stored, who: Person<'_>) {
    let said = sight(&stored.ticket, who.actor, &rules.directory);
    assert_eq!(said, expected(&stored.ticket, who), "{}", who.actor.name);
    if said == Sight::Nothing {
        return;
    }
    let scene = rules.scene(who.actor, who.city.now(), Mode::Live);
    waits(&stored.ticket, &scene);
    let view =
        serde_json::to_value(view::ticket(&stored.ticket, stored.version, &scene, said)).unwrap();
    masks(&stored.ticket, &view);
    if said == Sight::HandlingCopy {
        assert!(view.get("caller").is_none() && view["place"].get("address").is_none(), "{view}");
        assert!(view["limits"].get("contact").is_none(), "{view}");
        assert_ne!(view["next_limit"]["clock"], "contact");
        for part in view["assignments"].as_array().unwrap() {
            assert!(part["limits"].get("contact").is_none(), "{part}");
        }
    }
}

/// What others asked and somebody decides.
const DECIDING: [CommandName; 9] = [
    CommandName::Endorse,
    CommandName::DisputeDecide,
    CommandName::ExtendDecide,
    CommandName::LedgerDecide,
    CommandName::ExcludeDecide,
    CommandName::ExcludeConfirm,
    CommandName::ExcludeAppealDecide,
    CommandName::Triage,
    CommandName::WithdrawConfirm,
];

/// Whatever somebody may decide now, the ticket says that it waits for.
fn waits(ticket: &Ticket, scene: &Scene<'_>) {
    let parts = ticket.assignments.keys().map(|k| Target { assignment: Some(*k), side: None });
    let targets = parts.chain([Target::default()]);
    for name in targets.flat_map(|target| table::allowed(ticket, scene, target)) {
        let asked = !DECIDING.contains(&name) || ticket.asks().contains(&name);
        assert!(asked, "{} may {name}, and nothing waits for it", scene.actor.name);
    }
}

/// No number, name or address of the caller stands in it.
fn masks(ticket: &Ticket, shown: &Value) {
    let text = shown.to_string();
    let caller = &ticket.caller;
    let personal = [&caller.phone, &caller.second_phone, &caller.name, &caller.email];
    for word in personal.into_iter().flatten().chain(&ticket.place.address) {
        assert!(!text.contains(word.as_str()), "{word} in clear: {text}");
    }
}

/// Every event's body as it is shown.
fn histories(city: &City, stored: &Stored) {
    for event in city.events(&stored.ticket.no) {
        masks(&stored.ticket, &masked_json(&stored.ticket, &event.body));
    }
}

/// Asks for the ticket itself: who may see nothing of it is told that there is none.
fn asked(rules: &Rules, stored: &Stored, who: Person<'_>) {
    let hotline = &who.city.hotline;
    let see = |conn: &mut Conn| hotline.see(conn, rules, who.actor, &stored.ticket.no);
    let found = hotline.db.read(see).map(|found| found.version);
    let expected = if sees(&stored.ticket, who) { Ok(stored.version) } else { Err(Kind::NotFound) };
    assert_eq!(found.map_err(|error| error.kind()), expected, "{}", who.actor.name);
}

/// Asks for the list of the time they came in, and for the list of each caller.
fn lists(rules: &Rules, tickets: &[Stored], who: Person<'_>) {
    let all = || tickets.iter().map(|stored| &stored.ticket);
    let from = all().map(|ticket| ticket.received_at).min();
    let to = all().map(|ticket| ticket.received_at.plus_millis(1)).max();
    let by_time = Filter { received_from: from, received_to: to, ..Filter::default() };
    let theirs = |ticket: &&Ticket| sees(ticket, who);
    let name = &who.actor.name;
    assert_eq!(list(tickets, who, &by_time), numbers(all().filter(theirs)), "{name}");
    let phones: BTreeSet<&str> =
        all().filter_map(|ticket| ticket.caller.phone.as_deref()).collect();
    for phone in phones {
        let keys = &who.city.hotline.keys;
        let hashes = vec![keys.phone_hash(phone)];
        let filter = listing::of_callers(who.actor, &rules.directory, keys, hashes);
        let Ok(filter) = filter else {
            assert!(who.actor.unit.as_ref().is_some_and(|unit| tree::is_company(unit.as_str())));
            continue;
        };
        // Who gets a handling copy may not learn from a list whose it is.
        let called = |ticket: &&Ticket| {
            let by_phone = ticket.caller.phone.as_deref() == Some(phone);
            by_phone && expected(ticket, who) == Sight::Case
        };
        assert_eq!(list(tickets, who, &filter), numbers(all().filter(called)), "{name}");
    }
}

/// Which of `tickets` the list of `who` holds.
fn list<'a>(tickets: &'a [Stored], who: Person<'_>, filter: &Filter) -> BTreeSet<&'a str> {
    let now = who.city.now();
    let page = |conn: &mut Conn| listing::page(conn, &scope(who.actor), filter, now, None, 10_000);
    let (rows, _) = who.city.hotline.db.read(page).unwrap();
    let there = |ticket: &&Ticket| rows.iter().any(|row| row.no == ticket.no);
    numbers(tickets.iter().map(|stored| &stored.ticket).filter(there))
}

fn numbers<'a>(tickets: impl Iterator<Item = &'a Ticket>) -> BTreeSet<&'a str> {
    tickets.map(|ticket| ticket.no.as_str()).collect()
}

/// What is due to `who` of the ticket.
pub fn expected(ticket: &Ticket, who: Person<'_>) -> Sight {
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
    // Its own work or that of a unit below, unless it was taken back (a merge takes back for show).
    let has_work = ticket.assignments.values().any(|a| {
        let below = tree::up_from(a.unit.as_str()).contains(&unit);
        let taken_back = matches!(&a.work, Work::Recalled { reason, .. } if reason != "merged");
        below && !taken_back
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
