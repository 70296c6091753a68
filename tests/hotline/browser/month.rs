//! The month: the assessor makes, shows and freezes the report, its unit checks it, the leader reads, signs and
//! publishes it. Its rule: what is frozen is what the interface then says, to the mark.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::stage::{Stage, complaint, phone};
use super::tab::Tab;

fn closed(stage: &Stage) -> String {
    let no = stage.registers(&complaint(&phone())).0;
    stage.orders("dispatcher", &no, "dispatch", &json!({ "lead": "wuye" }));
    stage.works("handler", &no, "sign", &json!({}));
    stage.works("handler", &no, "contact", &json!({ "outcome": "spoke" }));
    stage.orders(
        "handler",
        &no,
        "reply",
        &json!({ "text": "已更换主板，2026年10月20日恢复运行。" }),
    );
    stage.orders("reviewer", &no, "review", &json!({ "pass": true }));
    let good = json!({ "outcome": "reached", "contacted": "yes", "solved": "solved", "satisfied": "satisfied" });
    stage.orders("surveyor", &no, "survey", &good);
    no
}

/// Does a step of the report that needs no more than to be meant.
fn does(tab: &Tab, id: &str, step: &str, key: &str) {
    let form = format!("form[data-call='/api/v1/reports/{id}/{step}']");
    tab.keys(key);
    tab.until(&format!("document.querySelector(\"{form}\").closest('details').open"));
    tab.anew(|| tab.click(&format!("{form} button.main")));
}

#[test]
fn the_assessor_freezes_the_month_its_unit_checks_it_and_the_leader_reads_signs_and_publishes() {
    let stage = Stage::at("2026-10-20T09:30:00+08:00");
    let Some(tab) = stage.browser("month") else { return };
    let no = closed(&stage);
    stage.after(TimeDelta::days(13));
    tab.log_in("assessor", "/monthly");
    // The night of the first made it by itself.
    tab.click("table a[href^='/monthly/']");
    tab.until(
        "/^\\/monthly\\/[^/]+$/.test(location.pathname) && document.readyState === 'complete'",
    );
    let id = tab.place().trim_start_matches("/monthly/").to_owned();
    let seen = |who: &str| stage.asks(who, &format!("/reports/{id}"));
    assert_eq!(seen("assessor")["state"], "draft");
    let preview = format!("form[data-call='/api/v1/reports/{id}/preview']");
    tab.keys("p");
    tab.set(&format!("{preview} [name=until]"), "2026-11-05T18:00");
    tab.anew(|| tab.click(&format!("{preview} button.main")));
    let report = seen("assessor");
    assert_eq!(report["state"], "preliminary", "{report}");
    assert!(
        report["objections_until"].as_str().unwrap().starts_with("2026-11-05T18:00"),
        "{report}"
    );
    checks(&stage, &id, &no);
    // Not before the unit's time is over; by then everybody comes in anew.
    stage.after(TimeDelta::days(4));
    tab.log_in("assessor", &format!("/monthly/{id}"));
    does(&tab, &id, "freeze", "f");
    let frozen = seen("leader");
    assert_eq!(frozen["state"], "frozen", "{frozen}");
    signs(&stage, &id, &frozen);
    assert_eq!(tab.complaints(), [""; 0]);
}

/// The head of the unit looks behind its numbers and confirms them.
fn checks(stage: &Stage, id: &str, no: &str) {
    let tab = stage.browser("head").expect("as before");
    tab.log_in("unit_head", &format!("/monthly/{id}"));
    let lists = tab.run(
        "return Array.from(document.querySelectorAll('td a'), it => it.getAttribute('href'))
            .filter(it => it.includes('/tickets?'));",
        &[],
    );
    let lists = lists.as_array().cloned().unwrap_or_default();
    let behind = |list: &Value| {
        tab.go(list.as_str().unwrap());
        tab.words().contains(no)
    };
    assert!(lists.iter().any(behind), "no number leads to {no}: {lists:?}");
    tab.go(&format!("/monthly/{id}"));
    does(&tab, id, "confirm", "c");
    let report = stage.asks("assessor", &format!("/reports/{id}"));
    let confirmed = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .any(|it| it["unit"] == "wuye" && it["state"] == "confirmed");
    assert!(confirmed, "{}", report["checks"]);
    assert_eq!(tab.complaints(), [""; 0]);
}

/// The leader reads it whole, signs and publishes it, and writes on it what is to be done.
fn signs(stage: &Stage, id: &str, frozen: &Value) {
    let tab = stage.browser("leader").expect("as before");
    tab.log_in("leader", "/monthly");
    tab.click(&format!("a[href='/monthly/{id}']"));
    tab.arrives(&format!("/monthly/{id}"));
    tab.keys("o");
    tab.arrives(&format!("/monthly/{id}/page"));
    assert!(tab.words().contains("电梯"), "{}", tab.words());
    tab.go(&format!("/monthly/{id}"));
    does(&tab, id, "sign", "s");
    does(&tab, id, "publish", "u");
    let instruct = format!("form[data-call='/api/v1/reports/{id}/instruct']");
    tab.keys("i");
    tab.fill(&format!("{instruct} [name=text]"), "电梯要专项整治");
    tab.fill(&format!("{instruct} [name=units-typed]"), "wuye");
    let found = format!("{instruct} .choices > li[data-code=wuye]");
    tab.until(&format!("document.querySelector(\"{found}\") !== null"));
    tab.click(&found);
    tab.anew(|| tab.click(&format!("{instruct} button.main")));
    let done = stage.asks("leader", &format!("/reports/{id}"));
    assert_eq!(done["state"], "published", "{done}");
    assert_eq!(done["facts_hash"], frozen["facts_hash"], "what was frozen is what was signed");
    let steps: Vec<String> = done["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["step"].as_str().unwrap(), it["by"].as_str().unwrap()))
        .collect();
    let order =
        ["create system", "preview assessor", "freeze assessor", "sign leader", "publish leader"];
    let told: Vec<&String> = steps.iter().filter(|it| order.contains(&it.as_str())).collect();
    assert_eq!(told, order, "{steps:?}");
    assert_eq!(done["instructions"][0]["text"], "电梯要专项整治");
    assert_eq!(tab.complaints(), [""; 0]);
}
