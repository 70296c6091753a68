//! Cases of the bottom line 触碰底线 in the report: as they stood when it was taken.

use serde_json::{Value, json};

use super::bureau::{Bureau, cells};
use crate::support::databases::on_each_database;

/// What the section says.
fn said(document: &Value) -> String {
    let sections = document["sections"].as_array().unwrap();
    let section = sections.iter().find(|it| it["id"] == "bottom_line").unwrap();
    let blocks = section["blocks"].as_array().unwrap().iter();
    blocks.filter_map(|block| block["text"].as_str()).collect()
}

fn counts(document: &Value, row: &str) -> Vec<i64> {
    let own = cells(document).into_iter().filter(|it| it.table == "bottom_cases" && it.row == row);
    let four = ["opened", "upheld", "dismissed", "open"];
    own.filter(|it| four.contains(&it.column.as_str()))
        .map(|it| it.value["count"].as_i64().unwrap())
        .collect()
}

on_each_database! {
    fn a_case_of_the_month_is_told_as_it_was_decided_and_stays_so_once_frozen(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = bureau.city.handled_by("wuye");
        let flag = json!({ "flag": "phone_dead", "unit": "wuye", "text": "打不通" });
        bureau.city.agent().does(&no, "flag", flag);
        let case = bureau.asks("reviewer", "/bottom-line/cases").json()["items"][0].clone();
        let path = |step: &str| format!("/bottom-line/cases/{}/{step}", case["id"].as_str().unwrap());
        bureau.city.hours(1);
        let id = bureau.november();
        assert_eq!(counts(&bureau.document("assessor", &id), "wuye"), [1, 0, 0, 1]);
        bureau.does("unit_head@wuye", &path("answer"), json!({ "text": "号码已换" }));
        bureau.city.days(30);
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        bureau.does("reviewer", &path("decide"), json!({ "uphold": true, "reason": "核对录音" }));
        let frozen = bureau.document("leader", &id);
        assert_eq!(counts(&frozen, "wuye"), [1, 0, 0, 1], "of the instant of the freeze");
        assert_eq!(counts(&frozen, "wuye.phone_dead.report"), [1, 0, 0, 1]);
        assert_eq!(counts(&frozen, "total"), [1, 0, 0, 1]);
        let restated = bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        let again = restated["id"].as_str().unwrap().to_owned();
        let restated = bureau.document("leader", &again);
        assert_eq!(counts(&restated, "wuye"), [1, 1, 0, 0]);
        assert!(said(&restated).contains("核实成立1件"), "{}", said(&restated));
        // The contact entries beside it are those of the metric, and lead to their tickets.
        let contacts = cells(&restated).into_iter().find(|it| {
            (it.table.as_str(), it.row.as_str(), it.column.as_str()) == ("bottom_cases", "wuye", "contacts")
        });
        let behind = bureau.behind("leader", &again, &contacts.unwrap(), None);
        assert_eq!(behind, [(no, 1.0)]);
        // Of another unit's report, and of a week without it, nothing.
        let own = json!({ "window": "2026-11", "scope": { "by": "unit", "key": "weixiu" } });
        let own = bureau.does("assessor", "/reports", own)["id"].as_str().unwrap().to_owned();
        assert!(counts(&bureau.document("assessor", &own), "total").is_empty());
        let estate = json!({ "window": "2026-11", "scope": { "by": "estate", "key": "yangguang" } });
        let estate = bureau.does("assessor", "/reports", estate)["id"].as_str().unwrap().to_owned();
        assert_eq!(counts(&bureau.document("assessor", &estate), "total"), [1, 1, 0, 0]);
    }
}
