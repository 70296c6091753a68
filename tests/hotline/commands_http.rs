//! Every (state, command, actor) of the tables written by hand, asked of a running server over HTTP,
//! on both databases: the status, the code, and what is allowed instead. Its rule: what must come is
//! the tables' word; how the fixture came to stand there is `places`', what is said is `bodies`'.

mod batch;
mod bodies;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::commands_table::{Case, Expect, actors, allowed, cases, code_of, refusals, sees};
use crate::support::badges;
use crate::support::city::City;
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::{Answer, Server};
use places::{Place, build};

/// How many cases are asked at a time.
const THREADS: usize = 4;
/// Accepted commands that leave the next case as it was: one fixture serves them all.
const HARMLESS: [&str; 6] = ["amend", "note", "urge", "classify", "flag", "supervise"];

/// The server, the city in it, and a token for everyone.
struct Desk {
    server: Server,
    city: City,
    tokens: BTreeMap<String, String>,
}

/// The login name behind an actor of the tables.
fn login(actor: &str) -> String {
    let Some((role, relation)) = actor.split_once('@') else { return actor.to_owned() };
    match relation {
        "lead" => format!("{role}@{}", places::LEAD),
        "assist" => format!("{role}@{}", places::ASSIST),
        "copy" => format!("{role}@{}", places::COPY),
        "called" => format!("{role}@{}", places::CALLED),
        "other" if role == "platform" => role.to_owned(),
        "other" => format!("{role}@{}", places::OTHER),
        "opener" | "second" => format!("{role}-2"),
        _ => panic!("nobody is {actor}"),
    }
}

impl Desk {
    fn open(test: &TestDb) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let people = city.people().map(|person| person.actor);
        let tokens = badges::issue(&server.app, people);
        Self { server, city, tokens }
    }

    fn ask(&self, case: &Case, no: &str, body: &serde_json::Value) -> Answer {
        let path = if case.part.is_empty() {
            format!("/api/v1/tickets/{no}/{}", case.command.replace("{id}", "1"))
        } else {
            format!("/api/v1/assignments/{no}-{}/{}", places::number(case.part), case.command)
        };
        let bearer = format!("Bearer {}", self.tokens[&login(&case.actor)]);
        self.server.ask("POST", &path, &[("Authorization", &bearer)], &body.to_string())
    }

    fn look(&self, actor: &str, no: &str) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[&login(actor)]);
        self.server.ask("GET", &format!("/api/v1/tickets/{no}"), &[("Authorization", &bearer)], "")
    }

    /// Where the ticket, or the assignment that is spoken of, stands.
    fn stands(&self, case: &Case, no: &str) -> &'static str {
        if case.part.is_empty() {
            self.city.state(no).as_str()
        } else {
            self.city.work(no, places::number(case.part)).as_str()
        }
    }
}

/// The fixtures of one place, and their versions when they were built.
#[derive(Default)]
struct Stand(BTreeMap<(Place, bool), (String, i32)>);

impl Stand {
    fn fixture(&mut self, city: &City, place: &Place, harmless: bool) -> String {
        let made = || {
            let no = build(city, place);
            let version = city.stored(&no).version;
            (no, version)
        };
        self.0.entry((place.clone(), harmless)).or_insert_with(made).0.clone()
    }

    /// Fixtures that only refused and yet changed.
    fn changed(&self, city: &City) -> Vec<String> {
        self.0
            .iter()
            .filter(|((_, harmless), (no, version))| {
                !harmless && city.stored(no).version != *version
            })
            .map(|((place, _), _)| format!("a refusal changed the ticket of {place:?}"))
            .collect()
    }
}

/// What is wrong with the answer to `case`, if anything.
fn wrong(desk: &Desk, case: &Case, no: &str, before: &str, answer: &Answer) -> Option<String> {
    let expected = case.expect.status();
    let code = || {
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let pointer = said["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        format!("{} {pointer}", said["code"].as_str().unwrap_or("no code"))
    };
    if answer.status != expected {
        return Some(format!("expected {expected}, got {} {}", answer.status, code()));
    }
    if case.expect == Expect::Ok {
        let to = match case.to.as_str() {
            "same" => before,
            "back" if case.part.is_empty() => "in_units",
            "back" => "sent",
            to => to,
        };
        let after = desk.stands(case, no);
        return (after != to).then(|| format!("expected {before} -> {to}, came to {after}"));
    }
    let said = answer.json();
    let code = said["code"].as_str().unwrap_or_default();
    if code != code_of(case) {
        return Some(format!("{expected} {code}, expected {}", code_of(case)));
    }
    if case.expect != Expect::Refused {
        let told = ["state", "allowed"].into_iter().find(|name| !said[*name].is_null());
        return told.map(|name| format!("{expected} tells {name}"));
    }
    if said["state"] != before {
        return Some(format!("says {}, stands in {before}", said["state"]));
    }
    let place = (case.part, case.assignment, case.ticket);
    unlike(&said["allowed"], &allowed(place, &case.actor, &Place::of(case).needs))
}

/// How a list of commands differs from what the tables allow, if it does.
fn unlike(said: &serde_json::Value, expected: &BTreeSet<String>) -> Option<String> {
    let Some(list) = said.as_array() else { return Some(format!("allowed is {said}")) };
    let said: BTreeSet<String> =
        list.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
    let more: Vec<&String> = said.difference(expected).collect();
    let less: Vec<&String> = expected.difference(&said).collect();
    (said != *expected).then(|| format!("allows {more:?} too, and not {less:?}"))
}

/// Asks for the ticket of every place in `stand` as everyone: who sees it reads what the tables allow
/// there, on the ticket or on the assignment that the place is about.
fn look_at_all(desk: &Desk, stand: &Stand, first: &Case) -> (usize, Vec<String>) {
    let at = (first.part, first.assignment, first.ticket);
    let (mut count, mut found) = (0, Vec::new());
    for ((place, _), (no, _)) in stand.0.iter().filter(|((_, harmless), _)| !harmless) {
        for actor in actors() {
            // A platform stands before its own ticket, the other one before the site's.
            let before_another = place.own != (actor == "platform@other");
            // What units see of a ticket that was taken back is the life tests' to say.
            if before_another || place.was_with_units() && actor.contains('@') {
                continue;
            }
            let answer = desk.look(&actor, no);
            count += 1;
            let wrong = match (answer.status, sees(&actor, at, &place.needs)) {
                (404, false) => None,
                (200, true) => {
                    let ticket = answer.json();
                    let part = if at.0.is_empty() {
                        &ticket
                    } else {
                        let k = places::number(at.0) as usize;
                        &ticket["assignments"][k - 1]
                    };
                    unlike(&part["allowed"], &allowed(at, &actor, &place.needs))
                }
                (status, sees) => Some(format!("{status}, though sees is {sees}")),
            };
            let things = place.needs.join("+");
            found.extend(wrong.map(|it| format!("GET by {actor} at {at:?} {things}: {it}")));
        }
    }
    (count, found)
}

/// Asks the cases of one place with bodies that cannot be right; answers what differs. Whoever may
/// not see or may not ask is told that; everyone else is told 422, also where the state would refuse.
fn ask_wrongly(desk: &Desk, group: &[Case]) -> (usize, Vec<String>) {
    let (mut stand, mut found, mut count) = (Stand::default(), Vec::new(), 0);
    for case in group {
        let Some(body) = bodies::wrong(case) else { continue };
        let no = stand.fixture(&desk.city, &Place::of(case), false);
        let expected = match case.expect {
            Expect::NotFound | Expect::Forbidden => case.expect.status(),
            Expect::Ok | Expect::Refused => 422,
        };
        let answer = desk.ask(case, &no, &body);
        count += 1;
        if answer.status != expected {
            let Case { command, actor, part, assignment, ticket, .. } = case;
            let at = format!("{ticket} {part} {assignment}");
            found.push(format!(
                "{command} said wrongly by {actor} at {at}: expected {expected}, got {} {}",
                answer.status, answer.body
            ));
        }
    }
    found.extend(stand.changed(&desk.city));
    (count, found)
}

/// Asks the cases of one place; answers what differs.
fn ask_all(desk: &Desk, group: &[Case]) -> (usize, Vec<String>) {
    let city = &desk.city;
    let mut stand = Stand::default();
    let mut found = Vec::new();
    for case in group {
        let place = Place::of(case);
        let accepted = case.expect == Expect::Ok;
        let harmless = accepted && case.to == "same" && HARMLESS.contains(&case.command.as_str());
        let no = if accepted && !harmless {
            build(city, &place)
        } else {
            stand.fixture(city, &place, harmless)
        };
        // `build` has seen to it that the fixture stands there.
        let before = if case.part.is_empty() { case.ticket } else { case.assignment };
        let answer = desk.ask(case, &no, &bodies::body(city, case));
        if let Some(what) = wrong(desk, case, &no, before, &answer) {
            let Case { command, actor, part, assignment, ticket, .. } = case;
            let needs = place.needs.join("+");
            found.push(format!(
                "{command} by {actor} at {ticket} {part} {assignment} {needs}: {what}"
            ));
        }
        if !accepted && answer.status == 200 {
            stand.0.remove(&(place, false)); // it is not what it was
        }
    }
    let (looks, differs) = look_at_all(desk, &stand, &group[0]);
    found.extend(differs);
    found.extend(stand.changed(city));
    (group.len() + looks, found)
}

/// Every case, those of one place together.
fn groups() -> Vec<Vec<Case>> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<Case>> = BTreeMap::new();
    for case in cases() {
        groups.entry((case.part, case.assignment, case.ticket)).or_default().push(case);
    }
    groups.into_values().collect()
}

/// Every case; of those that role or sight alone decides (403, 404), which are the same code over any
/// database, one in five on PostgreSQL, unless `JIESU_WHOLE_TABLE` is set: every actor, command and
/// place is still among them.
fn asked_of(test: &TestDb) -> Vec<Case> {
    let whole =
        !test.url.starts_with("postgres") || std::env::var_os("JIESU_WHOLE_TABLE").is_some();
    let by_state = |case: &Case| matches!(case.expect, Expect::Ok | Expect::Refused);
    let all = cases().into_iter().chain(refusals()).enumerate();
    let asked = all.filter(|(n, case)| whole || by_state(case) || n % 5 == 0);
    asked.map(|(_, case)| case).collect()
}

on_each_database! {
    fn every_state_command_and_actor_gets_the_answer_of_the_table(test: &TestDb) {
        let desk = Desk::open(test);
        let mut groups: BTreeMap<(&str, &str, &str), Vec<Case>> = BTreeMap::new();
        for case in asked_of(test) {
            groups.entry((case.part, case.assignment, case.ticket)).or_default().push(case);
        }
        let groups: Vec<Vec<Case>> = groups.into_values().collect();
        let (next, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let found = Mutex::new(Vec::new());
        let since = std::time::Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (asked, differs) = ask_all(&desk, group);
                        count.fetch_add(asked, Ordering::Relaxed);
                        found.lock().unwrap().extend(differs);
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap();
        found.sort();
        println!(
            "commands_http: {} requests at {} places in {:?}, {} differ",
            count.into_inner(),
            groups.len(),
            since.elapsed(),
            found.len()
        );
        assert!(found.is_empty(), "\n  {}", found.join("\n  "));
    }
}

#[test]
fn what_cannot_be_right_is_422_before_any_state_refuses_it() {
    let test = TestDb::sqlite();
    let (desk, groups) = (Desk::open(&test), groups());
    let (next, found) = (AtomicUsize::new(0), Mutex::new((0, Vec::new())));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (count, differs) = ask_wrongly(&desk, group);
                    let mut found = found.lock().unwrap();
                    found.0 += count;
                    found.1.extend(differs);
                }
            });
        }
    });
    let (count, mut found) = found.into_inner().unwrap();
    found.sort();
    println!(
        "commands_http: {count} wrong requests at {} places, {} differ",
        groups.len(),
        found.len()
    );
    assert!(count > 1000 && found.is_empty(), "\n  {}", found.join("\n  "));
}
