//! A reply while it is being written: what says nothing in it, what is missing, and that nothing of it is kept.

use serde_json::{Value, json};

use crate::console_work::Office;

#[test]
fn a_reply_that_says_nothing_yet_is_told_so_and_nothing_is_kept() {
    let office = Office::open();
    let no = office.city.handled_by("weixiu");
    let events = office.city.events(&no).len();
    let path = format!("/api/v1/tickets/{no}/reply-check");
    let check = |body: &Value| {
        let answer = office.post("handler@weixiu", &path, body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let codes = |told: &Value| -> Vec<String> {
        let missing = told["missing"].as_array().unwrap();
        missing.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
    };
    let empty = check(&json!({ "text": "您好，正在核实处理中。" }));
    assert_eq!(empty["code"], "guard.formula", "{empty}");
    assert!(empty["detail"].as_str().unwrap().contains("套话"), "{empty}");
    assert_eq!(empty["formulas"], json!([{ "from": 3, "to": 10, "text": "正在核实处理中" }]));
    assert_eq!(codes(&empty), ["done", "when", "basis"]);
    assert_eq!(empty["missing"][0]["name"], "做了什么");
    let vague = json!({ "text": "根据有关政策，您的情况不符合条件。" });
    let told = check(&vague);
    assert_eq!((&told["code"], codes(&told)), (&json!("guard.policy"), vec!["basis".to_owned()]));
    let named = json!({ "text": vague["text"], "articles": ["zs-0001"] });
    assert_eq!(check(&named), json!({ "formulas": [], "missing": [] }));
    // Formulas are pointed out in a reply that says something besides.
    let full = check(&json!({ "text": "我单位高度重视，已于3月5日更换门机皮带。" }));
    assert_eq!((&full["code"], &full["missing"]), (&Value::Null, &json!([])), "{full}");
    assert!(!full["formulas"].as_array().unwrap().is_empty(), "{full}");
    assert_eq!(check(&json!({ "text": "正在核实处理中", "promises": true }))["missing"], json!([]));
    assert_eq!(office.city.events(&no).len(), events);
}

#[test]
fn only_whoever_replies_for_a_unit_is_nudged_and_the_form_asks() {
    let office = Office::open();
    let no = office.city.handled_by("weixiu");
    let path = format!("/api/v1/tickets/{no}/reply-check");
    let text = json!({ "text": "正在核实处理中" });
    for (who, status) in [
        ("handler@weixiu", 200),
        ("unit_head@weixiu", 200),
        ("handler@wuye", 404),
        ("reviewer", 403),
        ("agent", 403),
    ] {
        assert_eq!(office.post(who, &path, &text).status, status, "{who}");
    }
    // 403 before 422.
    assert_eq!(office.post("reviewer", &path, &json!({})).status, 403);
    assert_eq!(office.post("handler@weixiu", &path, &json!({ "text": " " })).status, 422);
    let page = office.shown("handler@weixiu", &format!("/tickets/{no}"));
    assert!(page.contains(&format!("data-nudge=\"{path}\" data-of=\"text\"")), "{page}");
}
