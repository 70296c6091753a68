//! A small city behind the door, and people who live in it.

use jiesu::directory::{Category, CategoryCode, Entry, Kind, Span, Urgency};
use jiesu::identity::{self, Actor, NewAccount, Role, Scope};
use jiesu::ticket::command::CommandName;
use serde_json::{Value, json};

use crate::support::databases::TestDb;
use crate::support::desk::{Desk, agent, describe, dispatch_to, dispatcher, person, reviewer};
use crate::support::server::{Answer, Server};
use crate::support::town;

/// A running server on `test`'s database, with the town of the histories and a few categories more.
pub struct City {
    pub server: Server,
    desk: Desk,
}

impl City {
    pub fn new(test: &TestDb, keys: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("JIESU_DATABASE__URL", test.url.as_str()),
            ("JIESU_WEB__PUBLIC_URL", "https://zjj.example.cn/"),
        ];
        all.extend(keys);
        let server = Server::start(&all);
        let db = &server.app.db;
        town::describe(db);
        for (code, name, kinds, urgency) in [
            ("leak", "屋面漏水", vec![Kind::Help, Kind::Complaint], None),
            ("rude", "物业人员言语粗暴", vec![Kind::Complaint], None),
            ("trapped", "电梯困人", vec![Kind::Help], Some(Urgency::Emergency)),
        ] {
            describe(db, Entry::Category(category(code, name, kinds, urgency)));
        }
        let desk = Desk { hotline: server.app.hotline.clone() };
        Self { server, desk }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.server.ask("GET", &format!("/open311{path}"), &[], "")
    }

    /// What a client is answered in JSON.
    pub fn list(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v2/requests.json{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json().as_array().unwrap().clone()
    }

    /// The numbers of a list.
    pub fn numbers(&self, query: &str) -> Vec<String> {
        let number = |one: &Value| one["service_request_id"].as_str().unwrap().to_owned();
        self.list(query).iter().map(number).collect()
    }

    pub fn post(&self, format: &str, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let kind = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];
        self.server.ask("POST", &format!("/open311/v2/requests.{format}"), &kind, &form.join("&"))
    }

    /// A key of a machine account in the role of an agent.
    pub fn key(&self, scope: Scope) -> String {
        let db = &self.server.app.db;
        let plan = NewAccount {
            name: "fixmystreet".to_owned(),
            display_name: "随手拍".to_owned(),
            roles: [Role::Agent].into(),
            unit: None,
        };
        let keeper = Actor::system();
        identity::add_machine(db, &keeper, plan).unwrap();
        identity::add_api_key(db, &keeper, "fixmystreet", "app", &[scope].into(), None).unwrap()
    }

    /// The agent takes this in; answers its number.
    pub fn take(&self, draft: Value) -> String {
        let draft = serde_json::from_value(draft).unwrap();
        self.desk.hotline.take_in(&agent(), draft).unwrap().stored.ticket.no
    }

    /// A leaking roof in an estate.
    pub fn leak(&self) -> String {
        self.take(draft("help", "leak"))
    }

    pub fn give(&self, who: Actor, no: &str, name: CommandName, body: Value) {
        self.desk.give(who, no, name, body).unwrap();
    }

    /// The dispatcher sends it to 科1.
    pub fn send(&self, no: &str) {
        self.give(dispatcher(), no, CommandName::Dispatch, dispatch_to("unit1"));
    }

    /// The unit speaks to the citizen and replies with `text`, and the reviewer passes it.
    pub fn reply(&self, no: &str, text: &str) {
        let handler = || person("clerk", Role::Handler, Some("unit1"));
        let first = (no, 1);
        self.desk.give_to(handler(), first, CommandName::Sign, json!({})).unwrap();
        let spoke = json!({ "outcome": "spoke", "text": text });
        self.desk.give_to(handler(), first, CommandName::Contact, spoke).unwrap();
        self.give(handler(), no, CommandName::Reply, json!({ "text": text }));
        self.give(reviewer(), no, CommandName::Review, json!({ "pass": true }));
    }

    pub fn load(&self, no: &str) -> jiesu::ticket::store::Stored {
        self.desk.load(no)
    }

    pub fn events(&self, no: &str) -> Vec<jiesu::ticket::event::Event> {
        self.desk.events(no)
    }

    pub fn later(&self, milliseconds: i64) {
        let now = self.server.app.clock.now();
        self.server.clock.set(now.plus_millis(milliseconds));
    }
}

fn category(code: &str, name: &str, kinds: Vec<Kind>, urgency: Option<Urgency>) -> Category {
    Category {
        code: code.into(),
        name: name.to_owned(),
        parent: Some(CategoryCode::from("K1")),
        level: 3,
        version: "1".to_owned(),
        kinds,
        urgency,
        keywords: vec!["漏雨".to_owned(), "渗水".to_owned()],
        span: Span::from("2020-01-01".parse().unwrap()),
    }
}

/// An intake body of `kind` about `category`, from somebody who can be called back.
pub fn draft(kind: &str, category: &str) -> Value {
    json!({
        "kind": kind, "channel": "phone",
        "caller": { "name": "阚樾翀", "phone": "13900000001", "reply_wanted": true },
        "matter": { "title": "顶层漏水", "content": "三号楼阚樾翀家顶层漏水", "category": category },
        "place": { "estate": "estate1", "building": "三号楼", "address": "幸福路7号301",
            "point": { "lat": 39.9, "lng": 116.4 } },
    })
}

/// Percent-encoded whole.
pub fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
