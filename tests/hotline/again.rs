//! The same matter again: told by another caller (a known incident), by the same one (a repeat), by the same
//! one without end (the vexatious mark). Over HTTP, on both databases.

mod declared;
mod linked;
mod repeats;
mod vexatious;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with};
use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};

/// Who may know of a caller's other matters.
const KNOWING: [&str; 6] = ["agent", "dispatcher", "reviewer", "surveyor", "assessor", "leader"];

/// The centre, with everybody at work.
struct Centre {
    server: Server,
    city: City,
    badges: BTreeMap<String, String>,
}

impl Centre {
    fn open(test: &TestDb) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    fn asks(&self, who: &str, path: &str) -> Answer {
        let badge = format!("Bearer {}", self.badges[who]);
        self.server.ask("GET", &format!("/api/v1{path}"), &[("Authorization", &badge)], "")
    }

    fn says(&self, who: &str, path: &str, body: &Value) -> Answer {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        self.server.ask("POST", &format!("/api/v1{path}"), &headers, &body.to_string())
    }

    /// The ticket as `who` reads it.
    fn reads(&self, who: &str, no: &str) -> Value {
        let answer = self.asks(who, &format!("/tickets/{no}"));
        assert_eq!(answer.status, 200, "{who}: {}", answer.body);
        answer.json()
    }

    /// A call that the agent takes down, with what it changes of the usual one.
    fn call(&self, change: &Value) -> String {
        self.city.agent().registers(draft_with(change))
    }
}

/// `409 merge.parent_ended`: how a refusal is spoken of here.
fn told(answer: &Answer) -> String {
    let said = answer.json();
    let field = &said["errors"][0];
    let (code, at) = if field.is_null() {
        (said["code"].clone(), String::new())
    } else {
        (field["code"].clone(), format!(" at {}", field["pointer"].as_str().unwrap()))
    };
    format!("{} {}{at}", answer.status, code.as_str().unwrap_or("-"))
}

/// The usual call from another number.
fn from(phone: &str) -> Value {
    json!({ "caller": { "phone": phone } })
}
