//! The people of the small city at a hand clock, acting on the hotline without HTTP. Its rule: a
//! method says what a person does; whether it is allowed is the program's business.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use jiesu::db::Db;
use jiesu::directory::Cached;
use jiesu::error::{Error, Kind, Result};
use jiesu::identity::{Actor, Role};
use jiesu::intake::Draft;
use jiesu::lifecycle::{Hotline, Order, RuleBook, Rules};
use jiesu::sealing::{MasterKey, entropy};
use jiesu::ticket::assignment::Assignment;
use jiesu::ticket::command::{CommandName, Parser, Target};
use jiesu::ticket::event::Event;
use jiesu::ticket::store::Stored;
use jiesu::ticket::{StateName, Ticket, WorkName};
use jiesu::time::{HandClock, Stamp};
use serde_json::{Value, json};

use super::databases::TestDb;
use super::server::Server;
use super::tree::{self, UNITS};

/// A Monday in a month without holidays: 2026-11-02T09:00:00+08:00.
pub const MONDAY: &str = "2026-11-02T09:00:00+08:00";

pub fn at(text: &str) -> Stamp {
    Stamp::parse(text).unwrap()
}

/// The city with its hotline.
pub struct City {
    pub hotline: Arc<Hotline>,
    pub clock: Arc<HandClock>,
    people: Vec<Actor>,
}

/// A JSON body on its way.
struct Body(Value);

impl Parser for Body {
    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.0.clone()).map_err(|_| Error::field("/", "field.format"))
    }
}

impl City {
    /// The city on Monday, under the profile `default`.
    pub fn of(test: &TestDb) -> Self {
        Self::under(test, "default")
    }

    /// The city on Monday under another profile.
    pub fn under(test: &TestDb, profile: &str) -> Self {
        Self::on(test.db.clone(), test.clock.clone(), profile)
    }

    pub fn on(db: Db, clock: Arc<HandClock>, profile: &str) -> Self {
        let keys = Arc::new(MasterKey::fleeting(&mut entropy()));
        let rules = RuleBook::new(Cached::default(), profile);
        Self::around(Arc::new(Hotline { db, keys, rules }), clock, people())
    }

    /// The city inside a running server, with all who may try to come in.
    pub fn served(server: &Server) -> Self {
        Self::around(server.app.hotline.clone(), server.clock.clone(), people_of_a_server())
    }

    fn around(hotline: Arc<Hotline>, clock: Arc<HandClock>, people: Vec<Actor>) -> Self {
        clock.set(at(MONDAY));
        hotline.db.write(tree::record).unwrap();
        Self { hotline, clock, people }
    }

    pub fn rules(&self) -> Arc<Rules> {
        let hotline = &self.hotline;
        hotline.db.read(|conn| hotline.rules.current(conn, hotline.db.now())).unwrap()
    }

    pub fn now(&self) -> Stamp {
        self.hotline.db.now()
    }
    pub fn hours(&self, n: i64) {
        self.clock.forward(TimeDelta::hours(n));
    }
    pub fn days(&self, n: i64) {
        self.clock.forward(TimeDelta::days(n));
    }

    /// Everyone who may ever act.
    pub fn people(&self) -> impl Iterator<Item = Person<'_>> {
        self.people.iter().map(|actor| Person { city: self, actor })
    }

    /// The person with this login name.
    pub fn person(&self, name: &str) -> Person<'_> {
        self.people().find(|person| person.actor.name == name).unwrap()
    }
    pub fn agent(&self) -> Person<'_> {
        self.person("agent")
    }
    pub fn dispatcher(&self) -> Person<'_> {
        self.person("dispatcher")
    }
    pub fn reviewer(&self) -> Person<'_> {
        self.person("reviewer")
    }
    pub fn surveyor(&self) -> Person<'_> {
        self.person("surveyor")
    }
    pub fn handler(&self, unit: &str) -> Person<'_> {
        self.person(&format!("handler@{unit}"))
    }
    pub fn head(&self, unit: &str) -> Person<'_> {
        self.person(&format!("unit_head@{unit}"))
    }

    /// The ticket as it is kept.
    pub fn stored(&self, no: &str) -> Stored {
        let hotline = &self.hotline;
        let system = Actor::system();
        let rules = self.rules();
        hotline.db.read(|conn| hotline.see(conn, &rules, &system, no)).unwrap()
    }
    pub fn ticket(&self, no: &str) -> Ticket {
        self.stored(no).ticket
    }
    pub fn state(&self, no: &str) -> StateName {
        self.ticket(no).state.name()
    }
    pub fn work(&self, no: &str, k: u32) -> WorkName {
        self.assignment(no, k).work.name()
    }
    pub fn assignment(&self, no: &str, k: u32) -> Assignment {
        self.ticket(no).assignments[&k].clone()
    }
    pub fn events(&self, no: &str) -> Vec<Event> {
        let stored = self.stored(no);
        let read = |conn: &mut _| jiesu::ticket::store::load_events(conn, &stored);
        self.hotline.db.read(read).unwrap()
    }

    // ---- short ways to a state ------------------------------------------------------------

    /// A help ticket with a phone, taken by the agent.
    pub fn taken(&self) -> String {
        self.agent().registers(draft())
    }
    /// The same, sent to `lead` as assignment 1.
    pub fn sent_to(&self, lead: &str) -> String {
        let no = self.taken();
        self.dispatcher().does(&no, "dispatch", json!({ "lead": lead }));
        no
    }
    /// Sent, signed and the citizen spoken to: assignment `k` of `unit` is in handling.
    pub fn works(&self, no: &str, unit: &str, k: u32) {
        self.handler(unit).works(no, k, "sign", json!({}));
        self.handler(unit).works(no, k, "contact", json!({ "outcome": "spoke" }));
    }
    /// A ticket whose lead is in handling.
    pub fn handled_by(&self, lead: &str) -> String {
        let no = self.sent_to(lead);
        self.works(&no, lead, 1);
        no
    }
    /// A ticket whose lead replied.
    pub fn replied_by(&self, lead: &str) -> String {
        let no = self.handled_by(lead);
        self.handler(lead).does(&no, "reply", json!({ "text": "已修好" }));
        no
    }
    /// A ticket whose reply passed: the citizen is being asked.
    pub fn passed(&self, lead: &str) -> String {
        let no = self.replied_by(lead);
        self.reviewer().does(&no, "review", json!({ "pass": true }));
        no
    }
    /// A ticket that was answered well and is closed.
    pub fn closed(&self, lead: &str) -> String {
        let no = self.passed(lead);
        self.surveyor().does(&no, "survey", good());
        no
    }
}

/// One person of the city.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    pub city: &'a City,
    pub actor: &'a Actor,
}

impl Person<'_> {
    /// Registers a ticket and says its number.
    pub fn registers(self, draft: Value) -> String {
        self.tries_to_register(draft).unwrap().ticket.no
    }

    pub fn tries_to_register(self, draft: Value) -> Result<Stored> {
        let draft: Draft = serde_json::from_value(draft).unwrap();
        Ok(self.city.hotline.take_in(self.actor, draft)?.stored)
    }

    /// Gives a command to the ticket; it must be accepted.
    pub fn does(self, no: &str, command: &str, body: Value) -> Ticket {
        let done = self.tries(no, command, body);
        done.unwrap_or_else(|e| panic!("{} {command}: {e}", self.actor.name)).ticket
    }
    pub fn tries(self, no: &str, command: &str, body: Value) -> Result<Stored> {
        self.asks(no, command.parse().unwrap(), Target::default(), body)
    }

    /// Gives a command to assignment `k`; it must be accepted.
    pub fn works(self, no: &str, k: u32, command: &str, body: Value) -> Ticket {
        let done = self.tries_work(no, k, command, body);
        done.unwrap_or_else(|e| panic!("{} {command} on {k}: {e}", self.actor.name)).ticket
    }
    pub fn tries_work(self, no: &str, k: u32, command: &str, body: Value) -> Result<Stored> {
        let name = match command {
            "reply" => CommandName::AssistReply,
            "recall" => CommandName::AssignmentRecall,
            other => other.parse().unwrap(),
        };
        self.asks(no, name, Target { assignment: Some(k), side: None }, body)
    }

    /// Gives a command to supervision or whistle `side`.
    pub fn tries_side(self, no: &str, side: u32, command: &str, body: Value) -> Result<Stored> {
        let target = Target { assignment: None, side: Some(side) };
        self.asks(no, command.parse().unwrap(), target, body)
    }

    pub fn asks(self, no: &str, name: CommandName, target: Target, body: Value) -> Result<Stored> {
        let hotline = self.city.hotline.clone();
        let (actor, no, body) = (self.actor.clone(), no.to_owned(), Body(body));
        let db = hotline.db.clone();
        db.write(move |tx| {
            let order = Order { no: &no, name, target, expected: &|_| Ok(()) };
            hotline.command(tx, &actor, &order, &body)
        })
    }

    /// Acts on a ticket through a door of its own (a link, a number with a code).
    pub fn performs(self, no: &str, name: CommandName, body: Value) -> Result<Stored> {
        let command = jiesu::ticket::command::Command::parse(name, &Body(body))?;
        let (hotline, actor) = (self.city.hotline.clone(), self.actor.clone());
        let (rules, stored) = (self.city.rules(), self.city.stored(no));
        let db = hotline.db.clone();
        db.write(move |tx| {
            let target = Target::default();
            hotline.perform(tx, &rules, &actor, &stored, &command, target)
        })
    }
}

/// `403 own_request`, `422 dispatch.already_there`: how a refusal is spoken of here.
pub fn refusal<T>(result: Result<T>) -> String {
    let Err(error) = result else { return "accepted".to_owned() };
    let status = match error.kind() {
        Kind::NotFound => 404,
        Kind::Forbidden => 403,
        Kind::Invalid => 422,
        Kind::Refused => 409,
        Kind::Stale => 412,
        _ => 500,
    };
    let code = error.fields().first().map_or_else(|| error.code(), |field| field.code);
    if status == 409 {
        assert!(error.state().is_some(), "a 409 says the state: {error}");
    }
    format!("{status} {code}")
}

/// What the agent usually writes down.
pub fn draft() -> Value {
    json!({
        "kind": "help", "channel": "phone",
        "caller": { "name": "张三", "phone": "13900000001", "reply_wanted": true },
        "matter": { "content": "电梯停运。请修。", "category": "wy.dt" },
        "place": { "estate": "yangguang" }
    })
}

/// The usual draft with some values changed; `null` takes one away.
pub fn draft_with(change: &Value) -> Value {
    let mut body = draft();
    jiesu::ticket::event::apply(&mut body, change);
    body
}

pub fn good() -> Value {
    json!({ "outcome": "reached", "contacted": "yes", "solved": "solved", "satisfied": "satisfied" })
}
pub fn bad() -> Value {
    json!({ "outcome": "reached", "contacted": "yes", "solved": "unsolved", "satisfied": "basic" })
}

/// Everyone, and who only makes sense where there is a door.
pub fn people_of_a_server() -> Vec<Actor> {
    let mut people = people();
    people.push(actor("secadmin", &[Role::Secadmin], None, people.len()));
    people
}

fn people() -> Vec<Actor> {
    let central = [
        ("agent", Role::Agent),
        ("agent-2", Role::Agent),
        ("dispatcher", Role::Dispatcher),
        ("dispatcher-2", Role::Dispatcher),
        ("reviewer", Role::Reviewer),
        ("reviewer-2", Role::Reviewer),
        ("surveyor", Role::Surveyor),
        ("assessor", Role::Assessor),
        ("leader", Role::Leader),
        ("platform", Role::Platform),
        ("sysadmin", Role::Sysadmin),
        ("auditor", Role::Auditor),
    ];
    let mut all: Vec<Actor> = Vec::new();
    for (name, role) in central {
        all.push(actor(name, &[role], None, all.len()));
    }
    for (unit, ..) in UNITS {
        for role in [Role::Handler, Role::UnitHead] {
            all.push(actor(&format!("{role}@{unit}"), &[role], Some(unit), all.len()));
        }
    }
    all.push(actor("surveyor@wuye", &[Role::Surveyor], Some("wuye"), all.len()));
    all.push(actor(
        "both@baozhang",
        &[Role::UnitHead, Role::Reviewer],
        Some("baozhang"),
        all.len(),
    ));
    all.push(Actor { name: "citizen".to_owned(), ..with_role(Role::Citizen) });
    all
}

fn with_role(role: Role) -> Actor {
    Actor { roles: BTreeSet::from([role]), ..Actor::system() }
}

fn actor(name: &str, roles: &[Role], unit: Option<&str>, before: usize) -> Actor {
    Actor {
        user: i64::try_from(before).unwrap() + 1,
        name: name.to_owned(),
        roles: roles.iter().copied().collect(),
        unit: unit.map(Into::into),
        subtree: unit
            .map(tree::down_from)
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect(),
        company: unit.is_some_and(tree::is_company),
    }
}
