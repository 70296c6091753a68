//! The city in a running server, and everybody in it with a token. Its rule: a person speaks over HTTP alone.

use std::collections::BTreeMap;

use jiesu::directory::store::{self, Recorded};
use jiesu::directory::{Entry, Unit, UnitCode};
use serde_json::Value;

use super::badges;
use super::city::City;
use super::databases::TestDb;
use super::server::{Answer, Server};

pub struct Office {
    pub server: Server,
    pub city: City,
    badges: BTreeMap<String, String>,
}

impl Office {
    pub fn open(test: &TestDb) -> Self {
        Self::open_with(test, &[])
    }

    /// The same with further `keys` as the environment's variables.
    pub fn open_with(test: &TestDb, keys: &[(&str, &str)]) -> Self {
        let mut all = vec![("JIESU_DATABASE__URL", test.url.as_str())];
        all.extend(keys);
        let server = Server::start(&all);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    /// What `who` shows at the door.
    pub fn bearer(&self, who: &str) -> String {
        format!("Bearer {}", self.badges[who])
    }

    /// What `who` is answered by `method` to `path`, below the base.
    pub fn call(&self, who: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let answer = self.call_with(who, method, path, &[], body);
        (answer.status, answer.json())
    }

    /// The same with further headers.
    pub fn call_with(
        &self,
        who: &str,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = self.bearer(who);
        let mut headers = vec![("Authorization", &*bearer), ("Content-Type", "application/json")];
        headers.extend(more);
        self.server.ask(method, &format!("/api/v1{path}"), &headers, body)
    }

    pub fn asks(&self, who: &str, path: &str) -> Value {
        let (status, answer) = self.call(who, "GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// The items of an answer.
    pub fn lists(&self, who: &str, path: &str) -> Vec<Value> {
        self.asks(who, path)["items"].as_array().unwrap().clone()
    }

    pub fn does(&self, who: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(who, "POST", path, &body.to_string());
        assert!((200..300).contains(&status), "{path}: {answer}");
        answer
    }

    /// `403 own_request`: how it is refused.
    pub fn refused(&self, who: &str, path: &str, body: &Value) -> String {
        let (status, answer) = self.call(who, "POST", path, &body.to_string());
        let field = answer["errors"][0]["code"].as_str();
        format!("{status} {}", field.or(answer["code"].as_str()).unwrap_or_default())
    }

    /// Changes `unit` in the directory, for the `nth` time.
    pub fn changes(&self, unit: &str, nth: i32, change: impl Fn(&mut Unit)) {
        let hotline = &self.city.hotline;
        let mut unit = self.city.rules().directory.unit(&UnitCode::from(unit)).unwrap().clone();
        change(&mut unit);
        let since_on = "2020-01-01".parse().unwrap();
        let entry = Recorded { since_on, revision: 1 + nth, entry: Entry::Unit(unit) };
        let done =
            hotline.db.write(move |tx| store::append(tx, "test", std::slice::from_ref(&entry)));
        done.unwrap();
    }
}
