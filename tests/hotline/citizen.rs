//! Citizens at their door: no account, over HTTP, beside the people of the house. Its rule: a citizen
//! knows what was told to a citizen, and nothing else.

pub mod eyes;
mod guesses;
mod lock;
mod photos;
mod sms;
mod way;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::City;
use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};

/// The house with its door open.
pub struct Door {
    pub server: Server,
    pub city: City,
    tokens: BTreeMap<String, String>,
}

/// What a citizen was told.
#[derive(Debug, Clone)]
pub struct Told {
    pub no: String,
    pub code: String,
    pub tail: String,
}

impl Told {
    /// What the citizen shows, with `more` to say.
    pub fn with(&self, more: &Value) -> Value {
        let mut body = json!({ "no": self.no, "code": self.code, "phone_tail": self.tail });
        jiesu::ticket::event::apply(&mut body, more);
        body
    }
    pub fn shown(&self) -> Value {
        self.with(&json!({}))
    }
}

/// What a citizen writes on the page of the bureau.
pub fn request() -> Value {
    json!({
        "kind": "complaint", "channel": "web",
        "caller": { "name": "王建国", "phone": "139 0000 0001" },
        "matter": { "content": "电梯停运三天。楼上502也急。", "category": "wy.dt" },
        "place": { "estate": "yangguang", "address": "幸福路1号阳光小区3号楼502室" }
    })
}

impl Door {
    pub fn open(test: &TestDb) -> Self {
        Self::with(&[("JIESU_DATABASE__URL", &test.url)])
    }

    pub fn with(keys: &[(&str, &str)]) -> Self {
        let server = Server::start(keys);
        let city = City::served(&server);
        let tokens = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, tokens }
    }

    /// Asks without an account.
    pub fn ask(&self, path: &str, body: &Value) -> Answer {
        self.server.ask("POST", &format!("/api/v1/public/{path}"), &[], &body.to_string())
    }

    /// Asks what must go well.
    pub fn gets(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask(path, body);
        assert!(matches!(answer.status, 200 | 201), "{path}: {answer:?}");
        answer.json()
    }

    /// Asks as `who` of the house.
    pub fn staff(&self, who: &str, method: &str, path: &str, body: &Value) -> Answer {
        let bearer = self.bearer(who);
        let headers = [("Authorization", bearer.as_str())];
        let body = if method == "GET" { String::new() } else { body.to_string() };
        self.server.ask(method, &format!("/api/v1/{path}"), &headers, &body)
    }

    /// What shows that `who` of the house asks.
    pub fn bearer(&self, who: &str) -> String {
        format!("Bearer {}", self.tokens[who])
    }

    /// Brings a ticket, and what its citizen was told.
    pub fn brings(&self, request: &Value, tail: &str) -> Told {
        let given = self.gets("tickets", request);
        let word = |name: &str| given[name].as_str().map(str::to_owned);
        let tail = word("phone_tail").unwrap_or_else(|| tail.to_owned());
        Told { no: word("no").unwrap(), code: word("code").unwrap(), tail }
    }
}

/// `404 public.no_match`: how an answer is spoken of here.
pub fn said(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let field = body["errors"][0]["code"].as_str();
    format!("{} {}", answer.status, field.or(body["code"].as_str()).unwrap_or_default())
}
