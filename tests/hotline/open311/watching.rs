//! What anybody is shown.

use serde_json::json;

use jiesu::identity::Role;
use jiesu::ticket::command::CommandName;

use super::city::{City, draft};
use crate::support::databases::{TestDb, on_each_database};
use crate::support::desk::{agent, dispatcher, person};

const HOUR: i64 = 3_600_000;

on_each_database! {
    fn a_matter_is_shown_to_estate_level_in_both_spellings(test: &TestDb) {
        let city = City::new(test, &[]);
        let no = city.leak();
        city.later(HOUR);
        city.send(&no);
        let json = city.get("/v2/requests.json");
        assert_eq!(json.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(json.header("access-control-allow-origin"), Some("*"));
        assert_eq!(json.body, format!(concat!(
            r#"[{{"service_request_id":"{}","status":"open","status_notes":"承办单位正在办理。","#,
            r#""service_name":"屋面漏水","service_code":"leak","description":"物业 — 服务 — 屋面漏水","#,
            r#""agency_responsible":"unit1科","service_notice":null,"#,
            r#""requested_datetime":"2026-10-01T00:00:00Z","updated_datetime":"2026-10-01T01:00:00Z","#,
            r#""expected_datetime":"2026-10-14T15:59:59Z","address":"estate1苑, 第1街道, 一区","#,
            r#""address_id":"estate1","zipcode":null,"lat":null,"long":null,"media_url":null}}]"#,
        ), no));
        let xml = city.get("/v2/requests.xml");
        assert_eq!(xml.header("content-type"), Some("text/xml; charset=utf-8"));
        assert_eq!(xml.body, format!(concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n",
            "<service_requests><request><service_request_id>{}</service_request_id>",
            "<status>open</status><status_notes>承办单位正在办理。</status_notes>",
            "<service_name>屋面漏水</service_name><service_code>leak</service_code>",
            "<description>物业 — 服务 — 屋面漏水</description>",
            "<agency_responsible>unit1科</agency_responsible><service_notice/>",
            "<requested_datetime>2026-10-01T00:00:00Z</requested_datetime>",
            "<updated_datetime>2026-10-01T01:00:00Z</updated_datetime>",
            "<expected_datetime>2026-10-14T15:59:59Z</expected_datetime>",
            "<address>estate1苑, 第1街道, 一区</address><address_id>estate1</address_id>",
            "<zipcode/><lat/><long/><media_url/></request></service_requests>\n",
        ), no));
        for format in ["json", "xml"] {
            let one = city.get(&format!("/v2/requests/{no}.{format}"));
            let all = if format == "json" { &json } else { &xml };
            assert_eq!((one.status, &one.body), (200, &all.body));
        }
    }

    fn what_is_sealed_or_was_not_taken_up_is_absent(test: &TestDb) {
        let city = City::new(test, &[]);
        let mut hidden = vec![city.take(draft("complaint", "leak")), city.take(draft("report", "leak"))];
        let mut confidential = draft("help", "leak");
        confidential["caller"]["confidential"] = true.into();
        hidden.push(city.take(confidential));
        let mut unclassified = draft("help", "leak");
        unclassified["matter"].as_object_mut().unwrap().remove("category");
        hidden.push(city.take(unclassified));
        let declined = city.leak();
        let why = json!({ "reason": "secret_or_privacy", "told": "电话告知" });
        city.give(agent(), &declined, CommandName::Decline, why);
        let diverted = city.leak();
        let police = json!({ "service": "110", "at": "2026-10-01T08:00:00+08:00" });
        city.give(agent(), &diverted, CommandName::Divert, police);
        hidden.extend([declined, diverted]);
        let shown = city.leak();
        assert_eq!(city.numbers(""), [shown.as_str()]);
        assert_eq!(city.numbers(&format!("?service_request_id={}", hidden.join(","))), [""; 0]);
        let absent = city.get("/v2/requests/2026-999999.json");
        assert_eq!(absent.status, 404);
        for no in &hidden {
            let there = city.get(&format!("/v2/requests/{no}.json"));
            assert_eq!((there.status, &there.body), (404, &absent.body), "{no}");
        }
        // What was open and is sealed later is gone at once.
        let complaint = json!({ "fields": { "kind": "complaint" }, "reason": "核实为投诉" });
        city.give(agent(), &shown, CommandName::Amend, complaint);
        assert_eq!(city.list(""), Vec::<serde_json::Value>::new());
    }

    fn a_client_narrows_by_service_by_days_and_by_status(test: &TestDb) {
        let city = City::new(test, &[]);
        let first = city.leak();
        city.later(24 * HOUR);
        let second = city.take(draft("suggestion", "leaf3"));
        city.later(24 * HOUR);
        let third = city.leak();
        city.give(agent(), &third, CommandName::Withdraw, json!({ "reason": "已修好" }));
        assert_eq!(city.numbers(""), [third.as_str(), &second, &first]);
        assert_eq!(city.numbers("?service_code=leak"), [third.as_str(), &first]);
        assert_eq!(city.numbers("?service_code=leak,leaf3&status=open"), [second.as_str(), &first]);
        assert_eq!(city.numbers("?service_code=K1&status=closed"), [third.as_str()]);
        assert_eq!(city.numbers("?status=open,closed").len(), 3);
        // Both ends are included, to the second.
        let day = "start_date=2026-10-02T00:00:00Z&end_date=2026-10-02T00:00:00Z";
        assert_eq!(city.numbers(&format!("?{day}")), [second.as_str()]);
        assert_eq!(city.numbers("?end_date=2026-10-01T08:00:00+08:00"), [first.as_str()]);
        let both = format!("?service_request_id={first},{third}&status=open&start_date=never");
        assert_eq!(city.numbers(&both), [third.as_str(), &first]);
        let ended = &city.list(&format!("?service_request_id={third}"))[0];
        assert_eq!((&ended["status"], &ended["status_notes"]), (&json!("closed"), &json!("已由诉求人撤回。")));
        assert_eq!(ended["expected_datetime"], json!(null));
        // 91 days later nothing is recent, and the past can still be asked for.
        city.later(91 * 24 * HOUR);
        assert_eq!(city.list(""), Vec::<serde_json::Value>::new());
        assert_eq!(city.numbers("?start_date=2026-10-01T00:00:00Z").len(), 3);
    }

    fn a_company_is_no_agency_and_an_answered_matter_is_closed_when_it_ended(test: &TestDb) {
        let city = City::new(test, &[]);
        let no = city.leak();
        city.send(&no);
        city.reply(&no, "已经修好");
        let request = &city.list("")[0];
        assert_eq!((&request["status"], &request["status_notes"]), (&json!("open"), &json!("已答复，正在回访。")));
        city.later(3 * HOUR);
        let good = json!({ "outcome": "reached", "contacted": "yes", "solved": "solved", "satisfied": "satisfied", "bottom_line": [] });
        city.give(person("surveyor", Role::Surveyor, None), &no, CommandName::Survey, good);
        city.later(HOUR);
        city.give(dispatcher(), &no, CommandName::Note, json!({ "text": "归档", "public": false }));
        let request = &city.list("?status=closed")[0];
        assert_eq!(request["updated_datetime"], json!("2026-10-01T03:00:00Z"));
        assert_eq!(request["status_notes"], json!("已办结。"));
    }
}

#[test]
fn the_services_are_the_leaves_in_force_with_their_groups() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let services = city.get("/v2/services.json").json();
    let codes: Vec<&str> = services
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["service_code"].as_str().unwrap())
        .collect();
    let leaves: Vec<String> = (0..9).map(|i| format!("leaf{i}")).collect();
    let mut expected: Vec<&str> = leaves.iter().map(String::as_str).collect();
    expected.extend(["leak", "rude", "trapped"]);
    assert_eq!(codes, expected);
    assert_eq!(
        services[9],
        json!({
            "service_code": "leak", "service_name": "屋面漏水", "description": "物业 — 服务 — 屋面漏水",
            "metadata": true, "type": "realtime", "keywords": "漏雨, 渗水", "group": "物业",
        })
    );
    assert!(services[11]["description"].as_str().unwrap().contains("119"));
    let xml = city.get("/v2/services.xml").body;
    assert!(xml.contains(
        "<service><service_code>leak</service_code><service_name>屋面漏水</service_name>\
         <description>物业 — 服务 — 屋面漏水</description><metadata>true</metadata>\
         <type>realtime</type><keywords>漏雨, 渗水</keywords><group>物业</group></service>"
    ));
}

#[test]
fn a_definition_asks_for_the_kind_for_secrecy_and_for_the_building() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let definition = city.get("/v2/services/leak.json").json();
    assert_eq!(definition["service_code"], "leak");
    assert_eq!(
        definition["attributes"][1],
        json!({
            "variable": true, "code": "confidential", "datatype": "singlevaluelist", "required": false,
            "datatype_description": "请从所列的值中选择一个。", "order": 2,
            "description": "是否为您保密；保密的诉求不对外公开。",
            "values": [{ "key": "yes", "name": "是" }, { "key": "no", "name": "否" }],
        })
    );
    let xml = city.get("/v2/services/leak.xml").body;
    assert!(xml.contains("<values><value><key>yes</key><name>是</name></value>"), "{xml}");
    // A group, and a code of nobody.
    for code in ["K1", "nothing"] {
        let absent = city.get(&format!("/v2/services/{code}.xml"));
        assert_eq!(absent.status, 404);
        assert_eq!(
            absent.body,
            concat!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors><error><code>404</code><description>",
                "没有这个服务代码（service_code），请以服务列表为准。</description></error></errors>\n",
            )
        );
    }
}

#[test]
fn the_discovery_document_leads_to_the_door() {
    let city = City::new(&TestDb::sqlite(), &[("JIESU_OPEN311__CONTACT", "api@example.cn")]);
    let found = city.get("/discovery.json").json();
    assert_eq!(found["contact"], "api@example.cn");
    assert_eq!(found["key_service"], "接口密钥由示范市住房和城乡建设局的安全管理员发放。");
    assert_eq!(
        found["endpoints"],
        json!([{
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": "https://zjj.example.cn/open311/v2",
            "changeset": "2026-10-01T00:00:00Z", "type": "test",
            "formats": ["text/xml", "application/json"],
        }])
    );
    let xml = city.get("/discovery.xml");
    assert_eq!(xml.header("content-type"), Some("text/xml; charset=utf-8"));
    assert!(
        xml.body.contains("<formats><format>text/xml</format><format>application/json</format>")
    );
}

#[test]
fn wrong_questions_are_answered_in_the_form_of_the_specification() {
    let city = City::new(&TestDb::sqlite(), &[("JIESU_OPEN311__JURISDICTION", "zjj.example.cn")]);
    for (path, status) in [
        ("/v2/requests.json?start_date=yesterday", 400),
        ("/v2/requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-09-01T00:00:00Z", 400),
        ("/v2/requests.json?status=ajar", 400),
        ("/v2/requests.json?service_code=nothing", 404),
        ("/v2/requests.json?jurisdiction_id=elsewhere", 404),
        ("/v2/services.json?jurisdiction_id=elsewhere", 404),
        ("/v2/services/leak.json?jurisdiction_id=elsewhere", 404),
        ("/v2/tokens/12345.json", 404),
        ("/v2/nothing.json", 404),
    ] {
        let answer = city.get(path);
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert_eq!(answer.json()[0]["code"], json!(status), "{path}");
        assert!(answer.json()[0]["description"].as_str().unwrap().len() > 10, "{path}");
    }
    let ours = city.get("/v2/services.json?jurisdiction_id=zjj.example.cn");
    assert_eq!(ours.status, 200);
    assert_eq!(city.get("/v2/services.json?jurisdiction_id=").status, 200);
}

#[test]
fn who_asks_too_often_is_told_when_to_come_back_and_a_closed_door_is_no_door() {
    let city = City::new(&TestDb::sqlite(), &[("JIESU_OPEN311__PER_MINUTE", "2")]);
    for _ in 0..2 {
        assert_eq!(city.get("/v2/requests.xml").status, 200);
    }
    let late = city.get("/v2/requests.xml");
    assert_eq!((late.status, late.header("retry-after")), (429, Some("31")));
    assert!(late.body.contains("<errors><error><code>429</code>"), "{late:?}");
    city.later(31_000);
    assert_eq!(city.get("/v2/requests.xml").status, 200);
    let city = City::new(&TestDb::sqlite(), &[("JIESU_OPEN311__ENABLED", "false")]);
    for path in ["/discovery.json", "/v2/requests.json", "/v2/services.xml"] {
        assert_eq!(city.get(path).status, 404);
    }
}
