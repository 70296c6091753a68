//! Every page that there is, with somebody who may open it: the console's own list. Its rule: a route of a page that
//! stands in no line of it fails the test below, so what is done with every page is done with the next one too.

use std::collections::BTreeSet;

pub use jiesu::web::console::every::{LOOKED, MISTAKEN, PAGES};

use super::tab::Tab;
use super::world::{Speech, World};
use crate::headers;

/// Opens the page as whoever the tab's cookie says.
pub fn open(world: &World, tab: &Tab, path: &str) {
    let path = world.fill(path);
    tab.go(path.split('#').next().unwrap_or_default());
    if path == LOOKED || path == MISTAKEN {
        // A few wrong codes lock a ticket: the one that is looked at is another.
        let of =
            if path == LOOKED { ["own", "code", "tail"] } else { ["accepted", "code", "tail"] };
        for (field, place) in ["no", "code", "phone_tail"].iter().zip(of) {
            tab.fill(&format!("input[name={field}]"), world.place(place));
        }
        tab.anew(|| tab.click("main form button"));
    }
    tab.until("document.readyState === 'complete'");
    settled(tab);
}

/// Waits until what the page's scripts ask for while it opens has been answered.
fn settled(tab: &Tab) {
    tab.until(
        "Array.from(document.querySelectorAll('[data-none]')).every(it => it.hidden || it.textContent !== '正在查找……')",
    );
}

/// The addresses of the console's own routes, as they are declared.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders =
        vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/console"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let parts =
                    text.split("#[get(\"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(parts.map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn every_page_of_the_console_stands_in_the_list() {
    let routes = routes();
    assert!(routes.len() > 30, "{routes:?}");
    let cell = "/monthly/{report}/tickets";
    let paths = PAGES.iter().map(|(_, _, path)| if *path == "{cell}" { cell } else { path });
    let paths: Vec<Vec<&str>> = paths
        .map(|path| path.split(['?', '#']).next().unwrap_or_default().split('/').collect())
        .collect();
    let fits = |route: &str| {
        let parts: Vec<&str> = route.split('/').collect();
        paths.iter().any(|path| {
            let mut pairs = path.iter().zip(&parts);
            path.len() == parts.len() && pairs.all(|(a, b)| a == b || b.starts_with('{'))
        })
    };
    // Files, and where an address of the citizens' own leads that is no page.
    let others = ["/assets/{name}", "/watermark.svg", "/field-worker.js", "/live", "/c/{rest:.*}"];
    let missing: Vec<&String> =
        routes.iter().filter(|route| !others.contains(&route.as_str()) && !fits(route)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What stands in `page` that our policy stops: a script, a style or a handler of its own.
fn stopped(page: &str) -> Vec<&str> {
    let tags = page.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    let is_handler = |word: &str| {
        let name = word.split('=').next().unwrap_or_default();
        name.len() < word.len() && name.starts_with("on") && name.chars().all(char::is_alphabetic)
    };
    let is_own = |tag: &str| {
        let mut words = tag.split_whitespace();
        let name = words.next().unwrap_or_default();
        let is_script = name == "script" && !tag.replace("&#x2f;", "/").contains(" src=\"/assets/");
        is_script
            || name == "style"
            || words.any(|word| is_handler(word) || word.starts_with("style="))
            || tag.contains("javascript:")
    };
    tags.filter(|tag| is_own(tag)).collect()
}

#[test]
fn every_page_is_sent_with_its_headers_and_with_nothing_that_they_stop() {
    for page in [
        "<p><script>a()</script>",
        "<style>p {}</style>",
        "<b style=\"top: 0\">",
        "<b class=\"a\" onclick=\"a()\">",
        "<a href=\"javascript:a()\">",
        "<script src=\"https://a.example/a.js\"></script>",
    ] {
        assert_eq!(stopped(page).len(), 1, "{page}");
    }
    assert_eq!(
        stopped("<script src=\"/assets/a.js?v=1\" defer></script><b data-on=\"1\">"),
        [""; 0]
    );
    let world = World::of(Speech::PLAIN);
    for (name, who, path) in PAGES {
        let path = world.fill(path);
        let path = path.split('#').next().unwrap_or_default();
        let page = world.stage.page((!who.is_empty()).then_some(*who), path);
        assert_eq!(headers::wrong(&page), [""; 0], "{name} {path}");
        // A report that is printed has a style of its own, which its policy knows by its hash.
        let is_printed = path.ends_with("/page");
        assert!(is_printed || stopped(&page.body).is_empty(), "{name}: {:?}", stopped(&page.body));
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{name}");
    }
}
