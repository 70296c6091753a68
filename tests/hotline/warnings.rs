//! Acting before the complaint: warnings over HTTP, from the calls to the precision of their rule, and campaigns. On
//! both databases.

mod earlier;
mod precision;
mod seasons;

use std::collections::BTreeMap;
use std::io::Cursor;

use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::{Run, import};
use jiesu::notify::Occasion;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, draft_with, good};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::mailroom::Mailroom;
use crate::support::server::{Answer, Server};

/// The centre, with everybody at work.
struct Centre {
    server: Server,
    city: City,
    badges: BTreeMap<String, String>,
}

impl Centre {
    fn open(test: &TestDb) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    fn asks(&self, who: &str, path: &str) -> Answer {
        let badge = format!("Bearer {}", self.badges[who]);
        self.server.ask("GET", &format!("/api/v1{path}"), &[("Authorization", &badge)], "")
    }

    fn says(&self, who: &str, path: &str, body: &Value) -> Answer {
        let badge = format!("Bearer {}", self.badges[who]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        self.server.ask("POST", &format!("/api/v1{path}"), &headers, &body.to_string())
    }

    /// What `who` reads of warnings.
    fn warnings(&self, who: &str, query: &str) -> Vec<Value> {
        let answer = self.asks(who, &format!("/warnings{query}"));
        assert_eq!(answer.status, 200, "{who}: {}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    /// A call about the lift of 阳光花园 from `phone`, sent to the section of property management.
    fn call(&self, phone: &str, change: &Value) -> String {
        let mut draft = draft_with(&json!({ "caller": { "phone": phone } }));
        jiesu::ticket::event::apply(&mut draft, change);
        let no = self.city.agent().registers(draft);
        self.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        no
    }

    /// The changes are sealed, and looked at; answers how many warnings that opened.
    fn looks(&self) -> usize {
        let (app, bell) = (&self.server.app, Bell::default());
        self.city.clock.forward(chrono::TimeDelta::minutes(2));
        app.hotline.seal(&seal_file(&app.config.data_dir), &bell).unwrap();
        app.watchman.look(&bell).unwrap()
    }
}

const PHONES: [&str; 4] = ["13900000011", "13900000012", "13900000013", "13900000014"];

on_each_database! {
    fn three_callers_of_a_week_open_one_alarm_that_its_owner_takes_and_calls_not_real(test: &TestDb) {
        let centre = Centre::open(test);
        let mut calls: Vec<String> =
            PHONES[..2].iter().map(|phone| centre.call(phone, &json!({}))).collect();
        // The second one calls again, and somebody without a number: no third caller, but one.
        assert_eq!(centre.looks(), 0);
        calls.push(centre.call(PHONES[1], &json!({})));
        assert_eq!(centre.looks(), 0);
        centre.city.days(1);
        calls.push(centre.call(PHONES[2], &json!({})));
        assert_eq!(centre.looks(), 1);
        assert_eq!(centre.looks(), 0, "nothing new");

        let seen = centre.warnings("unit_head@wuye", "?rule=cluster");
        let [alarm] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!((&alarm["grade"], &alarm["n"]), (&json!("alarm"), &json!(3)));
        assert_eq!(alarm["estate"]["code"], "yangguang");
        assert_eq!(alarm["tickets"], json!(calls));
        assert_eq!((&alarm["unit"]["code"], &alarm["why"]["p95"]), (&json!("wuye"), &json!(0)));
        let id = alarm["id"].as_str().unwrap();

        // The fourth caller adds to it.
        centre.call(PHONES[3], &json!({}));
        assert_eq!(centre.looks(), 0);
        assert_eq!(centre.warnings("dispatcher", "?rule=cluster")[0]["n"], 4);

        let taken = centre.says("handler@wuye", &format!("/warnings/{id}/take"), &json!({}));
        assert_eq!((taken.status, &taken.json()["owner"]), (200, &json!("handler@wuye")));
        let act = json!({ "text": "已派人查看，联系 13900000011" });
        let acted = centre.says("unit_head@wuye", &format!("/warnings/{id}/act"), &act).json();
        assert_eq!((&acted["state"], &acted["owner"]), (&json!("acted"), &json!("handler@wuye")));
        assert!(!acted["act"].as_str().unwrap().contains("13900000011"), "{acted}");
        let closed = centre.says("handler@wuye", &format!("/warnings/{id}/close"), &json!({ "real": false }));
        assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")));

        let rules = centre.asks("leader", "/warnings/precision").json();
        let cluster = rules["items"].as_array().unwrap().iter().find(|it| it["rule"] == "cluster");
        let cluster = cluster.unwrap();
        assert_eq!((&cluster["closed"], &cluster["real"]), (&json!(1), &json!(0)));
        assert_eq!((&cluster["value"], &cluster["demoted"]), (&json!(0.0), &json!(false)));

        // What was closed is not warned of again; its tickets go on.
        centre.city.agent().does(&calls[0], "urge", json!({ "text": "请快些" }));
        assert_eq!(centre.looks(), 0);
        let again = centre.says("handler@wuye", &format!("/warnings/{id}/take"), &json!({}));
        assert_eq!((again.status, &again.json()["code"]), (409, &json!("transition")));
    }

    fn everybody_sees_what_is_theirs_and_a_company_no_ticket(test: &TestDb) {
        let centre = Centre::open(test);
        for phone in &PHONES[..3] {
            centre.call(phone, &json!({}));
        }
        assert_eq!(centre.looks(), 1);
        let id = centre.warnings("reviewer", "")[0]["id"].as_str().unwrap().to_owned();
        for (who, seen) in [
            ("unit_head@wuye", 1), ("handler@wuye", 1), ("leader", 1), ("unit_head@weixiu", 0),
        ] {
            assert_eq!(centre.warnings(who, "").len(), seen, "{who}");
        }
        for who in ["agent", "surveyor", "assessor", "sysadmin", "auditor"] {
            assert_eq!(centre.asks(who, "/warnings").status, 403, "{who}");
        }
        assert_eq!(centre.asks("unit_head@weixiu", &format!("/warnings/{id}")).status, 404);
        // The company reads that it is warned about, and neither a ticket nor a caller.
        let own = centre.warnings("unit_head@hongda", "");
        let [own] = own.as_slice() else { panic!("{own:?}") };
        assert_eq!((&own["tickets"], &own["allowed"]), (&Value::Null, &json!([])));
        let close = json!({ "real": false });
        for (who, status) in [("unit_head@hongda", 403), ("leader", 403), ("unit_head@weixiu", 404)] {
            let said = centre.says(who, &format!("/warnings/{id}/close"), &close);
            assert_eq!(said.status, status, "{who}: {}", said.body);
        }
        let real = centre.says("handler@wuye", &format!("/warnings/{id}/close"), &json!({ "real": true }));
        assert_eq!((real.status, &real.json()["errors"][0]["pointer"]), (422, &json!("/result")));
        // Something was done about it, and then something came of it.
        let close = |body: Value| centre.says("handler@wuye", &format!("/warnings/{id}/close"), &body);
        let real = close(json!({ "real": true, "result": "已修好" }));
        assert_eq!((real.status, &real.json()["code"]), (409, &json!("warning.no_action")));
        let act = json!({ "text": "已派人查看" });
        assert_eq!(centre.says("handler@wuye", &format!("/warnings/{id}/act"), &act).status, 200);
        assert_eq!(close(json!({ "real": true, "result": "已修好" })).status, 200);
    }

    fn the_head_of_the_unit_gets_a_letter_that_names_the_place_and_no_caller(test: &TestDb) {
        let room = Mailroom::open(test, &[]);
        let city = &room.city;
        for phone in &PHONES[..3] {
            let draft = draft_with(&json!({ "caller": { "phone": phone } }));
            let no = city.agent().registers(draft);
            city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        }
        for _ in 0..4 {
            room.minutes(2);
        }
        let warned: Vec<_> = room.letters();
        let warned: Vec<_> = warned.iter().filter(|it| it.occasion == Occasion::Warning).collect();
        let [letter] = warned.as_slice() else { panic!("{warned:?}") };
        assert_eq!(letter.account_id, city.head("wuye").actor.user);
        let end = format!(".{}.", letter.id);
        let mail = room.filed("mail").into_iter().find(|file| file.name.contains(&end)).unwrap();
        let (subject, plain, _) = mail.words();
        assert!(subject.contains("聚集性诉求") && plain.contains("yangguang小区"), "{subject}{plain}");
        assert!(!plain.contains("张三") && !plain.contains("139"), "{plain}");
    }

    fn the_third_ticket_of_a_caller_and_a_word_that_must_not_wait_are_pushed(test: &TestDb) {
        let centre = Centre::open(test);
        for _ in 0..3 {
            centre.call(PHONES[0], &json!({}));
            centre.city.days(5);
        }
        centre.looks();
        let seen = centre.warnings("unit_head@wuye", "");
        let [repeat] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!((&repeat["rule"], &repeat["n"]), (&json!("repeat"), &json!(3)));
        assert!(!repeat.to_string().contains("139"), "{repeat}");

        let danger = json!({ "matter": { "content": "电梯困人，里面有孩子" } });
        centre.call(PHONES[1], &danger);
        centre.call(PHONES[1], &danger);
        assert_eq!(centre.looks(), 1, "one caller is one");
        let seen = centre.warnings("unit_head@wuye", "?rule=sensitive");
        assert_eq!((seen.len(), &seen[0]["why"]["word"]), (1, &json!("困人")));
        // About one caller: nothing for the company.
        assert!(centre.warnings("unit_head@hongda", "").is_empty());
    }

    fn who_is_accused_in_a_sealed_complaint_learns_of_it_from_no_warning(test: &TestDb) {
        let centre = Centre::open(test);
        let accuses = json!({ "kind": "complaint", "matter": { "accused": "weixiu" } });
        let calls = |phones: &[&str], change: &Value| -> Vec<String> {
            phones.iter().map(|phone| {
                let mut draft = draft_with(&json!({ "caller": { "phone": phone } }));
                jiesu::ticket::event::apply(&mut draft, change);
                let no = centre.city.agent().registers(draft);
                let assists = if change["kind"] == "complaint" { "wuye" } else { "weixiu" };
                let lead = if assists == "wuye" { "baozhang" } else { "wuye" };
                centre.city.dispatcher().does(&no, "dispatch", json!({ "lead": lead, "assists": [assists] }));
                no
            }).collect()
        };
        // An alarm of the unit's, and the complaint that joins it.
        let open = calls(&PHONES[..3], &json!({}));
        assert_eq!(centre.looks(), 1);
        let sealed = calls(&PHONES[3..], &accuses);
        centre.looks();
        assert!(centre.warnings("dispatcher", "?rule=cluster")[0]["tickets"].to_string().contains(&sealed[0]));
        let own = centre.warnings("unit_head@wuye", "?rule=cluster");
        assert_eq!((own.len(), &own[0]["tickets"]), (1, &json!(open)));
        let id = own[0]["id"].as_str().unwrap();
        let one = centre.asks("unit_head@wuye", &format!("/warnings/{id}"));
        assert!(one.status == 200 && !one.body.contains(&sealed[0]), "{}", one.body);

        // The same caller complains twice more: a desk's, and no unit's.
        calls(&[PHONES[3], PHONES[3]], &accuses);
        centre.looks();
        let desk = centre.warnings("dispatcher", "?rule=repeat");
        assert_eq!((desk.len(), &desk[0]["desk"]), (1, &json!("dispatcher")));
        for who in ["unit_head@wuye", "unit_head@weixiu", "unit_head@baozhang"] {
            assert!(centre.warnings(who, "?rule=repeat").is_empty(), "{who}");
            assert!(!json!(centre.warnings(who, "")).to_string().contains(&sealed[0]), "{who}");
        }
    }

    fn dissatisfied_twice_in_a_row_proposes_a_supervision_to_the_reviewer(test: &TestDb) {
        let centre = Centre::open(test);
        let bad = json!({ "outcome": "reached", "contacted": "yes", "solved": "unsolved", "satisfied": "dissatisfied" });
        let survey = |answer: &Value| {
            let no = centre.city.passed("wuye");
            centre.city.surveyor().does(&no, "survey", answer.clone());
            let raised = centre.looks();
            centre.city.days(40);
            raised
        };
        assert_eq!(survey(&bad), 0);
        assert_eq!(survey(&good()), 0);
        assert_eq!(survey(&bad), 0);
        assert_eq!(survey(&bad), 2, "of the estate and of its company");
        let seen = centre.warnings("reviewer", "?rule=dissatisfied");
        assert_eq!((seen.len(), &seen[0]["desk"]), (2, &json!("reviewer")));
        assert_eq!(seen[0]["why"]["proposes"], "supervise");
        assert!(centre.warnings("unit_head@hongda", "").is_empty(), "it may be one caller's");
        // One proposal for both, about the last one's lead, for the reviewer to take.
        let proposed = || centre.asks("reviewer", "/supervision/proposals").json()["items"].as_array().unwrap().clone();
        let all = proposed();
        let [one] = all.as_slice() else { panic!("{all:?}") };
        let told = (&one["trigger"], &one["step"], &one["unit"], &one["count"]);
        assert_eq!(told, (&json!("dissatisfied"), &json!("supervise"), &json!("wuye"), &json!(2)));
        let (id, no) = (one["id"].as_str().unwrap(), one["ticket"].as_str().unwrap());
        let take = centre.says("reviewer", &format!("/supervision/proposals/{id}/take"), &json!({}));
        assert_eq!(take.status, 200, "{}", take.body);
        let rung = centre.city.ticket(no).supervisions[&1].clone();
        assert!(rung.text.contains("连续 2 件"), "{}", rung.text);
        assert!(proposed().is_empty(), "it is supervised, and was decided");
    }

    fn an_import_raises_none_but_is_the_past_of_what_comes(test: &TestDb) {
        let centre = Centre::open(test);
        let lines: String = (0..3).map(|i| format!("{}\n", json!({
            "no": format!("H-{i}"), "kind": "help", "channel": "phone", "urgency": "general",
            "received_at": format!("2026-11-01T1{i}:00:00+08:00"),
            "caller": { "name": "张三", "phone": PHONES[i] },
            "title": "电梯", "content": "电梯困人", "category": "wy.dt", "estate": "yangguang",
            "assignments": [],
        }))).collect();
        let mut rejects = Vec::new();
        let app = &centre.server.app;
        let done = import(&app.hotline, &mut Cursor::new(lines), &mut rejects, Run::Real).unwrap();
        assert_eq!(done.imported, 3, "{}", String::from_utf8_lossy(&rejects));
        assert_eq!(centre.looks(), 0);
        assert!(centre.warnings("dispatcher", "").is_empty());
        centre.call(PHONES[3], &json!({}));
        assert_eq!(centre.looks(), 1);
        assert_eq!(centre.warnings("dispatcher", "")[0]["n"], 4);
    }

    fn a_campaign_has_points_with_owner_day_and_proof(test: &TestDb) {
        let centre = Centre::open(test);
        let no = centre.call(PHONES[0], &json!({}));
        let plan = json!({
            "month": "2026-11", "goal": "老旧电梯整治", "category": "wy.dt", "tickets": [no],
            "points": [{ "what": "更换主板", "unit": "wuye", "due_on": "2026-11-20" }],
        });
        assert_eq!(centre.says("handler@wuye", "/campaigns", &plan).status, 403);
        let begun = centre.says("reviewer", "/campaigns", &plan);
        assert_eq!(begun.status, 201, "{}", begun.body);
        let id = begun.json()["id"].as_str().unwrap().to_owned();
        let lists = |who| centre.asks(who, "/campaigns?month=2026-11").json()["items"].clone();
        assert_eq!(lists("handler@wuye").as_array().unwrap().len(), 1);
        assert_eq!(lists("handler@weixiu"), json!([]));
        let done = format!("/campaigns/{id}/points/1/done");
        let proof = json!({ "proof": "见照片 12" });
        assert_eq!(centre.says("handler@weixiu", &done, &proof).status, 404);
        let shown = centre.says("handler@wuye", &done, &proof).json();
        assert_eq!((&shown["points_done"], &shown["tickets"]), (&json!(1), &json!([no])));
        // What was shown stays.
        let other = centre.says("handler@wuye", &done, &json!({ "proof": "另一份" }));
        assert_eq!((other.status, &other.json()["code"]), (409, &json!("campaign.point_done")));
        assert_eq!(lists("handler@wuye")[0]["points"][0]["proof"], "见照片 12");
        let end = json!({ "result": "全部更换" });
        let closed = centre.says("leader", &format!("/campaigns/{id}/close"), &end);
        assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")));
        let late = centre.says("handler@wuye", &done, &proof);
        assert_eq!((late.status, &late.json()["code"]), (409, &json!("campaign.not_open")));
    }
}
