//! What the tables say of refusals: which code, and which commands are allowed instead. Its rule: as
//! in the tables beside it, nothing here is taken from the program.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{
    Case, Expect, PLACES, Row, Sight, TICKET_STATES, actors_of, allows, names, rows, table,
};

/// Things that a request is about (its body, or a part that every fixture has), not its ticket.
const OF_THE_REQUEST: [&str; 7] =
    ["target", "contacted", "fail", "bad", "accept", "uphold", "street_lead"];

/// Why a command is refused with a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// A thing is there (409).
    There,
    /// A thing is missing (409).
    Missing,
    /// It stands in one of these states (409).
    State,
    /// One of these actors asks (403).
    Who,
    /// One of these actors asks about a copy (403).
    Copy,
}

struct Refusal {
    scope: String,
    command: String,
    when: When,
    /// A thing, or states or actors.
    thing: String,
    code: String,
}

impl Refusal {
    fn is_about(&self, scope: &str, command: &str) -> bool {
        let any = |own: &str, asked: &str| own == "any" || own == asked;
        any(&self.scope, scope) && any(&self.command, command)
    }

    fn lists(&self, word: &str) -> bool {
        self.thing.split('|').any(|own| own == word)
    }
}

/// The tables, read once: they are asked at every request.
struct Tables {
    rows: Vec<Row>,
    sight: Sight,
    refusals: Vec<Refusal>,
}

static TABLES: LazyLock<Tables> =
    LazyLock::new(|| Tables { rows: rows(), sight: Sight::read(), refusals: listed() });

fn listed() -> Vec<Refusal> {
    let read = |row: std::collections::BTreeMap<String, String>| Refusal {
        scope: row["scope"].clone(),
        command: row["command"].clone(),
        when: match row["when"].as_str() {
            "there" => When::There,
            "missing" => When::Missing,
            "state" => When::State,
            "who" => When::Who,
            "copy" => When::Copy,
            other => panic!("refusals.csv: {other}"),
        },
        thing: row["thing"].clone(),
        code: row["code"].clone(),
    };
    table("refusals.csv").into_iter().map(read).collect()
}

/// Where assignments, or tickets, can stand.
fn places(scope: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    match scope {
        "ticket" => TICKET_STATES.map(|state| ("", "", state)).to_vec(),
        _ => PLACES.to_vec(),
    }
}

/// Every case of `tests/refusals.csv`: role and states are right, and yet it cannot be.
pub fn refusals() -> Vec<Case> {
    let Tables { rows, sight, refusals } = &*TABLES;
    let mut cases: Vec<Case> = Vec::new();
    let by_thing = |it: &&Refusal| matches!(it.when, When::There | When::Missing);
    for refusal in refusals.iter().filter(by_thing) {
        let there = refusal.when == When::There;
        let of_it = |row: &&Row| refusal.is_about(&row.scope, &row.command);
        // A thing can only be where some command deals with it.
        let deals = |row: &&Row| row.scope == refusal.scope && row.needs.contains(&refusal.thing);
        let before = cases.len();
        for row in rows.iter().filter(of_it) {
            let mut needs: Vec<String> = row.needs.clone();
            needs.retain(|need| !OF_THE_REQUEST.contains(&need.as_str()));
            if there {
                needs = vec![refusal.thing.clone()];
            } else {
                needs.retain(|need| *need != refusal.thing);
            }
            for place in places(&refusal.scope) {
                let met = allows(row, place)
                    && (!there || rows.iter().filter(deals).any(|it| allows(it, place)));
                let actors = actors_of(row, place.0);
                let actors = actors
                    .iter()
                    .filter(|actor| names(row, place, actor) && sight.sees(actor, place, &needs));
                for actor in actors.filter(|_| met) {
                    cases.push(case(row, place, needs.clone(), actor, &refusal.code));
                }
            }
        }
        assert!(cases.len() > before, "{} {} is met nowhere", refusal.command, refusal.thing);
    }
    cases
}

fn case(
    row: &Row,
    (part, assignment, ticket): (&'static str, &'static str, &'static str),
    needs: Vec<String>,
    actor: &str,
    code: &str,
) -> Case {
    Case {
        command: row.command.clone(),
        part,
        assignment,
        ticket,
        needs,
        actor: actor.to_owned(),
        expect: Expect::Refused,
        code: code.to_owned(),
        to: String::new(),
    }
}

/// Everyone who may ask, by the names of `tests/sight.csv`.
pub fn actors() -> Vec<String> {
    TABLES.sight.actors().cloned().collect()
}

/// Whether `actor` sees the ticket of a place where `things` are.
pub fn sees(
    actor: &str,
    place: (&'static str, &'static str, &'static str),
    things: &[String],
) -> bool {
    TABLES.sight.sees(actor, place, things)
}

/// The commands that the tables let `actor` give now, at a place where `things` are: to the ticket,
/// or to the assignment that the place is about.
pub fn allowed(
    place: (&'static str, &'static str, &'static str),
    actor: &str,
    things: &[String],
) -> BTreeSet<String> {
    let scope = if place.0.is_empty() { "ticket" } else { "assignment" };
    let there = |thing: &String| OF_THE_REQUEST.contains(&thing.as_str()) || things.contains(thing);
    let shut = |row: &Row| {
        let same = |it: &&Refusal| it.is_about(&row.scope, &row.command);
        let there = |it: &Refusal| it.when == When::There && things.contains(&it.thing);
        TABLES.refusals.iter().filter(same).any(there)
    };
    let rows = TABLES.rows.iter();
    rows.filter(|row| row.scope == scope && allows(row, place))
        .filter(|row| persons(actor).iter().any(|actor| names(row, place, actor)))
        .filter(|row| row.needs.iter().all(there) && !shut(row))
        .map(|row| row.command.replace("/{id}", ""))
        .collect()
}

/// The second reviewer is any reviewer in all that is not the first one's, and opened what is open.
fn persons(actor: &str) -> Vec<String> {
    let second = ["reviewer@opener", "reviewer@second"];
    let mut persons = vec![actor.to_owned()];
    if second.contains(&actor) {
        persons = second.iter().map(|name| (*name).to_owned()).collect();
        persons.push("reviewer".to_owned());
    }
    persons
}

/// The code of a refusal of this case: of a 403, `forbidden` for a role that never may, else what ties
/// the role to this ticket is missing; of a 409, `transition`; unless a row of its own says otherwise.
pub fn code_of(case: &Case) -> String {
    let scope = if case.part.is_empty() { "ticket" } else { "assignment" };
    let role_of = |actor: &str| actor.split('@').next().unwrap_or_default().to_owned();
    let own = TABLES.rows.iter().filter(|row| row.scope == scope && row.command == case.command);
    let roles: Vec<&String> = own.flat_map(|row| &row.roles).collect();
    let by_own_unit = roles.iter().any(|role| role.ends_with("@own"));
    // A role that the command never asks for is refused as a role, whatever the assignment is.
    let never = || !roles.iter().any(|role| role_of(role) == role_of(&case.actor));
    // The row of the command itself before the one of all.
    let rows = TABLES.refusals.iter().filter(|it| it.is_about(scope, &case.command));
    let fits = |it: &&Refusal| match (it.when, case.expect) {
        (When::Who, Expect::Forbidden) => it.lists(&case.actor),
        (When::Copy, Expect::Forbidden) => {
            by_own_unit && !never() && case.part == "copy" && it.lists(&case.actor)
        }
        (When::State, Expect::Refused) => case.part.is_empty() && it.lists(case.ticket),
        _ => false,
    };
    match rows.filter(fits).max_by_key(|it| it.command != "any") {
        Some(refusal) => refusal.code.clone(),
        None if case.expect == Expect::Forbidden && never() => "forbidden".to_owned(),
        None if case.expect == Expect::Forbidden => "not_your_unit".to_owned(),
        None => case.code.clone(),
    }
}
