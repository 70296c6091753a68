//! State × command × role, from the tables written by hand from the contract: `tests/commands.csv`,
//! `tests/sight.csv`, `tests/routes.csv`. Its rule: nothing here is taken from the decision function.
//!
//! The order of refusal gives each triple one expected answer: 404 where the actor may not see the
//! ticket, else 403 where the actor may give the command in no state, else 409 where this state is
//! not among those of its row, else ok. The bodies sent are always right, so 422 never hides a 409.

mod refusals;

use std::collections::{BTreeMap, BTreeSet};

pub use refusals::{actors, allowed, code_of, refusals, sees};

pub const TICKET_STATES: [&str; 11] = [
    "accepted",
    "consulting",
    "in_units",
    "replied",
    "on_ledger",
    "surveying",
    "closed",
    "declined",
    "diverted",
    "withdrawn",
    "merged",
];
const LIVE: usize = 6; // the first six of TICKET_STATES
const OVERLAY: usize = 7; // live or closed
const ASSIGNMENT_STATES: [&str; 8] =
    ["sent", "signed", "handling", "submitted", "done", "disputed", "returned", "recalled"];

/// Where an assignment of a part can be found: its state and the ticket's, reachable by commands.
const PLACES: [(&str, &str, &str); 27] = [
    ("lead", "sent", "in_units"),
    ("lead", "signed", "in_units"),
    ("lead", "handling", "in_units"),
    ("lead", "handling", "on_ledger"),
    ("lead", "submitted", "replied"),
    ("lead", "done", "surveying"),
    ("lead", "done", "closed"),
    ("lead", "disputed", "in_units"),
    ("lead", "returned", "accepted"),
    ("lead", "recalled", "accepted"),
    ("lead", "recalled", "merged"),
    ("assist", "sent", "in_units"),
    ("assist", "signed", "in_units"),
    ("assist", "handling", "in_units"),
    ("assist", "submitted", "in_units"),
    ("assist", "done", "in_units"),
    ("assist", "disputed", "in_units"),
    ("assist", "returned", "in_units"),
    ("assist", "recalled", "in_units"),
    ("assist", "sent", "accepted"),
    ("assist", "handling", "accepted"),
    ("assist", "handling", "on_ledger"),
    ("assist", "handling", "replied"),
    ("assist", "done", "surveying"),
    ("copy", "sent", "in_units"),
    ("copy", "sent", "replied"),
    ("copy", "recalled", "in_units"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expect {
    Ok,
    Forbidden,
    NotFound,
    Refused,
}

impl Expect {
    pub const fn status(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Refused => 409,
        }
    }

    /// What a refusal is called where no table names it otherwise.
    const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Refused => "transition",
            Self::Ok | Self::Forbidden => "",
        }
    }
}

/// One request to make: a fixture (part, states, needs), a command, an actor, and what must come.
#[derive(Debug, Clone)]
pub struct Case {
    pub command: String,
    /// `lead`, `assist` or `copy` for an assignment command; empty for a ticket command.
    pub part: &'static str,
    pub assignment: &'static str,
    pub ticket: &'static str,
    pub needs: Vec<String>,
    /// `role`, or `role@relation` (see sight.csv).
    pub actor: String,
    pub expect: Expect,
    /// The code of a refusal, unless [`code_of`] knows another.
    pub code: String,
    /// The state afterwards where the command is accepted.
    pub to: String,
}

#[derive(Debug, Clone)]
struct Row {
    scope: String,
    command: String,
    part: BTreeSet<String>,
    states: BTreeSet<String>,
    ticket: BTreeSet<String>,
    needs: Vec<String>,
    roles: BTreeSet<String>,
    to: String,
}

fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(&path).expect("the table is there");
    reader.deserialize().map(|row| row.unwrap_or_else(|e| panic!("{name}: {e}"))).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn states(text: &str) -> BTreeSet<String> {
    let all = |n: usize| TICKET_STATES[..n].iter().map(|s| (*s).to_owned()).collect();
    match text {
        "any" => all(TICKET_STATES.len()),
        "overlay" => all(OVERLAY),
        "live" => all(LIVE),
        list => words(list).into_iter().collect(),
    }
}

fn rows() -> Vec<Row> {
    table("commands.csv")
        .into_iter()
        .map(|row| Row {
            scope: row["scope"].clone(),
            command: row["command"].clone(),
            part: words(&row["part"]).into_iter().collect(),
            states: states(&row["states"]),
            ticket: states(&row["ticket"]),
            needs: words(&row["needs"]),
            roles: words(&row["roles"]).into_iter().collect(),
            to: row["to"].clone(),
        })
        .collect()
}

/// Who sees a ticket in which state; a called unit sees it through its whistle alone, and an
/// assignment's unit always (its ticket was sent to it).
struct Sight(BTreeMap<String, BTreeSet<String>>);

impl Sight {
    fn read() -> Self {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in table("sight.csv") {
            let entry = seen.entry(row["actor"].clone()).or_default();
            if row["sees"] == "yes" {
                entry.extend(states(&row["states"]));
            }
        }
        Self(seen)
    }

    fn actors(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    fn sees(&self, actor: &str, place: (&str, &str, &str), needs: &[String]) -> bool {
        let (part, assignment, ticket) = place;
        let called = actor.ends_with("@called") && needs.iter().any(|need| need == "whistle");
        let sent = !part.is_empty()
            && ["@lead", "@assist", "@copy"].iter().any(|relation| actor.ends_with(relation));
        // A lead is recalled with the ticket, and with it everyone else.
        let taken_back = assignment == "recalled" && ticket != "merged";
        if taken_back && sent && (part == "lead" || actor.ends_with(&format!("@{part}"))) {
            return false;
        }
        called || sent || self.0[actor].contains(ticket)
    }
}

/// The roles of a row as actors: `@own` is the unit of the assignment; a copy can read only.
fn actors_of(row: &Row, part: &str) -> BTreeSet<String> {
    row.roles
        .iter()
        .filter(|role| part != "copy" || !role.ends_with("@own"))
        .map(|role| role.replace("@own", &format!("@{part}")))
        .collect()
}

/// Every (state, command, actor) of both tables with the one expected answer.
pub fn cases() -> Vec<Case> {
    let (rows, sight) = (rows(), Sight::read());
    let mut by_command: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
    for row in rows {
        by_command.entry((row.scope.clone(), row.command.clone())).or_default().push(row);
    }
    let mut cases = Vec::new();
    for ((scope, _), rows) in &by_command {
        if scope == "ticket" {
            for ticket in TICKET_STATES {
                expand(&mut cases, &sight, rows, ("", "", ticket));
            }
        } else {
            for place in PLACES {
                expand(&mut cases, &sight, rows, place);
            }
        }
    }
    cases
}

/// Whether a row is about this actor here. Once a dispatched ticket is back in accepted nobody leads
/// it: what is the lead's is nobody's, so 403.
fn names(row: &Row, (part, _, ticket): (&str, &str, &str), actor: &str) -> bool {
    let led = part.is_empty() || ticket != "accepted";
    let as_lead = actor.ends_with("@lead") && row.roles.contains(actor);
    actors_of(row, part).contains(actor) && (led || !as_lead)
}

fn allows(row: &Row, (part, assignment, ticket): (&str, &str, &str)) -> bool {
    if part.is_empty() {
        return row.states.contains(ticket);
    }
    row.part.contains(part) && row.states.contains(assignment) && row.ticket.contains(ticket)
}

fn expand(
    cases: &mut Vec<Case>,
    sight: &Sight,
    rows: &[Row],
    place: (&'static str, &'static str, &'static str),
) {
    let (part, assignment, ticket) = place;
    // A command on a thing inside the ticket needs that thing even to be refused by the state.
    let standing =
        if rows[0].command.contains("{id}") { rows[0].needs.clone() } else { Vec::new() };
    let mut add = |actor: &str, expect, needs: &[String], to: &str| {
        cases.push(Case {
            command: rows[0].command.clone(),
            part,
            assignment,
            ticket,
            needs: needs.to_vec(),
            actor: actor.to_owned(),
            expect,
            code: expect.code().to_owned(),
            to: to.to_owned(),
        });
    };
    for actor in sight.actors() {
        let named = rows.iter().any(|row| names(row, place, actor));
        // Who decided first is kept from confirming only where there is something to confirm.
        let second = format!("{actor}@second");
        let decided = rows.iter().find(|row| row.roles.contains(&second));
        if let Some(row) = decided {
            let met = allows(row, place);
            let expect = if met { Expect::Forbidden } else { Expect::Refused };
            add(actor, expect, if met { &row.needs } else { &standing }, "");
            continue;
        }
        if !named && ["@opener", "@second"].iter().any(|relation| actor.ends_with(relation)) {
            continue; // another reviewer is told apart from the reviewer only where a row does
        }
        if !sight.sees(actor, place, &standing) {
            add(actor, Expect::NotFound, &standing, "");
        } else if !named {
            add(actor, Expect::Forbidden, &standing, "");
        } else {
            let mut allowed =
                rows.iter().filter(|row| allows(row, place) && names(row, place, actor)).peekable();
            if allowed.peek().is_none() {
                add(actor, Expect::Refused, &standing, "");
            }
            for row in allowed {
                add(actor, Expect::Ok, &row.needs, &row.to);
            }
        }
    }
}

/// A method and a path whose parameters have lost their names: `GET /tickets/{}`.
pub fn route_of(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

/// What the program offers and the tables lack, or the tables demand and the program lacks.
/// `offered` are routes as [`route_of`] writes them, commands among them.
pub fn differences(offered: &BTreeSet<String>) -> Vec<String> {
    let mut listed = BTreeSet::new();
    let mut due = BTreeSet::new();
    for row in table("routes.csv") {
        let route = route_of(&row["method"], &row["path"]);
        if row["since"] != "later" {
            due.insert(route.clone());
        }
        listed.insert(route);
    }
    for row in rows() {
        let route = route_of("POST", &format!("/{}s/{{}}/{}", row.scope, row.command));
        due.insert(route.clone());
        listed.insert(route);
    }
    let missing = |what: &str, names: Vec<&String>| -> Vec<String> {
        names.into_iter().map(|name| format!("{what}: {name}")).collect()
    };
    let mut found = missing("not in the tables", offered.difference(&listed).collect());
    found.extend(missing("not in the program", due.difference(offered).collect()));
    found
}

mod the_tables {
    use super::*;

    #[test]
    fn use_only_known_states_actors_and_places() {
        let sight = Sight::read();
        let actors: BTreeSet<&str> = sight.actors().map(String::as_str).collect();
        for row in rows() {
            let known: &[&str] =
                if row.scope == "ticket" { &TICKET_STATES } else { &ASSIGNMENT_STATES };
            assert!(row.states.iter().all(|s| known.contains(&s.as_str())), "{row:?}");
            assert!(row.ticket.iter().all(|s| TICKET_STATES.contains(&s.as_str())), "{row:?}");
            assert!(!row.states.is_empty() && !row.roles.is_empty(), "{row:?}");
            assert_eq!(row.scope == "assignment", !row.part.is_empty(), "{row:?}");
            let parts = if row.part.is_empty() {
                BTreeSet::from([String::new()])
            } else {
                row.part.clone()
            };
            for part in parts {
                for actor in actors_of(&row, &part) {
                    assert!(actors.contains(actor.as_str()), "{actor} in {row:?}");
                }
            }
        }
        for (_, assignment, ticket) in PLACES {
            assert!(ASSIGNMENT_STATES.contains(&assignment) && TICKET_STATES.contains(&ticket));
        }
    }

    #[test]
    fn give_every_actor_in_every_state_exactly_one_kind_of_answer() {
        let mut answers: BTreeMap<(String, &str, &str, &str, String), BTreeSet<Expect>> =
            BTreeMap::new();
        for case in cases() {
            let key = (case.command, case.part, case.assignment, case.ticket, case.actor);
            answers.entry(key).or_default().insert(case.expect);
        }
        let doubtful: Vec<_> = answers.iter().filter(|(_, kinds)| kinds.len() != 1).collect();
        assert!(doubtful.is_empty(), "{doubtful:?}");
        let roles: BTreeSet<&str> =
            answers.keys().map(|key| key.4.split('@').next().unwrap_or_default()).collect();
        assert_eq!(roles.len(), 12, "every role of the contract is asked: {roles:?}");
    }

    #[test]
    fn let_every_command_be_accepted_somewhere() {
        let cases = cases();
        for row in rows() {
            let met = cases.iter().any(|case| {
                let same = case.command == row.command && case.needs == row.needs;
                same && case.to == row.to && case.expect == Expect::Ok
            });
            assert!(met, "accepted nowhere: {row:?}");
        }
        let mut count: BTreeMap<u16, usize> = BTreeMap::new();
        for case in &cases {
            *count.entry(case.expect.status()).or_default() += 1;
        }
        println!("commands_table: {} requests, by status {count:?}", cases.len());
    }

    #[test]
    fn name_what_the_program_has_and_they_lack() {
        let due = differences(&BTreeSet::new());
        assert!(due.contains(&"not in the program: POST /assignments/{}/sign".to_owned()));
        let mut offered: BTreeSet<String> = due
            .iter()
            .filter_map(|line| Some(line.strip_prefix("not in the program: ")?.to_owned()))
            .collect();
        assert_eq!(differences(&offered), Vec::<String>::new());
        offered.insert("POST /tickets/{}/explode".to_owned());
        offered.remove("GET /me");
        assert_eq!(
            differences(&offered),
            ["not in the tables: POST /tickets/{}/explode", "not in the program: GET /me"]
        );
    }
}
