//! The field page on a phone: what waits to be sent there is kept for three days, and not once its owner has left.

use serde_json::{Value, json};

use super::stage::Stage;
use super::tab::Tab;

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
