//! Tidy: every error code in the source has a Chinese sentence in `config/words/zh-CN.toml`.

use std::collections::BTreeSet;
use std::fs;

use crate::functions::functions;
use crate::source::{Source, root};

/// A call and which of its arguments (from 0) is the code.
const CALLS: [(&str, usize); 9] = [
    ("Error::new(", 1),
    ("Error::with(", 1),
    ("Error::refused(", 0),
    ("Error::field(", 1),
    ("FieldError::new(", 1),
    ("FieldError::with(", 1),
    ("Self::field(", 1),
    ("sentence(", 0),
    ("refuse(", 0),
];

/// The catalogue's codes, flattened as the program does it (`_` is the table's own sentence).
pub fn catalogue() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("config/words/zh-CN.toml")).unwrap();
    let table: toml::Table = text.parse().expect("config/words/zh-CN.toml is TOML");
    let mut codes = BTreeSet::new();
    flatten("", &table, &mut codes);
    codes
}

fn flatten(prefix: &str, table: &toml::Table, codes: &mut BTreeSet<String>) {
    for (key, value) in table {
        let name = match (prefix, key.as_str()) {
            (_, "_") => prefix.to_owned(),
            ("", key) => key.to_owned(),
            (prefix, key) => format!("{prefix}.{key}"),
        };
        match value {
            toml::Value::Table(inside) => flatten(&name, inside, codes),
            toml::Value::String(text) if !text.trim().is_empty() => {
                codes.insert(name);
            }
            _ => {}
        }
    }
}

/// Codes that the source speaks, with the place of each: in the calls that make an error, and in
/// the bodies of functions named `code`, where a room's own refusals get theirs.
pub fn spoken(source: &Source) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (call, position) in CALLS {
        for at in source.finds(call).into_iter().filter(|at| !source.is_test(*at)) {
            let open = at + call.len() - 1;
            let (from, to) = argument(source, open, position);
            found.extend(source.literals(from, to));
        }
    }
    for one in functions(source) {
        if one.name == "code" && !source.is_test(one.at) {
            found.extend(source.literals(one.at, one.end));
        }
    }
    found
        .into_iter()
        .filter(|(_, text)| is_code(text))
        .map(|(at, text)| (text.to_owned(), source.place(at)))
        .collect()
}

fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('.')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c))
}

/// The range of the n-th argument of the call whose bracket opens at `open`.
fn argument(source: &Source, open: usize, position: usize) -> (usize, usize) {
    let end = source.closing(open) - 1;
    let bytes = source.bare.as_bytes();
    let (mut at, mut from, mut count) = (open + 1, open + 1, 0);
    while at < end {
        match bytes[at] {
            b'(' | b'[' | b'{' => {
                at = source.closing(at);
                continue;
            }
            b',' if count == position => return (from, at),
            b',' => {
                count += 1;
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if count == position { (from, end) } else { (end, end) }
}
