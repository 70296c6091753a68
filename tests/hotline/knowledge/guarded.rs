//! What besides a reply comes before the citizen's eyes: the proof that writes a case off, the grounds of an extension,
//! what was told to whoever was declined; and what is another ticket's.

use jiesu::ticket::StateName;
use serde_json::{Value, json};

use super::{published, with};
use crate::support::badges;
use crate::support::city::{City, draft_with, refusal};
use crate::support::databases::on_each_database;
use crate::support::server::Server;

/// A ticket of 物业科 on the ledger.
fn on_ledger(city: &City) -> String {
    let no = city.handled_by("wuye");
    let ask = json!({ "grounds": "资金", "plan": "列入明年", "promised_at": "2027-03-01" });
    city.head("wuye").does(&no, "ledger", ask);
    city.reviewer().does(&no, "ledger/decide", json!({ "approve": true }));
    no
}

/// Words about nobody, long enough to be known again.
const LONG: &str = "您好，您反映的问题已收悉。经我科会同属地街道现场核查，需经专有部分面积占比三分之二以上的业主参与表决，表决通过后\
    由业主委员会向住房公积金管理中心提出申请，审核通过后三日内拨付首期款。";

/// A ticket of `category` at `estate` in the hands of 物业科.
fn handled(city: &City, category: &str, estate: &str) -> String {
    let at = json!({ "matter": { "category": category }, "place": { "estate": estate } });
    let no = city.agent().registers(draft_with(&at));
    city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye" }));
    city.works(&no, "wuye", 1);
    no
}

on_each_database! {
    fn what_another_matter_was_told_is_asked_about_until_it_is_a_standard_answer(test: &TestDb) {
        let city = City::of(test);
        let handler = city.handler("wuye");
        let reply = |acknowledge: Value| json!({ "text": LONG, "acknowledge": acknowledge });
        let replies = |category: &str, estate: &str| {
            refusal(handler.tries(&handled(&city, category, estate), "reply", reply(json!([]))))
        };
        let means = |category: &str, estate: &str| {
            handler.does(&handled(&city, category, estate), "reply", reply(json!(["copied"])));
        };
        assert_eq!(replies("wy.dt", "yangguang"), "accepted");
        // The same matter is told the same.
        assert_eq!(replies("wy.dt", "yangguang"), "accepted");
        assert_eq!(replies("wy.gl", "yangguang"), "422 guard.copied");
        assert_eq!(replies("wy.dt", "chunhui"), "422 guard.copied");
        means("wy.gl", "yangguang");
        assert_eq!(replies("wy.dt", "chunhui"), "422 guard.copied");
        means("wy.dt", "chunhui");
        assert_eq!(replies("wy.gl", "yangguang"), "accepted");
        // What three other matters were told is told to anybody.
        assert_eq!(replies("wy.gl", "chunhui"), "accepted");
        assert_eq!(replies("wy.dt", "chunhui"), "accepted");
    }

    fn the_words_of_a_named_article_are_nobodys(test: &TestDb) {
        let city = City::of(test);
        let code = published(&city, with(&json!({ "title": "维修资金怎么用", "body": LONG })));
        let handler = city.handler("wuye");
        let named = |no: &str| {
            let body = json!({ "text": LONG, "articles": [code.as_str()] });
            refusal(handler.tries(no, "reply", body))
        };
        assert_eq!(named(&handled(&city, "wy.dt", "yangguang")), "accepted");
        assert_eq!(named(&handled(&city, "wy.dt", "chunhui")), "accepted");
        let unnamed = handler.tries(&handled(&city, "wy.gl", "yangguang"), "reply", json!({ "text": LONG }));
        assert_eq!(refusal(unnamed), "422 guard.copied");
    }

    fn a_reply_that_speaks_of_another_ticket_by_its_number_is_asked_about(test: &TestDb) {
        let city = City::of(test);
        let (first, no) = (city.taken(), city.handled_by("wuye"));
        let reply = json!({ "text": format!("与工单{first}同一问题，已一并修好。") });
        let asked = city.handler("wuye").tries(&no, "reply", reply.clone()).unwrap_err();
        assert_eq!((asked.code(), asked.fields()[0].code), ("reply.guard", "guard.ticket"));
        assert!(!asked.to_string().contains(&first));
        city.dispatcher().does(&first, "merge", json!({ "into": no }));
        city.handler("wuye").does(&no, "reply", reply);
    }

    fn the_proof_that_writes_a_case_off_is_read_as_the_reply_that_it_becomes(test: &TestDb) {
        let city = City::of(test);
        let no = on_ledger(&city);
        let proof = |text: &str, acknowledge: Value| json!({ "proof": text, "acknowledge": acknowledge });
        let head = city.head("wuye");
        let text = "5号楼李女士家已修好。";
        let asked = head.tries(&no, "ledger/write-off", proof(text, json!([]))).unwrap_err();
        let found: Vec<(&str, &str)> =
            asked.fields().iter().map(|it| (it.pointer.as_str(), it.code)).collect();
        assert_eq!(asked.code(), "reply.guard");
        assert_eq!(found, [("/proof", "guard.building"), ("/proof", "guard.person")]);
        // Nor is it to say nothing.
        let hollow = head.tries(&no, "ledger/write-off", proof("感谢您的来电，正在核实处理中。", json!([])));
        assert_eq!(refusal(hollow), "422 guard.formula");
        assert_eq!(city.state(&no), StateName::OnLedger);
        head.does(&no, "ledger/write-off", proof(text, json!(["building", "person"])));
        assert_eq!(city.ticket(&no).reply.unwrap().text, text);
        assert_eq!(city.events(&no).last().unwrap().body["acknowledge"], json!(["building", "person"]));
        // What it named is no reason to name it again.
        city.reviewer().does(&no, "review", json!({ "pass": false, "reason": "请核对" }));
        let again = city.handler("wuye").tries(&no, "reply", json!({ "text": text })).unwrap_err();
        assert_eq!(again.fields().len(), 2);
    }

    fn the_grounds_of_an_extension_stand_in_a_paper_to_the_citizen_and_are_read_too(test: &TestDb) {
        let city = City::of(test);
        let no = city.handled_by("wuye");
        let ask = |acknowledge: Value| {
            json!({ "until": "2026-11-12", "grounds": "5号楼先修", "caller_told": true, "acknowledge": acknowledge })
        };
        let asked = city.handler("wuye").tries_work(&no, 1, "extend", ask(json!([]))).unwrap_err();
        assert_eq!((asked.code(), asked.fields()[0].pointer.as_str()), ("reply.guard", "/grounds"));
        city.handler("wuye").works(&no, 1, "extend", ask(json!(["building"])));
    }

    fn what_was_told_to_whoever_was_declined_is_read_too(test: &TestDb) {
        let city = City::of(test);
        let no = city.taken();
        let told = |acknowledge: Value| {
            json!({ "reason": "no_new_fact", "told": "已告知5号楼住户。", "acknowledge": acknowledge })
        };
        assert_eq!(refusal(city.agent().tries(&no, "decline", told(json!([])))), "422 guard.building");
        city.agent().does(&no, "decline", told(json!(["building"])));
        assert_eq!(city.state(&no), StateName::Declined);
    }
}

#[test]
fn a_write_off_that_names_another_callers_telephone_is_asked_about_over_http() {
    let server = Server::start(&[]);
    let city = City::served(&server);
    let badges = badges::issue(&server.app, city.people().map(|person| person.actor));
    let no = on_ledger(&city);
    let asks = |body: Value| {
        let badge = format!("Bearer {}", badges["unit_head@wuye"]);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        let path = format!("/api/v1/tickets/{no}/ledger/write-off");
        server.ask("POST", &path, &headers, &body.to_string())
    };
    let proof = "已修好，并与13977770002的来电人联系。";
    let asked = asks(json!({ "proof": proof }));
    let problem = asked.json();
    assert_eq!((asked.status, &problem["code"]), (422, &json!("reply.guard")), "{problem}");
    let error = &problem["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/proof"), &json!("guard.phone")));
    assert!(!asked.body.contains("13977770002"), "{problem}");
    assert_eq!(city.ticket(&no).reply, None);
    let meant = asks(json!({ "proof": proof, "acknowledge": ["phone"] }));
    assert_eq!(meant.status, 200, "{}", meant.body);
}
