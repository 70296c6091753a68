//! Chromium 109: every script that is served is read by a parser that knows the language of that time, and calls nothing
//! that came later. Its rule: the parser is vendored (`acorn.js`, acorn 8.19.0, MIT, `acorn.LICENSE`) and for tests alone;
//! the browser only runs it, so that it does not matter what that browser itself understands.

use std::collections::BTreeSet;

use serde_json::json;

use super::driver::say;
use super::since::{CALLS, files, newer_calls};
use super::stage::Stage;
use super::tab::Tab;

const ACORN: &str = include_str!("acorn.js");
/// ES2022 is what Chromium 109 speaks: private fields and static blocks, but no `v` behind a regular expression.
const READ: &str = "const source = arguments[0]; const tokens = []; \
    try { acorn.parse(source, { ecmaVersion: 2022, onToken: tokens }); } \
    catch (error) { return { wrong: error.message }; } \
    const word = it => { if (['string', 'template'].includes(it.type.label)) return \"''\"; \
      const text = source.slice(it.start, it.end); return text === '?.' ? '.' : text; }; \
    return { words: ' ' + tokens.map(word).join(' ') + ' ' };";
/// Newer than ES2022, a line each.
const WRONG: [&str; 7] = [
    "const a = /x/v;",
    "const a = /(?i:x)y/;",
    "const a = /(?<a>x)|(?<a>y)/;",
    "@dec class A {}",
    "{ using x = y; }",
    "async () => { for (await using x of y) x; }",
    "const a = b |> c;",
];

/// The words of a script, or what is wrong with it.
fn read(tab: &Tab, source: &str) -> Result<String, String> {
    let found = tab.run(READ, &[json!(source)]);
    let text = |name: &str| found[name].as_str().map(str::to_owned);
    text("words").ok_or_else(|| text("wrong").unwrap_or_else(|| found.to_string()))
}

/// The addresses of all scripts, as they are declared.
fn scripts() -> BTreeSet<String> {
    let declared = include_str!("../../../src/web/console/assets.rs");
    let names = declared.split("file_of(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let scripts = names.filter(|name| name.rsplit('.').next() == Some("js"));
    scripts.map(|name| format!("/assets/{name}")).chain(["/field-worker.js".to_owned()]).collect()
}

#[test]
fn every_script_is_one_that_chromium_109_understands() {
    let stage = Stage::at("2026-11-02T09:00:00+08:00");
    let Some(tab) = stage.browser("syntax") else { return };
    tab.tell("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": ACORN }));
    tab.go("/c");
    // Lines that must fail: what finds nothing there would find nothing anywhere.
    for line in WRONG {
        assert!(read(&tab, line).is_err(), "{line}");
    }
    for it in CALLS {
        let (call, since) = it;
        let start = if call.starts_with('.') { "a" } else { "" };
        let end = if call.ends_with('(') { "b)" } else { "" };
        let line = format!("{start}{call}{end};");
        let words = read(&tab, &line).expect(&line);
        assert!(newer_calls(&words).contains(it) && *since > 109, "{line}: {words}");
        let hidden = format!("/* {line} */ const a = '{line}' + `{line}`; // {line}");
        let words = read(&tab, &hidden).expect(&hidden);
        assert!(newer_calls(&words).is_empty(), "{hidden}");
    }
    let found = read(&tab, "class A { static { a?.toSorted(); } #b = c ?? 1_000n; }");
    assert_eq!(newer_calls(&found.expect("of its time")).len(), 1, "behind a question mark too");
    let scripts = scripts();
    for path in files("src/web/console/assets", "js") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_served = scripts.iter().any(|script| script.ends_with(&format!("/{name}")));
        assert!(is_served || path.to_string_lossy().contains("/vendor/"), "{name}");
    }
    let mut wrong = Vec::new();
    for script in &scripts {
        let served = stage.page(None, script);
        assert_eq!(served.status, 200, "{script}");
        match read(&tab, &served.body) {
            Err(why) => wrong.push(format!("{script}: {why}")),
            // What is not ours asks what there is before it uses it.
            Ok(_) if script.ends_with("/echarts.js") => {}
            Ok(words) => {
                let newer = newer_calls(&words).into_iter();
                wrong.extend(newer.map(|(call, since)| format!("{script}: {call} ({since})")));
            }
        }
    }
    say(&format!(
        "syntax: {} scripts read as Chromium 109 would, {} wrong",
        scripts.len(),
        wrong.len()
    ));
    assert!(wrong.is_empty(), "{wrong:?}");
}
