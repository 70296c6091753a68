//! What a report says of its window's end and of the window before it.

use std::io::Cursor;

use jiesu::moving::{Run, import};
use serde_json::{Value, json};

use super::bureau::{Bureau, Cell, cells};
use crate::support::city::{at, bad};
use crate::support::databases::on_each_database;

/// A ticket of another system, received in October and at work at weixiu: November is known from its first day on.
fn october(bureau: &Bureau) {
    let line = json!({
        "no": "H-1", "kind": "help", "channel": "phone", "urgency": "complex",
        "received_at": "2026-10-20T10:00:00+08:00",
        "caller": { "name": "李四", "phone": "13900000002" },
        "title": "电梯", "content": "电梯停运", "category": "wy.dt", "estate": "yangguang",
        "assignments": [{ "unit": "weixiu", "role": "lead", "sent_at": "2026-10-20T11:00:00+08:00",
            "signed_at": "2026-10-20T12:00:00+08:00" }],
    });
    let (mut lines, mut rejects) = (Cursor::new(format!("{line}\n")), Vec::new());
    let done = import(&bureau.city.hotline, &mut lines, &mut rejects, Run::Real).unwrap();
    assert_eq!(done.imported, 1, "{}", String::from_utf8_lossy(&rejects));
}

fn made(bureau: &Bureau, asked: &Value) -> String {
    bureau.does("assessor", "/reports", asked.clone())["id"].as_str().unwrap().to_owned()
}

/// The cell of the overdue of `unit`.
fn overdue(document: &Value, unit: &str) -> Option<Cell> {
    let mut own = cells(document).into_iter();
    own.find(|it| {
        (it.table.as_str(), it.row.as_str(), it.column.as_str()) == ("units_overdue", unit, "count")
    })
}

on_each_database! {
    fn what_was_overdue_at_the_end_is_told_whatever_was_done_before_the_freeze(test: &TestDb) {
        let bureau = Bureau::open(test);
        let city = &bureau.city;
        // All are due on Monday, the 9th.
        let (reworked, shelved, early) =
            (city.handled_by("wuye"), city.handled_by("weixiu"), city.handled_by("baozhang"));
        let id = bureau.november();
        city.clock.set(at("2026-11-20T09:00:00+08:00"));
        city.handler("baozhang").does(&early, "reply", json!({ "text": "已修好" }));
        city.clock.set(at("2026-12-02T09:00:00+08:00"));
        city.handler("wuye").does(&reworked, "reply", json!({ "text": "已修好" }));
        city.reviewer().does(&reworked, "review", json!({ "pass": true }));
        let plan = json!({ "grounds": "缺配件", "plan": "订货", "promised_at": "2026-12-31" });
        city.head("weixiu").does(&shelved, "ledger", plan);
        city.reviewer().does(&shelved, "ledger/decide", json!({ "approve": true }));
        city.hours(4);
        city.surveyor().does(&reworked, "survey", bad());
        city.reviewer().does(&reworked, "triage", json!({ "why": "poor_work", "rework": true }));
        city.clock.set(at("2026-12-05T09:00:00+08:00"));
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        let document = bureau.document("leader", &id);
        for (unit, no) in [("wuye", &reworked), ("weixiu", &shelved)] {
            let cell = overdue(&document, unit).unwrap_or_else(|| panic!("{unit}"));
            assert_eq!(cell.value, json!({ "count": 1 }), "{unit}");
            assert_eq!(bureau.behind("leader", &id, &cell, None), [(no.clone(), 1.0)]);
        }
        assert_eq!(overdue(&document, "baozhang"), None, "handed in, though late");
        let all = cells(&document).into_iter().find(|it| (it.row.as_str(), it.column.as_str()) == ("overdue", "all"));
        assert_eq!(all.unwrap().value, json!({ "count": 2 }));
    }

    fn a_week_and_a_part_of_the_units_have_no_quarter(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.city.closed("wuye");
        bureau.city.hours(4);
        let columns = |asked: Value| -> Vec<String> {
            let document = bureau.document("assessor", &made(&bureau, &asked));
            let own = cells(&document).into_iter();
            own.filter(|it| it.table == "units_small" && it.row == "wuye").map(|it| it.column).collect()
        };
        let quarter = "n.quarter".to_owned();
        assert!(columns(json!({ "window": "2026-11" })).contains(&quarter));
        let unit = json!({ "by": "unit", "key": "wuye" });
        assert!(columns(json!({ "window": "2026-11", "scope": unit })).contains(&quarter));
        let estate = json!({ "by": "estate", "key": "yangguang" });
        for asked in [
            json!({ "from": "2026-11-02", "to": "2026-11-09" }),
            json!({ "from": "2026-01-01", "to": "2027-01-01" }),
            json!({ "window": "2026-11", "scope": estate }),
        ] {
            let columns = columns(asked);
            assert!(!columns.is_empty() && !columns.contains(&quarter), "{columns:?}");
        }
    }

    fn a_unit_finds_each_of_its_overdue_assists_of_earlier_windows(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.taken();
        bureau.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        bureau.city.works(&no, "wuye", 1);
        bureau.city.clock.set(at("2027-01-04T09:00:00+08:00"));
        let id = made(&bureau, &json!({ "window": "2026-12" }));
        let until = bureau.city.now().plus_millis(86_400_000).to_string();
        bureau.does("assessor", &format!("/reports/{id}/preview"), json!({ "until": until }));
        for unit in ["wuye", "weixiu"] {
            let who = format!("unit_head@{unit}");
            let cell = overdue(&bureau.document(&who, &id), unit).unwrap_or_else(|| panic!("{unit}"));
            assert_eq!(cell.value, json!({ "count": 1 }), "{unit}");
            assert_eq!(bureau.behind(&who, &id, &cell, None), [(no.clone(), 1.0)], "{unit}");
        }
    }

    fn what_was_upheld_against_the_report_of_one_unit_is_out_of_its_next_ones_previous_column(test: &TestDb) {
        let bureau = Bureau::open(test);
        october(&bureau);
        bureau.city.closed("wuye");
        bureau.city.hours(4);
        let no = bureau.city.passed("wuye");
        bureau.city.hours(4);
        bureau.city.surveyor().does(&no, "survey", bad());
        let of_wuye = |window: &str| {
            made(&bureau, &json!({ "window": window, "scope": { "by": "unit", "key": "wuye" } }))
        };
        let id = of_wuye("2026-11");
        let path = |step: &str| format!("/reports/{id}{step}");
        bureau.city.days(30);
        let until = bureau.city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        bureau.does("unit_head@wuye", &path("/object"), json!({ "no": no, "text": "不归我们管" }));
        let objections = bureau.asks("assessor", &path("")).json()["objections"].clone();
        let decision = json!({ "id": objections[0]["id"], "uphold": true, "reason": "经核实" });
        bureau.does("assessor", &path("/objections/decide"), json!({ "decisions": [decision] }));
        bureau.city.days(4);
        bureau.does("assessor", &path("/freeze"), json!({}));
        // Monday, the 7th of December, at nine: one good answer in either month counts.
        bureau.city.hours(16);
        bureau.city.closed("wuye");
        bureau.city.hours(4);
        let december = bureau.document("assessor", &of_wuye("2026-12"));
        let moved = |column: &str| -> Vec<f64> {
            let own = cells(&december).into_iter().filter(|it| it.row == "wuye" && it.column == column);
            own.filter_map(|it| it.value["number"].as_f64()).collect()
        };
        let change = moved("composite.previous.change");
        assert!(!change.is_empty() && change.iter().all(|by| by.abs() < 1e-9), "{change:?}");
    }
}
