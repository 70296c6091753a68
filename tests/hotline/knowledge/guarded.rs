//! What besides a reply comes before the citizen's eyes: the proof that writes a case off, what was told to whoever was
//! declined.

use jiesu::ticket::StateName;
use serde_json::{Value, json};

use crate::support::badges;
use crate::support::city::{City, refusal};
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

on_each_database! {
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
