//! Answers by text message, brought by the gateway.

use jiesu::ticket::StateName;
use serde_json::{Value, json};

use super::{Door, Told, request, said};
use crate::support::databases::on_each_database;

impl Door {
    /// The gateway brings a message.
    fn hears(&self, phone: &str, text: &str) -> Value {
        let body = json!({ "phone": phone, "text": text });
        let answer = self.staff("platform", "POST", "sms/replies", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// A ticket of `phone` whose citizen is being asked.
    fn asked(&self, phone: &str) -> Told {
        let mut body = request();
        body["caller"]["phone"] = phone.into();
        let told = self.brings(&body, &phone[phone.len() - 4..]);
        self.city.dispatcher().does(&told.no, "dispatch", json!({ "lead": "wuye" }));
        self.city.works(&told.no, "wuye", 1);
        self.city.handler("wuye").does(&told.no, "reply", json!({ "text": "已修好" }));
        self.city.reviewer().does(&told.no, "review", json!({ "pass": true }));
        told
    }
}

on_each_database! {
    fn three_digits_close_the_ticket_that_was_asked_last(test: &TestDb) {
        let door = Door::open(test);
        let first = door.asked("13900000001");
        door.city.hours(1);
        let last = door.asked("139 0000 0001");
        assert_eq!(door.hears("+86 13900000001", "１ 1，2"), json!({ "answered": true }));
        assert_eq!(door.city.state(&first.no), StateName::Surveying);
        assert_eq!(door.city.state(&last.no), StateName::Closed);
        let attempt = door.city.ticket(&last.no).attempts[0].clone();
        assert_eq!((attempt.way.as_str(), attempt.answers().is_some()), ("sms", true));
        // One digit answers one question: nobody is counted as having said more.
        assert_eq!(door.hears("13900000001", "1"), json!({ "answered": true }));
        assert_eq!(door.city.state(&first.no), StateName::Surveying);
        assert_eq!(door.city.ticket(&first.no).valid_surveys().1, None);
        assert_eq!(door.hears("13900000001", "1")["waits"], "not_taken");
        assert_eq!(door.hears("13900000001", "133"), json!({ "answered": true }));
        assert!(door.city.ticket(&first.no).attempts[1].is_bad());
    }

    fn what_nobody_can_place_waits_for_a_person(test: &TestDb) {
        let door = Door::open(test);
        let told = door.asked("13900000001");
        let same = [door.asked("13900000002"), door.asked("13900000002")];
        for (phone, text, why) in [
            ("13911112222", "112", "unknown_phone"),
            ("13900000001", "没解决，打我13900000001", "not_understood"),
            ("13900000002", "111", "ambiguous"),
        ] {
            assert_eq!(door.hears(phone, text), json!({ "answered": false, "waits": why }));
        }
        assert!(same.iter().all(|told| door.city.state(&told.no) == StateName::Surveying));
        door.hears("13900000001", "111");
        assert_eq!(door.hears("13900000001", "111")["waits"], "not_asked");
        let inbox = door.staff("surveyor", "GET", "inbox?limit=2", &json!({})).json();
        let waits = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|word| format!("{} {}", word["why"].as_str().unwrap(), word["text"].as_str().unwrap())).collect()
        };
        assert_eq!(waits(&inbox), ["unknown_phone 112", "not_understood 没解决，打我139****0001"]);
        assert_eq!(inbox["items"][1]["ticket"], told.no.as_str());
        let rest = format!("inbox?limit=2&after={}", inbox["next"].as_str().unwrap());
        let rest = door.staff("surveyor", "GET", &rest, &json!({})).json();
        assert_eq!(waits(&rest), ["ambiguous 111", "not_asked 111"]);
        assert_eq!(rest["next"], Value::Null);
        let id = inbox["items"][0]["id"].as_str().unwrap();
        let path = format!("inbox/{id}/reveal");
        assert_eq!(said(&door.staff("surveyor", "POST", &path, &json!({}))), "422 field.required");
        let clear = door.staff("surveyor", "POST", &path, &json!({ "reason": "回电" })).json();
        assert_eq!(clear, json!({ "phone": "13911112222", "text": "112" }));
        assert_eq!(said(&door.staff("handler@wuye", "POST", &path, &json!({ "reason": "x" }))), "403 forbidden");
        let body = json!({ "phone": "13900000001", "text": "111" });
        assert_eq!(said(&door.staff("handler@wuye", "POST", "sms/replies", &body)), "403 forbidden");
    }
}
