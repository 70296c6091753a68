//! The bottom line 触碰底线 as those see it who flag, answer, decide and call (domain.md §5, §6).

use std::collections::BTreeMap;

use jiesu::directory::store::{self, Recorded};
use jiesu::directory::{Entry, Phone, UnitCode};
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, at, good, refusal};
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

    fn call(&self, who: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.badges[who]);
        let path = format!("/api/v1{path}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let answer = self.server.ask(method, &path, &headers, body);
        (answer.status, answer.json())
    }

    fn asks(&self, who: &str, path: &str) -> Value {
        let (status, answer) = self.call(who, "GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn does(&self, who: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(who, "POST", path, &body.to_string());
        assert!((200..300).contains(&status), "{path}: {answer}");
        answer
    }

    /// `403 own_request`: how it is refused.
    fn refused(&self, who: &str, path: &str, body: &Value) -> String {
        let (status, answer) = self.call(who, "POST", path, &body.to_string());
        let field = answer["errors"][0]["code"].as_str();
        format!("{status} {}", field.or(answer["code"].as_str()).unwrap_or_default())
    }

    fn cases(&self, who: &str) -> Vec<Value> {
        self.asks(who, "/bottom-line/cases")["items"].as_array().unwrap().clone()
    }

    /// Gives `unit` one published phone.
    fn publishes(&self, unit: &str, number: &str, hours: &str) {
        let hotline = &self.city.hotline;
        let rules = self.city.rules();
        let mut unit = rules.directory.unit(&UnitCode::from(unit)).unwrap().clone();
        unit.phones = vec![Phone { number: number.to_owned(), hours: hours.to_owned() }];
        let since_on = "2020-01-01".parse().unwrap();
        let entry = Recorded { since_on, revision: 2, entry: Entry::Unit(unit) };
        hotline
            .db
            .write(move |tx| store::append(tx, "test", std::slice::from_ref(&entry)).map(drop))
            .unwrap();
    }

    fn flag(&self, no: &str, flag: &str, unit: &str) {
        let body = json!({ "flag": flag, "unit": unit, "text": "来电人说的" });
        self.city.agent().does(no, "flag", body);
    }

    fn path(case: &Value, what: &str) -> String {
        format!("/bottom-line/cases/{}/{what}", case["id"].as_str().unwrap())
    }
}

fn reply(text: &str) -> Value {
    json!({ "text": text })
}

const SAYS: &str = "号码已换，旧号停用";

on_each_database! {
    fn a_flag_of_a_survey_or_a_report_opens_a_case_and_the_unit_answers(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.passed("wuye");
        let mut answer = good();
        answer["bottom_line"] = json!(["bad_attitude", "bad_attitude"]);
        desk.city.surveyor().does(&no, "survey", answer);
        let other = desk.city.handled_by("weixiu");
        desk.flag(&other, "phone_dead", "weixiu");
        // The same again while it waits is the same case.
        desk.flag(&other, "phone_dead", "weixiu");
        let all = desk.cases("leader");
        let told = |case: &Value| {
            ["flag", "source", "unit", "ticket", "state", "light"].map(|it| case[it].as_str().unwrap().to_owned())
        };
        assert_eq!(all.iter().map(told).collect::<Vec<_>>(), [
            ["bad_attitude", "survey", "wuye", &no, "open", "green"].map(str::to_owned),
            ["phone_dead", "report", "weixiu", &other, "open", "green"].map(str::to_owned),
        ]);
        // Monday and two working days.
        assert_eq!(all[0]["due_at"], "2026-11-04T23:59:59.999+08:00");
        assert_eq!([desk.cases("unit_head@wuye").len(), desk.cases("unit_head@zjj").len()], [1, 2]);
        assert_eq!(desk.cases("handler@jiedao").len(), 0);
        assert_eq!(desk.call("agent", "GET", "/bottom-line/cases", "").0, 403);

        let (case, says) = (&all[0], json!({ "text": SAYS }));
        assert_eq!(desk.refused("handler@wuye", &Desk::path(case, "answer"), &says), "403 forbidden");
        assert_eq!(desk.refused("unit_head@weixiu", &Desk::path(case, "answer"), &says), "404 not_found");
        assert_eq!(desk.refused("unit_head@wuye", &Desk::path(case, "answer"), &json!({})), "422 field.required");
        let rules = json!({ "uphold": true, "reason": "录音属实" });
        assert_eq!(desk.refused("reviewer", &Desk::path(case, "decide"), &rules), "409 bottom_line.awaits_answer");
        let answered = desk.does("unit_head@wuye", &Desk::path(case, "answer"), &says);
        assert_eq!((&answered["state"], &answered["answer"]), (&json!("answered"), &json!(SAYS)));
        assert_eq!(desk.refused("unit_head@wuye", &Desk::path(case, "answer"), &says), "409 bottom_line.answered");
        assert_eq!(desk.refused("leader", &Desk::path(case, "decide"), &rules), "403 forbidden");
        let decided = desk.does("reviewer", &Desk::path(case, "decide"), &rules);
        assert_eq!((&decided["state"], &decided["decision"]), (&json!("upheld"), &json!("录音属实")));
        assert_eq!(desk.refused("reviewer-2", &Desk::path(case, "decide"), &rules), "409 bottom_line.decided");
    }

    fn who_flagged_or_is_of_the_unit_does_not_decide_and_who_is_silent_is_decided_on(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.handled_by("baozhang");
        let body = json!({ "flag": "policy_unfamiliar", "unit": "baozhang", "text": "答非所问" });
        desk.city.reviewer().does(&no, "flag", body);
        let [case] = desk.cases("reviewer").try_into().unwrap();
        let rules = json!({ "uphold": false, "reason": "无据" });
        desk.city.clock.set(at("2026-11-05T00:00:00+08:00"));
        let [late] = desk.cases("reviewer").try_into().unwrap();
        assert_eq!((&late["light"], &late["allowed"]), (&json!("red"), &json!([])));
        assert_eq!(desk.refused("reviewer", &Desk::path(&case, "decide"), &rules), "403 own_request");
        assert_eq!(desk.refused("both@baozhang", &Desk::path(&case, "decide"), &rules), "403 bottom_line.own_unit");
        let decided = desk.does("reviewer-2", &Desk::path(&case, "decide"), &rules);
        assert_eq!(decided["state"], "dismissed");
        // Decided, so that the same again is another case.
        desk.flag(&no, "policy_unfamiliar", "baozhang");
        assert_eq!(desk.cases("leader").len(), 2);
        assert_eq!(desk.refused("reviewer", "/bottom-line/cases/x/decide", &rules), "404 not_found");
    }

    fn test_calls_keep_to_the_hours_and_two_in_vain_open_a_case(test: &TestDb) {
        let desk = Desk::open(&test.url);
        desk.publishes("wuye", "0516-83770001", "工作日 9:00-12:00，13:30-17:30");
        let due = |who: &str, query: &str| {
            let all = desk.asks(who, &format!("/test-calls/due{query}"));
            all["items"].as_array().unwrap().clone()
        };
        let [first] = due("surveyor", "?open=true").try_into().unwrap();
        assert_eq!((&first["unit"], &first["open_now"]), (&json!("wuye"), &json!(true)));
        assert_eq!(desk.call("unit_head@wuye", "GET", "/test-calls/due", "").0, 403);
        let rang = |outcome: &str| json!({ "unit": "wuye", "phone": 0, "outcome": outcome, "note": "响铃一分钟" });
        assert_eq!(desk.refused("surveyor@wuye", "/test-calls", &rang("answered")), "403 test_call.own_unit");
        assert_eq!(desk.refused("reviewer", "/test-calls", &rang("answered")), "403 forbidden");
        let no_phone = json!({ "unit": "wuye", "phone": 1, "outcome": "answered" });
        assert_eq!(desk.refused("agent", "/test-calls", &no_phone), "422 test_call.no_phone");
        assert_eq!(desk.refused("agent", "/test-calls", &rang("out_of_hours")), "422 test_call.in_hours");
        desk.city.clock.set(at("2026-11-02T12:30:00+08:00"));
        assert_eq!(desk.refused("agent", "/test-calls", &rang("no_answer")), "422 test_call.out_of_hours");
        assert!(due("surveyor", "?open=true").is_empty());
        assert_eq!(due("surveyor", "")[0]["opens_at"], "2026-11-02T13:30:00+08:00");
        desk.does("agent", "/test-calls", &rang("out_of_hours"));
        desk.city.clock.set(at("2026-11-02T13:30:00+08:00"));
        assert!(desk.does("surveyor", "/test-calls", &rang("no_answer"))["case"].is_null());
        assert!(due("surveyor", "").is_empty(), "not again at once");
        desk.city.hours(2);
        assert_eq!(due("surveyor", "")[0]["last_outcome"], "no_answer");
        let second = desk.does("dispatcher", "/test-calls", &rang("busy"));
        assert!(second["case"].is_string());
        let [case] = desk.cases("unit_head@wuye").try_into().unwrap();
        assert_eq!([&case["flag"], &case["source"]], [&json!("phone_dead"), &json!("test_call")]);
        assert_eq!(case["test_call"]["number"], "0516-83770001");
        // The number itself may stand in the answer: it is the unit's.
        let says = json!({ "text": "改为0516-83770009" });
        let answered = desk.does("unit_head@wuye", &Desk::path(&case, "answer"), &says);
        assert_eq!(answered["answer"], "改为0516-83770009");
        // A dead number while the case waits opens none; a month later the phone is due again.
        assert!(desk.does("agent", "/test-calls", &rang("dead"))["case"].is_null());
        let rules = json!({ "uphold": true, "reason": "属实" });
        desk.does("reviewer", &Desk::path(&case, "decide"), &rules);
        desk.city.days(31);
        assert_eq!(due("leader", "").len(), 1);
        assert!(desk.does("agent", "/test-calls", &rang("dead"))["case"].is_string());
        let own = desk.asks("handler@wuye", "/test-calls")["items"].as_array().unwrap().clone();
        assert!(own.len() == 5 && own.iter().all(|call| call["by"].is_null()));
        assert_eq!(own[0]["note"], "响铃一分钟");
        assert!(desk.asks("leader", "/test-calls")["items"][0]["by"].is_string());
        assert_eq!(desk.asks("handler@weixiu", "/test-calls")["items"], json!([]));
    }

    fn an_empty_reply_is_asked_about_and_the_second_one_opens_a_case(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let says = |no: &str, body: Value| desk.city.handler("wuye").tries(no, "reply", body);
        let empty = "您反映的问题已收悉，正在核实处理中，感谢您的理解与支持！";
        let mut vague = reply("根据有关政策，您的情况不符合条件。");
        let first = desk.city.handled_by("wuye");
        assert_eq!(refusal(says(&first, reply(empty))), "422 guard.formula");
        assert_eq!(refusal(says(&first, vague.clone())), "422 guard.policy");
        let mut meant = reply(empty);
        meant["acknowledge"] = json!(["formula"]);
        says(&first, meant.clone()).unwrap();
        assert!(desk.cases("leader").is_empty(), "once is no habit");
        desk.city.days(29);
        let second = desk.city.handled_by("wuye");
        vague["acknowledge"] = json!(["policy"]);
        says(&second, vague).unwrap();
        let [case] = desk.cases("leader").try_into().unwrap();
        let told = ["flag", "source", "unit", "ticket"].map(|it| case[it].as_str().unwrap());
        assert_eq!(told, ["policy_unfamiliar", "empty_reply", "wuye", second.as_str()]);
        // What opened a case is counted once.
        desk.city.hours(1);
        let third = desk.city.handled_by("wuye");
        says(&third, meant).unwrap();
        assert_eq!(desk.cases("leader").len(), 1);
        desk.city.replied_by("weixiu");
    }

    fn cases_are_counted_by_unit_and_per_thousand_contacts(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let no = desk.city.handled_by("wuye");
        desk.flag(&no, "phone_dead", "wuye");
        desk.flag(&no, "bad_attitude", "wuye");
        let other = desk.city.handled_by("weixiu");
        desk.flag(&other, "phone_dead", "weixiu");
        let case = desk.asks("reviewer", "/bottom-line/cases?unit=wuye&flag=bad_attitude")["items"][0].clone();
        desk.does("unit_head@wuye", &Desk::path(&case, "answer"), &json!({ "text": "录音无此情形" }));
        let rules = json!({ "uphold": false, "reason": "录音无此情形" });
        desk.does("reviewer", &Desk::path(&case, "decide"), &rules);
        let all = desk.asks("leader", "/bottom-line?window=2026-11");
        let row = |unit: &str| {
            let rows = all["rows"].as_array().unwrap();
            rows.iter().find(|row| row["unit"] == unit).unwrap().clone()
        };
        let wuye = row("wuye");
        assert_eq!(wuye["flags"]["phone_dead"], json!({ "opened": 1, "upheld": 0, "dismissed": 0, "open": 1 }));
        assert_eq!(wuye["flags"]["bad_attitude"]["dismissed"], 1);
        assert_eq!((&wuye["contacts"], &wuye["per_1000"]), (&json!(1), &json!(1000.0)));
        assert_eq!(all["total"]["flags"]["phone_dead"]["opened"], 2);
        assert_eq!((&all["total"]["contacts"], &all["total"]["per_1000"]), (&json!(2), &json!(1000.0)));
        let own = desk.asks("handler@weixiu", "/bottom-line?window=2026-11");
        assert_eq!(own["rows"].as_array().unwrap().len(), 1);
        assert_eq!(own["total"]["flags"]["phone_dead"]["opened"], 1);
        assert_eq!(desk.asks("leader", "/bottom-line?window=2026-10")["rows"], json!([]));
        assert_eq!(desk.call("surveyor", "GET", "/bottom-line?window=2026-11", "").0, 403);
    }
}
