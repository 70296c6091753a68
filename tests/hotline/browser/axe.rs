//! Accessibility: axe-core finds no violation of WCAG 2.1 A or AA on any page, light and dark, desktop and phone. Its
//! rule: the script is vendored (`axe.min.js`, axe-core 4.14.1, MPL-2.0, `axe.LICENSE`) and for tests alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::driver::say;
use super::pages::{PAGES, open};
use super::tab::{Scheme, Tab, Width};
use super::world::{Speech, World};

const AXE: &str = include_str!("axe.min.js");
const RUN: &str = "return axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', \
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] } }).then(found => found.violations.map(it => \
    ({ rule: it.id, places: it.nodes.map(node => node.target.join(' ') + '  ' + node.html.slice(0, 120)) })));";
const VIEWS: [(Width, Scheme); 4] = [
    (Width::Desktop, Scheme::Light),
    (Width::Desktop, Scheme::Dark),
    (Width::Phone, Scheme::Light),
    (Width::Phone, Scheme::Dark),
];

/// What is wrong with the page that is shown: rule and places.
fn violations(tab: &Tab) -> Vec<(String, Vec<String>)> {
    let found = tab.run(RUN, &[]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |it: &Value| {
        let places = it["places"].as_array().into_iter().flatten().map(text).collect();
        (text(&it["rule"]), places)
    };
    found.as_array().into_iter().flatten().map(one).collect()
}

#[test]
fn no_page_violates_wcag_21_aa_in_light_or_dark_on_a_desk_or_a_phone() {
    let world = World::of(Speech::PLAIN);
    let Some(tab) = world.stage.browser("axe") else { return };
    tab.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": AXE }));
    tab.go("/c");
    // A page that is wrong on purpose: what finds nothing there would find nothing anywhere.
    tab.run(
        "document.querySelector('main').innerHTML = '<input><img src=\"/assets/mark.svg\">';",
        &[],
    );
    let rules: Vec<String> = violations(&tab).into_iter().map(|(rule, _)| rule).collect();
    assert!(
        rules.contains(&"label".to_owned()) && rules.contains(&"image-alt".to_owned()),
        "{rules:?}"
    );
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, who, path) in PAGES {
        let cookie = (!who.is_empty()).then(|| world.stage.cookie(who));
        tab.holds(cookie.as_deref());
        tab.look(Width::Desktop, Scheme::Light);
        open(&world, &tab, path);
        tab.run("for (const it of document.querySelectorAll('details')) it.open = true;", &[]);
        for (width, scheme) in VIEWS {
            tab.look(width, scheme);
            for (rule, places) in violations(&tab) {
                for place in places {
                    let views =
                        wrong.entry(format!("{name} ({who} {path}): {rule}: {place}")).or_default();
                    views.push(format!("{width:?} {scheme:?}"));
                }
            }
        }
    }
    for (place, views) in &wrong {
        say(&format!("axe: {place} [{}]", views.join(", ")));
    }
    say(&format!("axe: {} pages in 4 views, {} violations", PAGES.len(), wrong.len()));
    assert!(wrong.is_empty(), "{} violations, each told above", wrong.len());
}
