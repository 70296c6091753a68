//! Two hundred tickets and a platform that loses answers, repeats, reorders, errs and stops for a day: both
//! sides agree in the end, ticket by ticket.

use std::collections::BTreeMap;

use jiesu::error::Kind;
use jiesu::feed::{Fate, store};
use jiesu::jobs::Crew;
use jiesu::ticket::{State, Ticket};
use jiesu::upstream::{BackfillState, Carrier, Cause, compare};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::feed::{message, tells};
use super::mock::{Fault, Mock};
use super::{carrier, crew, from_platform, owed};
use crate::support::city::{City, bad, good};
use crate::support::databases::on_each_database;

const TICKETS: usize = 200;
/// An hour each; the platform stops from the 40th to the 64th.
const TURNS: usize = 110;

struct World<'a> {
    city: City,
    mock: &'a Mock,
    carrier: Carrier,
    crew: Crew,
    dice: StdRng,
    turn: usize,
    /// What the platform has said and not been answered yet.
    outbox: Vec<Value>,
    /// All that it ever said, by ticket.
    said: BTreeMap<String, Vec<Value>>,
    /// What people will do, the next last.
    plans: BTreeMap<String, Vec<&'static str>>,
}

impl World<'_> {
    fn one_in(&mut self, n: u32) -> bool {
        self.dice.random_range(0..n) == 0
    }

    fn stopped(&self) -> bool {
        (40..64).contains(&self.turn)
    }

    /// The platform gets a new ticket, with all that it will ever say about it.
    fn opens(&mut self, at: usize) {
        let no = format!("GD2026{at:05}");
        let day = self.city.now().day(chrono_tz::Asia::Shanghai).to_string();
        self.mock.knows(&no, &day);
        let mut bodies =
            vec![json!({ "kind": "ticket", "ticket": from_platform(&self.city, &no) })];
        for n in 0..self.dice.random_range(0..3_u32) {
            bodies.push(json!({ "kind": "urge", "text": format!("第{n}次催办") }));
        }
        if self.one_in(3) {
            bodies.push(json!({ "kind": "facts", "text": format!("{no}的补充情况") }));
        }
        if self.one_in(8) {
            bodies.push(json!({ "kind": "recall", "text": "诉求人要求撤单" }));
        }
        let messages: Vec<Value> = bodies
            .into_iter()
            .enumerate()
            .map(|(place, mut body)| {
                body["seq"] = (place + 1).into();
                message(&self.city, &format!("{no}-{place}"), &no, &body)
            })
            .collect();
        self.outbox.extend(messages.iter().cloned());
        self.said.insert(no.clone(), messages);
        self.plans.insert(no, plan(&mut self.dice));
    }

    /// The platform sends something of its outbox, in no order; it may lose the answer, and then sends it
    /// again; and sometimes it says again what was answered long ago.
    fn sends(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        let at = self.dice.random_range(0..self.outbox.len());
        let message = self.outbox[at].clone();
        tells(&self.city, &message).unwrap();
        if !self.one_in(5) {
            self.outbox.swap_remove(at);
        }
        if self.one_in(6) {
            let all: Vec<&Vec<Value>> = self.said.values().collect();
            let of_one = all[self.dice.random_range(0..all.len())];
            let again = of_one[self.dice.random_range(0..of_one.len())].clone();
            tells(&self.city, &again).unwrap();
        }
    }

    /// Our number of a ticket of the platform's, once it has come.
    fn here(&self, no: &str) -> Option<String> {
        let first = self.said[no][0]["message_id"].as_str().unwrap().to_owned();
        let kept = self.city.hotline.db.read(|conn| store::one(conn, &first)).unwrap();
        kept.and_then(|kept| kept.ticket_no)
    }

    /// Somebody does the next thing with some ticket. What its state does not allow (any more) is left.
    fn acts(&mut self) {
        let numbers: Vec<String> = self.plans.keys().cloned().collect();
        if numbers.is_empty() {
            return;
        }
        let no = numbers[self.dice.random_range(0..numbers.len())].clone();
        let Some(here) = self.here(&no) else { return };
        let Some(step) = self.plans.get_mut(&no).and_then(Vec::pop) else { return };
        let from = self.dice.random_range(0..numbers.len());
        let others = numbers[from..].iter().chain(&numbers[..from]).filter(|other| **other != no);
        let into = others.take(20).find_map(|other| self.here(other));
        does(&self.city, &here, step, into.as_deref());
        if self.city.ticket(&here).withdrawal.is_some() {
            let how = json!({ "confirmed": self.one_in(2), "how": "电话核实" });
            drop(self.city.agent().tries(&here, "withdraw/confirm", how));
        }
    }

    fn passes_an_hour(&mut self) {
        self.turn += 1;
        self.city.hours(1);
        let (down, seed) = (self.stopped(), self.dice.random());
        let mut dice = StdRng::seed_from_u64(seed);
        self.mock.feels(move || match dice.random_range(0..24) {
            _ if down => Fault::Deaf,
            0..=3 => Fault::AnswerLost,
            4 | 5 => Fault::Deaf,
            6 => Fault::Silent,
            7 | 8 => Fault::Broken,
            9 => Fault::Busy,
            _ => Fault::Nothing,
        });
        self.crew.drain().unwrap();
    }

    /// The line is good at last, everything is sent and done.
    fn settles(&mut self) {
        self.mock.feels(|| Fault::Nothing);
        for message in std::mem::take(&mut self.outbox) {
            tells(&self.city, &message).unwrap();
        }
        for _ in 0..30 {
            self.city.hours(1);
            self.crew.drain().unwrap();
        }
    }
}

/// What people will do, the first last.
fn plan(dice: &mut StdRng) -> Vec<&'static str> {
    let handled = ["dispatch", "work", "reply", "pass"];
    let more: &[&str] = match dice.random_range(0..10) {
        0 => return vec!["decline"],
        1 => return vec!["divert"],
        2 => return vec!["answer"],
        3 => &["bad", "rework", "reply", "pass", "good"],
        4 => &["bad", "stands"],
        5 => &["refused"],
        6 => &["good", "reopen", "decline"],
        7 => return vec!["unmerge", "merge"],
        8 => &[],
        _ => &["good"],
    };
    let mut steps: Vec<&'static str> = handled.iter().chain(more).copied().collect();
    steps.reverse();
    steps
}

fn does(city: &City, no: &str, step: &str, into: Option<&str>) {
    let text = |what: &str| json!({ "text": format!("{what}（{no}，{}）", city.now()) });
    let lead = |command: &str, body: Value| {
        let lead = city.ticket(no).live_lead();
        lead.map(|k| city.handler("wuye").tries_work(no, k, command, body))
    };
    let tried = match step {
        "dispatch" => city.dispatcher().tries(no, "dispatch", json!({ "lead": "wuye" })),
        "work" => {
            drop(lead("sign", json!({})));
            let Some(spoke) = lead("contact", json!({ "outcome": "spoke" })) else { return };
            spoke
        }
        "reply" => city.handler("wuye").tries(no, "reply", text("已处理")),
        "pass" => city.reviewer().tries(no, "review", json!({ "pass": true })),
        "good" => city.surveyor().tries(no, "survey", good()),
        "bad" => city.surveyor().tries(no, "survey", bad()),
        "refused" => city.surveyor().tries(no, "survey", json!({ "outcome": "refused" })),
        "rework" | "stands" => {
            let body = json!({ "why": "poor_work", "rework": step == "rework" });
            city.reviewer().tries(no, "triage", body)
        }
        "reopen" => city.agent().tries(no, "reopen", json!({ "reason": "又出现" })),
        "decline" => {
            let body = json!({ "reason": "no_new_fact", "told": "已电话告知" });
            city.agent().tries(no, "decline", body)
        }
        "divert" => {
            let body = json!({ "service": "119", "at": city.now().to_string() });
            city.agent().tries(no, "divert", body)
        }
        "answer" => city.agent().tries(no, "answer", text("直接答复")),
        "merge" => {
            let Some(into) = into else { return };
            city.agent().tries(no, "merge", json!({ "into": into }))
        }
        "unmerge" if no.ends_with(['1', '4', '7']) => {
            city.dispatcher().tries(no, "unmerge", json!({}))
        }
        _ => return,
    };
    if let Err(error) = tried {
        let refused = matches!(
            error.kind(),
            Kind::Refused | Kind::Forbidden | Kind::Invalid | Kind::NotFound
        );
        assert!(refused, "{step}: {error}");
    }
}

/// What the platform must have of `ticket`, whose answer is that of `source` (the ticket it was merged into,
/// or itself), worked out from the tickets as they are, without a look at what was sent.
fn expected(ticket: &Ticket, source: &Ticket, last: Cause) -> Value {
    let zone = chrono_tz::Asia::Shanghai;
    let stage = match &ticket.state {
        State::Merged { .. } if last == Cause::Merge => "merged",
        State::Surveying { .. } => "answered",
        State::Closed { .. } => "closed",
        State::Declined { .. } => "declined",
        State::Diverted { .. } => "diverted",
        State::Withdrawn { .. } => "withdrawn",
        _ => "handling",
    };
    let mut form = json!({ "stage": stage, "no": ticket.no });
    // A new reply of the other ticket that nobody has passed yet is no answer.
    let unpassed = matches!(source.state, State::Replied { .. } | State::InUnits { .. });
    if matches!(stage, "merged" | "answered" | "closed") && !unpassed {
        let reply = source.reply.as_ref().map(|reply| (reply.at, &reply.text));
        let direct = source.direct.as_ref().map(|direct| (direct.at, &direct.text));
        let told = reply.max(direct);
        form["reply"] = json!(told.map(|(_, text)| text));
        form["replied_at"] = json!(told.map(|(at, _)| at.rfc3339(zone)));
    }
    if stage != "merged" {
        let last = ticket.attempts.iter().rev().find(|it| it.answers().is_some());
        form["contacted"] = json!(last.map(|it| it.contacted));
        form["solved"] = json!(last.map(|it| it.solved));
        form["satisfied"] = json!(last.map(|it| it.satisfied));
        form["surveyed_at"] = json!(last.map(|it| it.at.rfc3339(zone)));
        form["closed_at"] = json!(ticket.ended_at().map(|at| at.rfc3339(zone)));
    }
    form
}

impl World<'_> {
    /// One ticket, on both sides; says how it stands on the platform.
    fn agrees(&self, no: &str) -> String {
        let here = self.here(no).unwrap_or_else(|| panic!("{no} has not arrived"));
        let ticket = self.city.ticket(&here);
        assert_eq!(ticket.upstream.as_ref().unwrap().no.as_str(), no);
        let theirs = self.mock.ledger().tickets[no].clone();
        let owed = owed(&self.city, &here);
        let last = owed.last();
        assert_eq!(theirs.revision, i64::from(last.map_or(0, |owed| owed.revision)), "{no}");
        let settled =
            |state| matches!(state, BackfillState::Acknowledged | BackfillState::Superseded);
        assert!(owed.iter().all(|owed| settled(owed.state)), "{no}: {owed:?}");
        let source = match (&ticket.state, last) {
            (State::Merged { into }, Some(_)) => self.city.ticket(into),
            _ => ticket.clone(),
        };
        let merged_and_waiting = matches!(ticket.state, State::Merged { .. }) && last.is_none();
        if theirs.revision == 0 {
            // Nothing was ever owed: it must still be on its way.
            assert!(ticket.state.is_live() || merged_and_waiting, "{no}: {:?}", ticket.state);
        } else {
            let cause = last.map_or(Cause::Reply, |owed| owed.cause);
            for (field, value) in expected(&ticket, &source, cause).as_object().unwrap() {
                assert_eq!(&theirs.form[field], value, "{no} {field}: {}", theirs.form);
            }
        }
        self.took_every_word(no, &ticket);
        theirs.form["stage"].as_str().unwrap_or("new").to_owned()
    }

    /// Every message has a fate, and the ticket shows it.
    fn took_every_word(&self, no: &str, ticket: &Ticket) {
        let mut urges = 0;
        for message in &self.said[no] {
            let id = message["message_id"].as_str().unwrap();
            let kept = self.city.hotline.db.read(|conn| store::one(conn, id)).unwrap().unwrap();
            let applied = kept.fate == Fate::Applied;
            assert!(applied || kept.fate == Fate::Refused && kept.code.is_some(), "{id}: {kept:?}");
            match message["kind"].as_str().unwrap() {
                "urge" => urges += usize::from(applied),
                "facts" => {
                    assert!(applied, "{id}");
                    let text = message["text"].as_str().unwrap();
                    let notes = ticket.notes.iter().filter(|note| note.text == text).count();
                    assert_eq!(notes, 1, "{id}");
                }
                _ => {}
            }
        }
        assert_eq!(ticket.urges.len(), urges, "{no}");
    }
}

on_each_database! {
    fn both_sides_agree_in_the_end_ticket_by_ticket(test: &TestDb) {
        let city = City::of(test);
        let mock = Mock::start();
        let carrier = carrier(&city, &mock.keys());
        let mut world = World {
            crew: crew(&test.db, &carrier),
            city,
            mock: &mock,
            carrier,
            dice: StdRng::seed_from_u64(20_261_102),
            turn: 0,
            outbox: Vec::new(),
            said: BTreeMap::new(),
            plans: BTreeMap::new(),
        };
        for turn in 0..TURNS {
            let upto = TICKETS.min((turn + 1) * 4);
            for at in world.said.len()..upto {
                world.opens(at);
            }
            for _ in 0..if world.stopped() { 0 } else { 12 } {
                world.sends();
            }
            for _ in 0..16 {
                world.acts();
            }
            world.passes_an_hour();
        }
        world.settles();
        let numbers: Vec<String> = world.said.keys().cloned().collect();
        assert_eq!(numbers.len(), TICKETS);
        let mut stages: BTreeMap<String, usize> = BTreeMap::new();
        for no in &numbers {
            *stages.entry(world.agrees(no)).or_default() += 1;
        }
        assert!(stages.len() >= 7, "every way to end is met: {stages:?}");
        for day in 2..=5 {
            let day = format!("2026-11-{day:02}").parse().unwrap();
            assert_eq!(compare(&world.carrier, day).unwrap(), [], "{day}");
        }
        let ledger = mock.ledger();
        println!(
            "simulation: {stages:?}; {} requests, {} answers written down, {} repeats",
            ledger.requests, ledger.seen.len(), ledger.repeats
        );
        assert!(ledger.requests > ledger.seen.len() * 3 / 2, "the line was bad");
    }
}
