//! Lists that are none of tickets as sheets: warnings, cases of the bottom line, supervisions, test calls, campaigns,
//! incidents, the trail. Each has what its list shows to the same reader, Chinese headings, who had it in the last row,
//! and no formula. On both databases.

use jiesu::audit::{self, Entry as AuditEntry};
use jiesu::directory::store::{self, Recorded};
use jiesu::directory::{Entry, Phone, UnitCode};
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use serde_json::{Value, json};

use crate::exports::{House, rows};
use crate::hostile_sheets::{csv, got, texts, workbook};
use crate::support::city::draft_with;
use crate::support::databases::on_each_database;
use crate::support::program::Site;

/// The lists, who takes them, their first heading, and who may not.
const LISTS: [(&str, &str, &str, &str); 7] = [
    ("/warnings", "dispatcher", "规则", "agent"),
    ("/bottom-line/cases", "leader", "触碰事项", "agent"),
    ("/supervision", "leader", "工单编号", "agent"),
    ("/test-calls", "leader", "单位", "auditor"),
    ("/campaigns", "dispatcher", "月份", "agent"),
    ("/incidents", "agent", "来源", "auditor"),
    ("/audit", "auditor", "时间", "agent"),
];

/// The unit `wuye` has a published phone from now on.
fn publishes_a_phone(house: &House) {
    let mut unit = house.city.rules().directory.unit(&UnitCode::from("wuye")).unwrap().clone();
    let hours = "工作日 9:00-12:00，13:30-17:30".to_owned();
    unit.phones = vec![Phone { number: "0516-83770001".to_owned(), hours }];
    let since_on = "2020-01-01".parse().unwrap();
    let entry = Recorded { since_on, revision: 2, entry: Entry::Unit(unit) };
    let db = &house.server.app.hotline.db;
    db.write(move |tx| store::append(tx, "test", std::slice::from_ref(&entry))).unwrap();
}

/// A phone is tried, a month has its question, a main has burst; and somebody says `text` to each.
fn begins(house: &House, text: &str) {
    publishes_a_phone(house);
    let made = |who: &str, path: &str, body: Value| {
        let reply = house.post(who, path, &body);
        assert_eq!(reply.status, 201, "{path}: {}", String::from_utf8_lossy(&reply.body));
    };
    let rang = json!({ "unit": "wuye", "phone": 0, "outcome": "answered", "note": text });
    made("surveyor", "/test-calls", rang);
    let points = json!([{ "what": text, "unit": "wuye", "due_on": "2026-11-20" }]);
    made("reviewer", "/campaigns", json!({ "month": "2026-11", "goal": text, "points": points }));
    // What everybody is told has no number in it.
    let tell = text.replace("13900000044", "");
    let burst = json!({ "title": "供水主管爆裂", "estates": ["yangguang"], "tell": tell });
    made("dispatcher", "/incidents", burst);
}

/// Three callers about the lift, a flag, a supervision; and everybody says `text` to it.
fn happens(house: &House, text: &str) {
    begins(house, text);
    let city = &house.city;
    let mut no = String::new();
    for phone in ["13900000041", "13900000042", "13900000043"] {
        no = city.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })));
        city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
    }
    let flag = json!({ "flag": "phone_dead", "unit": "wuye", "text": text });
    city.agent().does(&no, "flag", flag);
    city.reviewer().does(&no, "supervise", json!({ "step": "supervise", "text": text }));
    let (app, bell) = (&house.server.app, Bell::default());
    city.clock.forward(chrono::TimeDelta::minutes(2));
    app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
    app.watchman.look(&bell).unwrap();
    let says = |who: &str, path: String, body: Value| {
        let reply = house.post(who, &path, &body);
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    };
    let id = |who: &str, path: &str| {
        let items = house.get(who, path).json()["items"].clone();
        items[0]["id"].as_str().unwrap().to_owned()
    };
    let warning = id("dispatcher", "/warnings?rule=cluster");
    says("unit_head@wuye", format!("/warnings/{warning}/act"), json!({ "text": text }));
    let case = id("leader", "/bottom-line/cases");
    says("unit_head@wuye", format!("/bottom-line/cases/{case}/answer"), json!({ "text": text }));
    // A sheet has what was before it was asked for.
    city.clock.forward(chrono::TimeDelta::minutes(1));
}

on_each_database! {
    fn each_list_leaves_as_its_reader_sees_it_and_says_who_had_it(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        happens(&house, "已派人查看，电话13900000044");
        for (path, who, first, other) in LISTS {
            let list = house.get(who, &format!("{path}?limit=500"));
            let list = if list.status == 200 { list } else { house.get(who, path) };
            let shown = list.json()["items"].as_array().unwrap().len();
            let sheet = rows(&got(&house, who, &format!("{path}.csv")));
            assert_eq!(sheet[0][0], first, "{path}");
            let mark = &sheet.last().unwrap()[0];
            let count = sheet.len() - 2;
            assert!(mark.contains(who) && mark.contains(&format!("共{count}条")), "{path}: {mark}");
            assert!(count > 0, "{path}");
            // The trail goes on growing by being read.
            if path != "/audit" {
                assert_eq!(count, shown, "{path}");
                let noted = format!("/audit?action=export&subject=export:{}.csv", &path[1..].replace('/', "-"));
                let noted = house.get("auditor", &noted).json();
                let [line] = noted["items"].as_array().unwrap().as_slice() else { panic!("{noted}") };
                assert_eq!(line["account"], who);
                assert!(line["detail"].as_str().unwrap().starts_with(&format!("rows={count} ")), "{line}");
            }
            let is_said = |text: &str| text.contains("13900000044");
            let listed = list.json().to_string();
            assert_eq!(is_said(&sheet.concat().concat()), is_said(&listed), "{path}: masked as the list is");
            assert_eq!(house.get(who, &format!("{path}.csv?limit=5")).status, 422, "{path}: it is whole");
            assert_eq!(house.get(other, &format!("{path}.xlsx")).status, 403, "{path}");
        }
        // A unit's people have their own, and it says so.
        let sheet = rows(&got(&house, "handler@wuye", "/warnings.csv?rule=cluster"));
        assert_eq!(sheet.len(), 3, "{sheet:?}");
        assert!(sheet[2][0].contains("wuye单位及下属单位的预警") && sheet[2][0].contains("规则=cluster"), "{sheet:?}");
        for path in ["/bottom-line/cases", "/test-calls", "/campaigns"] {
            let sheet = rows(&got(&house, "handler@weixiu", &format!("{path}.csv")));
            assert_eq!(sheet.len(), 2, "a heading and the mark: {sheet:?}");
            let own = rows(&got(&house, "handler@wuye", &format!("{path}.csv")));
            assert_eq!(own.len(), 3, "{path}: {own:?}");
        }
        let own = rows(&got(&house, "handler@wuye", "/test-calls.csv")).concat().concat();
        assert!(own.contains("0516-83770001") && !own.contains("surveyor"), "who called is not said: {own}");
        let points = rows(&got(&house, "handler@wuye", "/campaigns.csv")).concat().concat();
        assert!(points.contains("2026-11-20，未完成"), "{points}");
        assert_eq!(house.get("handler@hongda", "/incidents.csv").status, 403, "no company");
        let closed = rows(&got(&house, "agent", "/incidents.csv?state=closed"));
        assert!(closed.len() == 2 && closed[1][0].contains("状态=closed"), "{closed:?}");
    }

    fn what_lies_behind_a_figure_leaves_as_it_is_listed(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        for _ in 0..3 {
            house.city.closed("wuye");
        }
        house.city.clock.forward(chrono::TimeDelta::minutes(1));
        let words = "window=2026-11&group_by=unit&key=wuye&metric=received";
        let list = house.get("leader", &format!("/rates/tickets?{words}")).json();
        let listed: Vec<&str> =
            list["items"].as_array().unwrap().iter().map(|it| it["no"].as_str().unwrap()).collect();
        let sheet = rows(&got(&house, "leader", &format!("/rates/tickets.csv?{words}")));
        assert_eq!(sheet[0], ["工单编号", "子单编号", "权重"]);
        let numbers: Vec<&str> = sheet[1..sheet.len() - 1].iter().map(|row| row[0].as_str()).collect();
        assert_eq!((numbers.len(), numbers), (3, listed));
        let mark = &sheet.last().unwrap()[0];
        assert!(mark.contains("leader") && mark.contains("指标=received") && mark.contains("共3条"), "{mark}");
        let other = rows(&got(&house, "handler@weixiu", &format!("/rates/tickets.csv?{words}")));
        assert_eq!(other.len(), 2, "a heading and the mark: {other:?}");
        assert_eq!(house.get("leader", &format!("/rates/tickets.csv?{words}&limit=5")).status, 422);
        assert_eq!(house.get("auditor", &format!("/rates/tickets.xlsx?{words}")).status, 403);
    }

    fn more_than_a_page_of_the_trail_leaves_whole_and_in_order(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let no = house.city.agent().registers(draft_with(&json!({})));
        for _ in 0..450 {
            let reveal = json!({ "fields": ["phone"], "purpose": "call" });
            let reply = house.post("agent", &format!("/tickets/{no}/reveal"), &reveal);
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            house.city.clock.forward(chrono::TimeDelta::seconds(1));
        }
        let sheet = rows(&got(&house, "auditor", "/audit.csv?account=agent&action=ticket.reveal"));
        assert_eq!(sheet.len(), 452);
        let times: Vec<&String> = sheet[1..451].iter().map(|row| &row[0]).collect();
        assert!(times.is_sorted_by(|one, two| one > two), "the newest first, none twice");
    }

    fn no_cell_of_these_lists_is_a_formula(test: &TestDb) {
        let house = House::on(&test.url, &[]);
        let hostile = "=HYPERLINK(\"http://x\")";
        assert!(texts().iter().any(|text| text.starts_with('=')));
        happens(&house, hostile);
        for (path, who, first, _) in LISTS {
            let book = workbook(path, &got(&house, who, &format!("{path}.xlsx")));
            let sheet = csv(path, &got(&house, who, &format!("{path}.csv")));
            assert!(book.iter().any(|it| it == first) && sheet.len() > 10, "{path}");
            if !matches!(path, "/supervision" | "/audit") {
                assert!(book.iter().any(|text| text.starts_with("'=HYPERLINK")), "{path}: the words are in it");
            }
        }
    }
}

/// How many MiB a list may add to what the program has ever taken: well under the length of the one that leaves here.
const MORE_MIB: u64 = 32;

#[test]
fn a_long_list_leaves_without_being_held_in_memory() {
    let site = Site::new(None, &[("JIESU_SEARCH__FOLLOW", "false")]);
    // 6 000 lines of 8 KiB: 47 MiB.
    let detail = "督办".repeat(1_365);
    let app = site.app();
    for _ in 0..60 {
        let detail = detail.clone();
        let written = app.db.write(move |tx| {
            for _ in 0..100 {
                let entry = AuditEntry::new((1, "agent"), "test.long", ("list", "1"));
                audit::record(tx, &entry.detailed(detail.clone()))?;
            }
            Ok(())
        });
        written.unwrap();
    }
    drop(app);
    let program = site.start();
    let badge = site.badge("auditor");
    let mut line = program.line();
    let mut asks = |path: &str| {
        let headers = [("Authorization", badge.as_str())];
        line.ask("GET", path, &headers, "").unwrap()
    };
    assert_eq!(asks("/api/v1/audit.csv?action=none").status, 200);
    let before = program.peak_mib();
    let answer = asks("/api/v1/audit.csv?action=test.long");
    let after = program.peak_mib();
    assert!(answer.status == 200 && answer.body.contains("共6000条"), "{}", answer.head);
    assert!(answer.body.len() > 6_000 * 8_000, "{}", answer.body.len());
    assert!(after < before + MORE_MIB, "{before} MiB before, {after} MiB after");
}
