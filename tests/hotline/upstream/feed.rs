//! What the platform tells us takes effect once, whenever it comes, and its fate stays to be seen.

use chrono::TimeDelta;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use jiesu::db::schema::upstream_message;
use jiesu::error::{Kind, Result};
use jiesu::feed::{self, Fate, Message, Patience, Taken, sweep, take};
use jiesu::ticket::StateName;
use serde_json::{Value, json};

use super::from_platform;
use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::on_each_database;

pub const PATIENCE: Patience = Patience(TimeDelta::hours(24));

/// A message of the platform's.
pub fn message(city: &City, id: &str, no: &str, said: &Value) -> Value {
    let mut body = json!({ "message_id": id, "upstream_no": no, "at": city.now().to_string() });
    jiesu::ticket::event::apply(&mut body, said);
    body
}

pub fn tells(city: &City, message: &Value) -> Result<Taken> {
    let message: Message = serde_json::from_value(message.clone()).unwrap();
    take(&city.hotline, city.person("platform").actor, &message, PATIENCE)
}

fn fate(city: &City, message: &Value) -> (Fate, Option<String>) {
    let kept = tells(city, message).unwrap().kept;
    (kept.fate, kept.code)
}

/// The usual ticket, as a message.
pub fn ticket(city: &City, id: &str, no: &str) -> Value {
    message(city, id, no, &json!({ "kind": "ticket", "ticket": from_platform(city, no) }))
}

on_each_database! {
    fn a_ticket_that_is_told_twice_is_one_ticket(test: &TestDb) {
        let city = City::of(test);
        let told = ticket(&city, "m1", "GD1");
        let first = tells(&city, &told).unwrap();
        assert_eq!((first.kept.fate, first.repeated), (Fate::Applied, false));
        city.hours(3);
        let again = tells(&city, &told).unwrap();
        assert!(again.repeated);
        assert_eq!(again.kept, first.kept);
        // The same under another id, since its first answer was lost on the way.
        let other = { let mut other = told.clone(); other["message_id"] = "m2".into(); other };
        assert_eq!(fate(&city, &other), (Fate::Applied, None));
        let no = first.kept.ticket_no.unwrap();
        assert_eq!(city.events(&no).len(), 1);
        assert_eq!(city.ticket(&no).upstream.unwrap().no.as_str(), "GD1");
    }

    fn an_id_belongs_to_one_message(test: &TestDb) {
        let city = City::of(test);
        tells(&city, &ticket(&city, "m1", "GD1")).unwrap();
        let error = tells(&city, &ticket(&city, "m1", "GD2")).unwrap_err();
        assert_eq!(error.code(), "upstream.other_content");
    }

    fn what_comes_before_its_ticket_is_kept_and_takes_effect_with_it(test: &TestDb) {
        let city = City::of(test);
        let urge = message(&city, "m2", "GD1", &json!({ "kind": "urge", "text": "请尽快" }));
        let facts = message(&city, "m3", "GD1", &json!({ "kind": "facts", "text": "四楼也漏" }));
        assert_eq!(fate(&city, &urge), (Fate::Waiting, None));
        assert_eq!(fate(&city, &facts), (Fate::Waiting, None));
        let no = tells(&city, &ticket(&city, "m1", "GD1")).unwrap().kept.ticket_no.unwrap();
        assert_eq!((fate(&city, &urge).0, fate(&city, &facts).0), (Fate::Applied, Fate::Applied));
        let stored = city.ticket(&no);
        assert_eq!((stored.urges.len(), stored.notes.len()), (1, 1));
        assert!(stored.notes[0].public && stored.notes[0].text == "四楼也漏");
    }

    fn a_recall_withdraws_and_an_urge_after_it_is_refused_with_its_reason(test: &TestDb) {
        let city = City::of(test);
        let no = tells(&city, &ticket(&city, "m1", "GD1")).unwrap().kept.ticket_no.unwrap();
        let recall = message(&city, "m2", "GD1", &json!({ "kind": "recall", "text": "已解决" }));
        assert_eq!(fate(&city, &recall).0, Fate::Applied);
        assert_eq!(city.state(&no), StateName::Withdrawn);
        let urge = message(&city, "m3", "GD1", &json!({ "kind": "urge", "text": "请尽快" }));
        assert_eq!(fate(&city, &urge), (Fate::Refused, Some("transition".to_owned())));
    }

    fn other_content_under_a_known_number_becomes_a_public_note_once(test: &TestDb) {
        let city = City::of(test);
        let no = tells(&city, &ticket(&city, "m1", "GD1")).unwrap().kept.ticket_no.unwrap();
        let mut other = ticket(&city, "m2", "GD1");
        other["ticket"]["matter"]["content"] = "电梯停运，老人被困。".into();
        other["ticket"]["caller"]["phone"] = "13900000002".into();
        other["ticket"]["caller"]["confidential"] = true.into();
        let noted = (Fate::Applied, Some("upstream.became_facts".to_owned()));
        assert_eq!(fate(&city, &other), noted);
        other["message_id"] = "m3".into();
        assert_eq!(fate(&city, &other), (Fate::Applied, None));
        let stored = city.ticket(&no);
        assert_eq!(stored.content, "电梯停运。请修。", "what was said first stays");
        assert_eq!(stored.notes.len(), 2, "the matter, and that the caller was put right");
        assert!(stored.notes[0].text.contains("电梯停运，老人被困。"), "{:?}", stored.notes);
        assert!(!stored.notes.iter().any(|note| note.text.contains("13900000002")));
        assert_eq!(stored.caller.phone.as_ref().unwrap().as_str(), "13900000002");
        assert!(stored.caller.confidential && stored.is_sealed());
    }

    fn a_slip_that_the_platform_takes_back_is_taken_back_here(test: &TestDb) {
        let city = City::of(test);
        let right = ticket(&city, "m1", "GD1");
        let no = tells(&city, &right).unwrap().kept.ticket_no.unwrap();
        let slips = [
            ("/ticket/caller/phone", json!("13900000002")),
            ("/ticket/caller/confidential", json!(true)),
            ("/ticket/matter/content", json!("电梯停运，老人被困。")),
        ];
        let noted = (Fate::Applied, Some("upstream.became_facts".to_owned()));
        let first = city.ticket(&no);
        for (turn, (field, slip)) in slips.into_iter().enumerate() {
            let mut wrong = right.clone();
            match wrong.pointer_mut(field) {
                Some(value) => *value = slip,
                None => wrong["ticket"]["caller"]["confidential"] = slip,
            }
            // Taken back, said again, taken back again: each is news, and each only once.
            for (time, told) in [&wrong, &right, &wrong, &right].into_iter().enumerate() {
                let mut told = told.clone();
                for (repeat, expected) in [(0, noted.clone()), (1, (Fate::Applied, None))] {
                    told["message_id"] = format!("{turn}-{time}-{repeat}").into();
                    assert_eq!(fate(&city, &told), expected, "{field} {time} {repeat}");
                }
                let now = city.ticket(&no);
                let same = now.caller == first.caller;
                assert_eq!(same, turn == 2 || time % 2 == 1, "{field} {time}: {:?}", now.caller);
                assert_eq!(now.notes.len(), turn * 4 + time + 1, "{field} {time}");
            }
        }
        let last = city.ticket(&no).notes.pop().unwrap();
        assert!(last.text.contains(&first.content), "{last:?}");
    }

    fn what_a_person_corrected_stands_until_the_platform_says_something_new(test: &TestDb) {
        let city = City::of(test);
        let mut told = ticket(&city, "m1", "GD1");
        let no = tells(&city, &told).unwrap().kept.ticket_no.unwrap();
        let mut caller = serde_json::to_value(&city.ticket(&no).caller).unwrap();
        caller["phone"] = "13900000009".into();
        let amend = json!({ "fields": { "caller": caller }, "reason": "来电更正" });
        city.agent().does(&no, "amend", amend);
        let phone = || city.ticket(&no).caller.phone.unwrap().into_string();
        told["message_id"] = "m2".into();
        assert_eq!(fate(&city, &told), (Fate::Applied, None));
        assert_eq!(phone(), "13900000009");
        // The platform says what is known here already, then goes back on it.
        let old = told["ticket"]["caller"]["phone"].clone();
        for (id, said) in [("m3", json!("13900000009")), ("m4", old.clone())] {
            told["message_id"] = id.into();
            told["ticket"]["caller"]["phone"] = said.clone();
            tells(&city, &told).unwrap();
            assert_eq!(phone(), said, "{id}");
        }
    }

    fn a_ticket_that_cannot_be_registered_is_refused_with_its_field_until_it_can(test: &TestDb) {
        let city = City::of(test);
        let mut told = ticket(&city, "m1", "GD1");
        told["ticket"]["matter"]["category"] = "none".into();
        let kept = tells(&city, &told).unwrap().kept;
        assert_eq!((kept.fate, kept.code.as_deref()), (Fate::Refused, Some("field.unknown_code")));
        assert_eq!(kept.pointer.as_deref(), Some("/ticket/matter/category"));
        let retry = |who: &str| feed::retry(&city.hotline, city.person(who).actor, "m1", PATIENCE);
        assert_eq!(refusal(retry("leader")), "403 forbidden");
        assert_eq!(retry("dispatcher").unwrap().fate, Fate::Refused);
        // Mended by the platform, as another message.
        assert_eq!(fate(&city, &ticket(&city, "m2", "GD1")).0, Fate::Applied);
        assert_eq!(retry("dispatcher").unwrap().fate, Fate::Refused);
    }

    fn a_place_in_the_sequence_waits_a_day_for_those_before_it(test: &TestDb) {
        let city = City::of(test);
        let mut told = ticket(&city, "m1", "GD1");
        told["seq"] = 1.into();
        let no = tells(&city, &told).unwrap().kept.ticket_no.unwrap();
        let said = json!({ "kind": "recall", "text": "已解决", "seq": 3 });
        let recall = message(&city, "m3", "GD1", &said);
        assert_eq!(fate(&city, &recall).0, Fate::Waiting);
        city.hours(23);
        sweep(&city.hotline, PATIENCE).unwrap();
        assert_eq!(city.state(&no), StateName::Accepted);
        city.hours(1);
        sweep(&city.hotline, PATIENCE).unwrap();
        assert_eq!(city.state(&no), StateName::Withdrawn);
    }

    fn a_message_that_cannot_be_read_holds_up_no_other_ticket(test: &TestDb) {
        let city = City::of(test);
        let mut numbers = Vec::new();
        for no in ["GD1", "GD2", "GD3"] {
            let mut told = ticket(&city, &format!("{no}-1"), no);
            told["seq"] = 1.into();
            numbers.push(tells(&city, &told).unwrap().kept.ticket_no.unwrap());
            let said = json!({ "kind": "recall", "text": "已解决", "seq": 3 });
            tells(&city, &message(&city, &format!("{no}-3"), no, &said)).unwrap();
        }
        let spoils = |tx: &mut jiesu::db::Tx<'_>| {
            let row = diesel::update(upstream_message::table.find("GD1-3"));
            Ok(row.set(upstream_message::body.eq(Some(vec![7_u8; 64]))).execute(tx.conn)?)
        };
        test.db.write(spoils).unwrap();
        city.hours(24);
        assert_eq!(sweep(&city.hotline, PATIENCE).unwrap_err().kind(), Kind::Internal);
        let states: Vec<StateName> = numbers.iter().map(|no| city.state(no)).collect();
        assert_eq!(states, [StateName::Accepted, StateName::Withdrawn, StateName::Withdrawn]);
    }

    fn nothing_of_a_waiting_message_lies_in_clear_and_nothing_of_an_applied_one_lies_at_all(test: &TestDb) {
        let city = City::of(test);
        type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>);
        let bodies = || {
            let columns = (upstream_message::body, upstream_message::record_key);
            let ask = |conn: &mut _| Ok(upstream_message::table.select(columns).load(conn)?);
            let all: Vec<Sealed> = test.db.read(ask).unwrap();
            all
        };
        let facts = message(&city, "m2", "GD1", &json!({ "kind": "facts", "text": "张三的电话变了" }));
        tells(&city, &facts).unwrap();
        let sealed = bodies()[0].0.clone().unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("张三"));
        tells(&city, &ticket(&city, "m1", "GD1")).unwrap();
        assert_eq!(bodies(), [(None, None), (None, None)]);
    }

    fn only_the_platforms_account_feeds(test: &TestDb) {
        let city = City::of(test);
        let body = draft_with(&json!({ "channel": "platform" }));
        let told = message(&city, "m1", "GD1", &json!({ "kind": "ticket", "ticket": body }));
        let told: Message = serde_json::from_value(told).unwrap();
        let refused = take(&city.hotline, city.agent().actor, &told, PATIENCE);
        assert_eq!(refusal(refused), "403 forbidden");
    }
}
