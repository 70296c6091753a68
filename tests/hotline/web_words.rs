//! A site's own words: who says them and from which day, that the next refusal says them on every node, and that what
//! is typed stays text.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use jiesu::error::reword;
use serde_json::{Value, json};

use super::web_auth::{get, server, token};
use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
const PROGRAMS: &str = "此项须在 1 到 500 之间。";

static TURN: Mutex<()> = Mutex::new(());

/// A process says the words of one house: these tests wait for each other, and change a sentence that no other reads.
struct Turn {
    _alone: MutexGuard<'static, ()>,
}

impl Turn {
    fn take() -> Self {
        Self { _alone: TURN.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        reword(BTreeMap::new());
    }
}

fn say(server: &Server, token: &str, code: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let path = format!("/api/v1/words/{code}");
    server.ask("PUT", &path, &[("Authorization", &bearer)], &body.to_string())
}

/// What is said to whoever asks for a page of nothing.
fn refusal(server: &Server, token: &str) -> String {
    let answer = get(server, "/api/v1/words?limit=0", token);
    assert_eq!(answer.status, 422, "{answer:?}");
    answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned()
}

#[test]
fn the_next_refusal_is_in_the_sites_words_until_it_goes_back_to_the_programs() {
    let _turn = Turn::take();
    let server = server();
    let sysadmin = token(&server, "sysadmin");
    assert_eq!(refusal(&server, &sysadmin), PROGRAMS);
    let said = say(&server, &sysadmin, "field.range", &json!({ "text": " 请填 {from} 至 {to} " }));
    assert_eq!(said.status, 200, "{said:?}");
    let view = said.json();
    assert_eq!(view["text"], "请填 {from} 至 {to}");
    assert_eq!(view["built_in"], "此项须在 {from} 到 {to} 之间。");
    assert_eq!(view["places"], json!(["from", "to"]));
    assert_eq!(view["said"][0]["since_on"], "2026-10-01");
    assert_eq!(view["said"][0]["by"], "sysadmin");
    assert_eq!(refusal(&server, &sysadmin), "请填 1 至 500");
    let own = get(&server, "/api/v1/words?own=true", &sysadmin).json();
    assert_eq!(own["items"].as_array().unwrap().len(), 1, "{own}");
    let auditor = token(&server, "auditor");
    let trail = get(&server, "/api/v1/audit?action=words.change", &auditor).json();
    let line = &trail["items"][0];
    assert_eq!((&line["account"], &line["subject"]), (&json!("sysadmin"), &json!("field.range")));
    // Back, and once more: nothing is said twice.
    for _ in 0..2 {
        let back = say(&server, &sysadmin, "field.range", &json!({})).json();
        assert!(back.get("text").is_none() && back["said"][0].get("text").is_none(), "{back}");
        assert_eq!(back["said"].as_array().unwrap().len(), 2, "{back}");
    }
    assert_eq!(refusal(&server, &sysadmin), PROGRAMS);
}

#[test]
fn words_for_a_later_day_are_said_from_that_day_on() {
    let _turn = Turn::take();
    let server = server();
    let sysadmin = token(&server, "sysadmin");
    let wish = |day: &str| json!({ "text": "最多 {to}", "since_on": day });
    let past = say(&server, &sysadmin, "field.range", &wish("2026-09-30"));
    assert_eq!((past.status, &past.json()["errors"][0]["pointer"]), (422, &json!("/since_on")));
    let later = say(&server, &sysadmin, "field.range", &wish("2026-10-03"));
    assert_eq!(later.status, 200, "{later:?}");
    assert_eq!(refusal(&server, &sysadmin), PROGRAMS);
    server.clock.forward(TimeDelta::days(2));
    let sysadmin = token(&server, "sysadmin");
    assert_eq!(refusal(&server, &sysadmin), "最多 500");
}

#[test]
fn a_place_that_the_sentence_has_not_is_refused_by_its_name() {
    let _turn = Turn::take();
    let server = server();
    let sysadmin = token(&server, "sysadmin");
    let wrong = |code: &str, text: &str| {
        let answer = say(&server, &sysadmin, code, &json!({ "text": text }));
        assert_eq!(answer.status, 422, "{answer:?}");
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["pointer"], "/text");
        (error["code"].as_str().unwrap().to_owned(), error["detail"].as_str().unwrap().to_owned())
    };
    let (code, detail) = wrong("field.range", "{from} 至 {till}");
    assert_eq!(code, "words.place");
    assert!(detail.contains("till") && detail.contains("from、to"), "{detail}");
    let (code, detail) = wrong("field.required", "{name}必填");
    assert_eq!(code, "words.no_place");
    assert!(detail.contains("name"), "{detail}");
    assert_eq!(wrong("field.range", "{{7*7}}").0, "words.braces");
    assert_eq!(refusal(&server, &sysadmin), PROGRAMS);
    assert_eq!(say(&server, &sysadmin, "no.such_sentence", &json!({ "text": "x" })).status, 404);
}

#[test]
fn nobody_else_reads_or_says_them() {
    let _turn = Turn::take();
    let server = server();
    for name in ["agent", "dispatcher", "reviewer", "leader", "secadmin", "auditor"] {
        let bearer = token(&server, name);
        for path in ["/api/v1/words", "/api/v1/words/field.range"] {
            assert_eq!(get(&server, path, &bearer).status, 403, "{name} {path}");
        }
        let said = say(&server, &bearer, "field.range", &json!({ "text": "不行" }));
        assert_eq!(said.status, 403, "{name}");
    }
}

#[test]
fn the_other_node_follows_without_a_restart() {
    let Some(test) = TestDb::postgres() else { return };
    let _turn = Turn::take();
    let url = ("JIESU_DATABASE__URL", test.url.as_str());
    let first = Server::start(&[url]);
    let folder = first.app.config.data_dir.display().to_string();
    let second = Server::start(&[url, ("JIESU_DATA_DIR", &folder)]);
    jiesu::identity::demo::load_users(&first.app.db).unwrap();
    let sysadmin = token(&first, "sysadmin");
    assert_eq!(refusal(&second, &sysadmin), PROGRAMS);
    let said = say(&first, &sysadmin, "field.range", &json!({ "text": "请填 {from} 至 {to}" }));
    assert_eq!(said.status, 200, "{said:?}");
    // Both nodes are in this process: what the first has said is forgotten, so that it is the second that finds it.
    reword(BTreeMap::new());
    second.clock.forward(TimeDelta::seconds(2));
    assert_eq!(refusal(&second, &sysadmin), "请填 1 至 500");
}

#[test]
fn what_was_typed_stays_text_on_the_pages() {
    let _turn = Turn::take();
    let server = server();
    let said =
        say(&server, &token(&server, "sysadmin"), "field.range", &json!({ "text": HOSTILE }));
    assert_eq!(said.status, 200, "{said:?}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let come = "username=sysadmin&password=demo-jiesu-2026";
    let door = server.ask("POST", "/login", &headers, come);
    assert_eq!(door.status, 303, "{door:?}");
    let mut lines = door.raw_head.lines();
    let line = lines.find(|line| line.to_lowercase().starts_with("set-cookie: ")).unwrap();
    let cookie = line["set-cookie: ".len()..].split(';').next().unwrap();
    for path in ["/admin/words?own=true", "/admin/words/field.range"] {
        let page = server.ask("GET", path, &[("Cookie", cookie)], "");
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{path}: {}", page.body);
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
            "{path}"
        );
        assert!(page.body.contains("field.range"), "{path}");
    }
}
