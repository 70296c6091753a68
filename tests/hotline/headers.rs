//! Every route, to a stranger and to those who work here, says to the browser what it must not do. Its rule: the routes
//! are those of the tables and those that the console declares, so that the next one is asked too.

use std::collections::{BTreeMap, BTreeSet};

use crate::console_work::Office;
use crate::support::server::Answer;

/// What each answer says, whatever was asked.
const FIXED: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "deny"),
    ("referrer-policy", "no-referrer"),
];
/// Where the program's pages are declared.
const CONSOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/console");

/// The sources of each kind that `policy` allows.
fn parts(policy: &str) -> BTreeMap<&str, Vec<&str>> {
    let words = policy.split(';').map(|part| part.split_whitespace().collect::<Vec<_>>());
    words.filter_map(|words| Some((*words.first()?, words[1..].to_vec()))).collect()
}

/// What is wrong with what `answer` tells the browser.
pub fn wrong(answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, wanted) in FIXED {
        let said = answer.header(name).unwrap_or("nothing");
        if said != wanted {
            wrong.push(format!("{name}: {said}"));
        }
    }
    for name in ["x-request-id", "cache-control", "cross-origin-resource-policy"] {
        if answer.header(name).is_none_or(str::is_empty) {
            wrong.push(format!("{name}: nothing"));
        }
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    let parts = parts(policy);
    let scripts = parts.get("script-src").or_else(|| parts.get("default-src"));
    let is_own = |it: &&str| matches!(*it, "'none'" | "'self'");
    if !scripts.is_some_and(|sources| !sources.is_empty() && sources.iter().all(is_own)) {
        wrong.push(format!("content-security-policy: {policy}"));
    }
    wrong
}

/// The routes of the interface: method and address, with something in each place.
fn tables() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let rows = |name: &str| -> Vec<BTreeMap<String, String>> {
        let path = format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut reader = csv::Reader::from_path(path).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    };
    for row in rows("routes.csv") {
        let base = if row["path"].starts_with("/open311") { "" } else { "/api/v1" };
        found.insert((row["method"].clone(), format!("{base}{}", filled(&row["path"]))));
    }
    for row in rows("commands.csv") {
        let path = filled(&format!("/{}s/{{no}}/{}", row["scope"], row["command"]));
        found.insert(("POST".to_owned(), format!("/api/v1{path}")));
    }
    found
}

/// The routes of the console.
fn console() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from(CONSOLE)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for method in ["get", "post", "put", "delete"] {
                let start = format!("#[{method}(\"");
                let rest = text.split(start.as_str()).skip(1);
                let paths = rest.filter_map(|rest| rest.split('"').next());
                found.extend(paths.map(|path| (method.to_uppercase(), filled(path))));
            }
        }
    }
    found
}

/// `path` with something in each of its places.
fn filled(path: &str) -> String {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, place)) = rest.split_once('{') {
        let (name, behind) = place.split_once('}').unwrap_or((place, ""));
        text.push_str(before);
        text.push_str(match name {
            "no" => "2026-000001",
            "year" => "2026",
            "date" => "2026-11-02",
            "format" => "json",
            _ => "1",
        });
        rest = behind;
    }
    text + rest
}

#[test]
fn every_route_says_what_browsers_must_not_do() {
    let office = Office::open();
    let (tables, console) = (tables(), console());
    assert!(tables.len() > 250 && console.len() > 50, "{} {}", tables.len(), console.len());
    let others = ["/nothing", "/api/v1/nothing", "/assets/nothing.js", "/api/v1/docs/", "/%00"];
    let others = others.map(|path| ("GET".to_owned(), path.to_owned()));
    let mut faults = BTreeSet::new();
    let mut asked = 0;
    let mut look = |who: &str, (method, path): &(String, String), answer: &Answer| {
        asked += 1;
        for fault in wrong(answer) {
            faults.insert(format!("{method} {path} to {who}: {} {fault}", answer.status));
        }
        let cached = answer.header("cache-control").unwrap_or_default();
        let is_anybodys = path.starts_with("/assets/") || path.starts_with("/open311");
        if cached.contains("public") && !is_anybodys && who != "a stranger" {
            faults.insert(format!("{method} {path} to {who}: {cached}"));
        }
        let shared = answer.header("cross-origin-resource-policy") == Some("cross-origin");
        if shared && !path.starts_with("/open311") {
            faults.insert(format!("{method} {path} to {who}: for any site"));
        }
    };
    for route in tables.iter().chain(&console).chain(&others) {
        let body = if route.0 == "GET" { "" } else { "{}" };
        look("a stranger", route, &office.server.ask(&route.0, &route.1, &[], body));
    }
    let read = |route: &&(String, String)| route.0 == "GET" && route.1 != "/live";
    for who in ["agent", "handler@weixiu", "leader", "sysadmin"] {
        for route in tables.iter().filter(read) {
            look(who, route, &office.get(who, &route.1));
        }
        for route in console.iter().chain(&others).filter(read) {
            look(who, route, &office.page(who, &route.1));
        }
    }
    assert!(asked > 900, "{asked}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_policy_that_lets_in_more_than_our_own_scripts_is_seen() {
    let answer = |policy: &str| {
        let fixed = FIXED.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
        let head = format!(
            "HTTP/1.1 200 OK\r\n{fixed}x-request-id: 1\r\ncache-control: no-store\r\n\
             cross-origin-resource-policy: same-origin\r\ncontent-security-policy: {policy}\r\n"
        );
        Answer {
            status: 200,
            raw_head: head.clone(),
            head,
            body: String::new(),
            closed_after: std::time::Duration::ZERO,
        }
    };
    for (policy, is_good) in [
        ("default-src 'none'", true),
        ("default-src 'none'; script-src 'self'; style-src 'unsafe-inline'", true),
        ("", false),
        ("style-src 'self'", false),
        ("default-src *", false),
        ("default-src 'none'; script-src 'self' 'unsafe-inline'", false),
        ("default-src 'none'; script-src 'self' 'unsafe-eval'", false),
        ("default-src 'self'; script-src https://cdn.example", false),
    ] {
        assert_eq!(wrong(&answer(policy)).is_empty(), is_good, "{policy}");
    }
    let mut bare = answer("default-src 'none'");
    bare.head = bare.head.replace("nosniff", "");
    assert_eq!(wrong(&bare).len(), 1);
}
