//! The agent's day: three calls by keyboard alone, and what is left of one when the browser dies in the middle.

use std::time::{Duration, Instant};

use serde_json::json;

use super::driver::say;
use super::stage::{Stage, complaint, phone};
use super::tab::{ALT, ENTER, Pressed, Served, Tab};

const WORKDAY: &str = "2026-11-02T09:30:00+08:00";

/// One call, as it went: what was pressed and what the server did for it.
struct Course {
    what: &'static str,
    pressed: Pressed,
    served: Served,
}

impl Course {
    fn of(what: &'static str, tab: &Tab) -> Self {
        Self { what, pressed: tab.pressed(), served: tab.served() }
    }
}

fn tell(courses: &[Course]) {
    let count = u32::try_from(courses.len()).unwrap_or(1);
    let sum = |of: fn(&Course) -> u32| courses.iter().map(of).sum::<u32>();
    let (strokes, characters) = (sum(|it| it.pressed.strokes), sum(|it| it.pressed.characters));
    let millis: f64 = courses.iter().map(|it| it.served.millis).sum();
    say(&format!(
        "agent: {count} calls, {} keystrokes a ticket (and {} characters of Chinese), {:.0} ms of server time (unoptimised)",
        strokes / count,
        characters / count,
        millis / f64::from(count),
    ));
    for it in courses {
        let (pressed, served) = (it.pressed, &it.served);
        say(&format!(
            "agent, {}: {} keystrokes, {} characters, {} requests, {:.0} ms",
            it.what, pressed.strokes, pressed.characters, served.requests, served.millis
        ));
        assert_eq!(served.abroad, [""; 0], "no request leaves the machine");
    }
}

#[test]
fn an_agent_takes_three_calls_by_keyboard_alone() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("agent") else { return };
    let (known, new) = (phone(), phone());
    let (old, _) = stage.registers(&complaint(&known));
    stage.orders("dispatcher", &old, "dispatch", &json!({ "lead": "wuye" }));
    for (call, phone) in [("c-1", &known), ("c-2", &new), ("c-3", &new)] {
        stage.rings(call, phone);
    }
    stage.work();
    tab.log_in("agent", "/desk");
    tab.served();
    let courses = [urged(&stage, &tab, &old), taken(&stage, &tab, &new), no_ticket(&stage, &tab)];
    tell(&courses);
    assert_eq!(tab.complaints(), [""; 0]);
}

/// A caller whom the desk knows asks where it stays.
fn urged(stage: &Stage, tab: &Tab, no: &str) -> Course {
    tab.go("/desk?call_id=c-1");
    tab.says(no);
    tab.says("来电人有 1 件工单");
    tab.keys("c");
    tab.keys("今天还没有人来，请催一下。");
    tab.keys(&format!("{ALT}u"));
    tab.says("已催办");
    assert_eq!(stage.ticket(no)["counts"]["urges"], 1);
    let told = stage.asks("handler", &format!("/tickets/{no}/events"));
    assert!(told.to_string().contains("今天还没有人来，请催一下。"), "{told}");
    Course::of("a known caller urges", tab)
}

/// A new matter: category and estate by a few letters.
fn taken(stage: &Stage, tab: &Tab, phone: &str) -> Course {
    tab.go("/desk?call_id=c-2");
    tab.until("document.querySelector('[data-fill-phone]:not([hidden])') !== null");
    tab.keys("0");
    tab.until(&format!("document.forms.intake.elements['caller.phone'].value === '{phone}'"));
    tab.keys("c");
    tab.keys("3号楼电梯停了三天，老人下不了楼。");
    chosen(tab, 'q', "lgy", "place.estate", "E001");
    chosen(tab, 'f', "zdd", "matter.category", "H050201");
    tab.keys(&format!("{ALT}s"));
    tab.until("document.querySelector('[data-part=said]:not([hidden])') !== null");
    let said = tab.until("document.querySelector('[data-say]').textContent");
    let link = tab.until("document.querySelector('[data-open]').getAttribute('href')");
    let no = link.as_str().unwrap().trim_start_matches("/tickets/").to_owned();
    assert!(said.as_str().unwrap().contains(&no), "it is read back: {said}");
    let ticket = stage.ticket(&no);
    assert_eq!(
        (&ticket["state"], &ticket["place"]["estate"], &ticket["category"], &ticket["channel"]),
        (&json!("accepted"), &json!("E001"), &json!("H050201"), &json!("phone")),
    );
    assert_eq!(ticket["content"], "3号楼电梯停了三天，老人下不了楼。");
    let found = stage.posts("agent", "/tickets/find", &json!({ "caller_phone": phone }));
    assert_eq!(found["items"][0]["no"], json!(no), "{found}");
    Course::of("a new matter", tab)
}

/// Chooses the code of the field whose key is `key` by `letters`.
fn chosen(tab: &Tab, key: char, letters: &str, field: &str, code: &str) {
    tab.keys(&format!("{ALT}{key}"));
    tab.keys(letters);
    tab.until(&format!(
        "document.activeElement.parentElement.querySelector('.choices:not([hidden]) > li[data-code=\"{code}\"][aria-selected=true]') !== null"
    ));
    // What would be taken is what a screen reader says.
    tab.until(
        "document.activeElement.getAttribute('aria-activedescendant') \
            === document.activeElement.parentElement.querySelector('li[aria-selected=true]').id",
    );
    tab.keys(&ENTER.to_string());
    tab.until(&format!("document.forms.intake.elements['{field}'].value === '{code}'"));
    tab.until("!document.activeElement.hasAttribute('aria-activedescendant')");
}

/// Nobody speaks.
fn no_ticket(stage: &Stage, tab: &Tab) -> Course {
    tab.go("/desk?call_id=c-3");
    tab.until("document.querySelector('[data-pop]').textContent");
    tab.anew(|| tab.keys("7"));
    tab.arrives("/desk");
    let again = stage.call("agent", "POST", "/calls/c-3/no-ticket", &json!({ "why": "prank" }));
    assert_eq!((again.status, &again.json()["code"]), (409, &json!("calls.no_ticket")));
    Course::of("no ticket", tab)
}

/// Whether a file below `folder` holds `text` as the browser writes it: two bytes a character.
fn is_on_disk(folder: &std::path::Path, text: &str) -> bool {
    let wanted: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| std::fs::read(file.path()).ok())
        .any(|bytes| bytes.windows(wanted.len()).any(|part| part == wanted))
}

#[test]
fn a_draft_is_back_after_the_browser_was_killed_in_the_middle_of_an_intake() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("agent") else { return };
    let words = "地下车库渗水，墙皮脱落，已经一个月。";
    tab.log_in("agent", "/desk");
    tab.keys("h");
    tab.keys("13912345678");
    chosen(&tab, 'q', "lgy", "place.estate", "E001");
    chosen(&tab, 'f', "zdd", "matter.category", "H050201");
    tab.keys(&format!("{ALT}c"));
    tab.keys(words);
    // A browser writes what it keeps some seconds later; what is younger dies with it.
    let (kept, since) =
        (stage.profile("agent").join("Default/Local Storage/leveldb"), Instant::now());
    while !is_on_disk(&kept, words) {
        assert!(since.elapsed() < Duration::from_mins(1), "the draft is not written down");
        std::thread::sleep(Duration::from_millis(50));
    }
    say(&format!("a draft was on disk {} ms after the last key", since.elapsed().as_millis()));
    tab.kill();
    let tab = stage.browser("agent").expect("the browser that was there");
    // The session may have died with it; the draft is the agent's own and comes back behind the door.
    tab.go("/desk");
    if tab.place().starts_with("/login") {
        tab.log_in("agent", "/desk");
    }
    let held = |name: &str| tab.until(&format!("document.forms.intake.elements['{name}'].value"));
    assert_eq!(held("matter.content"), json!(words));
    assert_eq!(held("caller.phone"), json!("13912345678"));
    assert_eq!(held("place.estate"), json!("E001"), "the code behind the name that is shown");
    assert_eq!(held("matter.category"), json!("H050201"));
    tab.says("已恢复上次未提交的内容");
    // One press too many loses nothing.
    tab.keys(&format!("{ALT}x"));
    tab.says("再按一次清空");
    assert_eq!(held("matter.content"), json!(words));
    tab.keys(&format!("{ALT}s"));
    tab.until("document.querySelector('[data-part=said]:not([hidden])') !== null");
    let found = stage.posts("agent", "/tickets/find", &json!({ "caller_phone": "13912345678" }));
    let no = found["items"][0]["no"].as_str().expect("it was taken in").to_owned();
    let ticket = stage.ticket(&no);
    assert_eq!((&ticket["content"], &ticket["place"]["estate"]), (&json!(words), &json!("E001")));
    tab.keys(&format!("{ALT}c13912345678{ALT}x"));
    tab.says("再按一次清空");
    tab.keys(&format!("{ALT}x"));
    tab.until("document.forms.intake.elements['matter.content'].value === ''");
}

#[test]
fn what_was_typed_is_sent_after_another_login_elsewhere_and_in_nobody_else_s_name() {
    let stage = Stage::at(WORKDAY);
    let Some(tab) = stage.browser("again") else { return };
    tab.log_in("agent", "/desk");
    tab.keys("h");
    tab.keys("13912345678");
    chosen(&tab, 'q', "lgy", "place.estate", "E001");
    chosen(&tab, 'f', "zdd", "matter.category", "H050201");
    tab.keys(&format!("{ALT}c"));
    tab.keys("地下车库渗水，墙皮脱落。");
    let known = || {
        let found =
            stage.posts("agent", "/tickets/find", &json!({ "caller_phone": "13912345678" }));
        found["items"].as_array().map_or(0, Vec::len)
    };
    // At the same machine somebody else has logged in since.
    tab.holds(Some(&stage.cookie("dispatcher")));
    tab.keys(&format!("{ALT}s"));
    tab.says("这一页已经不是您登录后打开的那一页");
    assert_eq!(known(), 0);
    // The agent, in another tab.
    tab.holds(Some(&stage.cookie("agent")));
    tab.keys(&format!("{ALT}s"));
    tab.until("document.querySelector('[data-part=said]:not([hidden])') !== null");
    assert_eq!(known(), 1);
    assert_eq!(tab.complaints(), [""; 0]);
}
