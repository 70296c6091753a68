//! Payloads: script in every field that somebody can fill, seen by every role on every page. Its rule: no dialog opens,
//! no policy is broken, nothing of it becomes an element, and it is there to be read as it was typed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::driver::say;
use super::keys::twice;
use super::pages::{PAGES, open};
use super::stage::EVERYBODY;
use super::tab::Tab;
use super::world::{Speech, World};

/// Ends an attribute, a text area and a script; opens a dialog in four ways.
const PAYLOAD: &str = "\"'></textarea></script><script>alert(1)</script><img src=x onerror=alert(2)>\
    <svg onload=alert(3)>{{7*7}}<a href=javascript:alert(4)>";
/// The same where few characters are taken.
const SHORT: &str = "\"><svg onload=alert(5)>";
const HOSTILE: &str = include_str!("../../hostile.json");

/// The payload behind what somebody would say.
fn poisoned(text: &str) -> String {
    if text.chars().count() < 4 { PAYLOAD.to_owned() } else { format!("{text}{PAYLOAD}") }
}

/// What of the payload has become part of the page, and whether its text is read there.
const FOUND: &str = "const own = it => new URL(it.src, location).pathname.startsWith('/assets/'); \
    const made = Array.from(document.querySelectorAll('*')).filter(it => \
      Array.from(it.attributes).some(at => at.name.startsWith('on')) || it.matches('img[src=x], a[href^=javascript]') || \
      (it.matches('script') && !own(it)) || (it.matches('style') && !location.pathname.endsWith('/page'))); \
    const typed = Array.from(document.querySelectorAll('input, textarea'), it => it.value).join('\\n'); \
    return { made: made.map(it => it.outerHTML.slice(0, 200)), \
      read: (document.body.innerText + typed).includes('<script>alert(1)</script>'), \
      filled: document.body.innerText.includes('>49<') };";

/// Looks at the page that is shown; whether the payload is read there.
fn looks(tab: &Tab, place: &str) -> bool {
    assert_eq!(tab.dialog(), None, "{place}");
    let found = tab.run(FOUND, &[]);
    assert_eq!((&found["made"], &found["filled"]), (&json!([]), &json!(false)), "{place}");
    assert_eq!(tab.complaints(), [""; 0], "{place}");
    found["read"] == true
}

#[test]
fn script_in_every_field_is_text_on_every_page_to_every_role() {
    let mut world = World::of(Speech { words: poisoned, name: |_| SHORT.to_owned() });
    world.further();
    let stage = &world.stage;
    let Some(tab) = stage.browser("hostile") else { return };
    // What would be seen if one of them got through.
    tab.go("/c");
    tab.run("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>');", &[]);
    tab.until("document.querySelector('img[src=x]').complete");
    assert!(!tab.complaints().is_empty(), "the browser tells of what a policy stops");
    tab.run("setTimeout(() => alert(5), 0);", &[]);
    let since = std::time::Instant::now();
    while tab.dialog().is_none() {
        assert!(since.elapsed().as_secs() < 60, "a dialog is seen");
    }
    let corpus: Vec<String> = serde_json::from_str(HOSTILE).unwrap();
    let clean = |text: &String| !text.chars().any(|c| c.is_control() && c != '\n');
    let whole: Vec<String> = corpus.into_iter().filter(clean).collect();
    let text = json!({ "text": whole.join("\n"), "public": true });
    stage.orders("agent", world.place("accepted"), "note", &text);
    let people: Vec<Option<&str>> = [None].into_iter().chain(EVERYBODY.map(Some)).collect();
    let (mut answered, mut opened, mut read) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    for who in people {
        let cookie = who.map(|who| stage.cookie(who));
        tab.holds(cookie.as_deref());
        let mut is_first = true;
        for path in addresses(&world, who) {
            let page = stage.page(who, path.split('#').next().unwrap_or_default());
            if page.status != 200 {
                continue;
            }
            answered += 1;
            if !std::mem::take(&mut is_first) && !is_new(&mut seen, &path, &page.body) {
                continue;
            }
            open(&world, &tab, &path);
            opened += 1;
            read += u32::from(looks(&tab, &format!("{who:?} {path}")));
        }
    }
    assert!(read > 60, "read as text on {read} of {opened} pages");
    say(&format!(
        "payloads: of {answered} pages for 11 roles and a stranger {opened} hold some of their own and were opened, \
         read as text on {read}"
    ));
    while_typing(&world, &tab);
    assert_eq!(tab.served().abroad, [""; 0], "no request leaves the machine");
}

/// The pages that `who` may try: whoever works here has nothing else on the citizens' pages than anybody.
fn addresses(world: &World, who: Option<&str>) -> BTreeSet<String> {
    let tickets = world.tickets().into_iter().map(|no| format!("/tickets/{no}"));
    let pages = PAGES.iter().map(|(_, _, path)| world.fill(path));
    let is_theirs =
        |path: &String| who.is_none() == (path.starts_with("/c") && !path.starts_with("/calls"));
    pages.chain(tickets).filter(is_theirs).collect()
}

/// Whether a page holds, below the bar that all of a reader's pages have, what may be of a payload, and is not to the
/// letter what another role was shown; what stands behind a form, and what asks for more, always is.
fn is_new(seen: &mut BTreeSet<(String, String)>, path: &str, body: &str) -> bool {
    let own = body.split_once("<main").map_or(body, |(_, own)| own);
    let asks = path.contains('#') || own.contains("data-none");
    (asks || own.contains("alert(")) && seen.insert((path.to_owned(), own.to_owned()))
}

/// What scripts of ours put on the page: choices, what may fit, whose call it is.
fn while_typing(world: &World, tab: &Tab) {
    let cookie = world.stage.cookie("agent");
    tab.holds(Some(&cookie));
    tab.go("/desk?call_id=call-1");
    tab.keys("c");
    tab.keys("3号楼电梯停运三天");
    tab.keys("\u{E00A}qE900");
    tab.until("document.querySelector('.choices:not([hidden]) > li') !== null");
    assert!(looks(tab, "the choices of an estate"), "its name is read");
    tab.keys("\u{E007}\u{E00A}fH050299");
    tab.until("document.querySelector('.choices:not([hidden]) > li[data-code=H050299]') !== null");
    looks(tab, "the choices of a category");
    tab.until("document.querySelector('[data-part=duplicates]:not([hidden]), [data-part=categories]:not([hidden])') !== null");
    looks(tab, "what may fit");
    assert_eq!(twice(tab), [""; 0], "what may fit has keys of its own");
    for path in ["/tickets/{accepted}", "/tickets/{handled}"] {
        let dispatcher =
            world.stage.cookie(if path.contains("handled") { "handler" } else { "dispatcher" });
        tab.holds(Some(&dispatcher));
        open(world, tab, path);
        tab.run("for (const it of document.querySelectorAll('details')) it.open = true;", &[]);
        assert!(looks(tab, path), "all of it, unfolded");
    }
    let own: Value = world.stage.asks("agent", "/me");
    assert_eq!(own["name"], "agent");
}
