//! Honest figures 数据体检, the same mix, and how a unit would stand today, as their readers ask for them
//! (domain.md §9, §6 rule 9).

use std::collections::BTreeMap;

use diesel::RunQueryDsl;
use jiesu::lifecycle::trails::Trails;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, bad, draft_with, good};
use crate::support::databases::on_each_database;
use crate::support::server::Server;

/// The city in a running server, and a token for everyone.
struct Desk {
    server: Server,
    city: City,
    badges: BTreeMap<String, String>,
}

impl Desk {
    fn open(url: &str) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", url)]);
        let city = City::served(&server);
        let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
        Self { server, city, badges }
    }

    fn tries(&self, who: &str, path: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1{path}");
        let answer = self.server.ask("GET", &path, &[("Authorization", &bearer)], "");
        (answer.status, answer.json())
    }

    fn asks(&self, who: &str, path: &str) -> Value {
        let (status, answer) = self.tries(who, path);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// `n`, `count` of a signal as its unit sees it; no count where it is not told.
    fn read(&self, who: &str, unit: &str, signal: &str) -> (i64, Option<i64>) {
        let all = self.asks(who, "/signals?window=2026-11");
        let items = all["items"].as_array().unwrap();
        let of = |item: &&Value| item["unit"] == unit && item["signal"] == signal;
        let item = items.iter().find(of).unwrap();
        let count = item["count"].as_i64();
        assert_eq!(item["lit"].is_boolean(), count.is_some(), "{item}");
        assert_eq!(item["share"].is_number(), count.is_some() && item["n"] != 0, "{item}");
        (item["n"].as_i64().unwrap(), count)
    }

    fn signal(&self, unit: &str, signal: &str) -> (i64, Option<i64>) {
        self.read(&format!("handler@{unit}"), unit, signal)
    }

    /// The numbers behind it.
    fn behind(&self, who: &str, signal: &str, part: &str) -> Vec<String> {
        let path = format!("/signals/tickets?window=2026-11&unit=wuye&signal={signal}&part={part}");
        let all = self.asks(who, &path);
        let number = |item: &Value| item["no"].as_str().unwrap().to_owned();
        all["items"].as_array().unwrap().iter().map(number).collect()
    }

    /// A ticket of a caller of its own, sent to wuye.
    fn sent(&self, phone: &str) -> String {
        let no = self.city.agent().registers(draft_with(&json!({ "caller": { "phone": phone } })));
        self.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
        no
    }

    /// Sent, spoken to, answered and passed.
    fn passed(&self, phone: &str) -> String {
        let no = self.sent(phone);
        self.city.works(&no, "wuye", 1);
        self.city.handler("wuye").does(&no, "reply", json!({ "text": "已修好" }));
        self.city.reviewer().does(&no, "review", json!({ "pass": true }));
        self.city.hours(1);
        no
    }

    fn answers(&self, no: &str, change: &Value) {
        let mut answer = good();
        jiesu::ticket::event::apply(&mut answer, change);
        self.city.surveyor().does(no, "survey", answer);
    }
}

on_each_database! {
    fn each_thing_that_looks_odd_is_counted_and_leads_to_its_ticket(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let city = &desk.city;
        // Answered on the last morning of five working days.
        let late = desk.sent("13900000011");
        city.works(&late, "wuye", 1);
        city.days(7);
        city.handler("wuye").does(&late, "reply", json!({ "text": "已修好" }));
        // Nobody rang, says the citizen; and somebody asked for a good answer.
        let denied = desk.passed("13900000012");
        desk.answers(&denied, &json!({ "contacted": "no" }));
        let prompted = desk.passed("13900000013");
        desk.answers(&prompted, &json!({ "prompted": true }));
        let unprompted = desk.passed("13900000014");
        desk.answers(&unprompted, &json!({ "prompted": false }));
        // Would not answer.
        let invalid = desk.passed("13900000015");
        city.surveyor().does(&invalid, "survey", json!({ "outcome": "refused" }));
        // Asked to leave the assessment once the answer was bad.
        let excluded = desk.passed("13900000016");
        city.surveyor().does(&excluded, "survey", bad());
        city.hours(1);
        let asks = json!({ "reason": "force_majeure", "evidence": "材料" });
        city.head("wuye").does(&excluded, "exclude", asks);
        // Spoken to, and withdrawn.
        let withdrawn = desk.sent("13900000017");
        city.works(&withdrawn, "wuye", 1);
        city.agent().does(&withdrawn, "withdraw", json!({ "reason": "不用了" }));
        let confirms = json!({ "confirmed": true, "how": "原号码" });
        city.agent().does(&withdrawn, "withdraw/confirm", confirms);
        // Another number once the unit had it.
        let changed = desk.sent("13900000018");
        let caller = json!({ "name": "张三", "phone": "13900000019", "reply_wanted": true });
        let amends = json!({ "fields": { "caller": caller }, "reason": "更正" });
        city.dispatcher().does(&changed, "amend", amends);
        // Satisfied, and back a week later about the same.
        city.days(7);
        let again = draft_with(&json!({ "caller": { "phone": "13900000014" } }));
        city.agent().registers(again);

        let led = [&late, &denied, &prompted, &unprompted, &invalid, &excluded, &withdrawn, &changed];
        for (signal, n, case) in [
            ("last_moment", 6, &late),
            ("spoke_denied", 4, &denied),
            ("prompted", 2, &prompted),
            ("invalid", 5, &invalid),
            ("exclusion", 1, &excluded),
            ("withdrawn", 7, &withdrawn),
            ("phone_changed", 8, &changed),
            ("again", 3, &unprompted),
        ] {
            // Of what one citizen said the unit reads how many were counted.
            let told = ["spoke_denied", "prompted"].contains(&signal);
            assert_eq!(desk.signal("wuye", signal), (n, (!told).then_some(1)), "{signal}");
            let cases: &[String] = if told { &[] } else { std::slice::from_ref(case) };
            assert_eq!(desk.behind("unit_head@wuye", signal, "num"), cases, "{signal}");
            let counted = desk.behind("unit_head@wuye", signal, "den");
            assert_eq!(counted.len(), usize::try_from(n).unwrap(), "{signal}");
            assert!(counted.iter().all(|no| led.contains(&no)), "{signal}");
        }
        let all = desk.asks("handler@wuye", "/signals?window=2026-11");
        assert!(all["items"].as_array().unwrap().iter().all(|item| item["lit"] != json!(true)));
        // Those who judge read each of them, once it is theirs to read.
        city.days(40);
        for (signal, case) in [("spoke_denied", &denied), ("prompted", &prompted)] {
            assert_eq!(desk.behind("assessor", signal, "num"), std::slice::from_ref(case), "{signal}");
            assert!(desk.behind("unit_head@wuye", signal, "num").is_empty(), "{signal}");
        }
    }

    fn the_unit_sees_its_own_at_once_and_those_who_judge_when_it_could_look(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.passed("13900000012");
        desk.answers(&no, &json!({ "contacted": "no" }));
        let path = "/signals?window=2026-11";
        let denied = (1, None);
        let count = |who: &str| desk.asks(who, path)["items"].as_array().unwrap().len();
        assert_eq!(desk.signal("wuye", "spoke_denied"), denied);
        // The bureau above it too; nobody beside it, and no company.
        assert_eq!([count("unit_head@zjj"), count("handler@wuye")], [8, 8]);
        assert_eq!([count("handler@weixiu"), count("unit_head@hongda")], [0, 0]);
        assert!(desk.behind("handler@weixiu", "spoke_denied", "den").is_empty());
        for judge in ["leader", "assessor", "reviewer"] {
            assert_eq!(count(judge), 0, "{judge}");
            assert!(desk.behind(judge, "spoke_denied", "num").is_empty(), "{judge}");
        }
        for other in ["agent", "dispatcher", "surveyor", "platform", "sysadmin"] {
            assert_eq!(desk.tries(other, path).0, 403, "{other}");
        }
        // November ends on a Monday: Tuesday, Wednesday and Thursday are the units' own.
        let from = &desk.asks("leader", path)["shown_to_all_from"];
        assert_eq!(from, "2026-12-04T00:00:00+08:00");
        desk.city.clock.set(crate::support::city::at("2026-12-03T23:59:59+08:00"));
        assert_eq!(count("leader"), 0);
        desk.city.clock.set(crate::support::city::at("2026-12-04T00:00:00+08:00"));
        for judge in ["leader", "assessor", "reviewer"] {
            assert_eq!(count(judge), 8, "{judge}");
            assert_eq!(desk.behind(judge, "spoke_denied", "num"), std::slice::from_ref(&no), "{judge}");
        }
        assert_eq!(count("unit_head@hongda"), 0);
        let sheet = |who: &str| {
            let bearer = format!("Bearer {}", desk.badges[who]);
            let path = "/api/v1/signals.csv?window=2026-11";
            desk.server.ask("GET", path, &[("Authorization", &bearer)], "")
        };
        let all = sheet("leader");
        assert!(all.status == 200 && all.body.contains("共8条"), "{}", all.body);
        assert!(sheet("handler@weixiu").body.contains("共0条"), "nobody else's");
        assert_eq!(sheet("agent").status, 403);
        let path = "/signals?window=2026-11&unit=weixiu";
        assert_eq!(desk.asks("leader", path)["items"], json!([]));
        assert_eq!(desk.tries("leader", "/signals").1["errors"][0]["pointer"], json!("/window"));
    }

    fn what_citizens_said_of_a_unit_its_own_people_read_by_the_batch_after_the_window(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let denies = |phone: &str| {
            let no = desk.passed(phone);
            desk.answers(&no, &json!({ "contacted": "no" }));
            no
        };
        let mut cases = vec![denies("13900000011"), denies("13900000012")];
        // A complaint is sealed: what is said of it leads its unit to nobody.
        let complaint = json!({ "kind": "complaint", "caller": { "phone": "13900000013" } });
        let sealed = desk.city.agent().registers(draft_with(&complaint));
        desk.city.dispatcher().does(&sealed, "dispatch", json!({ "lead": "wuye" }));
        desk.city.works(&sealed, "wuye", 1);
        desk.city.handler("wuye").does(&sealed, "reply", json!({ "text": "已修好" }));
        desk.city.reviewer().does(&sealed, "review", json!({ "pass": true }));
        desk.city.hours(1);
        desk.answers(&sealed, &json!({ "contacted": "no" }));
        assert!(desk.city.stored(&sealed).ticket.is_sealed());
        let all = |who: &str, part: &str| desk.behind(who, "spoke_denied", part);
        assert_eq!(desk.signal("wuye", "spoke_denied"), (2, None));
        assert_eq!(all("unit_head@wuye", "den"), cases);
        cases.push(denies("13900000014"));
        assert_eq!(desk.signal("wuye", "spoke_denied"), (3, None), "while the window runs");
        assert!(all("unit_head@wuye", "num").is_empty());
        desk.city.clock.set(crate::support::city::at("2026-12-01T00:00:00+08:00"));
        assert_eq!(desk.signal("wuye", "spoke_denied"), (3, Some(3)));
        assert_eq!(all("unit_head@wuye", "num"), cases);
        desk.city.clock.set(crate::support::city::at("2026-12-04T00:00:00+08:00"));
        assert_eq!(desk.read("assessor", "wuye", "spoke_denied"), (4, Some(4)));
        assert!(all("assessor", "num").contains(&sealed));
        assert!(!all("unit_head@wuye", "den").contains(&sealed));
    }

    fn tickets_of_before_there_were_trails_get_theirs(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.passed("13900000012");
        desk.answers(&no, &json!({ "contacted": "no" }));
        desk.sent("13900000013");
        let hotline = &desk.city.hotline;
        let empty = "DELETE FROM trail";
        hotline.db.write(move |tx| Ok(diesel::sql_query(empty).execute(tx.conn)?)).unwrap();
        assert_eq!(desk.signal("wuye", "spoke_denied"), (0, None));
        let log = std::env::temp_dir().join("no-seals-of-this-test");
        let proves = || hotline.prove(&log).unwrap().holds();
        assert!(!proves(), "a row that a document calls for is missing");
        hotline.write_trails(Trails { after: i64::MIN }).unwrap();
        assert_eq!(desk.signal("wuye", "spoke_denied"), (1, None));
        assert!(proves());
        // Twice is no more than once, and a change finds its row.
        hotline.write_trails(Trails { after: i64::MIN }).unwrap();
        desk.city.head("wuye").does(&no, "exclude", json!({ "reason": "force_majeure", "evidence": "材料" }));
        assert_eq!(desk.signal("wuye", "exclusion"), (1, Some(0)));
        assert!(proves());
    }

    fn beside_the_rate_stands_what_others_get_with_the_same_matters(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let closed = |lead: &str, answer: Value| {
            let no = desk.city.passed(lead);
            desk.city.hours(1);
            desk.city.surveyor().does(&no, "survey", answer);
        };
        closed("wuye", bad());
        closed("wuye", good());
        for answer in [good(), good(), good(), bad()] {
            closed("weixiu", answer);
        }
        let rates = desk.asks("leader", "/rates?window=2026-11&same_mix=true");
        let row = |rates: &Value, key: &str| {
            let rows = rates["rows"].as_array().unwrap();
            rows.iter().find(|row| row["key"] == key).unwrap()["same_mix"].clone()
        };
        let solved = row(&rates, "wuye")["resolution_rate"].clone();
        assert_eq!(solved["n"], json!(2));
        assert_eq!([&solved["observed"], &solved["expected"]], [&json!(0.5), &json!(0.75)]);
        assert_eq!(solved["difference"], json!(-0.25));
        assert!(solved["low"].as_f64() < Some(-0.25) && solved["high"].as_f64() > Some(0.0));
        assert_eq!(row(&rates, "weixiu")["resolution_rate"]["expected"], json!(0.5));
        assert_eq!(row(&rates, "gongan")["resolution_rate"], Value::Null);
        assert!(rates["total"].get("same_mix").is_none());
        // A unit compares itself with the whole site, also by head.
        let own = desk.asks("handler@wuye", "/rates?window=2026-11&same_mix=true&group_by=head");
        assert_eq!(row(&own, "wuye负责人")["resolution_rate"], solved);
        assert!(desk.asks("leader", "/rates?window=2026-11")["rows"][0].get("same_mix").is_none());
        let (status, wrong) =
            desk.tries("leader", "/rates?window=2026-11&same_mix=true&group_by=estate");
        assert_eq!((status, &wrong["errors"][0]["pointer"]), (422, &json!("/same_mix")));
    }

    fn a_unit_reads_how_it_would_stand_today_and_what_can_still_be_done(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let well = desk.passed("13900000011");
        desk.answers(&well, &json!({}));
        let solved = desk.passed("13900000012");
        desk.answers(&solved, &json!({ "satisfied": "dissatisfied" }));
        desk.city.reviewer().does(&solved, "triage", json!({ "why": "poor_work", "rework": false }));
        let unsolved = desk.passed("13900000013");
        desk.answers(&unsolved, &json!({ "solved": "unsolved", "satisfied": "dissatisfied" }));
        let asked = desk.passed("13900000014");
        let open = desk.sent("13900000015");
        let path = "/rates/projection?window=2026-11&unit=wuye";
        let found = desk.asks("handler@wuye", path);
        // 10 + 50 × 2/3 + 40 × 1/3.
        let near = |value: &Value, due: f64| {
            assert!((value.as_f64().unwrap() - due).abs() < 1e-9, "{value} is not {due}");
        };
        near(&found["score"], 10.0 + 100.0 / 3.0 + 40.0 / 3.0);
        let table = desk.asks("leader", "/rates?window=2026-11&edition=assessed");
        let rows = table["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == "wuye").unwrap();
        assert_eq!(found["score"], row["metrics"]["composite"]["value"]);
        let [first, second] = found["pulls_down"].as_array().unwrap().as_slice() else {
            panic!("{found}")
        };
        let codes = |ticket: &Value| -> Vec<String> {
            let can = ticket["can"].as_array().unwrap().iter();
            can.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(first["no"], json!(unsolved));
        near(&first["score_without"], 10.0 + 50.0 + 20.0);
        near(&first["points"], 70.0 - 140.0 / 3.0);
        assert_eq!(codes(first), ["triage", "exclude"]);
        assert_eq!(second["no"], json!(solved));
        assert_eq!(codes(second), ["reopen", "exclude"]);
        let [waits, runs] = found["will_enter"].as_array().unwrap().as_slice() else {
            panic!("{found}")
        };
        assert_eq!((&waits["no"], codes(waits)), (&json!(asked), vec!["survey".into(), "exclude".into()]));
        assert_eq!((&runs["no"], codes(runs)), (&json!(open), vec!["reply".into()]));
        assert!(runs["due_at"].is_string() && runs["survey_due"] == json!(true));
        // No more of either kind than are asked for, and how many there are beside them.
        let few = desk.asks("handler@wuye", &format!("{path}&limit=1"));
        assert_eq!((&few["pulls_down"], &few["more_pull_down"]), (&json!([first]), &json!(1)));
        assert_eq!((&few["will_enter"], &few["more_will_enter"]), (&json!([waits]), &json!(1)));
        assert_eq!(few["score"], found["score"]);
        for limit in ["0", "201"] {
            let (status, wrong) = desk.tries("leader", &format!("{path}&limit={limit}"));
            assert_eq!((status, &wrong["errors"][0]["pointer"]), (422, &json!("/limit")));
        }
        // An exclusion asked for is waited for; the ticket counts until it is decided.
        let asks = json!({ "reason": "force_majeure", "evidence": "材料" });
        desk.city.head("wuye").does(&unsolved, "exclude", asks);
        let found = desk.asks("unit_head@wuye", path);
        assert_eq!(codes(&found["pulls_down"][0]), ["triage", "excluding"]);
        let decides = json!({ "approve": true, "reason": "属实" });
        desk.city.reviewer().does(&unsolved, "exclude/decide", decides);
        let found = desk.asks("leader", path);
        near(&found["score"], 80.0);
        let all = desk.asks("leader", &format!("{path}&edition=all"));
        near(&all["score"], 140.0 / 3.0 + 10.0);
        assert_eq!(desk.tries("handler@weixiu", path).0, 404);
        assert_eq!(desk.tries("platform", path).0, 403);
        let nobody = "/rates/projection?window=2026-11&unit=nobody";
        assert_eq!(desk.tries("leader", nobody).0, 404);
    }
}
