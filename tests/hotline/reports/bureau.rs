//! A bureau with people, and its reports as they come over HTTP. Its rule: what a document holds is read from its JSON.

use std::collections::BTreeMap;

use jiesu::identity::{Actor, Role};
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::City;
use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};

/// A city with a month of tickets, and a token for everyone.
pub struct Bureau {
    pub server: Server,
    pub city: City,
    pub tokens: BTreeMap<String, String>,
}

impl Bureau {
    pub fn open(test: &TestDb) -> Self {
        Self::with(test, &[])
    }

    /// The same with more people: name, roles, unit.
    pub fn with(test: &TestDb, more: &[(&str, &[Role], Option<&str>)]) -> Self {
        Self::of(Server::start(&[("JIESU_DATABASE__URL", &test.url)]), more)
    }

    /// The same at a site that has chosen otherwise.
    pub fn at(test: &TestDb, keys: &[(&str, &str)]) -> Self {
        let own = [("JIESU_DATABASE__URL", test.url.as_str())];
        Self::of(Server::start(&[&own[..], keys].concat()), &[])
    }

    fn of(server: Server, more: &[(&str, &[Role], Option<&str>)]) -> Self {
        let city = City::served(&server);
        let mut people: Vec<Actor> = city.people().map(|person| person.actor.clone()).collect();
        let chief: (&str, &[Role], Option<&str>) = ("chief", &[Role::Assessor, Role::Leader], None);
        for (user, (name, roles, unit)) in (900..).zip([chief].iter().chain(more)) {
            people.push(Actor {
                user,
                name: (*name).to_owned(),
                roles: roles.iter().copied().collect(),
                unit: unit.map(Into::into),
                ..Actor::system()
            });
        }
        let tokens = badges::issue(&server.app, people.iter());
        Self { server, city, tokens }
    }

    pub fn call(
        &self,
        who: &str,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[who]);
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend_from_slice(more);
        self.server.ask(method, &format!("/api/v1{path}"), &headers, body)
    }

    pub fn asks(&self, who: &str, path: &str) -> Answer {
        self.call(who, "GET", path, &[], "")
    }

    /// What came of it: `200`, or the status and the code of the first wrong field or of the refusal.
    pub fn tries(&self, who: &str, path: &str, body: impl Into<Value>) -> String {
        let body: Value = body.into();
        let answer = self.call(who, "POST", path, &[], &body.to_string());
        if answer.status < 300 {
            return answer.status.to_string();
        }
        let said = answer.json();
        let code = said["errors"][0]["code"].as_str().or(said["code"].as_str());
        format!("{} {}", answer.status, code.unwrap_or_default())
    }

    pub fn does(&self, who: &str, path: &str, body: impl Into<Value>) -> Value {
        let body: Value = body.into();
        let answer = self.call(who, "POST", path, &[], &body.to_string());
        assert!(answer.status < 300, "{who} {path}: {} {}", answer.status, answer.body);
        answer.json()
    }

    /// The id of a new report about November.
    pub fn november(&self) -> String {
        let made = self.does("assessor", "/reports", json!({ "window": "2026-11" }));
        made["id"].as_str().unwrap().to_owned()
    }

    pub fn document(&self, who: &str, id: &str) -> Value {
        let answer = self.asks(who, &format!("/reports/{id}.json"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Every ticket behind a cell with its weight, page by page.
    pub fn behind(
        &self,
        who: &str,
        id: &str,
        cell: &Cell,
        part: Option<&str>,
    ) -> Vec<(String, f64)> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let Cell { table, row, column, .. } = cell;
            let part = part.map(|part| format!("&part={part}")).unwrap_or_default();
            let path = format!(
                "/reports/{id}/tickets?limit=2&table={}&row={}&column={}{part}{after}",
                escaped(table),
                escaped(row),
                escaped(column)
            );
            let answer = self.asks(who, &path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let page = answer.json();
            for item in page["items"].as_array().unwrap() {
                let no = item["no"].as_str().unwrap().to_owned();
                found.push((no, item["weight"].as_f64().unwrap()));
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return found,
            }
        }
    }
}

pub fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A cell of a document, as its JSON has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub table: String,
    pub row: String,
    pub column: String,
    pub value: Value,
    pub source: Value,
}

impl Cell {
    pub fn place(&self) -> (String, String, String) {
        (self.table.clone(), self.row.clone(), self.column.clone())
    }
}

pub fn cells(document: &Value) -> Vec<Cell> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for section in list(&document["sections"]) {
        for table in list(&section["blocks"]).iter().filter(|block| block["is"] == "table") {
            for row in list(&table["rows"]) {
                for (column, cell) in list(&table["columns"]).iter().zip(list(&row["cells"])) {
                    found.push(Cell {
                        table: text(&table["id"]),
                        row: text(&row["key"]),
                        column: text(&column["id"]),
                        value: cell["value"].clone(),
                        source: cell["source"].clone(),
                    });
                }
            }
        }
    }
    found
}

/// What the weights behind a cell must sum to, on the side that it was printed from.
pub fn printed(cell: &Cell) -> Option<f64> {
    let side = cell.source["side"].as_str().unwrap_or("num");
    let value = &cell.value;
    if *value == json!("none") {
        // By area or households that nobody has said: the tickets are there all the same.
        return (!cell.column.starts_with("per_")).then_some(0.0);
    }
    if let Some(ratio) = value.get("ratio") {
        return ratio[side].as_f64();
    }
    let is_score = cell.source["metric"] == "composite";
    value.get("count").or(value.get("number").filter(|_| is_score)).and_then(Value::as_f64)
}
