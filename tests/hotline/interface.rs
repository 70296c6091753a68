//! What the program offers, as its own description says, against the tables written by hand.

use std::collections::BTreeSet;

use crate::commands_table::{differences, route_of};

/// `GET /tickets/{}` for every operation of the document, without the base.
fn operations() -> BTreeSet<String> {
    let document = serde_json::to_value(jiesu::web::openapi::document()).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete", "patch"] {
            if methods.get(method).is_some() {
                let path = path.strip_prefix("/api/v1").unwrap_or(path);
                found.insert(route_of(&method.to_uppercase(), path));
            }
        }
    }
    found
}

#[test]
fn the_program_and_the_tables_name_the_same_commands_and_routes() {
    let found = differences(&operations());
    assert!(found.is_empty(), "\n  {}", found.join("\n  "));
}
