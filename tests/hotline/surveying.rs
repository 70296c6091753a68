//! The surveyor's day beside the questions: when a citizen asked to be rung again, several tickets in one call, and which
//! surveys somebody else hears again.

use std::collections::BTreeSet;

use jiesu::followup::drawn::{Finding, Heard, is_drawn};
use jiesu::followup::relisten::hear;
use jiesu::identity::{Actor, Pass, Role};
use jiesu::web::api::surveys::{Reach, due};
use serde_json::{Value, json};

use crate::console_work::Office;
use crate::support::city::{City, at, bad, draft_with, good, refusal};
use crate::support::databases::on_each_database;
use crate::support::server::Answer;

/// How a first call on Monday at nine went, what was answered, when the citizen wants to be rung, and what is said to that.
const AGREED: &[(&str, Option<&str>, &str, &str)] = &[
    ("too_early", None, "2026-11-02T19:00:00+08:00", "accepted"),
    ("reached", Some("solved"), "2026-11-02T19:00:00+08:00", "accepted"),
    ("not_the_caller", None, "2026-11-03T10:00:00+08:00", "accepted"),
    // The survey's limit is the end of Wednesday: it is missed, not moved.
    ("too_early", None, "2026-11-06T10:00:00+08:00", "accepted"),
    ("no_answer", None, "2026-11-02T19:00:00+08:00", "422 survey.again_pointless"),
    ("unreachable", None, "2026-11-02T19:00:00+08:00", "422 survey.again_pointless"),
    ("refused", None, "2026-11-02T19:00:00+08:00", "422 survey.again_pointless"),
    ("too_early", None, "2026-11-02T09:00:00+08:00", "422 field.in_past"),
    ("too_early", None, "2026-11-01T19:00:00+08:00", "422 field.in_past"),
    // The rule of attempts would refuse the call itself.
    ("too_early", None, "2026-11-02T09:30:00+08:00", "409 survey.same_hour"),
    ("too_early", None, "2026-11-03T09:30:00+08:00", "409 survey.same_hour"),
    // After the fifteen days in which the link answers.
    ("too_early", None, "2026-11-18T10:00:00+08:00", "409 survey.again_window"),
];

fn too_early(again_at: &str) -> Value {
    json!({ "outcome": "too_early", "again_at": again_at })
}

on_each_database! {
    fn an_appointment_is_a_call_that_the_rule_of_attempts_would_take(test: &TestDb) {
        let city = City::of(test);
        for (outcome, solved, again_at, said) in AGREED {
            let no = city.passed("wuye");
            let mut body = json!({ "outcome": outcome, "again_at": again_at });
            if let Some(solved) = solved {
                body["solved"] = json!(solved);
            }
            let result = city.surveyor().tries(&no, "survey", body);
            assert_eq!(refusal(result), *said, "{outcome} {again_at}");
            let ticket = city.ticket(&no);
            // The call is an attempt where it was taken, and nothing where it was not.
            assert_eq!(ticket.attempts.len(), usize::from(*said == "accepted"));
            let due = ticket.timers[&jiesu::limits::ClockName::Survey].due_at;
            assert_eq!(due, at("2026-11-04T23:59:59.999+08:00"), "an appointment moves no limit");
        }
        let no = city.passed("wuye");
        let mut whole = good();
        whole["again_at"] = json!("2026-11-02T19:00:00+08:00");
        let result = city.surveyor().tries(&no, "survey", whole);
        assert_eq!(refusal(result), "422 survey.again_pointless", "all three were answered");
    }

    fn the_last_attempt_agrees_on_nothing(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        city.surveyor().does(&no, "survey", too_early("2026-11-02T10:00:00+08:00"));
        city.hours(1);
        city.surveyor().does(&no, "survey", too_early("2026-11-03T11:00:00+08:00"));
        city.hours(25);
        let last = city.surveyor().tries(&no, "survey", too_early("2026-11-04T12:00:00+08:00"));
        assert_eq!(refusal(last), "409 survey.again_exhausted");
        city.surveyor().does(&no, "survey", json!({ "outcome": "too_early" }));
        assert_eq!(city.state(&no), jiesu::ticket::StateName::Closed);
    }

    fn an_appointment_is_moved_or_cancelled_without_another_call(test: &TestDb) {
        let city = City::of(test);
        let no = city.passed("wuye");
        let moves = |who: &str, body: Value| refusal(city.person(who).tries(&no, "survey/again", body));
        let to = |again_at: &str| json!({ "again_at": again_at });
        let ten = "2026-11-03T10:00:00+08:00";
        assert_eq!(moves("surveyor", to(ten)), "409 survey.nothing_agreed");
        city.surveyor().does(&no, "survey", too_early("2026-11-02T19:00:00+08:00"));
        for (who, body, said) in [
            ("surveyor", json!({}), "422 field.required"),
            ("surveyor", json!({ "again_at": ten, "cancel": true }), "422 survey.again_cancelled"),
            ("agent", to("2026-11-02T09:00:00+08:00"), "422 field.in_past"),
            // As the call itself would be refused.
            ("agent", to("2026-11-03T09:30:00+08:00"), "409 survey.same_hour"),
            ("agent", to("2026-11-18T10:00:00+08:00"), "409 survey.again_window"),
            ("handler@wuye", to(ten), "403 forbidden"),
            ("reviewer", to(ten), "403 forbidden"),
            ("agent", json!({ "again_at": ten, "text": "改到明天十点" }), "accepted"),
        ] {
            assert_eq!(moves(who, body), said, "{who}");
        }
        let ticket = city.ticket(&no);
        assert_eq!(ticket.attempts.len(), 1, "nobody was rung");
        assert_eq!(ticket.attempts[0].again_at, Some(at(ten)));
        let event = city.events(&no).pop().unwrap();
        assert_eq!((event.command.as_str(), &event.body["text"]), ("survey/again", &json!("改到明天十点")));
        assert_eq!(moves("surveyor", json!({ "cancel": true })), "accepted");
        assert_eq!(city.ticket(&no).attempts[0].again_at, None);
        assert_eq!(moves("surveyor", to(ten)), "409 survey.nothing_agreed");
        // Three attempts are three calls.
        city.hours(1);
        city.surveyor().does(&no, "survey", too_early("2026-11-03T11:00:00+08:00"));
        city.hours(25);
        city.surveyor().does(&no, "survey", good());
    }
}

/// A ticket of another caller whose survey is due.
fn of_another(city: &City, phone: &str) -> String {
    let no = city.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })));
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
    city.works(&no, "weixiu", 1);
    city.handler("weixiu").does(&no, "reply", json!({ "text": "已更换门机并试运行，恢复正常。" }));
    city.reviewer().does(&no, "review", json!({ "pass": true }));
    no
}

fn numbers(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it["no"].as_str().unwrap()).collect()
}

#[test]
fn an_appointment_is_in_the_queue_at_its_time_first_and_not_before() {
    let office = Office::open();
    let city = &office.city;
    let other = of_another(city, "13900000077");
    let (first, second) = (city.passed("weixiu"), city.passed("weixiu"));
    city.surveyor().does(&first, "survey", too_early("2026-11-02T19:00:00+08:00"));
    let due = || office.get("surveyor", "/api/v1/surveys/due").json();
    for time in ["2026-11-02T10:00:00+08:00", "2026-11-02T18:59:59+08:00"] {
        city.clock.set(at(time));
        let now = due();
        // The other ticket of who wants to be rung today waits for that call.
        assert_eq!(numbers(&now["items"]), [other.as_str()], "{time}");
        assert_eq!(numbers(&now["agreed"]), [first.as_str()], "{time}");
        assert_eq!(now["agreed"][0]["again_at"], "2026-11-02T19:00:00+08:00");
        assert_eq!(now["agreed"][0]["after_limit"], false);
        let page = office.shown("surveyor", "/survey");
        assert!(page.contains("约定的回访（1）") && page.contains(&other), "{page}");
    }
    let story = office.shown("reviewer", &format!("/tickets/{first}"));
    assert!(story.contains("约2026年11月2日19:00再致电"), "{story}");
    city.clock.set(at("2026-11-02T19:00:00+08:00"));
    let now = due();
    assert_eq!(numbers(&now["items"]), [first.as_str(), other.as_str()], "the second in the call");
    assert_eq!(now["items"][0]["again_at"], "2026-11-02T19:00:00+08:00");
    assert_eq!(now["items"][0]["beside"], json!([second]));
    assert_eq!(now["agreed"], json!([]));
    city.surveyor().does(&first, "survey", json!({ "outcome": "no_answer" }));
    let now = due();
    assert_eq!(numbers(&now["items"]), [other.as_str(), second.as_str()], "kept, and over");
    city.days(1);
    let again = due()["items"].clone();
    let own = again.as_array().unwrap().iter().find(|it| it["no"] == first.as_str());
    assert!(own.is_none(), "nineteen hours was tried: {again}");
    city.hours(1);
    let again = due()["items"].clone();
    let own = again.as_array().unwrap().iter().find(|it| it["no"] == first.as_str()).unwrap();
    assert!(own.get("again_at").is_none(), "an appointment holds for one call: {own}");
}

/// What `name` changes of what they saw in the version `seen`.
pub fn versioned(
    office: &Office,
    name: &str,
    (method, path): (&str, &str),
    seen: &str,
    body: &Value,
) -> Answer {
    let user = office.city.person(name).actor.user;
    let tokens = &office.server.app.gate.tokens;
    let token = tokens.issue(Pass::Access, (user, user, 0), office.city.now(), 600).unwrap();
    let (bearer, tag) = (format!("Bearer {token}"), format!("\"{seen}\""));
    let headers = [("Authorization", bearer.as_str()), ("If-Match", tag.as_str())];
    office.server.ask(method, path, &headers, &body.to_string())
}

#[test]
fn who_rang_back_for_another_time_is_in_the_queue_then_and_a_later_save_is_refused() {
    let office = Office::open();
    let city = &office.city;
    let no = city.passed("weixiu");
    city.surveyor().does(&no, "survey", too_early("2026-11-02T19:00:00+08:00"));
    let version = city.stored(&no).version;
    let path = format!("/api/v1/tickets/{no}/survey/again");
    let page = office.shown("surveyor", "/survey");
    assert!(page.contains(&format!("data-call=\"{path}\" data-version=\"{version}\"")), "{page}");
    let own = office.shown("agent", &format!("/tickets/{no}"));
    assert!(
        own.contains(&format!("{no}&#x2f;survey&#x2f;again")) && own.contains("改约回访"),
        "{own}"
    );
    let put = |again_at: &str, seen: i32| {
        let body = json!({ "again_at": again_at, "text": "改到明天十点" });
        versioned(&office, "agent", ("POST", path.as_str()), &seen.to_string(), &body).status
    };
    assert_eq!(put("2026-11-03T10:00:00+08:00", version - 1), 412);
    assert_eq!(put("2026-11-03T10:00:00+08:00", version), 200);
    let due = || office.get("surveyor", "/api/v1/surveys/due").json();
    city.clock.set(at("2026-11-02T19:00:00+08:00"));
    assert_eq!((&due()["items"], numbers(&due()["agreed"])), (&json!([]), vec![no.as_str()]));
    let story = office.shown("reviewer", &format!("/tickets/{no}"));
    assert!(
        story.contains("约2026年11月3日10:00再致电") && story.contains("改到明天十点"),
        "{story}"
    );
    city.clock.set(at("2026-11-03T10:00:00+08:00"));
    assert_eq!(due()["items"][0]["again_at"], "2026-11-03T10:00:00+08:00");
    city.surveyor().does(&no, "survey/again", json!({ "cancel": true }));
    assert!(due()["items"][0].get("again_at").is_none(), "{}", due());
    let told = office.shown("reviewer", &format!("/tickets/{no}"));
    assert!(told.contains("取消约定"), "{told}");
}

#[test]
fn one_call_covers_a_citizen_s_tickets_each_with_its_own_answers() {
    let office = Office::open();
    let city = &office.city;
    let (first, second) = (city.passed("weixiu"), city.passed("weixiu"));
    let stranger = of_another(city, "13900000077");
    let page = office.shown("surveyor", &format!("/survey?no={first}"));
    assert!(page.contains(&second) && page.contains("在同一通电话里依次回访"), "{page}");
    assert!(page.contains("/reveal") && !page.contains("不必再拨"));
    let ask = |no: &str, body: &Value| {
        let path = format!("/api/v1/tickets/{no}/survey");
        assert_eq!(office.post("surveyor", &path, body).status, 200);
    };
    ask(&first, &good());
    let page = office.shown("surveyor", &format!("/survey?no={second}&call={first}"));
    assert!(page.contains("不必再拨") && !page.contains("/reveal"), "{page}");
    assert!(!page.contains("13900000001"), "no number in the page or its addresses");
    // Of somebody else's ticket it is another call; and so it is after an hour, and without that word.
    let other = office.shown("surveyor", &format!("/survey?no={stranger}&call={first}"));
    assert!(other.contains("/reveal") && !other.contains("不必再拨"));
    assert!(office.shown("surveyor", &format!("/survey?no={second}")).contains("/reveal"));
    assert!(office.shown("surveyor", &format!("/survey?no={second}&call=x")).contains("/reveal"));
    ask(&second, &bad());
    assert!(!city.ticket(&first).valid_surveys().1.unwrap().is_bad());
    assert!(city.ticket(&second).valid_surveys().1.unwrap().is_bad());
}

#[test]
fn a_call_that_reached_nobody_reached_nobody_about_the_other_ticket_either() {
    let office = Office::open();
    let city = &office.city;
    let (first, second) = (city.passed("weixiu"), city.passed("weixiu"));
    let path = format!("/survey?no={second}&call={first}");
    city.surveyor().does(&first, "survey", json!({ "outcome": "no_answer" }));
    let page = office.shown("surveyor", &path);
    assert!(page.contains("value=\"no_answer\" data-pick=\"n\" checked"), "{page}");
    // An hour later that call is over, and who was rung today is not dialled for what it could have covered.
    city.hours(2);
    let due = || office.get("surveyor", "/api/v1/surveys/due").json()["items"].clone();
    let now = due();
    assert_eq!(numbers(&now), [first.as_str()], "the next attempt at it");
    assert_eq!(now[0]["beside"], json!([second]), "and the other in its call");
    city.surveyor().does(&first, "survey", good());
    assert_eq!(numbers(&due()), [second.as_str()], "in that call");
    city.hours(2);
    assert_eq!(due(), json!([]), "not once more today");
    city.days(1);
    assert_eq!(numbers(&due()), [second.as_str()]);
}

on_each_database! {
    fn those_that_may_not_be_rung_now_hide_none_of_those_that_may(test: &TestDb) {
        let city = City::of(test);
        let phones = ["13900000071", "13900000072", "13900000073", "13900000074"];
        let [first, second, third, fourth] = phones.map(|phone| of_another(&city, phone));
        let found = |enough: usize| {
            let reach = Reach { at_once: 1, enough };
            let list = due(&city.hotline, city.surveyor().actor, reach).unwrap();
            (list.items.iter().map(|it| it.no.clone()).collect::<Vec<_>>(), list.partial)
        };
        assert_eq!(found(1), (vec![first.clone()], true));
        assert_eq!(found(4).0.len(), 4);
        // Not before the next hour, and not before the reviewer has decided.
        city.surveyor().does(&first, "survey", json!({ "outcome": "no_answer" }));
        city.surveyor().does(&second, "survey", bad());
        assert_eq!(found(1), (vec![third.clone()], true));
        assert_eq!(found(2), (vec![third.clone(), fourth.clone()], false));
        // An appointment is looked at first, however new its ticket is.
        city.surveyor().does(&fourth, "survey", too_early("2026-11-02T11:00:00+08:00"));
        city.clock.set(at("2026-11-02T11:00:00+08:00"));
        assert_eq!(found(1), (vec![fourth, first.clone()], true));
        assert_eq!(found(3).0[1..], [first, third]);
    }
}

/// A ticket whose survey was drawn, by the site's own key.
fn drawn(office: &Office) -> String {
    let city = &office.city;
    for _ in 0..500 {
        let no = city.passed("weixiu");
        let id = city.stored(&no).id;
        city.surveyor().does(&no, "survey", good());
        if is_drawn(&city.hotline.keys, id, "2026-11", 5) {
            return no;
        }
    }
    panic!("nothing was drawn of five hundred")
}

/// The lines of a list of re-listening.
fn relistens(office: &Office, name: &str, query: &str) -> Vec<Value> {
    let list = office.get(name, &format!("/api/v1/relistens{query}"));
    assert_eq!(list.status, 200, "{list:?}");
    list.json()["items"].as_array().unwrap().clone()
}

#[test]
fn a_drawn_survey_is_heard_once_by_somebody_else_and_changes_no_answer() {
    let office = Office::open();
    let city = &office.city;
    let told = |event: &str, time: &str| {
        let body = json!({ "call_id": "out-1", "event": event, "at": time, "phone": "13900000001",
            "agent": "surveyor", "recording_id": "rec-7" });
        let answer = office.post("agent", "/api/v1/calls", &body);
        assert!(answer.status < 300, "{answer:?}");
    };
    told("ring", "2026-11-02T08:50:00+08:00");
    told("answered", "2026-11-02T08:50:10+08:00");
    let no = drawn(&office);
    let open = relistens(&office, "assessor", "");
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((&open[0]["ticket"], &open[0]["surveyor"]), (&json!(no), &json!("surveyor")));
    assert_eq!((&open[0]["solved"], &open[0]["month"]), (&json!("solved"), &json!("2026-11")));
    assert_eq!(open[0]["recordings"][0]["recording_id"], "rec-7", "{open:?}");
    let page = office.shown("assessor", "/relisten");
    assert!(
        page.contains(&no) && page.contains("rec-7") && !page.contains("13900000001"),
        "{page}"
    );
    let path = format!("/api/v1/relistens/{}", open[0]["id"].as_str().unwrap());
    let say = |name: &str, body: Value| office.post(name, &path, &body);
    assert_eq!(say("leader", json!({ "finding": "agrees" })).status, 403, "reads only");
    assert_eq!(say("surveyor", json!({ "finding": "agrees" })).status, 403);
    assert_eq!(say("reviewer", json!({ "finding": "differs" })).status, 422, "in what?");
    assert_eq!(say("reviewer", json!({ "finding": "agrees", "reason": "led" })).status, 422);
    let before = city.ticket(&no);
    let answer = say("reviewer", json!({ "finding": "differs", "reason": "solved" }));
    assert_eq!((answer.status, &answer.json()["finding"]), (200, &json!("differs")), "{answer:?}");
    assert_eq!(city.ticket(&no).attempts, before.attempts, "the answer stays");
    let twice = say("assessor", json!({ "finding": "agrees" }));
    assert_eq!((twice.status, &twice.json()["code"]), (409, &json!("relisten.heard")), "{twice:?}");
    assert!(relistens(&office, "assessor", "").is_empty());
    let differing = relistens(&office, "assessor", "?stage=differs&month=2026-11");
    assert_eq!(differing[0]["heard_by"], "reviewer", "{differing:?}");
    let figures = office.get("leader", "/api/v1/relistens/figures?month=2026-11").json();
    let counted =
        json!([{ "surveyor": "surveyor", "drawn": 1, "heard": 1, "differing": 1, "unheard": 0 }]);
    assert_eq!(figures["items"], counted);
    assert_eq!(office.get("leader", "/api/v1/relistens/figures?month=2026-1").status, 422);
    let page = office.shown("leader", "/relisten?month=2026-11");
    assert!(page.contains("是否解决与录音不符") && !page.contains("name=\"finding\""), "{page}");
    for name in ["surveyor", "agent", "handler@weixiu", "dispatcher", "sysadmin"] {
        assert_eq!(office.page(name, "/relisten").status, 403, "{name}");
        assert_eq!(office.get(name, "/api/v1/relistens").status, 403, "{name}");
        assert_eq!(office.get(name, "/api/v1/relistens/figures").status, 403, "{name}");
    }
}

#[test]
fn who_asked_does_not_hear_it_again_whatever_else_they_are() {
    let office = Office::open();
    let city = &office.city;
    drawn(&office);
    let open = relistens(&office, "reviewer", "");
    assert_eq!(open[0]["allowed"], json!(["hear"]));
    assert_eq!(relistens(&office, "leader", "")[0]["allowed"], json!([]));
    let id: i64 = open[0]["id"].as_str().unwrap().parse().unwrap();
    let tries = |actor: Actor| {
        let (keys, directory) = (city.hotline.keys.clone(), city.rules().directory.clone());
        let result = city.hotline.db.write(move |tx| {
            let heard = || Ok(Heard { finding: Finding::Agrees, reason: None });
            hear(tx, (&actor, &keys, &directory), id, heard)
        });
        refusal(result)
    };
    let both = |actor: &Actor| Actor {
        roles: BTreeSet::from([Role::Surveyor, Role::Reviewer]),
        ..actor.clone()
    };
    assert_eq!(tries(both(city.surveyor().actor)), "403 own_request");
    assert_eq!(tries(both(city.handler("weixiu").actor)), "403 relisten.own_unit");
    assert_eq!(tries(city.agent().actor.clone()), "403 forbidden");
    assert_eq!(tries(city.reviewer().actor.clone()), "accepted");
}
