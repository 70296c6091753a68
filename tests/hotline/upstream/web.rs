//! The platform and the people at the desk, over HTTP.

use serde_json::{Value, json};

use crate::support::server::{Answer, Server};
use crate::web_auth::{get, post, server, token};

/// The platform's machine account on a running server: its key.
fn platform(server: &Server) -> String {
    let keeper = token(server, "secadmin");
    let machine = json!({ "name": "city12345", "roles": ["platform"], "machine": true });
    assert_eq!(post(server, "/api/v1/users", Some(&keeper), &machine).status, 201);
    let body = json!({ "label": "feed", "scopes": ["tickets:read", "tickets:write"] });
    let made = post(server, "/api/v1/users/city12345/keys", Some(&keeper), &body).json();
    made["key"].as_str().unwrap().to_owned()
}

fn draft(no: &str) -> Value {
    json!({
        "kind": "help", "channel": "platform", "dispatch": "hold",
        "upstream": { "no": no, "received_at": "2026-10-01T07:30:00+08:00" },
        "caller": { "name": "赵小云", "phone": "13900000021" },
        "matter": { "content": "电梯停运。" }
    })
}

fn message(id: &str, no: &str, more: &Value) -> Value {
    let mut body =
        json!({ "message_id": id, "upstream_no": no, "at": "2026-10-01T07:40:00+08:00" });
    jiesu::ticket::event::apply(&mut body, more);
    body
}

fn code(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    let first = json["errors"][0]["code"].as_str().or(json["code"].as_str());
    (answer.status, first.unwrap_or_default().to_owned())
}

const FEED: &str = "/api/v1/upstream/feed";

#[test]
fn the_platform_feeds_and_reads_what_became_of_its_own_messages() {
    let server = server();
    let key = platform(&server);
    let urge = message("m2", "GD1", &json!({ "kind": "urge", "text": "请尽快" }));
    let waits = post(&server, FEED, Some(&key), &urge);
    assert_eq!((waits.status, &waits.json()["fate"]), (200, &"waiting".into()), "{waits:?}");
    let told = message("m1", "GD1", &json!({ "kind": "ticket", "ticket": draft("GD1") }));
    let taken = post(&server, FEED, Some(&key), &told).json();
    assert_eq!((&taken["fate"], &taken["repeated"]), (&"applied".into(), &false.into()));
    let no = taken["ticket"].as_str().unwrap();
    let again = post(&server, FEED, Some(&key), &told).json();
    assert_eq!((&again["ticket"], &again["repeated"]), (&no.into(), &true.into()));
    let recall = message("m3", "GD1", &json!({ "kind": "recall", "text": "不用了" }));
    post(&server, FEED, Some(&key), &recall);
    let late = message("m4", "GD1", &json!({ "kind": "urge", "text": "再催" }));
    let late = post(&server, FEED, Some(&key), &late).json();
    assert_eq!((&late["fate"], &late["code"]), (&"refused".into(), &"transition".into()));
    assert!(late["reason"].as_str().unwrap().contains("状态"), "{late}");
    let listed = get(&server, "/api/v1/upstream/messages?upstream_no=GD1&limit=3", &key).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    let after = listed["next"].as_str().unwrap();
    let path = format!("/api/v1/upstream/messages?upstream_no=GD1&limit=3&after={after}");
    assert_eq!(get(&server, &path, &key).json()["items"].as_array().unwrap().len(), 1);
    let refused = "/api/v1/upstream/messages?fate=refused";
    let leader = token(&server, "leader");
    assert_eq!(get(&server, refused, &leader).json()["items"][0]["message_id"], "m4");
    assert_eq!(code(&get(&server, refused, &token(&server, "agent"))).0, 403);
    assert_eq!(code(&post(&server, FEED, Some(&leader), &urge)).0, 403);
    let wrong = |more: &Value| code(&post(&server, FEED, Some(&key), &message("x", "GD1", more)));
    assert_eq!(wrong(&json!({ "kind": "urge" })), (422, "field.required".to_owned()));
    assert_eq!(wrong(&json!({ "kind": "shout", "text": "x" })).0, 422);
    let other = json!({ "kind": "ticket", "ticket": draft("GD2") });
    assert_eq!(wrong(&other), (422, "upstream.other_number".to_owned()));
}

#[test]
fn a_ticket_that_the_platform_posts_again_is_answered_with_the_ticket_there_is() {
    let server = server();
    let key = platform(&server);
    let made = post(&server, "/api/v1/tickets", Some(&key), &draft("GD7"));
    assert_eq!(made.status, 201, "{made:?}");
    let no = made.json()["no"].as_str().unwrap().to_owned();
    let again = post(&server, "/api/v1/tickets", Some(&key), &draft("GD7"));
    assert_eq!((again.status, &again.json()["no"]), (200, &no.as_str().into()), "{again:?}");
    assert!(again.json().get("code").is_none(), "the six digits are told once");
    let mut other = draft("GD7");
    other["matter"]["content"] = "电梯停运，有人被困。".into();
    let noted = post(&server, "/api/v1/tickets", Some(&key), &other).json();
    assert_eq!((&noted["no"], &noted["version"]), (&no.as_str().into(), &2.into()));
    let same = post(&server, "/api/v1/tickets", Some(&key), &other).json();
    assert_eq!(same["version"], 2);
    let agent = token(&server, "agent");
    let by_agent = post(&server, "/api/v1/tickets", Some(&agent), &draft("GD7"));
    assert_eq!(code(&by_agent), (409, "ticket.number_known".to_owned()));
    let events = get(&server, &format!("/api/v1/tickets/{no}/events"), &agent).json();
    assert_eq!(events["items"][1]["command"], "upstream/facts");
}

#[test]
fn owed_answers_are_listed_by_urgency_and_settled_by_name() {
    let server = server();
    let key = platform(&server);
    let agent = token(&server, "agent");
    for no in ["GD1", "GD2"] {
        let here = post(&server, "/api/v1/tickets", Some(&key), &draft(no)).json();
        let path = format!("/api/v1/tickets/{}/answer", here["no"].as_str().unwrap());
        assert_eq!(post(&server, &path, Some(&agent), &json!({ "text": "已答复" })).status, 200);
    }
    let list = "/api/v1/upstream/backfills";
    assert_eq!(get(&server, list, &agent).status, 403);
    assert_eq!(get(&server, list, &key).status, 403, "no scope opens it");
    server.clock.forward(chrono::TimeDelta::hours(25));
    let reviewer = token(&server, "reviewer");
    let all = get(&server, &format!("{list}?light=red"), &reviewer).json();
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{all}");
    assert_eq!((&items[0]["cause"], &items[0]["state"]), (&"answer".into(), &"waiting".into()));
    let act = |item: &Value, what: &str, who: &str| {
        let path = format!("{list}/{}/{what}", item["id"].as_str().unwrap());
        post(&server, &path, Some(who), &json!({}))
    };
    assert_eq!(act(&items[0], "by-hand", &token(&server, "leader")).status, 403);
    let done = act(&items[0], "by-hand", &reviewer).json();
    assert_eq!((&done["state"], &done["done_by"]), (&"by_hand".into(), &"reviewer".into()));
    assert_eq!(code(&act(&items[0], "retry", &reviewer)), (409, "upstream.settled".to_owned()));
    assert_eq!(act(&items[1], "retry", &reviewer).json()["state"], "waiting");
    assert_eq!(act(&json!({ "id": "1" }), "retry", &reviewer).status, 404);
    assert_eq!(get(&server, list, &reviewer).json()["items"].as_array().unwrap().len(), 1);
    let audit = get(&server, "/api/v1/audit?action=upstream.by_hand", &token(&server, "auditor"));
    assert_eq!(audit.json()["items"][0]["account"], "reviewer");
    let day = "/api/v1/upstream/reconcile?day=2026-10-01";
    assert_eq!(get(&server, day, &reviewer).json()["items"], json!([]));
    let body = json!({ "day": "2026-10-01" });
    let compared = post(&server, "/api/v1/upstream/reconcile", Some(&reviewer), &body);
    assert_eq!(code(&compared), (409, "upstream.no_list".to_owned()));
}
