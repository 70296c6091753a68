//! `POST /batch` over tickets in every state: a dry run says what then happens, each target is answered
//! as the command alone, and a batch that broke off is finished by sending it again.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::RunQueryDsl;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::places::{self, Place, build};
use super::{Desk, bodies, groups, login};
use crate::commands_table::{Case, Expect, actors};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::Answer;

/// Commands that are about one citizen or one side.
const OF_ONE: [&str; 8] = [
    "survey",
    "survey/again",
    "withdraw/confirm",
    "contact",
    "supervise/{id}/answer",
    "supervise/{id}/close",
    "whistle/{id}/report-in",
    "whistle/{id}/close",
];

impl Desk {
    fn post(&self, who: &str, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.tokens[who]);
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        self.server.ask("POST", path, &headers, &body.to_string())
    }

    fn batch(&self, who: &str, body: &Value) -> Vec<Value> {
        let answer = self.post(who, "/api/v1/batch", None, body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    }
}

/// The command's name as events have it.
fn named(case: &Case) -> String {
    match (case.command.as_str(), case.part.is_empty()) {
        ("reply", false) => "assist-reply".to_owned(),
        ("recall", false) => "recall-assignment".to_owned(),
        (command, _) => command.to_owned(),
    }
}

/// A case that is accepted, for each command that a batch takes.
fn commands() -> Vec<Case> {
    let mut found: BTreeMap<String, Case> = BTreeMap::new();
    for case in groups().into_iter().flatten() {
        if case.expect == Expect::Ok && !OF_ONE.contains(&case.command.as_str()) {
            found.entry(named(&case)).or_insert(case);
        }
    }
    found.into_values().collect()
}

/// A ticket at every place, by its number.
fn everywhere(desk: &Desk) -> Vec<String> {
    let one = |group: &Vec<Case>| {
        let accepted = group.iter().find(|case| case.expect == Expect::Ok);
        build(&desk.city, &Place::of(accepted.unwrap_or(&group[0])))
    };
    groups().iter().map(one).collect()
}

/// Without the version, which a dry run cannot know.
fn verdicts(items: &[Value]) -> Vec<Value> {
    let mut items = items.to_vec();
    for item in &mut items {
        item.as_object_mut().unwrap().remove("version");
    }
    items
}

/// Asks `who` to give the command of `case` to all of `tickets`, first dry; answers how many were done.
fn rehearse_and_do(desk: &Desk, case: &Case, who: &str, tickets: &[String]) -> usize {
    let aimed = |no: &String| -> Vec<String> {
        if case.part.is_empty() {
            return vec![no.clone()];
        }
        (1..=places::number("copy")).map(|k| format!("{no}-{k}")).collect()
    };
    let mut targets: Vec<String> = tickets.iter().flat_map(aimed).collect();
    targets.extend(["2026-999999-1", "x", "", "2026-000001-99"].map(str::to_owned));
    let count = targets.len();
    targets.push(targets[0].clone());
    let body = bodies::body(&desk.city, case);
    let mut batch =
        json!({ "command": named(case), "targets": targets, "body": body, "dry_run": true });
    let versions =
        || -> Vec<i32> { tickets.iter().map(|no| desk.city.stored(no).version).collect() };
    let before = versions();
    let dry = desk.batch(who, &batch);
    assert_eq!(versions(), before, "a dry run writes nothing");
    batch["dry_run"] = json!(false);
    let real = desk.batch(who, &batch);
    assert_eq!(real.len(), count, "what is named again is answered once");
    assert_eq!(verdicts(&dry), verdicts(&real), "{} by {who}", case.command);
    for (item, target) in real.iter().zip(&targets) {
        assert_eq!(item["target"], *target, "in the order named");
        let no = if case.part.is_empty() {
            target.as_str()
        } else {
            target.rsplit_once('-').map_or("", |it| it.0)
        };
        if item["status"] == 200 && case.part.is_empty() {
            assert_eq!(item["version"], desk.city.stored(no).version);
        }
    }
    // What was refused is refused alone too, with the same words.
    for item in real.iter().filter(|item| item["status"] != 200).take(12) {
        let target = item["target"].as_str().unwrap();
        let scope = if case.part.is_empty() { "tickets" } else { "assignments" };
        if target.is_empty() {
            continue;
        }
        let alone =
            desk.post(who, &format!("/api/v1/{scope}/{target}/{}", case.command), None, &body);
        let said = alone.json();
        assert_eq!(
            (json!(alone.status), &said["code"]),
            (item["status"].clone(), &item["code"]),
            "{item}"
        );
        assert_eq!((&said["detail"], &said["state"]), (&item["detail"], &item["state"]));
    }
    real.iter().filter(|item| item["status"] == 200).count()
}

on_each_database! {
    fn a_dry_run_says_what_then_happens_and_each_target_is_answered_as_the_command_alone(test: &TestDb) {
        let desk = Desk::open(test);
        let tickets = everywhere(&desk);
        let everyone: Vec<String> = actors().iter().map(|actor| login(actor)).filter(|who| desk.tokens.contains_key(who)).collect();
        let commands = commands();
        assert!(commands.len() > 40, "{}", commands.len());
        let postgres = test.url.starts_with("postgres");
        let mut done = 0;
        for (n, case) in commands.iter().enumerate() {
            let who = login(&case.actor);
            done += if desk.tokens.contains_key(&who) { rehearse_and_do(&desk, case, &who, &tickets) } else { 0 };
            let other = &everyone[n * 7 % everyone.len()];
            let sees = !matches!(other.as_str(), "sysadmin" | "secadmin" | "auditor");
            if sees && !postgres {
                rehearse_and_do(&desk, case, other, &tickets);
            }
        }
        println!("batch: {} commands on {} tickets, {done} done", commands.len(), tickets.len());
        assert!(done > commands.len(), "{done}");
    }

    fn a_batch_that_broke_off_is_finished_by_sending_it_again(test: &TestDb) {
        let desk = Desk::open(test);
        let targets: Vec<String> = (0..3).map(|_| desk.city.taken()).collect();
        let batch = json!({ "command": "dispatch", "targets": targets, "body": { "lead": "wuye" } });
        let send = |body: &Value| desk.post("dispatcher", "/api/v1/batch", Some("k-1"), body);
        let first = send(&batch);
        assert_eq!((first.status, &first.json()["done"]), (200, &json!(3)));
        // The node dies after the targets were done and before the whole answer was kept.
        let mut hash = Sha256::new();
        for part in ["dispatcher", "POST /api/v1/batch", "k-1"] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let key = URL_SAFE_NO_PAD.encode(hash.finalize());
        let forget = format!("DELETE FROM idempotency WHERE key = '{key}'");
        let gone = desk.server.app.db.write(move |tx| Ok(diesel::sql_query(&forget).execute(tx.conn)?));
        assert_eq!(gone.unwrap(), 1);
        let again = send(&batch);
        assert_eq!(again.body, first.body, "done is done, and not done twice");
        assert!(targets.iter().all(|no| desk.city.stored(no).version == 2));
        assert_eq!(send(&batch).header("idempotent-replayed"), Some("true"));
        let other = json!({ "command": "dispatch", "targets": targets, "body": { "lead": "weixiu" } });
        assert_eq!(send(&other).json()["code"], "idempotency.other_body");
    }
}

#[test]
fn what_is_no_batch_is_refused_as_a_whole() {
    let test = TestDb::sqlite();
    let desk = Desk::open(&test);
    let no = desk.city.taken();
    let wrong = |who: &str, body: Value| {
        let answer = desk.post(who, "/api/v1/batch", None, &body);
        let said = answer.json();
        let error = &said["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (answer.status, text(&error["pointer"]), text(&error["code"]))
    };
    let of = |status: u16, pointer: &str, code: &str| (status, pointer.to_owned(), code.to_owned());
    let one = |command: &str| json!({ "command": command, "targets": [&no], "body": {} });
    for command in ["survey", "contact", "withdraw/confirm", "whistle/close", "supervise/answer"] {
        assert_eq!(wrong("surveyor", one(command)), of(422, "/command", "batch.of_one"));
    }
    let amend = json!({ "fields": { "caller": { "name": "李四" } }, "reason": "更正" });
    let amend = json!({ "command": "amend", "targets": [&no], "body": amend });
    assert_eq!(wrong("agent", amend), of(422, "/body/fields/caller", "batch.of_one"));
    assert_eq!(wrong("agent", one("fly")).0, 422);
    let many: Vec<String> = (0..501).map(|n| format!("2026-{n:06}")).collect();
    let many = json!({ "command": "note", "targets": many, "body": { "text": "x" } });
    assert_eq!(wrong("agent", many), of(422, "/targets", "field.range"));
    let none = json!({ "command": "note", "targets": [], "body": { "text": "x" } });
    assert_eq!(wrong("agent", none), of(422, "/targets", "field.empty"));
    for who in ["sysadmin", "secadmin", "auditor"] {
        assert_eq!(wrong(who, one("note")).0, 403, "{who}");
    }
    let body = json!({ "command": "note", "targets": [&no], "body": { "text": 7 } });
    let item = desk.batch("agent", &body).remove(0);
    assert_eq!((&item["status"], &item["errors"][0]["pointer"]), (&json!(422), &json!("/text")));
}

#[test]
fn what_another_changed_since_it_was_seen_is_refused_in_the_dry_run_and_in_earnest() {
    let test = TestDb::sqlite();
    let desk = Desk::open(&test);
    let (same, other) = (desk.city.taken(), desk.city.taken());
    let seen: BTreeMap<&str, i32> =
        [&same, &other].map(|no| (no.as_str(), desk.city.stored(no).version)).into();
    // The page was made; then somebody else took one of them in hand.
    desk.city.dispatcher().does(&other, "note", json!({ "text": "已与街道联系" }));
    let later = desk.city.stored(&other).version;
    for dry_run in [true, false] {
        let batch = json!({ "command": "dispatch", "targets": [&same, &other], "seen": &seen,
            "body": { "lead": "wuye" }, "dry_run": dry_run });
        let items = desk.batch("dispatcher", &batch);
        assert_eq!(items[0]["status"], 200, "{items:?}");
        assert_eq!((&items[1]["status"], &items[1]["code"]), (&json!(412), &json!("stale")));
        assert_eq!(desk.city.stored(&other).version, later, "dry: {dry_run}");
    }
    // Seen anew it is done, and what is not named is taken as it is.
    let again = json!({ "command": "dispatch", "targets": [&other], "body": { "lead": "wuye" },
        "seen": { "elsewhere": 1 } });
    assert_eq!(desk.batch("dispatcher", &again)[0]["status"], 200);
}

#[test]
fn what_a_batch_did_itself_is_no_change_by_another() {
    let test = TestDb::sqlite();
    let desk = Desk::open(&test);
    let no = desk.city.taken();
    let to = json!({ "lead": "wuye", "assists": ["weixiu", "jiedao"] });
    desk.city.dispatcher().does(&no, "dispatch", to);
    let version = desk.city.stored(&no).version;
    let parts = [format!("{no}-2"), format!("{no}-3")];
    let seen: BTreeMap<&str, i32> = parts.each_ref().map(|id| (id.as_str(), version)).into();
    let batch = json!({ "command": "recall-assignment", "targets": &parts, "seen": &seen,
        "body": { "reason": "不需协办" } });
    let items = desk.batch("dispatcher", &batch);
    assert!(items.iter().all(|item| item["status"] == 200), "{items:?}");
    assert_eq!(items[1]["version"], version + 2);
    let stale = desk.batch("dispatcher", &batch);
    assert!(stale.iter().all(|item| item["status"] != 200), "{stale:?}");
}
