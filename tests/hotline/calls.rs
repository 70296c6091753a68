//! The telephone: each event counts once, the desk sees who calls, missed calls are called back by name.

use jiesu::calls::{CallEvent, Told, store, take};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::city::City;
use crate::support::databases::on_each_database;
use crate::support::server::Server;
use crate::web_auth::{get, post, server, token};

fn told(id: &str, event: CallEvent, second: u32) -> Value {
    json!({ "call_id": id, "event": event, "at": format!("2026-11-02T08:30:{second:02}+08:00") })
}

on_each_database! {
    fn the_events_of_a_call_may_come_in_any_order_and_again(test: &TestDb) {
        let city = City::of(test);
        let mut events = [
            told("?", CallEvent::Ring, 0),
            told("?", CallEvent::Answered, 9),
            told("?", CallEvent::Ended, 50),
            // Another part of the telephone system saw the ring a little later.
            told("?", CallEvent::Ring, 1),
        ];
        events[0]["phone"] = "13900000001".into();
        events[1]["agent"] = "agent".into();
        events[2]["recording_id"] = "r-1".into();
        // Said otherwise later on: of a callback's number, another queue, another part of the recording.
        events[2]["phone"] = "13900000002".into();
        for (event, queue) in [(0, "urgent"), (1, "all"), (3, "callback")] {
            events[event]["queue"] = queue.into();
        }
        // Of one instant by two parts of the system.
        let mut twin = events[1].clone();
        (twin["agent"], twin["queue"]) = ("agent-2".into(), "others".into());
        let events = [&events[..], std::slice::from_ref(&twin)].concat();
        let hear = |id: &str, order: &[usize]| {
            for at in order {
                let mut event = events[*at].clone();
                event["call_id"] = id.into();
                let told: Told = serde_json::from_value(event).unwrap();
                let (actor, keys) = (city.agent().actor.clone(), city.hotline.keys.clone());
                test.db.write(move |tx| take(tx, &actor, &keys, &told)).unwrap();
            }
            let call = test.db.read(|conn| store::one(conn, id)).unwrap().unwrap();
            let phone = call.phone(&city.hotline.keys).unwrap();
            let times = (call.first_at, call.rang_at, call.answered_at, call.ended_at);
            (times, call.agent, call.recording_id, call.phone_hash, phone, call.queue)
        };
        let expected = hear("c0", &[0, 1, 2, 3, 4]);
        let said = (expected.1.as_deref(), expected.4.as_deref(), expected.5.as_deref());
        assert_eq!(said, (Some("agent"), Some("13900000001"), Some("urgent")));
        let count = std::cell::Cell::new(0);
        let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
        let orders = proptest::collection::vec(0..5_usize, 0..6)
            .prop_flat_map(|more| Just((0..5).chain(more).collect::<Vec<_>>()).prop_shuffle());
        TestRunner::new(config)
            .run(&orders, |order| {
                count.set(count.get() + 1);
                prop_assert_eq!(hear(&format!("c{}", count.get()), &order), expected.clone());
                Ok(())
            })
            .unwrap();
    }

    fn a_number_is_sealed_and_forgotten_when_its_time_is_over(test: &TestDb) {
        let city = City::of(test);
        let mut ring = told("c1", CallEvent::Ring, 0);
        ring["phone"] = "13900000001".into();
        let ring: Told = serde_json::from_value(ring).unwrap();
        let (actor, keys) = (city.agent().actor.clone(), city.hotline.keys.clone());
        test.db.write(move |tx| take(tx, &actor, &keys, &ring)).unwrap();
        let before = city.now();
        test.db.write(move |tx| store::forget_numbers(tx, before, 10)).unwrap();
        let call = test.db.read(|conn| store::one(conn, "c1")).unwrap().unwrap();
        assert_eq!((call.phone(&city.hotline.keys).unwrap(), call.phone_hash), (None, None));
        assert!(call.rang_at.is_some());
    }
}

/// An event half an hour after the server's clock began.
fn tells(server: &Server, who: &str, body: &Value) -> Value {
    let answer = post(server, "/api/v1/calls", Some(who), body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn event(id: &str, event: &str, at: &str) -> Value {
    json!({ "call_id": id, "event": event, "at": format!("2026-10-01T07:{at}+08:00") })
}

#[test]
fn the_desk_sees_who_calls_and_a_withheld_number_is_nobody() {
    let server = server();
    let keeper = token(&server, "secadmin");
    let machine = json!({ "name": "telephone", "roles": ["agent"], "machine": true });
    assert_eq!(post(&server, "/api/v1/users", Some(&keeper), &machine).status, 201);
    let key = json!({ "label": "pbx", "scopes": ["calls"] });
    let made = post(&server, "/api/v1/users/telephone/keys", Some(&keeper), &key).json();
    let pbx = made["key"].as_str().unwrap().to_owned();
    let agent = token(&server, "agent");
    let draft = json!({
        "kind": "help", "channel": "phone",
        "caller": { "name": "钱小雨", "phone": "13900000031", "do_not_call": true },
        "matter": { "content": "屋面漏水。" }
    });
    let open = post(&server, "/api/v1/tickets", Some(&agent), &draft).json();
    let ended = post(&server, "/api/v1/tickets", Some(&agent), &draft).json();
    let path = format!("/api/v1/tickets/{}/answer", ended["no"].as_str().unwrap());
    assert_eq!(post(&server, &path, Some(&agent), &json!({ "text": "已答复" })).status, 200);
    let mut ring = event("c1", "ring", "30:00");
    ring["phone"] = "139-0000-0031".into();
    let pop = tells(&server, &pbx, &ring);
    assert_eq!((&pop["known"], &pop["do_not_call"]), (&true.into(), &true.into()));
    assert_eq!((&pop["open"][0]["no"], &pop["ended"][0]["no"]), (&open["no"], &ended["no"]));
    assert_eq!(pop["lately"], 2);
    let text = pop.to_string();
    assert!(!text.contains("13900000031") && !text.contains("钱小雨"), "{text}");
    assert_eq!(get(&server, "/api/v1/calls/c1", &agent).json(), pop);
    let withheld = tells(&server, &pbx, &event("c2", "ring", "31:00"));
    assert_eq!((&withheld["known"], withheld.get("phone")), (&false.into(), None));
    // The machine's key is for calls alone, and others do not tell of calls.
    assert_eq!(get(&server, "/api/v1/tickets", &pbx).status, 403);
    let handler = token(&server, "handler");
    assert_eq!(post(&server, "/api/v1/calls", Some(&handler), &ring).status, 403);
    assert_eq!(get(&server, "/api/v1/calls/c9", &agent).status, 404);
    let mut wrong = event("c 1", "ring", "30:00");
    wrong["at"] = "2026-10-02T08:00:00+08:00".into();
    let wrong = post(&server, "/api/v1/calls", Some(&agent), &wrong);
    assert_eq!((wrong.status, wrong.json()["errors"].as_array().unwrap().len()), (422, 2));
}

#[test]
fn missed_calls_are_called_back_by_name_and_the_number_is_shown_for_a_reason() {
    let server = server();
    let agent = token(&server, "agent");
    let mut ring = event("m1", "ring", "30:00");
    ring["phone"] = "13900000032".into();
    tells(&server, &agent, &ring);
    tells(&server, &agent, &event("m1", "missed", "30:40"));
    tells(&server, &agent, &event("m2", "ring", "32:00"));
    tells(&server, &agent, &event("m2", "ended", "32:20"));
    tells(&server, &agent, &event("a1", "ring", "33:00"));
    tells(&server, &agent, &event("a1", "answered", "33:05"));
    tells(&server, &agent, &event("a1", "ended", "35:00"));
    let missed = |query: &str| {
        let list = get(&server, &format!("/api/v1/calls/missed{query}"), &agent).json();
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|it| it["call_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(missed(""), ["m2", "m1"]);
    let act = |id: &str, what: &str, body: Value| {
        let answer = post(&server, &format!("/api/v1/calls/{id}/{what}"), Some(&agent), &body);
        (answer.status, answer.json())
    };
    let shown = act("m1", "reveal", json!({ "reason": "回拨未接来电" }));
    assert_eq!((shown.0, &shown.1["phone"]), (200, &"13900000032".into()));
    assert_eq!(act("m2", "reveal", json!({ "reason": "回拨" })).1["phone"], Value::Null);
    assert_eq!(act("m1", "reveal", json!({})).0, 422);
    let auditor = token(&server, "auditor");
    let trail = get(&server, "/api/v1/audit?action=call.reveal&subject=call:m1", &auditor).json();
    assert_eq!(
        (&trail["items"][0]["account"], &trail["items"][0]["purpose"]),
        (&"agent".into(), &"回拨未接来电".into())
    );
    let back = act("m1", "called-back", json!({ "outcome": "reached" }));
    assert_eq!((back.0, &back.1["called_back_by"]), (200, &"agent".into()), "{back:?}");
    let again = act("m1", "called-back", json!({ "outcome": "reached" }));
    assert_eq!((again.0, &again.1["code"]), (409, &"calls.called_back".into()));
    let answered = act("a1", "called-back", json!({ "outcome": "reached" }));
    assert_eq!((answered.0, &answered.1["code"]), (409, &"calls.not_missed".into()));
    assert_eq!((missed(""), missed("?all=true").len()), (vec!["m2".to_owned()], 2));
}

#[test]
fn the_standards_figures_are_counted_by_hour_and_agent() {
    let server = server();
    let agent = token(&server, "agent");
    tells(&server, &agent, &event("m1", "missed", "30:59"));
    for (id, seconds) in [("a1", Some(5)), ("a2", Some(15)), ("a3", Some(40)), ("m1", None)] {
        tells(&server, &agent, &event(id, "ring", "30:00"));
        if let Some(seconds) = seconds {
            let mut answered = event(id, "answered", &format!("30:{seconds:02}"));
            answered["agent"] = "agent".into();
            tells(&server, &agent, &answered);
        }
    }
    let leader = token(&server, "leader");
    let ask = |query: &str| get(&server, &format!("/api/v1/calls/figures?{query}"), &leader).json();
    let all = ask("window=2026-10");
    let share = |it: &Value, name: &str| (it[name]["num"].as_u64(), it[name]["den"].as_u64());
    assert_eq!(share(&all["total"], "connection_rate"), (Some(3), Some(4)));
    assert_eq!(share(&all["total"], "within_15s_rate"), (Some(2), Some(4)));
    assert_eq!((&all["total"]["mean_wait_s"], &all["total"]["missed"]), (&20.0.into(), &1.into()));
    assert_eq!((&all["rows"][7]["key"], &all["rows"][7]["offered"]), (&"07".into(), &4.into()));
    assert_eq!(all["rows"][8]["connection_rate"]["value"], Value::Null);
    let agents = ask("window=2026-10&group_by=agent");
    assert_eq!(
        (&agents["rows"][0]["key"], &agents["rows"][1]["key"]),
        (&"-".into(), &"agent".into())
    );
    let none = ask("window=2026-09");
    assert_eq!(none["total"]["within_15s_rate"]["value"], Value::Null);
    assert_eq!(get(&server, "/api/v1/calls/figures", &leader).status, 422);
    let handler = token(&server, "handler");
    assert_eq!(get(&server, "/api/v1/calls/figures?window=2026-10", &handler).status, 403);
}
