//! What a client may report, and what becomes of it.

use jiesu::identity::Scope;
use serde_json::{Value, json};

use super::city::City;
use crate::support::databases::{TestDb, on_each_database};
use crate::support::server::Answer;

/// The description of each error.
fn errors(answer: &Answer) -> Vec<String> {
    let said = |error: &Value| error["description"].as_str().unwrap().to_owned();
    answer.json().as_array().unwrap().iter().map(said).collect()
}

fn number(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()[0]["service_request_id"].as_str().unwrap().to_owned()
}

on_each_database! {
    fn a_report_with_a_key_becomes_a_ticket_that_waits_for_the_desk(test: &TestDb) {
        let city = City::new(test, &[]);
        let key = city.key(Scope::TicketsWrite);
        let answer = city.post("json", &[
            ("api_key", &key), ("service_code", "leak"), ("lat", "39.9042"), ("long", "116.4074"),
            ("address_string", "幸福路7号"), ("address_id", "estate1"), ("email", "w@example.cn"),
            ("phone", "13900000002"), ("first_name", "芳"), ("last_name", "王"), ("device_id", "tt222111"),
            ("description", "顶层漏水\n已经三天"), ("media_url", "https://example.cn/a.jpg"),
            ("attribute[building]", "三号楼"), ("account_id", "1"), ("jurisdiction_id", ""),
        ]);
        let no = number(&answer);
        let notice = answer.json()[0]["service_notice"].as_str().unwrap().to_owned();
        assert!(notice.starts_with(&format!("已受理，工单编号 {no}，查询码 ")), "{notice}");
        assert_eq!(answer.json()[0]["account_id"], Value::Null);
        assert_eq!(city.numbers(""), [no.as_str()]);
        let ticket = city.load(&no).ticket;
        let kept = serde_json::to_value(&ticket).unwrap();
        assert_eq!((&kept["channel"], &kept["kind"]), (&json!("open311"), &json!("help")));
        assert_eq!(kept["state"], json!({ "is": "accepted" }), "nothing is dispatched by itself");
        assert_eq!(kept["content"], "顶层漏水\n已经三天\n（附件链接：https://example.cn/a.jpg）");
        assert_eq!(kept["place"], json!({ "region": "street1", "estate": "estate1", "building": "三号楼",
            "address": "幸福路7号", "point": { "lat": 39.9042, "lng": 116.4074 } }));
        assert_eq!((&kept["caller"]["name"], &kept["caller"]["phone"]), (&json!("王芳"), &json!("13900000002")));
        assert!(!kept.to_string().contains("tt222111"), "the device is not kept");
        assert_eq!(city.events(&no)[0].actor, "fixmystreet");
    }

    fn the_same_key_and_body_make_one_ticket(test: &TestDb) {
        let city = City::new(test, &[]);
        let body = format!("api_key={}&service_code=leak&address_string=x&description=y", city.key(Scope::TicketsWrite));
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Idempotency-Key", "k1")];
        let ask = || city.server.ask("POST", "/open311/v2/requests.xml", &headers, &body);
        let (first, again) = (ask(), ask());
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!((&again.body, again.header("idempotent-replayed")), (&first.body, Some("true")));
        assert_eq!(again.header("content-type"), Some("text/xml; charset=utf-8"));
        assert_eq!(city.numbers("").len(), 1);
    }
}

#[test]
fn a_complaint_is_taken_in_and_shown_to_nobody() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let key = city.key(Scope::TicketsWrite);
    let base = [("api_key", key.as_str()), ("address_string", "幸福路"), ("description", "骂人")];
    let report = |more: &[(&str, &str)]| {
        let fields: Vec<_> = base.iter().chain(more).copied().collect();
        city.post("json", &fields)
    };
    // By what the category usually is, by what the client chose, and by what the citizen wanted.
    let hidden = [
        report(&[("service_code", "rude")]),
        report(&[("service_code", "leak"), ("attribute[kind]", "report")]),
        report(&[("service_code", "leak"), ("attribute[confidential]", "yes")]),
    ];
    for answer in &hidden {
        let no = number(answer);
        assert!(answer.body.contains("此件不对外公开"), "{answer:?}");
        assert!(city.load(&no).ticket.is_sealed());
        assert_eq!(city.get(&format!("/v2/requests/{no}.json")).status, 404);
    }
    let open = report(&[("service_code", "rude"), ("attribute[kind]", "help")]);
    // Who left no telephone gets four digits in the place of its last.
    assert!(open.body.contains("代替手机尾号的四位号码"), "{open:?}");
    let open = number(&open);
    assert_eq!(city.numbers(""), [open.as_str()]);
    let caller = city.load(&open).ticket.caller;
    assert!(caller.anonymous && !caller.reply_wanted, "nobody to answer to");
}

#[test]
fn without_a_good_key_nothing_is_taken_in_unless_the_site_says_so() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let fields = [("service_code", "leak"), ("address_string", "x")];
    let refused = city.post("xml", &fields);
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body,
        concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors><error><code>403</code><description>",
            "提交诉求须带接口密钥（api_key），请向本单位申请。</description></error></errors>\n",
        )
    );
    let reading = city.key(Scope::TicketsRead);
    for key in ["xyz", "jk_1_x", reading.as_str()] {
        let refused = city.post("json", &[fields[0], fields[1], ("api_key", key)]);
        assert_eq!((refused.status, &refused.json()[0]["code"]), (403, &json!(403)), "{key}");
    }
    assert_eq!(city.numbers(""), [""; 0]);
    let city = City::new(&TestDb::sqlite(), &[("JIESU_OPEN311__OPEN_INTAKE", "true")]);
    let no = number(&city.post("json", &fields));
    assert_eq!(city.load(&no).ticket.content, "（未填写说明）屋面漏水");
    assert_eq!(city.events(&no)[0].actor, "citizen");
    // A key that is shown is looked at all the same.
    assert_eq!(city.post("json", &[fields[0], fields[1], ("api_key", "xyz")]).status, 403);
}

#[test]
fn the_key_may_stand_in_the_header_and_in_the_address() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let key = city.key(Scope::TicketsWrite);
    let body = "service_code=leak&address_string=x";
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let bearer = format!("Bearer {key}");
    let headed = city.server.ask(
        "POST",
        "/open311/v2/requests.json",
        &[form, ("Authorization", &bearer)],
        body,
    );
    let path = format!("/open311/v2/requests.json?api_key={key}&jurisdiction_id=any");
    let addressed = city.server.ask("POST", &path, &[form], body);
    assert_ne!(number(&headed), number(&addressed));
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let city = City::new(&TestDb::sqlite(), &[]);
    let key = city.key(Scope::TicketsWrite);
    let report = |more: &[(&str, &str)]| {
        let fields: Vec<_> = [("api_key", key.as_str())].iter().chain(more).copied().collect();
        city.post("json", &fields)
    };
    assert_eq!(errors(&report(&[])), ["service_code：此项必填。"]);
    let unknown = report(&[("service_code", "nothing")]);
    assert_eq!(unknown.status, 404);
    let long = "长".repeat(4_001);
    let wrong = report(&[
        ("service_code", "leak"),
        ("lat", "91"),
        ("description", &long),
        ("media_url", "javascript:x"),
        ("attribute[kind]", "gossip"),
        ("attribute[13900000001]", "x"),
    ]);
    assert_eq!(wrong.status, 400);
    assert_eq!(
        errors(&wrong),
        [
            "kind：没有这个代码。",
            "attribute：没有这个代码。",
            "lat：此项格式不对。",
            "long：此项必填。",
            "media_url：此项格式不对。",
            "description：此项过长。",
        ]
    );
    assert_eq!(
        errors(&report(&[("service_code", "leak")])),
        ["address_string：须填写地点：lat 与 long，或 address_string，或 address_id。"]
    );
    // What the intake itself finds has the names of this door.
    let wrong =
        report(&[("service_code", "leak"), ("address_id", "nowhere"), ("phone", "call me")]);
    assert_eq!(errors(&wrong), ["phone：电话号码格式不对。", "address_id：没有这个代码。"]);
    let json = [("Content-Type", "application/json")];
    let answer = city.server.ask("POST", "/open311/v2/requests.json", &json, "{}");
    assert_eq!((answer.status, errors(&answer).len()), (400, 1));
    assert_eq!(city.numbers(""), [""; 0]);
}
