//! Warnings and campaigns 未诉先办 in the report: as they stood when it was taken.

use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use serde_json::{Value, json};

use super::bureau::{Bureau, cells};
use crate::support::city::draft_with;
use crate::support::databases::on_each_database;

/// Three callers of one estate about one matter: an alarm, whose id is answered with the number of the last ticket.
fn alarm(bureau: &Bureau) -> (String, String) {
    let mut last = String::new();
    for phone in ["13900000011", "13900000012", "13900000013"] {
        let draft = draft_with(&json!({ "caller": { "phone": phone } }));
        let no = bureau.city.agent().registers(draft);
        bureau.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        last = no;
    }
    let (app, bell) = (&bureau.server.app, Bell::default());
    bureau.city.clock.forward(chrono::TimeDelta::minutes(2));
    app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
    app.watchman.look(&bell).unwrap();
    let listed = bureau.asks("reviewer", "/warnings?rule=cluster").json();
    (listed["items"][0]["id"].as_str().expect("an alarm").to_owned(), last)
}

fn value(document: &Value, table: &str, row: &str, column: &str) -> Value {
    let found = cells(document).into_iter().find(|it| {
        (it.table.as_str(), it.row.as_str(), it.column.as_str()) == (table, row, column)
    });
    found.unwrap_or_else(|| panic!("no {table} {row} {column}")).value
}

on_each_database! {
    fn the_report_says_what_was_warned_of_and_how_far_campaigns_came(test: &TestDb) {
        let bureau = Bureau::open(test);
        let (id, no) = alarm(&bureau);
        let point = |unit: &str| json!({ "what": "逐台检查", "unit": unit, "due_on": "2026-11-20" });
        let plan = json!({
            "month": "2026-11", "goal": "电梯隐患清零", "points": [point("wuye"), point("weixiu")],
        });
        let campaign = bureau.does("reviewer", "/campaigns", plan)["id"].as_str().unwrap().to_owned();
        let done = json!({ "proof": format!("检测报告已存档，{no}已告知张三") });
        bureau.does("handler@wuye", &format!("/campaigns/{campaign}/points/1/done"), done);
        bureau.city.days(30);
        let report = bureau.november();
        let draft = bureau.document("assessor", &report);
        assert_eq!(value(&draft, "warnings", "cluster", "open"), json!({ "count": 1 }));
        assert_eq!(value(&draft, "warnings", "cluster", "precision"), json!("none"));
        assert_eq!(value(&draft, "campaigns", &campaign, "done"), json!({ "count": 1 }));
        assert_eq!(value(&draft, "campaigns", &campaign, "late"), json!({ "count": 1 }));
        let (first, second) = (format!("{campaign}.1"), format!("{campaign}.2"));
        let of_point = |row: &str, column: &str| value(&draft, "campaign_points", row, column);
        assert_eq!(of_point(&first, "due_on"), json!({ "day": "2026-11-20" }));
        assert_eq!(of_point(&first, "state"), json!({ "text": "已完成" }));
        assert_eq!(of_point(&second, "state"), json!({ "text": "逾期未完成" }));
        // What was shown for it stands there, without the caller of the ticket that it cites.
        let proof = of_point(&first, "proof").to_string();
        assert!(proof.contains(&no) && !proof.contains("张三"), "{proof}");
        bureau.does("handler@wuye", &format!("/warnings/{id}/act"), json!({ "text": "已派人查看" }));
        let close = json!({ "real": true, "result": "已更换主板" });
        bureau.does("handler@wuye", &format!("/warnings/{id}/close"), close);
        bureau.does("assessor", &format!("/reports/{report}/freeze"), json!({}));
        let frozen = bureau.document("leader", &report);
        assert_eq!(value(&frozen, "warnings", "cluster", "real"), json!({ "count": 1 }));
        assert_eq!(value(&frozen, "warnings", "cluster", "acted"), json!({ "count": 1 }));
        assert_eq!(value(&frozen, "warnings", "total", "precision")["ratio"]["value"], json!(1.0));
        // Another unit's report names neither the alarm nor a point of this one's.
        let own = json!({ "window": "2026-11", "scope": { "by": "unit", "key": "weixiu" } });
        let own = bureau.does("assessor", "/reports", own)["id"].as_str().unwrap().to_owned();
        let own = bureau.document("assessor", &own);
        assert!(!cells(&own).iter().any(|it| it.table == "warnings" || it.row == first));
        assert_eq!(value(&own, "campaigns", &campaign, "points"), json!({ "count": 1 }));
        assert_eq!(value(&own, "campaign_points", &second, "state"), json!({ "text": "逾期未完成" }));
    }
}
