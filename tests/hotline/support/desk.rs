//! A hotline with a few units and people, so that a test can say what happens in the trade's words.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiesu::db::Db;
use jiesu::directory::{self, Cached, Entry, Unit, UnitCode, UnitKind};
use jiesu::error::Result;
use jiesu::identity::{Actor, Role};
use jiesu::intake::Draft;
use jiesu::lifecycle::{Hotline, Order, RuleBook};
use jiesu::sealing::{MasterKey, entropy};
use jiesu::ticket::command::{CommandName, Parser, Target};
use jiesu::ticket::event::Event;
use jiesu::ticket::store::{self, Stored};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::databases::TestDb;

/// The hotline of one node.
pub struct Desk {
    pub hotline: Arc<Hotline>,
}

/// A body as a test writes it.
pub struct Json(pub Value);

impl Parser for Json {
    fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_value(self.0.clone()).expect("the test's body is right"))
    }
}

/// Somebody with this role; handlers and unit heads belong to `unit`. Every name has its user id.
pub fn person(name: &str, role: Role, unit: Option<&str>) -> Actor {
    let user = 1_000 + name.bytes().fold(0_i64, |sum, byte| sum * 31 % 100_003 + i64::from(byte));
    let unit = unit.map(UnitCode::from);
    let subtree = unit.clone().into_iter().collect();
    let roles = BTreeSet::from([role]);
    Actor { user, name: name.to_owned(), roles, unit, subtree, company: false }
}

pub fn agent() -> Actor {
    person("agent", Role::Agent, None)
}
pub fn dispatcher() -> Actor {
    person("dispatcher", Role::Dispatcher, None)
}
pub fn handler() -> Actor {
    person("handler", Role::Handler, Some("wuye"))
}
pub fn unit_head() -> Actor {
    person("unit_head", Role::UnitHead, Some("wuye"))
}
pub fn reviewer() -> Actor {
    person("reviewer", Role::Reviewer, None)
}
pub fn street_head() -> Actor {
    person("street_head", Role::UnitHead, Some("jiedao"))
}

impl Desk {
    /// A desk of its own keys, with the units wuye, zhulian (sections) and jiedao (a street).
    pub fn new(test: &TestDb) -> Self {
        let keys = Arc::new(MasterKey::fleeting(&mut entropy()));
        let from = "2020-01-01".parse().unwrap();
        for (code, name, kind) in [
            ("wuye", "物业科", UnitKind::Section),
            ("zhulian", "住建联席办", UnitKind::Section),
            ("jiedao", "东街街道", UnitKind::Street),
        ] {
            describe(&test.db, Entry::Unit(Unit::new(code, name, kind, from)));
        }
        Self::on(test.db.clone(), keys)
    }

    /// The same keys on another node's database.
    pub fn another_node(&self, test: &TestDb) -> Self {
        Self::on(test.another_node(), self.hotline.keys.clone())
    }

    fn on(db: Db, keys: Arc<MasterKey>) -> Self {
        let rules = RuleBook::new(Cached::default(), "default");
        Self { hotline: Arc::new(Hotline { db, keys, rules }) }
    }

    /// Takes a call of `urgency` about a leaking roof; answers the number.
    pub fn take(&self, urgency: &str) -> String {
        self.take_from(urgency, "13900000001")
    }

    pub fn take_from(&self, urgency: &str, phone: &str) -> String {
        let draft: Draft = serde_json::from_value(json!({
            "kind": "help", "channel": "phone",
            "caller": {"name": "王芳", "phone": phone, "reply_wanted": true},
            "matter": {"title": "屋面漏水", "content": "三号楼顶层屋面漏水，请尽快维修", "urgency": urgency},
        }))
        .unwrap();
        self.hotline.take_in(&agent(), draft).unwrap().stored.ticket.no
    }

    /// Gives a command to the ticket itself.
    pub fn give(&self, who: Actor, no: &str, name: CommandName, body: Value) -> Result<Stored> {
        self.aim(who, no, name, Target::default(), body)
    }

    /// Gives a command to its assignment `k`.
    pub fn give_to(
        &self,
        who: Actor,
        (no, k): (&str, u32),
        name: CommandName,
        body: Value,
    ) -> Result<Stored> {
        self.aim(who, no, name, Target { assignment: Some(k), side: None }, body)
    }

    fn aim(
        &self,
        who: Actor,
        no: &str,
        name: CommandName,
        target: Target,
        body: Value,
    ) -> Result<Stored> {
        let (hotline, no) = (self.hotline.clone(), no.to_owned());
        self.hotline.db.write(move |tx| {
            let order = Order { no: &no, name, target, expected: &|_| Ok(()) };
            hotline.command(tx, &who, &order, &Json(body.clone()))
        })
    }

    /// Takes a call and sends it to `wuye` as lead.
    pub fn dispatched(&self, urgency: &str) -> String {
        let no = self.take(urgency);
        self.give(dispatcher(), &no, CommandName::Dispatch, dispatch_to("wuye")).unwrap();
        no
    }

    /// The same, signed for, and the citizen spoken to.
    pub fn in_hand(&self, urgency: &str) -> String {
        let no = self.dispatched(urgency);
        self.give_to(handler(), (&no, 1), CommandName::Sign, json!({})).unwrap();
        let spoke = json!({"outcome": "spoke"});
        self.give_to(handler(), (&no, 1), CommandName::Contact, spoke).unwrap();
        no
    }

    pub fn load(&self, no: &str) -> Stored {
        self.hotline
            .db
            .read(|conn| {
                let rules = self.hotline.rules.current(conn, self.hotline.db.now())?;
                store::load(conn, rules.vault(&self.hotline.keys), no)
            })
            .unwrap()
            .unwrap()
    }

    pub fn events(&self, no: &str) -> Vec<Event> {
        let stored = self.load(no);
        self.hotline.db.read(|conn| store::load_events(conn, &stored)).unwrap()
    }
}

pub fn dispatch_to(lead: &str) -> Value {
    json!({"lead": lead, "assists": [], "copies": [], "designate": false})
}

/// Records `entry` in the directory, as the sysadmin would on 2026-10-01.
pub fn describe(db: &Db, entry: Entry) {
    let today = "2026-10-01".parse().unwrap();
    db.write(move |tx| directory::put(tx, &Actor::system(), entry.clone(), today, today)).unwrap();
}
