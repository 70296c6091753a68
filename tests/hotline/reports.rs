//! The life of a special report over HTTP, on both databases: frozen by one, signed by another, objected to, restated;
//! and every cell of it leads to its tickets (domain.md §6 rules 7 and 8, §7).

mod acting;
mod bottom;
mod bureau;
mod cases;
mod confirmations;
mod cutoff;
mod exclusion;
mod gone;
mod instructions;
mod mailed;
mod reasons;
mod texts;
mod windows;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::bureau::{Bureau, Cell, cells, escaped, printed};
use crate::support::city::{bad, good};
use crate::support::databases::on_each_database;

type Place = (String, String, String);

fn values(document: &Value) -> BTreeMap<Place, Value> {
    cells(document).into_iter().map(|cell| (cell.place(), cell.value)).collect()
}

/// A ticket of `unit`, closed well, whose answer counts nowhere: it was classified before it came.
fn uncounted(bureau: &Bureau, unit: &str) -> String {
    let no = bureau.city.passed(unit);
    let class = json!({ "assessment_class": "none", "reason": "应为咨询" });
    bureau.city.reviewer().does(&no, "classify", class);
    bureau.city.surveyor().does(&no, "survey", good());
    no
}

/// From now on it counts in all three rates.
fn counts(bureau: &Bureau, no: &str) {
    let class = json!({ "assessment_class": "three_rates", "reason": "应为求助" });
    bureau.city.reviewer().does(no, "classify", class);
}

/// The rows that are in `ours` alone.
fn rows(
    ours: &BTreeMap<Place, Value>,
    theirs: &BTreeMap<Place, Value>,
) -> BTreeSet<(String, String)> {
    let alone = ours.keys().filter(|place| !theirs.contains_key(*place));
    alone.map(|(table, row, _)| (table.clone(), row.clone())).collect()
}

on_each_database! {
    fn the_assessor_freezes_the_month_and_the_leader_signs_and_publishes_it(test: &TestDb) {
        let bureau = Bureau::open(test);
        bureau.city.closed("wuye");
        assert_eq!(bureau.tries("leader", "/reports", json!({ "window": "2026-11" })), "403 forbidden");
        assert_eq!(bureau.tries("assessor", "/reports", json!({ "window": "October" })), "422 field.format");
        let nobody = json!({ "window": "2026-11", "scope": { "by": "unit", "key": "nobody" } });
        assert_eq!(bureau.tries("assessor", "/reports", nobody), "422 field.unknown_code");
        let id = bureau.november();
        assert_eq!(bureau.tries("assessor", "/reports", json!({ "window": "2026-11" })), "409 report.exists");
        // About one unit there may be another.
        let own = json!({ "window": "2026-11", "scope": { "by": "unit", "key": "wuye" } });
        assert_eq!(bureau.tries("assessor", "/reports", own), "201");
        let path = |end: &str| format!("/reports/{id}{end}");
        assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 report.window_open");
        bureau.city.days(30);
        for who in ["unit_head@wuye", "sysadmin", "auditor", "platform", "handler@hongda"] {
            assert_eq!(bureau.asks(who, &path("")).status, 404, "{who}");
        }
        assert_eq!(bureau.tries("reviewer", &path("/freeze"), json!({})), "403 forbidden");
        // Sent twice under one key, it is done once.
        let key = [("Idempotency-Key", "freeze-november")];
        let twice = [(); 2].map(|()| bureau.call("assessor", "POST", &path("/freeze"), &key, "{}"));
        assert_eq!((twice[0].status, twice[1].status), (200, 200), "{}", twice[1].body);
        assert_eq!(twice[0].body, twice[1].body);
        assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 transition");
        let stale = bureau.call("leader", "POST", &path("/sign"), &[("If-Match", "\"1\"")], "{}");
        assert_eq!(stale.status, 412);
        assert_eq!(bureau.tries("leader", &path("/publish"), json!({})), "409 transition");
        assert_eq!(bureau.tries("leader", &path("/sign"), json!({})), "200");
        assert_eq!(bureau.tries("assessor", &path("/text"), json!({ "field": "x", "text": "y" })), "409 transition");
        assert_eq!(bureau.asks("unit_head@wuye", &path("")).status, 404, "not published yet");
        let done = bureau.does("leader", &path("/publish"), json!({}));
        assert_eq!((&done["state"], &done["allowed"]), (&json!("published"), &json!(["instruct"])));
        let steps: Vec<String> = done["steps"].as_array().unwrap().iter()
            .map(|step| format!("{} {}", step["step"].as_str().unwrap(), step["by"].as_str().unwrap()))
            .collect();
        assert_eq!(steps, ["create assessor", "freeze assessor", "sign leader", "publish leader"]);
        assert_eq!(bureau.asks("unit_head@wuye", &path("")).status, 200);
        assert_eq!(bureau.asks("unit_head@hongda", &path("")).status, 404, "a company reads none");
        assert_eq!(bureau.asks("unit_head@hongda", "/reports").status, 403);
        let listed = bureau.asks("handler@wuye", "/reports").json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "the draft about wuye is not told");
        assert_eq!(bureau.asks("leader", "/reports?state=draft").json()["items"].as_array().unwrap().len(), 1);
        let pdf = bureau.asks("leader", &path(".pdf")).status;
        assert_eq!(pdf, 404);
    }

    fn who_froze_it_does_not_sign_it(test: &TestDb) {
        let bureau = Bureau::open(test);
        let id = bureau.november();
        bureau.city.days(30);
        let path = |step: &str| format!("/reports/{id}/{step}");
        bureau.does("chief", &path("freeze"), json!({}));
        assert_eq!(bureau.tries("chief", &path("sign"), json!({})), "403 report.same_person");
        let allowed = bureau.asks("chief", &format!("/reports/{id}")).json()["allowed"].clone();
        assert_eq!(allowed, json!(["text", "instruct", "restate"]));
        assert_eq!(bureau.tries("leader", &path("sign"), json!({})), "200");
        assert_eq!(bureau.tries("chief", &path("publish"), json!({})), "200");
    }

    fn a_unit_objects_in_the_check_period_alone_and_what_is_upheld_is_out_of_the_assessed_figures(test: &TestDb) {
        let bureau = Bureau::open(test);
        let (mine, kept) = (bureau.city.closed("wuye"), bureau.city.closed("wuye"));
        let other = bureau.city.closed("weixiu");
        let id = bureau.november();
        let path = |step: &str| format!("/reports/{id}{step}");
        let objecting = |no: &str| json!({ "no": no, "text": "张三的单子不归我们管，电话13900000001" });
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&mine)), "404 not_found");
        bureau.city.days(30);
        let until = bureau.city.now().plus_millis(3 * 86_400_000).to_string();
        assert_eq!(bureau.tries("assessor", &path("/preview"), json!({ "until": "2026-11-30T00:00:00+08:00" })), "422 field.in_past");
        assert_eq!(bureau.tries("assessor", &path("/preview"), json!({ "until": until })), "200");
        // Units rely on it: it is opened anew, to the same end or a later one, and is never cut short.
        let again = |days: i64| {
            let until = bureau.city.now().plus_millis(days * 86_400_000).to_string();
            bureau.tries("assessor", &path("/preview"), json!({ "until": until }))
        };
        assert_eq!(again(2), "422 report.check_shortened");
        assert_eq!(again(365), "422 report.check_too_long");
        assert_eq!(again(3), "200");
        assert_eq!(bureau.tries("handler@wuye", &path("/object"), objecting(&mine)), "403 forbidden");
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&other)), "422 field.unknown_code");
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&mine)), "200");
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&mine)), "409 report.objected");
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&kept)), "200");
        assert_eq!(bureau.tries("assessor", &path("/freeze"), json!({})), "409 report.objections_open");
        // Masked for whoever reads it; another unit is told nothing of it.
        let seen = bureau.asks("assessor", &path("")).json();
        let said = seen["objections"].as_array().unwrap();
        assert!(said.iter().all(|it| !it.to_string().contains("张三") && !it.to_string().contains("13900000001")));
        assert_eq!(bureau.asks("unit_head@weixiu", &path("")).json()["objections"], json!([]));
        let ids: BTreeMap<&str, &str> =
            said.iter().map(|it| (it["no"].as_str().unwrap(), it["id"].as_str().unwrap())).collect();
        let decide = |no: &str, uphold: bool| json!({ "decisions": [{ "id": ids[no], "uphold": uphold, "reason": "经核实" }] });
        assert_eq!(bureau.tries("unit_head@wuye", &path("/objections/decide"), decide(&mine, true)), "403 forbidden");
        assert_eq!(bureau.tries("assessor", &path("/objections/decide"), decide(&mine, true)), "200");
        assert_eq!(bureau.tries("assessor", &path("/objections/decide"), decide(&mine, true)), "409 report.objection_decided");
        bureau.city.days(4);
        let late = bureau.city.closed("wuye");
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), objecting(&late)), "422 report.not_in_it");
        let earlier = objecting(&kept);
        assert_eq!(bureau.tries("unit_head@wuye", &path("/object"), earlier), "409 report.check_over");
        assert_eq!(bureau.tries("assessor", &path("/objections/decide"), decide(&kept, false)), "200");
        bureau.does("assessor", &path("/freeze"), json!({}));
        let document = bureau.document("assessor", &id);
        let (mut all, mut assessed) = (0, 0);
        for cell in cells(&document) {
            if cell.source["metric"] != "received" || !cell.source["key"].is_null() {
                continue;
            }
            let numbers: Vec<String> =
                bureau.behind("leader", &id, &cell, Some("num")).into_iter().map(|(no, _)| no).collect();
            let is_assessed = cell.source["edition"] == "assessed";
            assert_eq!(numbers.contains(&mine), !is_assessed, "{cell:?}");
            assert!(numbers.contains(&kept) && !numbers.contains(&late), "{cell:?}");
            if is_assessed { assessed += 1 } else { all += 1 }
        }
        assert!(all > 0 && all + assessed > 0, "a report says how many were received");
    }

    fn a_unit_reads_its_own_rows_in_the_check_period_and_finds_its_own_tickets_alone(test: &TestDb) {
        let bureau = Bureau::open(test);
        let (mine, other) = (bureau.city.closed("wuye"), bureau.city.closed("weixiu"));
        let id = bureau.november();
        let until = bureau.city.now().plus_millis(86_400_000).to_string();
        bureau.does("assessor", &format!("/reports/{id}/preview"), json!({ "until": until }));
        let shown = bureau.document("handler@wuye", &id);
        assert_eq!(shown["lists"], json!({}), "ids of ours leave for nobody");
        let rows = cells(&shown);
        assert!(!rows.is_empty() && rows.iter().all(|cell| cell.row == "wuye"), "{rows:?}");
        for cell in rows.iter().filter(|cell| cell.source["of"] == "figure") {
            let numbers = bureau.behind("handler@wuye", &id, cell, None);
            assert!(numbers.iter().all(|(no, _)| *no == mine && *no != other), "{cell:?}");
        }
        let whole = cells(&bureau.document("leader", &id));
        let total = whole.iter().find(|cell| cell.source["of"] == "figure" && cell.row != "wuye");
        if let Some(Cell { table, row, column, .. }) = total {
            let path = format!("/reports/{id}/tickets?table={table}&row={}&column={column}", escaped(row));
            assert_eq!(bureau.asks("handler@wuye", &path).status, 422);
        }
    }

    fn what_changes_after_the_freeze_moves_a_restatement_and_nothing_that_is_frozen(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = uncounted(&bureau, "wuye");
        bureau.city.hours(4);
        let other = bureau.city.passed("weixiu");
        bureau.city.hours(4);
        bureau.city.surveyor().does(&other, "survey", bad());
        let id = bureau.november();
        bureau.city.days(60);
        let path = |step: &str| format!("/reports/{id}{step}");
        bureau.does("assessor", &path("/freeze"), json!({}));
        let frozen = bureau.document("leader", &id);
        bureau.does("leader", &path("/sign"), json!({}));
        bureau.does("leader", &path("/publish"), json!({}));
        assert_eq!(bureau.asks("leader", &path("/differences")).json()["items"], json!([]));
        bureau.city.hours(1);
        counts(&bureau, &no);
        bureau.city.hours(1);
        assert_eq!(bureau.document("leader", &id), frozen, "to the last cell");
        let new = bureau.does("assessor", &path("/restate"), json!({}));
        assert_eq!((&new["edition"], &new["restates"], &new["state"]), (&json!(2), &json!(id), &json!("frozen")));
        assert_eq!(bureau.tries("assessor", &path("/restate"), json!({})), "409 report.restated");
        let second = new["id"].as_str().unwrap();
        let restated = bureau.document("leader", second);
        // Found here by comparing cell with cell, whatever the program says.
        let (old, now) = (values(&frozen), values(&restated));
        let differing: BTreeSet<_> = old.iter()
            .filter(|(place, value)| now.get(*place).is_some_and(|now| now != *value))
            .map(|(place, _)| place.clone()).collect();
        // Rows that came or went: a unit comes or is no longer among those below 90 %.
        let (went, came) = (rows(&old, &now), rows(&now, &old));
        assert!(!differing.is_empty(), "an answer that counts now is seen somewhere");
        let told = bureau.asks("leader", &format!("/reports/{second}/differences")).json();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let items = told["items"].as_array().unwrap();
        let of_kind = |what: &str| items.iter().filter(move |item| item["what"] == what).collect::<Vec<_>>();
        for (what, due) in [("row_went", went), ("row_came", came)] {
            let found: BTreeSet<_> = of_kind(what).into_iter()
                .map(|item| (text(item, "table"), text(item, "row"))).collect();
            assert_eq!(found, due, "{what}");
        }
        let items = of_kind("cell");
        let listed: BTreeSet<_> = items.iter()
            .map(|item| (text(item, "table"), text(item, "row"), text(item, "column"))).collect();
        assert_eq!(listed, differing);
        let mut moved = 0;
        for item in items {
            for ticket in item["tickets"].as_array().unwrap() {
                assert_eq!(ticket["no"], json!(no), "{item}");
                assert_ne!(ticket["before"], ticket["after"]);
                moved += 1;
            }
        }
        assert!(moved > 0);
        let events = told["events"].as_object().unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!((&events[&no][0]["command"], events[&no].as_array().unwrap().len()), (&json!("classify"), 1));
        assert_eq!(events[&no][0]["actor"], "reviewer");
        // Once it is published the one before it is superseded.
        bureau.does("leader", &format!("/reports/{second}/sign"), json!({}));
        bureau.does("leader", &format!("/reports/{second}/publish"), json!({}));
        assert_eq!(bureau.asks("leader", &path("")).json()["state"], "superseded");
        assert_eq!(bureau.document("leader", &id), frozen);
        let units = bureau.asks("unit_head@wuye", &format!("/reports/{second}/differences")).json();
        assert!(units["items"].as_array().unwrap().iter().all(|item| item["tickets"] == json!([])));
        assert_eq!(units["events"], json!({}));
    }

    fn what_was_never_published_no_unit_reads_by_its_differences(test: &TestDb) {
        let bureau = Bureau::open(test);
        let no = uncounted(&bureau, "wuye");
        let id = bureau.november();
        bureau.city.days(30);
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        counts(&bureau, &no);
        let new = bureau.does("assessor", &format!("/reports/{id}/restate"), json!({}));
        let second = new["id"].as_str().unwrap();
        for step in ["sign", "publish"] {
            bureau.does("leader", &format!("/reports/{second}/{step}"), json!({}));
        }
        assert_eq!(bureau.asks("unit_head@wuye", &format!("/reports/{id}")).status, 404);
        let path = format!("/reports/{second}/differences");
        let told = bureau.asks("unit_head@wuye", &path).json();
        assert_eq!((&told["restates"], &told["items"]), (&Value::Null, &json!([])), "{told}");
        let told = bureau.asks("leader", &path).json();
        assert_eq!(told["restates"], json!(id));
        assert!(!told["items"].as_array().unwrap().is_empty(), "{told}");
    }

    fn the_tickets_behind_each_figure_sum_to_what_is_printed(test: &TestDb) {
        let bureau = Bureau::open(test);
        for answer in [good(), bad(), good()] {
            let no = bureau.city.passed("wuye");
            bureau.city.hours(4);
            bureau.city.surveyor().does(&no, "survey", answer);
        }
        bureau.city.sent_to("jiedao");
        bureau.city.taken();
        let id = bureau.november();
        bureau.city.days(30);
        bureau.does("assessor", &format!("/reports/{id}/freeze"), json!({}));
        // What happens later is none of the report's.
        bureau.city.closed("wuye");
        let mut looked = 0;
        for cell in cells(&bureau.document("leader", &id)) {
            let Some(printed) = printed(&cell).filter(|_| cell.source["of"] == "figure") else { continue };
            let sum: f64 = bureau.behind("leader", &id, &cell, None).iter().map(|(_, weight)| weight).sum();
            assert!((sum - printed).abs() < 1e-9, "{sum} {cell:?}");
            looked += 1;
        }
        assert!(looked > 10, "{looked}");
    }

    fn what_people_write_into_a_report_is_kept_version_by_version(test: &TestDb) {
        let bureau = Bureau::open(test);
        let id = bureau.november();
        let path = |step: &str| format!("/reports/{id}{step}");
        let text = |field: &str, text: &str| json!({ "field": field, "text": text });
        assert_eq!(bureau.tries("assessor", &path("/text"), text("nowhere", "x")), "422 field.unknown_code");
        assert_eq!(bureau.tries("reviewer", &path("/text"), text("nowhere", "x")), "403 forbidden");
        let document = bureau.document("assessor", &id);
        let blocks = document["sections"].as_array().unwrap().iter()
            .flat_map(|section| section["blocks"].as_array().unwrap());
        let open = blocks.filter(|block| block["is"] == "open").find_map(|block| block["field"].as_str());
        let field = open.expect("a report leaves a place for the next measures");
        bureau.does("assessor", &path("/text"), text(field, "下月整治电梯"));
        bureau.does("leader", &path("/text"), text(field, "下月集中整治电梯"));
        bureau.city.days(30);
        bureau.does("assessor", &path("/freeze"), json!({}));
        let seen = bureau.does("leader", &path("/text"), text(field, "下月起集中整治电梯"));
        let versions = seen["texts"].as_array().unwrap();
        let by: Vec<&str> = versions.iter().map(|it| it["by"].as_str().unwrap()).collect();
        assert_eq!(by, ["assessor", "leader", "leader"]);
        assert_eq!(bureau.document("leader", &id)["texts"][field], "下月起集中整治电梯");
        let new = bureau.does("assessor", &path("/restate"), json!({}));
        let second = bureau.document("leader", new["id"].as_str().unwrap());
        assert_eq!(second["texts"][field], "下月起集中整治电梯");
    }
}
