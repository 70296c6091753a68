//! Keys: what one of them acts on. Its rule: on no page does one letter stand for two things, and what stands in a row
//! happens to the row that was chosen.

use serde_json::{Value, json};

use super::driver::say;
use super::pages::{PAGES, open};
use super::tab::Tab;
use super::world::{Speech, World};

/// Keys of more than one thing. Folded forms are gone through one after the other; of rows one is chosen.
const TWICE: &str = "const all = new Map(); \
    for (const it of document.querySelectorAll('[data-key]')) { \
      const key = it.dataset.key.toLowerCase(); \
      all.set(key, [...(all.get(key) ?? []), it]); } \
    const inRow = it => it.closest('[data-rows]') !== null; \
    const isClear = those => those.length === 1 || those.every(inRow) || \
      (those.every(it => it.matches('details')) && !those.some(inRow)); \
    return Array.from(all).filter(([, those]) => !isClear(those)).map(([key]) => key);";

/// What stands for two things on the page that is shown.
pub fn twice(tab: &Tab) -> Vec<String> {
    let found = tab.run(TWICE, &[]);
    let keys = found.as_array().into_iter().flatten();
    keys.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Presses j until the row that holds `selector` is chosen.
fn chooses(tab: &Tab, selector: &str) {
    let place = tab.run(
        "return Array.from(document.querySelectorAll('[data-rows] > *')) \
            .findIndex(row => row.querySelector(arguments[0]) !== null);",
        &[json!(selector)],
    );
    let place = place.as_u64().unwrap_or_else(|| panic!("no row with {selector}"));
    for _ in 0..=place {
        tab.keys("j");
    }
}

#[test]
fn on_no_page_does_one_key_stand_for_two_things() {
    let world = World::of(Speech::PLAIN);
    let Some(tab) = world.stage.browser("keys") else { return };
    tab.go("/c");
    // A page that is wrong on purpose, and one that is not.
    let rows = "<a data-key=\"n\"></a><details data-key=\"w\"></details>";
    for (more, wrong) in
        [("<a data-key=\"w\"></a>", true), ("<details data-key=\"w\"></details>", false)]
    {
        tab.run(
            "document.querySelector('main').innerHTML = arguments[0];",
            &[json!(format!("{rows}{more}"))],
        );
        assert_eq!(!twice(&tab).is_empty(), wrong, "{more}");
    }
    let mut wrong = Vec::new();
    for (name, who, path) in PAGES {
        let cookie = (!who.is_empty()).then(|| world.stage.cookie(who));
        tab.holds(cookie.as_deref());
        open(&world, &tab, path);
        wrong.extend(twice(&tab).into_iter().map(|key| format!("{name} ({path}): {key}")));
    }
    say(&format!("keys: {} pages, {} keys of two things", PAGES.len(), wrong.len()));
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_key_of_a_row_happens_to_the_row_that_was_chosen_and_to_no_other() {
    let world = World::of(Speech::PLAIN);
    let stage = &world.stage;
    let Some(tab) = stage.browser("rows") else { return };
    let address = format!("/warnings/{}", world.place("warning"));
    let state = || stage.asks("dispatcher", &address)["state"].clone();
    tab.log_in("dispatcher", "/warnings");
    let before = state();
    tab.keys("x");
    tab.says("先用 j、k 选一行");
    assert_eq!(state(), before, "nobody chose it");
    chooses(&tab, &format!("a[href='{address}']"));
    tab.anew(|| tab.keys("x"));
    assert_eq!((state(), before), (json!("closed"), json!("acted")));
    // Missed calls have digits of their own.
    let agent = stage.browser("calls").expect("as before");
    agent.log_in("agent", "/calls");
    agent.keys("2");
    agent.says("先用 j、k 选一行");
    agent.until("document.querySelector('[data-act]') !== null");
    chooses(&agent, "[data-act]");
    agent.anew(|| agent.keys("2"));
    agent.says("没有待回拨的未接来电");
    for it in [&tab, &agent] {
        assert_eq!(it.complaints(), [""; 0]);
    }
}
