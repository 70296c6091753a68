//! The days of those between the caller and the answer: dispatcher, clerk, reviewer, surveyor. Its rule: each comes in
//! through the door, does it on their pages, and the interface says what became of it.

use serde_json::{Value, json};

use super::stage::{Stage, complaint, phone};
use super::tab::{ENTER, Tab};

const WORKDAY: &str = "2026-11-02T09:30:00+08:00";

/// Opens the part of the page that `summary` heads, unless it is open.
fn unfold(tab: &Tab, form: &str) {
    tab.run("document.querySelector(arguments[0]).closest('details').open = true;", &[json!(form)]);
}

fn form(no: &str, command: &str) -> String {
    format!("form[data-call='/api/v1/tickets/{no}/{command}']")
}

fn part(no: &str, command: &str) -> String {
    format!("form[data-call='/api/v1/assignments/{no}-1/{command}']")
}

/// Sends the form and waits for the page that comes after it.
fn send(tab: &Tab, form: &str) {
    tab.anew(|| tab.click(&format!("{form} button.main")));
}

/// A ticket that waits for a dispatcher.
fn accepted(stage: &Stage) -> String {
    stage.registers(&complaint(&phone())).0
}

fn in_hand(stage: &Stage, no: &str) {
    stage.orders("dispatcher", no, "dispatch", &json!({ "lead": "wuye" }));
    stage.works("handler", no, "sign", &json!({}));
    stage.works("handler", no, "contact", &json!({ "outcome": "spoke" }));
}

fn replied(stage: &Stage) -> String {
    let no = accepted(stage);
    in_hand(stage, &no);
    let text = "已更换主板，2026年11月2日恢复运行。";
    stage.orders("handler", &no, "reply", &json!({ "text": text }));
    no
}

#[test]
fn a_dispatcher_sends_what_waits_merges_what_is_known_and_calls_back_what_went_wrong() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("dispatcher") else { return };
    let caller = phone();
    let first = stage.registers(&complaint(&caller)).0;
    let again = stage.registers(&complaint(&caller)).0;
    // Beside other matters: what every ticket says tells no two of them from the rest.
    for text in [
        "暖气不热，室温只有十五度",
        "楼上半夜敲地板",
        "物业乱收停车费",
        "路灯坏了一个月",
        "垃圾没人清运",
    ] {
        let mut other = complaint(&phone());
        other["matter"]["content"] = json!(text);
        stage.registers(&other);
    }
    stage.work();
    tab.log_in("dispatcher", "/");
    tab.says(&first);
    // The queue by its keys: the first line, opened.
    tab.keys("j");
    tab.until("document.activeElement.matches('tr[aria-selected=true] a')");
    let chosen = tab.until("document.activeElement.textContent");
    tab.keys(&ENTER.to_string());
    tab.arrives(&format!("/tickets/{}", chosen.as_str().unwrap()));
    tab.go(&format!("/tickets/{first}"));
    tab.until("document.querySelector('[data-part=units]:not([hidden]) button') !== null");
    // One key sends it where the catalogue says.
    tab.anew(|| tab.keys("1"));
    let ticket = stage.ticket(&first);
    assert_eq!(
        (&ticket["state"], ticket["lead"].is_string()),
        (&json!("in_units"), true),
        "{ticket}"
    );
    // The same caller about the same thing: into the first, which the index knows by now.
    stage.work();
    tab.go(&format!("/tickets/{again}"));
    tab.until("document.querySelector('[data-part=duplicates]:not([hidden]) button') !== null");
    tab.keys("4");
    tab.arrives(&format!("/tickets/{first}"));
    assert_eq!(stage.state(&again), "merged");
    // By a few letters, with a street beside it.
    let third = accepted(&stage);
    tab.go(&format!("/tickets/{third}"));
    tab.keys("d");
    picks(&tab, &form(&third, "dispatch"), "lead", "wyk", "wuye");
    tab.fill(&format!("{} [name=note]", form(&third, "dispatch")), "请与街道同去");
    send(&tab, &form(&third, "dispatch"));
    let ticket = stage.ticket(&third);
    assert_eq!((&ticket["state"], &ticket["lead"]), (&json!("in_units"), &json!("wuye")));
    // Back from a unit that was the wrong one.
    unfold(&tab, &form(&third, "recall"));
    tab.fill(&format!("{} [name=reason]", form(&third, "recall")), "派错了");
    send(&tab, &form(&third, "recall"));
    assert_eq!(stage.state(&third), "accepted");
    assert_eq!(tab.complaints(), [""; 0]);
}

/// Chooses `code` in the field `name` of a form by letters.
fn picks(tab: &Tab, form: &str, name: &str, letters: &str, code: &str) {
    tab.fill(&format!("{form} [name={name}-typed]"), letters);
    tab.until(&format!(
        "document.querySelector(\"{form} .choices:not([hidden]) > li[data-code='{code}']\") !== null"
    ));
    tab.click(&format!("{form} .choices > li[data-code='{code}']"));
    tab.until(&format!(
        "document.querySelector(\"{form} input[type=hidden][name={name}]\").value === '{code}'"
    ));
}

#[test]
fn a_clerk_signs_all_at_once_speaks_to_the_citizen_and_replies() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("clerk") else { return };
    let (no, other) = (accepted(&stage), accepted(&stage));
    for it in [&no, &other] {
        stage.orders("dispatcher", it, "dispatch", &json!({ "lead": "wuye" }));
    }
    stage.work();
    tab.log_in("handler", "/work");
    tab.says(&no);
    tab.keys("as");
    tab.says("可以办 2 件");
    let state = |no: &str| stage.ticket(no)["assignments"][0]["state"].clone();
    assert_eq!((state(&no), state(&other)), (json!("sent"), json!("sent")), "only tried");
    tab.keys("s");
    tab.says("已办 2 件");
    assert_eq!((state(&no), state(&other)), (json!("signed"), json!("signed")));
    tab.go(&format!("/tickets/{no}"));
    tab.keys("c");
    tab.fill(&format!("{} [name=text]", part(&no, "contact")), "诉求人在家，约下午上门。");
    send(&tab, &part(&no, "contact"));
    assert_eq!(state(&no), json!("handling"));
    // The number is asked for with its purpose, and stands on the trail.
    tab.keys("v");
    tab.click(&format!("{} button", form(&no, "reveal")));
    tab.until("document.querySelector('[data-shown] dd') !== null");
    let readers = stage.asks("leader", &format!("/tickets/{no}/readers"));
    assert!(readers.to_string().contains("ticket.reveal"), "{readers}");
    tab.keys("r");
    // What the guard asks about is shown beside the words that are still there.
    tab.fill(
        &format!("{} [name=text]", form(&no, "reply")),
        "您好，您反映的问题我们高度重视，已责成相关单位尽快处理。",
    );
    // A moment after typing stops it says what is missing, and stops nobody.
    tab.says("还没有写明：做了什么、何时办、依据什么");
    tab.click(&format!("{} button.main", form(&no, "reply")));
    tab.until(
        "document.querySelector('[data-doubts]:not([hidden]) label:not([hidden]) input') !== null",
    );
    assert_eq!(stage.state(&no), "in_units");
    tab.fill(&format!("{} [name=text]", form(&no, "reply")), "已更换主板，2026年11月2日恢复运行。");
    send(&tab, &form(&no, "reply"));
    let ticket = stage.ticket(&no);
    assert_eq!(
        (&ticket["state"], &ticket["reply"]),
        (&json!("replied"), &json!("已更换主板，2026年11月2日恢复运行。"))
    );
    assert_eq!(tab.complaints(), [""; 0]);
}

#[test]
fn a_reviewer_sends_one_reply_back_and_passes_another() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("reviewer") else { return };
    let (good, poor) = (replied(&stage), replied(&stage));
    tab.log_in("reviewer", "/");
    tab.says(&good);
    tab.go(&format!("/tickets/{poor}"));
    tab.keys("s");
    tab.click(&format!("{} [name=pass][value=false]", form(&poor, "review")));
    tab.fill(&format!("{} [name=reason]", form(&poor, "review")), "没有说明更换了什么");
    send(&tab, &form(&poor, "review"));
    assert_eq!(stage.state(&poor), "in_units");
    tab.go(&format!("/tickets/{good}"));
    tab.keys("s");
    tab.click(&format!("{} [name=pass][value=true]", form(&good, "review")));
    send(&tab, &form(&good, "review"));
    assert_eq!(stage.state(&good), "surveying");
    assert_eq!(tab.complaints(), [""; 0]);
}

#[test]
fn a_surveyor_asks_one_after_the_other_with_a_key_an_answer() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("surveyor") else { return };
    let (first, second) = (replied(&stage), replied(&stage));
    for no in [&first, &second] {
        stage.orders("reviewer", no, "review", &json!({ "pass": true }));
    }
    tab.log_in("surveyor", "/survey");
    let asked = |tab: &Tab| {
        let address = tab.until("document.querySelector('form[data-survey]').dataset.call");
        let parts = address.as_str().unwrap().trim_start_matches("/api/v1/tickets/");
        parts.trim_end_matches("/survey").to_owned()
    };
    let one = asked(&tab);
    tab.anew(|| tab.keys("111s"));
    let attempt = |no: &str| stage.ticket(no)["survey"].clone();
    let ticket = stage.ticket(&one);
    assert_eq!(ticket["state"], "closed", "{}", attempt(&one));
    let two = asked(&tab);
    assert_ne!(one, two);
    assert!([&first, &second].contains(&&two));
    // Not reached: one letter; and the page has nobody left.
    tab.anew(|| tab.keys("ns"));
    tab.says("现在没有可以回访的工单");
    let ticket = stage.ticket(&two);
    assert_eq!(
        (&ticket["state"], &ticket["counts"]["attempts"]),
        (&json!("surveying"), &json!(1)),
        "{ticket}"
    );
    let third = replied(&stage);
    stage.orders("reviewer", &third, "review", &json!({ "pass": true }));
    tab.go("/survey");
    assert_eq!(asked(&tab), third);
    // A slip is taken back; a bad answer goes to the reviewer with the citizen's own words.
    tab.keys("12");
    tab.keys("\u{E003}");
    tab.keys("33");
    tab.keys("c");
    tab.keys("还是停着");
    // What was answered by a key is kept as what was typed is.
    tab.go("/survey");
    tab.says("已恢复上次未提交的内容");
    assert_eq!(asked(&tab), third);
    tab.anew(|| tab.keys("\u{E00A}s"));
    let ticket: Value = stage.ticket(&third);
    assert_eq!(
        (&ticket["state"], &ticket["awaits"]),
        (&json!("surveying"), &json!("triage")),
        "{ticket}"
    );
    assert!(ticket["survey"].to_string().contains("unsolved"), "{}", ticket["survey"]);
    assert_eq!(tab.complaints(), [""; 0]);
}

#[test]
fn of_two_who_put_a_day_of_the_roster_the_later_sees_both_and_decides() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("roster") else { return };
    let address = "/roster?edit=2026-11-02&from=2026-11-02";
    tab.log_in("unit_head", "/roster");
    tab.go(address);
    tab.set("[name='turns.0.shift']", "night");
    tab.fill("[name='turns.0.name']", "值班甲");
    let two = json!({ "turns": [{ "shift": "day", "name": "值班乙" },
        { "shift": "night", "name": "值班丙" }, { "shift": "night", "name": "值班丁" }] });
    stage.does("dispatcher", "PUT", "/roster/wuye/2026-11-02", &two);
    tab.click("#edit button.main");
    tab.says("别人刚刚先改了这一件");
    let rows = tab.until("document.querySelector('.meet table').innerText");
    let rows = rows.as_str().unwrap();
    for name in ["值班甲", "值班乙", "值班丙", "值班丁", "第 1 行姓名"] {
        assert!(rows.contains(name), "{name}: {rows}");
    }
    tab.anew(|| tab.click(".meet button.main"));
    tab.says("值班甲");
    let roster = stage.asks("leader", "/roster?from=2026-11-02&to=2026-11-02&unit=wuye");
    let turns = &roster["units"][0]["days"][0]["turns"];
    assert_eq!((turns.as_array().unwrap().len(), &turns[0]["name"]), (1, &json!("值班甲")));
    assert_eq!(tab.complaints(), [""; 0]);
}
