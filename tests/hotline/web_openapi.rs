//! The published description of the interface.

use std::collections::BTreeSet;

use jiesu::web::openapi;

#[test]
fn the_description_that_is_checked_in_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi.json");
    let served = format!("{}\n", openapi::JSON.as_str());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &served).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == served, "tests/openapi.json is old: run UPDATE_OPENAPI=1 cargo test openapi");
}

#[test]
fn every_operation_has_an_id_of_its_own_and_every_reference_leads_somewhere() {
    let document: serde_json::Value = serde_json::from_str(&openapi::JSON).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty() && ids.insert(id.to_owned()), "{method} {path}: {id}");
            let documented =
                operation["summary"].is_string() || operation["description"].is_string();
            assert!(documented, "{method} {path} says nothing");
        }
    }
    let text = openapi::JSON.as_str();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is missing");
    }
}

/// The codes of closed lists, wherever they stand.
fn codes<'d>(part: &'d serde_json::Value, found: &mut Vec<&'d str>) {
    match part {
        serde_json::Value::Object(members) => {
            if let Some(list) = members.get("enum").and_then(|list| list.as_array()) {
                found.extend(list.iter().filter_map(|code| code.as_str()));
            }
            members.values().for_each(|member| codes(member, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| codes(item, found)),
        _ => {}
    }
}

#[test]
fn closed_lists_are_described_by_their_codes_as_they_are_sent() {
    let document: serde_json::Value = serde_json::from_str(&openapi::JSON).unwrap();
    let mut found = Vec::new();
    codes(&document, &mut found);
    assert!(found.contains(&"handle") && found.contains(&"unit_head"), "{found:?}");
    let upper: Vec<&&str> = { found.iter() }
        .filter(|code| code.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    assert!(upper.is_empty(), "names of the program's own: {upper:?}");
}
