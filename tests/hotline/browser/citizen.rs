//! The citizen: asks on a phone and follows by number, code and digits, with scripts switched off. Its rule: nothing of
//! it stands in an address, and the house asks for nothing but the pages, the style and the mark.

use serde_json::json;

use super::stage::{Stage, phone};
use super::tab::{Scheme, Tab, Width};

/// What the page shows in the line `name` of a list of facts.
fn fact(tab: &Tab, name: &str) -> String {
    let found = tab.run(
        "const it = Array.from(document.querySelectorAll('dt')).find(it => it.textContent.trim().startsWith(arguments[0])); \
         return it ? it.nextElementSibling.textContent.trim() : null;",
        &[json!(name)],
    );
    found.as_str().unwrap_or_else(|| panic!("no {name}: {}", tab.words())).to_owned()
}

/// Opens what stands folded under the heading of the form `action`, and sends it with `text`.
fn says(tab: &Tab, action: &str, text: &str) {
    let form = format!("form[action='/c/{action}']");
    tab.click(&format!("details:has({form}) > summary"));
    tab.fill(&format!("{form} textarea"), text);
    tab.click(&format!("{form} button.main"));
    tab.arrives(&format!("/c/{action}"));
}

/// The unit speaks to them and replies, and the reply passes.
fn answered(stage: &Stage, no: &str) {
    stage.works("handler", no, "sign", &json!({}));
    stage.works("handler", no, "contact", &json!({ "outcome": "spoke" }));
    stage.orders("handler", no, "reply", &json!({ "text": "已更换主板，2026年11月2日恢复运行。" }));
    stage.orders("reviewer", no, "review", &json!({ "pass": true }));
}

/// Brings a matter, first without a way to be reached: what was typed stays; answers number and code.
fn brings(tab: &Tab, own: &str) -> (String, String) {
    tab.go("/c");
    tab.click("a[href='/c/new']");
    tab.arrives("/c/new");
    tab.click("input[name=kind][value=complaint]");
    tab.fill("[name='matter.content']", "电梯停运三天，老人下不了楼。");
    tab.fill("[name='place.address']", "清岚大街2号院3号楼");
    tab.click("main form button.main");
    tab.says("电话和邮箱");
    assert_eq!(
        tab.run("return document.querySelector(\"[name='matter.content']\").value;", &[]),
        "电梯停运三天，老人下不了楼。"
    );
    tab.fill("[name='caller.phone']", own);
    tab.fill("[name='caller.name']", "李女士");
    tab.click("main form button.main");
    tab.says("您的诉求已经受理");
    (fact(tab, "诉求编号"), fact(tab, "查询码"))
}

#[test]
fn a_citizen_asks_follows_urges_and_answers_on_a_phone_without_scripts() {
    let stage = Stage::at("2026-11-02T09:30:00+08:00");
    let Some(tab) = stage.browser("citizen") else { return };
    let own = phone();
    tab.look(Width::Phone, Scheme::Light);
    tab.scripts_off();
    let (no, code) = brings(&tab, &own);
    assert_eq!((stage.ticket(&no)["channel"].clone(), code.len()), (json!("web"), 6));
    // Another day, by what was written down.
    tab.go("/c/look");
    let looks = |code: &str| {
        tab.fill("[name=no]", &no);
        tab.fill("[name=code]", code);
        tab.fill("[name=phone_tail]", &own[7..]);
        tab.click("main form button.main");
    };
    looks(if code == "123456" { "654321" } else { "123456" });
    tab.until("document.querySelector('[role=alert]') !== null");
    looks(&code);
    tab.says("您的诉求已经受理");
    says(&tab, "facts", "今天又困住一个人");
    tab.says("补充的情况已收到");
    stage.orders("dispatcher", &no, "dispatch", &json!({ "lead": "wuye" }));
    says(&tab, "urge", "请快一点");
    tab.says("催办已收到");
    assert_eq!(stage.ticket(&no)["counts"]["urges"], 1);
    assert!(fact(&tab, "谁在办").contains("物业科"), "{}", tab.words());
    answered(&stage, &no);
    tab.click("form[action='/c/look'] button");
    tab.says("已更换主板");
    for (name, value) in [("contacted", "yes"), ("solved", "solved"), ("satisfied", "satisfied")] {
        tab.click(&format!("form[action='/c/survey'] [name={name}][value={value}]"));
    }
    tab.click("form[action='/c/survey'] button.main");
    tab.says("您的评价已收到");
    let ticket = stage.ticket(&no);
    assert_eq!(
        (&ticket["state"], ticket["survey"]["satisfied"].clone()),
        (&json!("closed"), json!("satisfied")),
        "{ticket}"
    );
    assert!(!tab.place().contains(&no) && !tab.place().contains(&code));
    let across = tab.run("return document.documentElement.scrollWidth;", &[]);
    assert!(across.as_u64().unwrap() <= 390, "nothing is wider than the phone: {across}");
    assert_eq!(tab.complaints(), [""; 0]);
    let served = tab.served();
    assert_eq!(served.abroad, [""; 0]);
}
