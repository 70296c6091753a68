//! Whatever a citizen or a clerk types, nothing of it is ever shown at this door (Shows 2).

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use jiesu::identity::Scope;
use jiesu::ticket::command::CommandName;

use super::city::City;
use crate::support::databases::TestDb;
use crate::support::desk::agent;

/// In no name, code or sentence of the house.
const CANARY: &str = "鸩鹮";
const DIGITS: &str = "77120391";

/// Any text around the canary.
fn typed() -> impl Strategy<Value = String> {
    ("[^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,12}", "[^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,12}")
        .prop_map(|(before, after)| format!("{before}{CANARY}{after}"))
}

/// Everything of a ticket that somebody types.
fn draft() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec(typed(), 8);
    let kind = prop::sample::select(vec!["help", "consult", "suggestion", "praise"]);
    (texts, kind, any::<bool>(), -90.0..90.0_f64).prop_map(|(texts, kind, estate, lat)| {
        json!({
            "kind": kind, "channel": "letter",
            "received_at": "2026-09-30T08:00:00+08:00", "received_reason": texts[0],
            "caller": { "name": texts[1], "phone": format!("139{DIGITS}"), "second_phone": format!("010-{DIGITS}"),
                "email": format!("canary{DIGITS}@example.cn"), "preferred_hour": texts[2] },
            "matter": { "title": texts[3], "content": texts[4], "category": "leak", "accused": texts[5], "tags": [texts[6]] },
            "place": { "region": "street1", "estate": estate.then_some("estate1"), "building": texts[6],
                "address": texts[7], "point": { "lat": lat, "lng": 77.120_391 } },
        })
    })
}

/// Looks at everything the door shows.
fn demand_silence(city: &City, no: &str) -> Result<(), TestCaseError> {
    for path in ["requests".to_owned(), format!("requests/{no}"), "services/leak".to_owned()] {
        for format in ["json", "xml"] {
            let answer = city.get(&format!("/v2/{path}.{format}"));
            prop_assert_eq!(answer.status, 200, "{} {}", path, format);
            let whole = format!("{}{}", answer.head, answer.body);
            for needle in [CANARY, DIGITS, "77.12", "canary", "鸩", "鹮"] {
                prop_assert!(!whole.contains(needle), "{} in {}", needle, whole);
            }
        }
    }
    Ok(())
}

#[test]
fn nothing_that_anybody_typed_is_shown() {
    let keys = [("JIESU_OPEN311__PER_MINUTE", "1000000")];
    let city = City::new(&TestDb::sqlite(), &keys);
    let mut runner =
        TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let said = (draft(), prop::collection::vec(typed(), 3));
    runner
        .run(&said, |(draft, said)| {
            let no = city.take(draft);
            demand_silence(&city, &no)?;
            city.give(agent(), &no, CommandName::Note, json!({ "text": said[0], "public": true }));
            city.send(&no);
            city.reply(&no, &said[1]);
            demand_silence(&city, &no)?;
            let other = city.leak();
            city.give(agent(), &other, CommandName::Withdraw, json!({ "reason": said[2] }));
            demand_silence(&city, &other)
        })
        .unwrap();
}

#[test]
fn nothing_of_a_report_comes_back_but_its_number_and_its_code() {
    let keys = [("JIESU_OPEN311__PER_MINUTE", "1000000")];
    let city = City::new(&TestDb::sqlite(), &keys);
    let key = city.key(Scope::TicketsWrite);
    let mut runner =
        TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let fields = (prop::collection::vec(typed(), 5), any::<bool>(), any::<bool>());
    runner
        .run(&fields, |(texts, wrong, xml)| {
            let email = format!("canary{DIGITS}@example.cn");
            let phone = if wrong { &texts[0] } else { DIGITS };
            let media = format!("https://example.cn/{CANARY}");
            let answer = city.post(
                if xml { "xml" } else { "json" },
                &[
                    ("api_key", &key),
                    ("service_code", "leak"),
                    ("address_string", &texts[1]),
                    ("lat", "77.120391"),
                    ("long", "77.120391"),
                    ("description", &texts[2]),
                    ("first_name", &texts[3]),
                    ("last_name", &texts[4]),
                    ("phone", phone),
                    ("email", &email),
                    ("media_url", &media),
                    ("device_id", CANARY),
                ],
            );
            prop_assert_eq!(answer.status, if wrong { 400 } else { 200 }, "{:?}", answer);
            for needle in [CANARY, DIGITS, "77.12", "canary"] {
                prop_assert!(!answer.body.contains(needle), "{} in {}", needle, answer.body);
            }
            match city.numbers("").first() {
                Some(no) => demand_silence(&city, no),
                None => Ok(()),
            }
        })
        .unwrap();
}
