//! The field page on a phone: it opens without a signal, and what waits there is sent once when the signal is back, is kept
//! for three days, and not once its owner has left. Its rule: the signal is cut on the way to the server, where the page's
//! worker feels it too.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::stage::{Stage, complaint, phone};
use super::tab::{Scheme, Tab, Width};
use super::way::{Signal, Way};
use crate::support::form::fetch;
use crate::support::photo::{MARK, chunk, holds, phone_photo, picture, png_of, with_chunks};

/// One thing that waits, of `arguments[0]`, put by `arguments[1]` hours ago.
const PUT: &str = "return new Promise((good, bad) => { \
    const asked = indexedDB.open('jiesu-field', 1); \
    asked.onerror = () => bad(asked.error); \
    asked.onsuccess = () => { \
      const work = asked.result.transaction('out', 'readwrite'); \
      work.objectStore('out').add({ who: arguments[0], saved: Date.now() - arguments[1] * 3600000, no: '2026-999999', \
        what: '进展', url: '/api/v1/tickets/2026-999999/note', key: crypto.randomUUID(), at: '09:00', json: { text: 'x' } }); \
      work.oncomplete = () => { asked.result.close(); good(true); }; \
    }; });";
/// Whose the things are that wait.
const WHOSE: &str = "return new Promise((good, bad) => { \
    const asked = indexedDB.open('jiesu-field'); \
    asked.onerror = () => bad(asked.error); \
    asked.onsuccess = () => { \
      const all = asked.result.transaction('out').objectStore('out').getAll(); \
      all.onsuccess = () => { asked.result.close(); good(all.result.map(it => it.who).sort()); }; \
    }; });";
/// The page has looked at what waits.
const LOOKED: &str = "!document.querySelector('[data-net]').textContent.includes('正在检查')";
/// All that the page is made of is on the phone.
const KEPT: &str = "Promise.all(['/field', ...Array.from(document.querySelectorAll('script[src], link[href]'), \
    it => it.src || it.href)].map(it => caches.match(it))).then(all => all.every(Boolean))";
const NOTE: &str = "已到现场，正在更换主板。";

fn put(tab: &Tab, who: &str, hours: u32) {
    tab.run(PUT, &[json!(who), json!(hours)]);
}

fn whose(tab: &Tab) -> Value {
    tab.run(WHOSE, &[])
}

#[test]
fn what_waits_on_a_phone_is_gone_after_three_days_and_when_its_owner_leaves() {
    let stage = Stage::at("2026-11-02T09:00:00+08:00");
    let Some(tab) = stage.browser("field") else { return };
    tab.log_in("handler", "/field");
    tab.until(LOOKED);
    for (who, hours) in [("handler", 73), ("zhang", 73), ("handler", 71), ("zhang", 1)] {
        put(&tab, who, hours);
    }
    tab.anew(|| drop(tab.run("location.reload();", &[])));
    tab.until(LOOKED);
    tab.says("1 条 72 小时没有发出，已从本机删除");
    assert_eq!(whose(&tab), json!(["handler", "zhang"]));
    // There is no such ticket: it is sent again by whoever wants it, and not every half minute.
    tab.says("再发一次");
    // On any other page too, by whoever comes.
    put(&tab, "zhang", 80);
    tab.go("/work");
    tab.until("document.readyState === 'complete'");
    let gone = format!("(() => {{ {WHOSE} }})().then(it => it.length === 2)");
    tab.until(&gone);
    tab.run("window.confirm = text => { window.name = text; return true; };", &[]);
    tab.click("[data-leave]");
    tab.arrives("/login");
    let asked = tab.run("return window.name;", &[]);
    assert!(asked.as_str().is_some_and(|it| it.contains("还有 1 条")), "{asked}");
    assert_eq!(whose(&tab), json!(["zhang"]), "what is another's waits for them");
    assert_eq!(tab.run("return caches.keys();", &[]), json!([]));
}

/// The signal is as it is, and the phone's system says so to the browser.
fn signal(way: &Way, tab: &Tab, now: Signal) {
    way.set(now);
    let gone = now == Signal::None;
    let with =
        json!({ "offline": gone, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1 });
    tab.tell("Network.emulateNetworkConditions", &with);
}

/// Waits until so many things wait on the phone.
fn waits(tab: &Tab, count: usize) {
    tab.until(&format!("document.querySelectorAll('[data-waiting] li').length === {count}"));
}

fn photos(stage: &Stage, no: &str) -> Vec<Value> {
    stage.ticket(no)["attachments"].as_array().cloned().unwrap_or_default()
}

/// How often the note stands in the ticket's history.
fn notes(stage: &Stage, no: &str) -> usize {
    let events = stage.asks("handler", &format!("/tickets/{no}/events"));
    let items = events["items"].as_array().expect("events").iter();
    items.filter(|it| it["body"]["text"] == NOTE).count()
}

/// A ticket that the unit is at work on.
fn at_work(stage: &Stage) -> String {
    let no = stage.registers(&complaint(&phone())).0;
    stage.orders("dispatcher", &no, "dispatch", &json!({ "lead": "wuye" }));
    stage.works("handler", &no, "sign", &json!({}));
    stage.works("handler", &no, "contact", &json!({ "outcome": "spoke" }));
    no
}

/// Two photos with their position, from the phone's album: one that the page makes smaller, and one that is small as it is.
fn two_photos(stage: &Stage, tab: &Tab) {
    let position = [b"Comment\0".as_slice(), MARK.as_bytes()].concat();
    let small = with_chunks(&png_of(&picture(16, 12)), &[chunk(*b"tEXt", &position)]);
    for (n, (kind, ending, bytes)) in
        [("before", "jpg", phone_photo(1)), ("after", "png", small)].into_iter().enumerate()
    {
        assert!(holds(&bytes, MARK.as_bytes()));
        let path = stage.profile(&format!("{kind}.{ending}"));
        std::fs::write(&path, bytes).unwrap();
        tab.picks(&format!("input[data-photo={kind}]"), &path);
        waits(tab, n + 1);
    }
}

#[test]
fn photos_and_a_note_from_where_there_is_no_signal_are_sent_once_when_there_is_one() {
    let stage = Stage::at("2026-11-02T09:00:00+08:00");
    let way = Way::to(stage.server.address);
    let Some(tab) = Tab::open(&way.origin(), &stage.profile("away")) else { return };
    let no = at_work(&stage);
    tab.log_in("handler", "/field");
    tab.look(Width::Phone, Scheme::Light);
    // Once was enough: it opens in the cellar.
    tab.until(KEPT);
    signal(&way, &tab, Signal::None);
    tab.anew(|| drop(tab.run("location.reload();", &[])));
    tab.until(LOOKED);
    tab.says(&no);
    two_photos(&stage, &tab);
    tab.fill("form[data-put$=progress] textarea", NOTE);
    tab.click("form[data-put$=progress] button");
    waits(&tab, 3);
    tab.says("没有信号：已存 3 条");
    tab.says("待发送");
    let across = tab.run("return document.documentElement.scrollWidth;", &[]);
    assert!(across.as_u64().unwrap() <= 390, "nothing is wider than the phone: {across}");
    // Closed, and opened again where there still is none.
    tab.run("location.href = 'about:blank';", &[]);
    tab.until("location.href === 'about:blank'");
    tab.go("/field");
    waits(&tab, 3);
    assert_eq!((photos(&stage, &no), notes(&stage, &no)), (Vec::new(), 0));
    // On the way out the first arrives, and nobody learns of it.
    stage.server.clock.forward(TimeDelta::minutes(20));
    signal(&way, &tab, Signal::Lossy);
    let since = Instant::now();
    while photos(&stage, &no).is_empty() {
        assert!(since.elapsed() < Duration::from_mins(1), "nothing arrives");
        std::thread::sleep(Duration::from_millis(25));
    }
    waits(&tab, 3);
    signal(&way, &tab, Signal::None);
    signal(&way, &tab, Signal::Good);
    tab.says("在线，没有待发送的内容");
    arrived_once(&stage, &no);
    // Nor is anything sent that was.
    tab.anew(|| drop(tab.run("location.reload();", &[])));
    tab.says("在线，没有待发送的内容");
    arrived_once(&stage, &no);
}

/// Each is there once, as what it was taken for, with the hour of its arrival and without where it was taken.
fn arrived_once(stage: &Stage, no: &str) {
    let all = photos(stage, no);
    let told: Vec<[&str; 4]> = all
        .iter()
        .map(|it| ["kind", "type", "at", "by"].map(|name| it[name].as_str().unwrap_or_default()))
        .collect();
    let at = "2026-11-02T09:20:00+08:00";
    let wanted = [["before", "image/jpeg", at, "handler"], ["after", "image/png", at, "handler"]];
    assert_eq!(told, wanted);
    assert_eq!(notes(stage, no), 1);
    let badge = format!("Bearer {}", stage.token("handler"));
    for it in &all {
        let got = fetch(stage.server.address, &badge, it["id"].as_str().unwrap()).unwrap();
        assert_eq!(got.status, 200, "{it}");
        assert!(!holds(&got.body, MARK.as_bytes()) && !holds(&got.body, b"Exif"), "{it}");
    }
}
