//! What becomes of an objection to a ticket that is taken back with its import: it holds nothing up.

use std::io::Cursor;

use jiesu::moving::{Run, import, undo};
use serde_json::json;

use super::bureau::Bureau;
use crate::support::databases::on_each_database;

/// A ticket of another system that wuye works on.
const NO: &str = "H-1";

on_each_database! {
    fn an_objection_to_a_ticket_that_was_taken_back_does_not_hold_the_freeze_up(test: &TestDb) {
        let bureau = Bureau::open(test);
        let line = json!({
            "no": NO, "kind": "help", "channel": "phone", "urgency": "general",
            "received_at": "2026-11-01T10:00:00+08:00",
            "caller": { "name": "张三", "phone": "13900000001" },
            "title": "电梯", "content": "电梯停运", "category": "wy.dt", "estate": "yangguang",
            "assignments": [{ "unit": "wuye", "role": "lead", "sent_at": "2026-11-01T11:00:00+08:00",
                "signed_at": "2026-11-01T12:00:00+08:00" }],
        });
        let (hotline, mut rejects) = (&bureau.city.hotline, Vec::new());
        let mut lines = Cursor::new(format!("{line}\n"));
        let done = import(hotline, &mut lines, &mut rejects, Run::Real).unwrap();
        assert_eq!(done.imported, 1, "{}", String::from_utf8_lossy(&rejects));
        let own = bureau.city.closed("wuye");
        let id = bureau.november();
        let path = |step: &str| format!("/reports/{id}{step}");
        bureau.city.days(30);
        let until = bureau.city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        for no in [NO, own.as_str()] {
            let objects = json!({ "no": no, "text": "不归我们管" });
            bureau.does("unit_head@wuye", &path("/object"), objects);
        }
        bureau.city.days(4);
        assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 report.objections_open");
        assert_eq!(undo(hotline, done.batch).unwrap().removed, 1);
        let seen = bureau.asks("assessor", &path("")).json();
        let objections = seen["objections"].as_array().unwrap();
        let [left] = objections.as_slice() else { panic!("{seen}") };
        assert_eq!((&left["no"], &left["text"]), (&json!(own), &json!("不归我们管")));
        // The other one is still there to be decided, and holds it up.
        assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 report.objections_open");
        let decides = json!({ "decisions": [{ "id": left["id"], "uphold": false, "reason": "经核实" }] });
        bureau.does("assessor", &path("/objections/decide"), decides);
        bureau.does("assessor", &path("/freeze"), json!({}));
    }
}
