//! Everyone looks at everything that can be looked at. Its rule: the routes are those of the
//! description, so that a new one is looked at without being named here.

use std::collections::BTreeMap;
use std::path::Path;

use jiesu::sheet::Form;
use serde_json::{Value, json};

use super::Town;
use super::citizens::Citizen;

const EYES: [&str; 20] = [
    "agent",
    "dispatcher",
    "reviewer",
    "surveyor",
    "assessor",
    "leader",
    "platform",
    "sysadmin",
    "secadmin",
    "auditor",
    "handler@jiedao",
    "unit_head@jiedao",
    "handler@weixiu",
    "handler@chengguan",
    "handler@gongan",
    "handler@hongda",
    "unit_head@hongda",
    "handler@hongda-1",
    "unit_head@zjj",
    "handler@baozhang",
];
const CODES: [&str; 6] = ["wuye", "wy.dt", "jie", "yangguang", "c-hongda", "R1"];
const GROUPS: [&str; 7] = ["unit", "head", "category", "estate", "company", "region", "channel"];

/// What of the description's GET routes is asked, with every place filled.
fn questions(numbers: &[String], today: &str) -> Vec<String> {
    let text = include_str!("../../openapi.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(parameters) = item.get("get").map(|get| get["parameters"].as_array()) else {
            continue;
        };
        let has = |name: &str| parameters.into_iter().flatten().any(|one| one["name"] == name);
        let fill = |place: &str, values: &[&str]| -> Vec<String> {
            values.iter().map(|value| path.replace(place, value)).collect()
        };
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let filled = match path.split_once('{').map(|(_, rest)| rest.split('}').next().unwrap()) {
            None => vec![path.clone()],
            Some("no") => fill("{no}", &numbers),
            Some("id") => {
                numbers.iter().map(|no| path.replace("{id}", &format!("{no}-1"))).collect()
            }
            Some("code") => fill("{code}", &CODES),
            Some("year") => fill("{year}", &["2026"]),
            Some("name") => fill("{name}", &["agent", "handler@jiedao", "answered.sms"]),
            Some("kind") => fill("{kind}", &["reply"]),
            // The door of strangers: every number in both spellings, and every list.
            Some("format") => fill("{format}", &["json", "xml"]),
            Some("service_request_id") => both(&fill("{service_request_id}", &numbers)),
            Some("service_code") => both(&fill("{service_code}", &CODES)),
            Some("token") => both(&fill("{token}", &numbers[..1])),
            Some(other) => panic!("who fills {other} in {path}?"),
        };
        for path in filled {
            if has("group_by") {
                let window = format!("from=2020-01-01&to={today}");
                let metric = if has("metric") { "&metric=received" } else { "" };
                let of = |by: &&str| format!("{path}?{window}&group_by={by}{metric}");
                all.extend(GROUPS.iter().map(of));
            } else if has("limit") && Form::of(Path::new(&path)).is_none() {
                all.push(format!("{path}?limit=500"));
            } else {
                all.push(path);
            }
        }
    }
    all
}

/// The paths in JSON and in XML.
fn both(paths: &[String]) -> Vec<String> {
    paths
        .iter()
        .flat_map(|path| ["json", "xml"].map(|format| path.replace("{format}", format)))
        .collect()
}

/// Everyone asks everything; answers a line about what was seen.
pub fn look(town: &mut Town<'_>, citizens: &[Citizen], numbers: &[String]) -> String {
    let mut seen: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    let mut copies = 0;
    let questions = questions(numbers, "2040-01-01");
    for who in EYES {
        for path in &questions {
            let answer = town.ask(who, "GET", path, "");
            *seen.entry((who, answer.status)).or_default() += 1;
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            if body["handling_copy"] == true {
                copies += 1;
                assert!(body.get("caller").is_none(), "{who} {path}: {body}");
                assert!(body["place"].get("address").is_none(), "{who} {path}: {body}");
            }
        }
        for citizen in citizens {
            let sought = json!({ "caller_phone": citizen.phone, "name": citizen.name });
            town.ask(who, "POST", "/api/v1/tickets/find", &sought.to_string());
        }
        assert!(seen.contains_key(&(who, 200)), "{who} sees nothing at all");
    }
    assert!(copies > 0, "nobody got a handling copy");
    for who in ["leader", "agent", "handler@jiedao"] {
        assert!(seen[&(who, 200)] > numbers.len(), "{who} sees too little: {seen:?}");
    }
    let count: usize = seen.values().sum();
    format!("{count} questions by {} people, {copies} handling copies", EYES.len())
}
