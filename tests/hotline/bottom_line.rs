//! The bottom line 触碰底线 as those see it who flag, answer, decide and call (domain.md §5, §6).

use jiesu::directory::Phone;
use jiesu::privacy::erase;
use serde_json::{Value, json};

use crate::erasure::two;
use crate::support::city::{at, draft_with, good, refusal};
use crate::support::databases::{Folder, on_each_database};
use crate::support::office::Office;

/// What the tests of the bottom line say more often than once.
trait Cases {
    fn cases(&self, who: &str) -> Vec<Value>;
    fn flag(&self, no: &str, flag: &str, unit: &str);
    /// The unit answers, and a reviewer decides.
    fn settle(&self, case: &Value, uphold: bool);
}

impl Cases for Office {
    fn cases(&self, who: &str) -> Vec<Value> {
        self.lists(who, "/bottom-line/cases")
    }

    fn flag(&self, no: &str, flag: &str, unit: &str) {
        let body = json!({ "flag": flag, "unit": unit, "text": "来电人说的" });
        self.city.agent().does(no, "flag", body);
    }

    fn settle(&self, case: &Value, uphold: bool) {
        let head = format!("unit_head@{}", case["unit"].as_str().unwrap());
        self.does(&head, &path(case, "answer"), &json!({ "text": SAYS }));
        let ruling = json!({ "uphold": uphold, "reason": "核对录音" });
        self.does("reviewer", &path(case, "decide"), &ruling);
    }
}

fn path(case: &Value, what: &str) -> String {
    format!("/bottom-line/cases/{}/{what}", case["id"].as_str().unwrap())
}

/// The line of `unit`.
fn row(all: &Value, unit: &str) -> Value {
    let rows = all["rows"].as_array().unwrap();
    rows.iter().find(|row| row["unit"] == unit).unwrap().clone()
}

fn reply(text: &str) -> Value {
    json!({ "text": text })
}

const SAYS: &str = "号码已换，旧号停用";

on_each_database! {
    fn a_flag_of_a_survey_or_a_report_opens_a_case_and_the_unit_answers(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.passed("wuye");
        let mut answer = good();
        answer["bottom_line"] = json!(["bad_attitude", "bad_attitude"]);
        office.city.surveyor().does(&no, "survey", answer);
        let other = office.city.handled_by("weixiu");
        office.flag(&other, "phone_dead", "weixiu");
        // The same again while it waits is the same case.
        office.flag(&other, "phone_dead", "weixiu");
        let all = office.cases("leader");
        let told = |case: &Value| {
            ["flag", "source", "unit", "ticket", "state", "light"].map(|it| case[it].as_str().unwrap().to_owned())
        };
        assert_eq!(all.iter().map(told).collect::<Vec<_>>(), [
            ["bad_attitude", "survey", "wuye", &no, "open", "green"].map(str::to_owned),
            ["phone_dead", "report", "weixiu", &other, "open", "green"].map(str::to_owned),
        ]);
        // Monday and two working days.
        assert_eq!(all[0]["due_at"], "2026-11-04T23:59:59.999+08:00");
        assert_eq!([office.cases("unit_head@wuye").len(), office.cases("unit_head@zjj").len()], [1, 2]);
        assert_eq!(office.cases("handler@jiedao").len(), 0);
        assert_eq!(office.call("agent", "GET", "/bottom-line/cases", "").0, 403);

        let (case, says) = (&all[0], json!({ "text": SAYS }));
        assert_eq!(office.refused("handler@wuye", &path(case, "answer"), &says), "403 forbidden");
        assert_eq!(office.refused("unit_head@weixiu", &path(case, "answer"), &says), "404 not_found");
        assert_eq!(office.refused("unit_head@wuye", &path(case, "answer"), &json!({})), "422 field.required");
        let rules = json!({ "uphold": true, "reason": "录音属实" });
        assert_eq!(office.refused("reviewer", &path(case, "decide"), &rules), "409 bottom_line.awaits_answer");
        let answered = office.does("unit_head@wuye", &path(case, "answer"), &says);
        assert_eq!((&answered["state"], &answered["answer"]), (&json!("answered"), &json!(SAYS)));
        assert_eq!(office.refused("unit_head@wuye", &path(case, "answer"), &says), "409 bottom_line.answered");
        assert_eq!(office.refused("leader", &path(case, "decide"), &rules), "403 forbidden");
        let decided = office.does("reviewer", &path(case, "decide"), &rules);
        assert_eq!((&decided["state"], &decided["decision"]), (&json!("upheld"), &json!("录音属实")));
        assert_eq!(office.refused("reviewer-2", &path(case, "decide"), &rules), "409 bottom_line.decided");
    }

    fn who_flagged_or_is_of_the_unit_does_not_decide_and_who_is_silent_is_decided_on(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.handled_by("baozhang");
        let body = json!({ "flag": "policy_unfamiliar", "unit": "baozhang", "text": "答非所问" });
        office.city.reviewer().does(&no, "flag", body);
        let [case] = office.cases("reviewer").try_into().unwrap();
        let rules = json!({ "uphold": false, "reason": "无据" });
        office.city.clock.set(at("2026-11-05T00:00:00+08:00"));
        let [late] = office.cases("reviewer").try_into().unwrap();
        assert_eq!((&late["light"], &late["allowed"]), (&json!("red"), &json!([])));
        assert_eq!(office.refused("reviewer", &path(&case, "decide"), &rules), "403 own_request");
        assert_eq!(office.refused("both@baozhang", &path(&case, "decide"), &rules), "403 bottom_line.own_unit");
        let decided = office.does("reviewer-2", &path(&case, "decide"), &rules);
        assert_eq!(decided["state"], "dismissed");
        // Decided, so that the same again is another case; whoever says so too while it waits has flagged as well.
        office.flag(&no, "policy_unfamiliar", "baozhang");
        let body = json!({ "flag": "policy_unfamiliar", "unit": "baozhang", "text": "一样" });
        office.city.person("reviewer-2").does(&no, "flag", body);
        let [_, again] = office.cases("reviewer-2").try_into().unwrap();
        office.does("unit_head@baozhang", &path(&again, "answer"), &json!({ "text": SAYS }));
        assert_eq!(office.cases("reviewer-2")[1]["allowed"], json!([]));
        assert_eq!(office.refused("reviewer-2", &path(&again, "decide"), &rules), "403 own_request");
        assert_eq!(office.refused("reviewer", "/bottom-line/cases/x/decide", &rules), "404 not_found");
    }

    fn test_calls_keep_to_the_hours_and_two_in_vain_open_a_case(test: &TestDb) {
        let office = Office::open(test);
        let hours = "工作日 9:00-12:00，13:30-17:30".to_owned();
        let published = Phone { number: "0516-83770001".to_owned(), hours };
        office.changes("wuye", 1, |unit| unit.phones = vec![published.clone()]);
        let due = |who: &str, query: &str| {
            office.lists(who, &format!("/test-calls/due{query}"))
        };
        let [first] = due("surveyor", "?open=true").try_into().unwrap();
        assert_eq!((&first["unit"], &first["open_now"]), (&json!("wuye"), &json!(true)));
        assert_eq!(office.call("unit_head@wuye", "GET", "/test-calls/due", "").0, 403);
        assert!(due("surveyor@wuye", "").is_empty(), "nobody learns when the own unit is called");
        let rang = |outcome: &str| {
            let number = &published.number;
            json!({ "unit": "wuye", "phone": 0, "number": number, "outcome": outcome, "note": "响铃一分钟" })
        };
        let other = json!({ "unit": "wuye", "phone": 0, "number": "0516-83770002", "outcome": "answered" });
        assert_eq!(office.refused("agent", "/test-calls", &other), "422 test_call.changed");
        assert_eq!(office.refused("surveyor@wuye", "/test-calls", &rang("answered")), "403 test_call.own_unit");
        assert_eq!(office.refused("reviewer", "/test-calls", &rang("answered")), "403 forbidden");
        let no_phone = json!({ "unit": "wuye", "phone": 1, "outcome": "answered" });
        assert_eq!(office.refused("agent", "/test-calls", &no_phone), "422 test_call.no_phone");
        assert_eq!(office.refused("agent", "/test-calls", &rang("out_of_hours")), "422 test_call.in_hours");
        office.city.clock.set(at("2026-11-02T12:30:00+08:00"));
        assert_eq!(office.refused("agent", "/test-calls", &rang("no_answer")), "422 test_call.out_of_hours");
        assert!(due("surveyor", "?open=true").is_empty());
        assert_eq!(due("surveyor", "")[0]["opens_at"], "2026-11-02T13:30:00+08:00");
        office.does("agent", "/test-calls", &rang("out_of_hours"));
        office.city.clock.set(at("2026-11-02T13:30:00+08:00"));
        assert!(office.does("surveyor", "/test-calls", &rang("no_answer"))["case"].is_null());
        assert!(due("surveyor", "").is_empty(), "not again at once");
        office.city.hours(2);
        assert_eq!(due("surveyor", "")[0]["last_outcome"], "no_answer");
        let second = office.does("dispatcher", "/test-calls", &rang("busy"));
        assert!(second["case"].is_string());
        let [case] = office.cases("unit_head@wuye").try_into().unwrap();
        assert_eq!([&case["flag"], &case["source"]], [&json!("phone_dead"), &json!("test_call")]);
        assert_eq!(case["test_call"]["number"], "0516-83770001");
        // The number itself may stand in the answer: it is the unit's.
        let says = json!({ "text": "改为0516-83770009" });
        let answered = office.does("unit_head@wuye", &path(&case, "answer"), &says);
        assert_eq!(answered["answer"], "改为0516-83770009");
        // A dead number while the case waits opens none; a month later the phone is due again.
        assert!(office.does("agent", "/test-calls", &rang("dead"))["case"].is_null());
        let rules = json!({ "uphold": true, "reason": "属实" });
        office.does("reviewer", &path(&case, "decide"), &rules);
        office.city.days(31);
        assert_eq!(due("leader", "").len(), 1);
        assert!(office.does("agent", "/test-calls", &rang("dead"))["case"].is_string());
        let own = office.lists("handler@wuye", "/test-calls");
        assert!(own.len() == 5 && own.iter().all(|call| call["by"].is_null()));
        assert_eq!(own[0]["note"], "响铃一分钟");
        assert!(office.asks("leader", "/test-calls")["items"][0]["by"].is_string());
        assert_eq!(office.asks("handler@weixiu", "/test-calls")["items"], json!([]));
    }

    fn an_empty_reply_is_asked_about_and_the_second_one_opens_a_case(test: &TestDb) {
        let office = Office::open(test);
        let says = |no: &str, body: Value| office.city.handler("wuye").tries(no, "reply", body);
        let empty = "您反映的问题已收悉，正在核实处理中，感谢您的理解与支持！";
        let mut vague = reply("根据有关政策，您的情况不符合条件。");
        let first = office.city.handled_by("wuye");
        assert_eq!(refusal(says(&first, reply(empty))), "422 guard.formula");
        assert_eq!(refusal(says(&first, vague.clone())), "422 guard.policy");
        let mut meant = reply(empty);
        meant["acknowledge"] = json!(["formula"]);
        says(&first, meant.clone()).unwrap();
        assert!(office.cases("leader").is_empty(), "once is no habit");
        office.city.days(29);
        let second = office.city.handled_by("wuye");
        vague["acknowledge"] = json!(["policy"]);
        says(&second, vague).unwrap();
        let [case] = office.cases("leader").try_into().unwrap();
        let told = ["flag", "source", "unit", "ticket"].map(|it| case[it].as_str().unwrap());
        assert_eq!(told, ["policy_unfamiliar", "empty_reply", "wuye", second.as_str()]);
        // What opened a case is counted once.
        office.city.hours(1);
        let third = office.city.handled_by("wuye");
        says(&third, meant).unwrap();
        assert_eq!(office.cases("leader").len(), 1);
        office.city.replied_by("weixiu");
    }

    fn cases_are_counted_by_unit_and_per_thousand_contacts(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.handled_by("wuye");
        office.flag(&no, "phone_dead", "wuye");
        office.flag(&no, "bad_attitude", "wuye");
        let other = office.city.handled_by("weixiu");
        office.flag(&other, "phone_dead", "weixiu");
        let [case] = office.lists("reviewer", "/bottom-line/cases?unit=wuye&flag=bad_attitude").try_into().unwrap();
        office.settle(&case, false);
        let all = office.asks("leader", "/bottom-line?window=2026-11");
        let wuye = row(&all, "wuye");
        assert_eq!(wuye["flags"]["phone_dead"], json!({ "opened": 1, "upheld": 0, "dismissed": 0, "open": 1 }));
        assert_eq!(wuye["flags"]["bad_attitude"]["dismissed"], 1);
        assert_eq!((&wuye["contacts"], &wuye["per_1000"]), (&json!(1), &json!(1000.0)));
        assert_eq!(all["total"]["flags"]["phone_dead"]["opened"], 2);
        assert_eq!((&all["total"]["contacts"], &all["total"]["per_1000"]), (&json!(2), &json!(1000.0)));
        // Behind a number lie its cases.
        let behind = |query: &str| office.lists("leader", &format!("/bottom-line/cases?{query}")).len();
        assert_eq!(behind("window=2026-11&flag=phone_dead"), 2);
        assert_eq!([behind("window=2026-11&unit=wuye"), behind("window=2026-10")], [2, 0]);
        // Who has nothing is listed all the same, and nothing is divided by nothing.
        let quiet = row(&all, "jiuke");
        assert_eq!((&quiet["contacts"], &quiet["per_1000"]), (&json!(0), &Value::Null));
        let before = office.asks("leader", "/bottom-line?window=2026-10");
        assert_eq!((before["rows"].as_array().unwrap().len(), &before["total"]["per_1000"]), (15, &Value::Null));
        let own = office.asks("handler@weixiu", "/bottom-line?window=2026-11");
        let codes: Vec<&Value> = own["rows"].as_array().unwrap().iter().map(|row| &row["unit"]).collect();
        assert_eq!(codes, ["weixiu", "weixiu-1"]);
        assert_eq!(own["total"]["flags"]["phone_dead"]["opened"], 1);
        assert_eq!(office.call("surveyor", "GET", "/bottom-line?window=2026-11", "").0, 403);
    }

    fn tickets_withdrawn_or_merged_count_and_excluded_ones_stay_out_of_the_assessed_edition(test: &TestDb) {
        let office = Office::open(test);
        let city = &office.city;
        let withdrawn = city.handled_by("wuye");
        office.flag(&withdrawn, "phone_dead", "wuye");
        city.agent().does(&withdrawn, "withdraw", json!({ "reason": "自行解决" }));
        city.agent().does(&withdrawn, "withdraw/confirm", json!({ "confirmed": true, "how": "回拨来电号码" }));
        let (parent, child) = (city.handled_by("wuye"), city.handled_by("weixiu"));
        office.flag(&child, "phone_dead", "weixiu");
        city.agent().does(&child, "merge", json!({ "into": parent }));
        let excluded = city.replied_by("weixiu");
        office.flag(&excluded, "bad_attitude", "weixiu");
        city.head("weixiu").does(&excluded, "exclude", json!({ "reason": "force_majeure", "evidence": "暴雨" }));
        city.reviewer().does(&excluded, "exclude/decide", json!({ "approve": true, "reason": "属实" }));
        // Nobody was spoken to.
        let sent = city.sent_to("baozhang");
        office.flag(&sent, "phone_dead", "baozhang");
        let counted = |edition: &str| {
            let all = office.asks("leader", &format!("/bottom-line?window=2026-11&edition={edition}"));
            let line = |row: &Value| (row["contacts"].as_i64().unwrap(), row["per_1000"].as_f64());
            let rows = ["wuye", "weixiu", "baozhang"].map(|unit| line(&row(&all, unit)));
            (rows, line(&all["total"]))
        };
        let zero = (0, None);
        assert_eq!(counted("all"), ([(2, Some(500.0)), (2, Some(1000.0)), zero], (4, Some(1000.0))));
        assert_eq!(counted("assessed"), ([(2, Some(500.0)), (1, Some(1000.0)), zero], (3, Some(1000.0))));
        let behind = office.lists("leader", "/bottom-line/cases?window=2026-11&unit=weixiu&edition=assessed");
        assert_eq!(behind.len(), 1);
        // The contact entries are those of the metric.
        let rates = office.asks("leader", "/rates?window=2026-11");
        let rows = rates["rows"].as_array().unwrap();
        let weixiu = rows.iter().find(|row| row["key"] == "weixiu").unwrap();
        assert_eq!(weixiu["metrics"]["bottom_line"]["den"], 2);
    }

    fn a_case_stays_with_its_unit_where_that_moves_and_goes_with_it_out_of_sight(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.handled_by("wuye");
        office.flag(&no, "phone_dead", "wuye");
        let seen = |who: &str| {
            let rows = office.asks(who, "/bottom-line?window=2026-11")["total"]["flags"].clone();
            (office.cases(who).len(), rows["phone_dead"]["opened"].as_i64().unwrap())
        };
        assert_eq!([seen("unit_head@zjj"), seen("unit_head@qufang")], [(1, 1), (0, 0)]);
        office.changes("wuye", 1, |unit| unit.parent = Some("qufang".into()));
        assert_eq!([seen("unit_head@zjj"), seen("unit_head@qufang")], [(0, 0), (1, 1)]);
        let all = office.asks("leader", "/bottom-line?window=2026-11");
        assert_eq!(row(&all, "wuye")["flags"]["phone_dead"]["opened"], 1);
    }

    fn a_company_reads_that_it_is_flagged_and_neither_the_caller_nor_what_was_typed(test: &TestDb) {
        let office = Office::open(test);
        let draft = draft_with(&json!({ "kind": "complaint", "place": { "address": "阳光花园3号楼502" } }));
        let no = office.city.agent().registers(draft);
        office.city.dispatcher().does(&no, "dispatch", json!({ "lead": "jiedao", "assists": ["hongda"] }));
        let text = "张三说楼上502的保安骂人，13900000001";
        let flag = json!({ "flag": "bad_attitude", "unit": "hongda", "text": text });
        office.city.agent().does(&no, "flag", flag);
        let [case] = office.cases("unit_head@hongda").try_into().unwrap();
        assert_eq!((&case["flag"], &case["allowed"]), (&json!("bad_attitude"), &json!(["answer"])));
        assert!(office.cases("handler@hongda-1").is_empty(), "not that of the one above");
        let says = json!({ "text": "已批评教育，请张三核对，13900000001" });
        let answered = office.does("unit_head@hongda", &path(&case, "answer"), &says);
        let ruling = json!({ "uphold": true, "reason": "楼上502的张三当面指认" });
        office.does("reviewer", &path(&case, "decide"), &ruling);
        let [theirs] = office.cases("unit_head@hongda").try_into().unwrap();
        assert_eq!((&theirs["state"], &theirs["decision"]), (&json!("upheld"), &Value::Null));
        for shown in [&case, &answered, &theirs] {
            let shown = shown.to_string();
            for told in ["张三", "13900000001", "楼上", "骂人"] {
                assert!(!shown.contains(told), "{told} in {shown}");
            }
        }
        let [whole] = office.cases("leader").try_into().unwrap();
        assert!(whole["decision"].as_str().unwrap().contains("当面指认"), "{whole}");
        assert!(!whole.to_string().contains("13900000001") && !whole.to_string().contains("张三"), "{whole}");
    }

    fn an_answer_is_given_once_and_goes_with_the_person_who_is_erased(test: &TestDb) {
        let office = Office::open(test);
        let no = office.city.closed("wuye");
        office.flag(&no, "phone_dead", "wuye");
        office.flag(&no, "bad_attitude", "wuye");
        let [case, open] = office.cases("unit_head@wuye").try_into().unwrap();
        let give = |key: &str, text: &str| {
            let body = json!({ "text": text }).to_string();
            let answer = office.call_with("unit_head@wuye", "POST", &path(&case, "answer"), &[("Idempotency-Key", key)], &body);
            (answer.status, answer.json())
        };
        let first = give("said", SAYS);
        assert_eq!((first.0, give("said", SAYS)), (200, first.clone()));
        assert_eq!(give("said", "另一种说法").0, 422);
        assert_eq!(give("said again", SAYS).0, 409);
        let folder = Folder::new();
        let two = two(&office.city.hotline);
        erase(&office.city.hotline, folder.path(), &no, &two, "本人请求").unwrap();
        let [after, other] = office.cases("leader").try_into().unwrap();
        assert_eq!((&after["state"], &after["answer"]), (&json!("answered"), &Value::Null));
        let says = json!({ "text": SAYS });
        assert_eq!(office.refused("unit_head@wuye", &path(&open, "answer"), &says), "409 bottom_line.erased");
        let ruling = json!({ "uphold": true, "reason": "属实" });
        let decided = office.does("reviewer", &path(&after, "decide"), &ruling);
        assert_eq!((&decided["state"], &decided["decision"]), (&json!("upheld"), &Value::Null));
        assert_eq!(other["state"], "open");
        let all = office.asks("leader", "/bottom-line?window=2026-11");
        assert_eq!(row(&all, "wuye")["flags"]["phone_dead"]["upheld"], 1);
    }
}
