//! The check period 核对期: units confirm or object; silence counts as a confirmation, and the report says so.

use jiesu::identity::Role;
use serde_json::{Value, json};

use super::bureau::{Bureau, cells};
use crate::support::city::bad;
use crate::support::databases::on_each_database;

fn state_of(bureau: &Bureau, who: &str, id: &str, unit: &str) -> Option<String> {
    let seen = bureau.asks(who, &format!("/reports/{id}")).json();
    let checks = seen["checks"].as_array().unwrap().clone();
    let own = checks.into_iter().find(|it| it["unit"] == unit)?;
    Some(own["state"].as_str().unwrap().to_owned())
}

on_each_database! {
    fn a_unit_confirms_what_it_saw_and_an_objection_takes_that_back(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.closed("wuye");
        bureau.city.closed("weixiu");
        bureau.city.closed("baozhang");
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        bureau.city.days(30);
        let until = |days: i64| json!({ "until": bureau.city.now().plus_millis(days * 86_400_000).to_string() });
        bureau.does("assessor", &path("/preview"), until(3));
        assert_eq!(bureau.tries("handler@wuye", &path("/confirm"), json!({})), "403 forbidden");
        assert_eq!(bureau.tries("unit_head@jiedao", &path("/confirm"), json!({})), "409 report.no_figures");
        assert_eq!(state_of(&bureau, "assessor", &id, "wuye").as_deref(), Some("silent"));
        for unit in ["wuye", "weixiu"] {
            bureau.does(&format!("unit_head@{unit}"), &path("/confirm"), json!({}));
        }
        assert_eq!(bureau.tries("unit_head@wuye", &path("/confirm"), json!({})), "409 report.confirmed");
        assert_eq!(state_of(&bureau, "assessor", &id, "wuye").as_deref(), Some("confirmed"));
        assert_eq!(state_of(&bureau, "unit_head@wuye", &id, "weixiu"), None, "another unit's word");
        // New figures are confirmed anew.
        bureau.city.hours(1);
        bureau.does("assessor", &path("/preview"), until(3));
        assert_eq!(state_of(&bureau, "assessor", &id, "weixiu").as_deref(), Some("silent"));
        for unit in ["wuye", "weixiu"] {
            bureau.does(&format!("unit_head@{unit}"), &path("/confirm"), json!({}));
        }
        bureau.does("unit_head@wuye", &path("/object"), json!({ "no": no, "text": "不归我们管" }));
        assert_eq!(state_of(&bureau, "assessor", &id, "wuye").as_deref(), Some("objected"));
        assert_eq!(bureau.tries("unit_head@wuye", &path("/confirm"), json!({})), "409 report.own_objection");
        let seen = bureau.asks("assessor", &path("")).json();
        let decided = json!({ "decisions": [{ "id": seen["objections"][0]["id"], "uphold": true, "reason": "经核实" }] });
        bureau.does("assessor", &path("/objections/decide"), decided);
        bureau.city.days(4);
        assert_eq!(bureau.tries("unit_head@baozhang", &path("/confirm"), json!({})), "409 report.check_over");
        bureau.does("assessor", &path("/freeze"), json!({}));
        let document = bureau.document("leader", &id);
        let said = |document: &Value| -> Vec<(String, Value)> {
            let of_check = cells(document).into_iter().filter(|it| it.table == "check" && it.column == "state");
            of_check.map(|it| (it.row, it.value["text"].clone())).collect()
        };
        let word = |unit: &str| said(&document).into_iter().find(|it| it.0 == unit).unwrap().1;
        assert_eq!(word("weixiu"), "已确认");
        assert_eq!(word("wuye"), "有异议");
        assert_eq!(word("baozhang"), "期满未反馈，视为确认");
        let mark = document["marks"].as_array().unwrap().iter().find(|it| it[0] == "核对情况").unwrap().clone();
        assert!(mark[1].as_str().unwrap().contains("视为确认1个"), "{mark}");
        // A restatement had no check period of its own.
        let new = bureau.does("assessor", &path("/restate"), json!({}));
        assert_eq!(said(&bureau.document("leader", new["id"].as_str().unwrap())), said(&document));
    }

    fn whoever_a_ticket_counts_for_objects_and_nobody_who_had_it_before_or_helped(test: &TestDb) {
        let bureau = Bureau::open(test);
        let city = &bureau.city;
        let handed_up = city.sent_to("weixiu-1");
        let why = json!({ "reason": "not_ours", "grounds": "由科里统一处理" });
        city.handler("weixiu-1").works(&handed_up, 1, "dispute", why);
        city.dispatcher().works(&handed_up, 1, "dispute/decide", json!({ "uphold": true, "reason": "属实" }));
        city.dispatcher().does(&handed_up, "dispatch", json!({ "lead": "weixiu", "assists": ["wuye"] }));
        let below = city.closed("weixiu-1");
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        city.days(30);
        let until = city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        for unit in ["weixiu", "weixiu-1"] {
            bureau.does(&format!("unit_head@{unit}"), &path("/confirm"), json!({}));
        }
        let objecting = |no: &str| json!({ "no": no, "text": "不归我们管" });
        for stranger in ["unit_head@weixiu-1", "unit_head@wuye"] {
            let tried = bureau.tries(stranger, &path("/object"), objecting(&handed_up));
            assert_eq!(tried, "422 report.not_counted", "{stranger}");
        }
        // It is still the lead's to object to, whose own word is taken back, and nobody else's.
        bureau.does("unit_head@weixiu", &path("/object"), objecting(&handed_up));
        assert_eq!(state_of(&bureau, "assessor", &id, "weixiu").as_deref(), Some("objected"));
        assert_eq!(state_of(&bureau, "assessor", &id, "weixiu-1").as_deref(), Some("confirmed"));
        assert_eq!(bureau.tries("unit_head@weixiu", &path("/confirm"), json!({})), "409 report.own_objection");
        // For a unit below, as that unit.
        bureau.does("unit_head@weixiu", &path("/object"), objecting(&below));
        assert_eq!(state_of(&bureau, "assessor", &id, "weixiu-1").as_deref(), Some("objected"));
    }
    fn nobody_of_the_unit_decides_what_it_objected_to(test: &TestDb) {
        let inside: (&str, &[Role], Option<&str>) = ("assessor@wuye", &[Role::Assessor], Some("wuye"));
        let bureau = Bureau::with(test, &[inside]);
        let no = bureau.city.closed("wuye");
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        bureau.city.days(30);
        let until = bureau.city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        bureau.does("unit_head@wuye", &path("/object"), json!({ "no": no, "text": "不归我们管" }));
        let seen = bureau.asks("assessor", &path("")).json();
        let own = bureau.asks("assessor@wuye", &path("")).json();
        assert_eq!(seen["objections"][0]["allowed"], json!(["decide"]));
        assert_eq!(own["objections"][0]["allowed"], json!([]), "{own}");
        let one = json!({ "id": seen["objections"][0]["id"], "uphold": true, "reason": "经核实" });
        let decided = || json!({ "decisions": [one] });
        assert_eq!(bureau.tries("assessor@wuye", &path("/objections/decide"), decided()), "403 report.own_unit");
        assert_eq!(bureau.tries("assessor", &path("/objections/decide"), decided()), "200");
    }

    fn a_unit_that_came_to_lead_in_the_check_period_objects_beside_the_one_before_it(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.sent_to("wuye");
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        bureau.city.days(30);
        let until = bureau.city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        let objecting = json!({ "no": no, "text": "不归我们管" });
        bureau.does("unit_head@wuye", &path("/object"), objecting.clone());
        bureau.city.dispatcher().does(&no, "recall", json!({ "reason": "改派" }));
        bureau.city.dispatcher().does(&no, "dispatch", json!({ "lead": "weixiu" }));
        bureau.does("unit_head@weixiu", &path("/object"), objecting.clone());
        assert_eq!(bureau.tries("unit_head@weixiu", &path("/object"), objecting), "409 report.objected");
        let seen = bureau.asks("assessor", &path("")).json();
        let said = seen["objections"].as_array().unwrap();
        assert_eq!(said.iter().map(|it| &it["unit"]).collect::<Vec<_>>(), ["wuye", "weixiu"]);
        bureau.city.days(4);
        // Each is decided apart; the one that is upheld takes the ticket out.
        for (objection, uphold) in said.iter().zip([true, false]) {
            assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 report.objections_open");
            let decided = json!({ "id": objection["id"], "uphold": uphold, "reason": "经核实" });
            bureau.does("assessor", &path("/objections/decide"), json!({ "decisions": [decided] }));
        }
        bureau.does("assessor", &path("/freeze"), json!({}));
        let out = cells(&bureau.document("assessor", &id)).into_iter().find(|it| {
            (it.table.as_str(), it.row.as_str(), it.column.as_str()) == ("excluded", "objection", "count")
        });
        assert_eq!(out.unwrap().value, json!({ "count": 1 }));
    }

    fn what_was_objected_to_with_success_pulls_nothing_down_before_the_freeze_or_after(test: &TestDb) {
        let bureau = Bureau::open(test);
        let city = &bureau.city;
        let good = city.closed("wuye");
        let no = city.replied_by("wuye");
        city.reviewer().does(&no, "review", json!({ "pass": true }));
        city.hours(3);
        city.surveyor().does(&no, "survey", bad());
        city.reviewer().does(&no, "triage", json!({ "why": "no_power", "rework": false }));
        let id = bureau.november();
        let path = |end: &str| format!("/reports/{id}{end}");
        city.days(30);
        let ahead = || bureau.asks("handler@wuye", "/rates/projection?window=2026-11&unit=wuye").json();
        let pulled = || -> Vec<Value> {
            ahead()["pulls_down"].as_array().unwrap().iter().map(|it| it["no"].clone()).collect()
        };
        let score = |who: &str, no: &str| {
            bureau.asks(who, &format!("/tickets/{no}/dossier?format=json")).json()["score"].clone()
        };
        assert_eq!(pulled(), [json!(no)]);
        let until = city.now().plus_millis(3 * 86_400_000).to_string();
        bureau.does("assessor", &path("/preview"), json!({ "until": until }));
        bureau.does("unit_head@wuye", &path("/object"), json!({ "no": no, "text": "不归我们管" }));
        assert_eq!(pulled(), [json!(no)], "it counts until decided");
        assert_eq!(score("reviewer", &no)["counts"], json!(true));
        let seen = bureau.asks("assessor", &path("")).json();
        let decided = json!({ "decisions": [{ "id": seen["objections"][0]["id"], "uphold": true, "reason": "经核实" }] });
        bureau.does("assessor", &path("/objections/decide"), decided);
        assert_eq!((pulled(), &ahead()["score"]), (vec![], &json!(100.0)));
        let now = score("handler@wuye", &no);
        assert_eq!((&now["counts"], &now["upheld"], &now["with"]), (&json!(false), &json!(true), &json!(100.0)));
        assert!(now["frozen"].is_null(), "nothing is frozen yet: {now}");
        city.days(4);
        bureau.does("assessor", &path("/freeze"), json!({}));
        let frozen = score("leader", &no)["frozen"].clone();
        assert_eq!((&frozen["number"], &frozen["state"]), (&json!(1), &json!("frozen")));
        assert_eq!((&frozen["counts"], &frozen["with"]), (&json!(false), &json!(100.0)));
        let kept = score("leader", &good);
        assert_eq!((&kept["upheld"], &kept["frozen"]["counts"]), (&json!(false), &json!(true)));
        assert!(score("handler@wuye", &no)["frozen"].is_null(), "a unit knows of it once it is published");
        bureau.does("leader", &path("/sign"), json!({}));
        bureau.does("leader", &path("/publish"), json!({}));
        assert_eq!(score("handler@wuye", &no)["frozen"]["state"], json!("published"));
        let page = bureau.asks("handler@wuye", &format!("/tickets/{no}/dossier")).body;
        assert!(page.contains("专报第1版，已发布") && page.contains("核对期异议已采纳，本件不计入"), "{page}");
    }

    fn what_was_frozen_from_the_draft_says_that_nobody_checked_it(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.city.closed("wuye");
        let id = bureau.november();
        bureau.city.days(30);
        let mark = |id: &str| {
            let document = bureau.document("leader", id);
            let marks = document["marks"].as_array().unwrap().clone();
            marks.into_iter().find(|it| it[0] == "核对情况").map(|it| it[1].as_str().unwrap().to_owned())
        };
        assert_eq!(mark(&id), None, "a draft says nothing of it");
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        let said = mark(&id).unwrap();
        assert!(said.contains("未经核对") && !said.contains("视为确认"), "{said}");
        let page = bureau.asks("leader", &format!("/reports/{id}.html"));
        assert!(page.status == 200 && page.body.contains("不视为已确认"), "{}", page.body);
        let new = bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        assert_eq!(mark(new["id"].as_str().unwrap()), Some(said));
    }
}
