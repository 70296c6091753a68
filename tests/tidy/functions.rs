//! Tidy: functions as text: how long they are and what they ask for.

use crate::source::{Source, is_word};

pub struct Function<'a> {
    pub at: usize,
    pub name: &'a str,
    pub public: bool,
    pub parameters: &'a str,
    /// Behind its last byte.
    pub end: usize,
    pub lines: usize,
}

/// Every `fn` with a body or a signature; closures and function types are none.
pub fn functions(source: &Source) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    for at in source.finds("fn ") {
        let name_at = at + "fn ".len();
        let length = source.bare.as_bytes()[name_at..].iter().take_while(|b| is_word(**b)).count();
        let Some(open) = parameters_open(source, name_at + length) else { continue };
        if length == 0 {
            continue;
        }
        let close = source.closing(open);
        let end = end_of_body(source, close);
        found.push(Function {
            at,
            name: &source.bare[name_at..name_at + length],
            public: is_public(source, at),
            parameters: &source.bare[open + 1..close - 1],
            end: end + 1,
            lines: source.line(end) - source.line(at) + 1,
        });
    }
    found
}

/// The `(` of the parameters, behind generics such as `<F: Fn(u8) -> u8>`.
fn parameters_open(source: &Source, from: usize) -> Option<usize> {
    let bytes = source.bare.as_bytes();
    let (mut depth, mut at) = (0i32, from);
    while at < bytes.len() {
        match bytes[at] {
            b'<' => depth += 1,
            b'>' if bytes[at - 1] != b'-' => depth -= 1,
            b'(' if depth == 0 => return Some(at),
            b'{' | b';' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The last byte of the body, or of the signature where there is none.
fn end_of_body(source: &Source, from: usize) -> usize {
    let bytes = source.bare.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => return source.closing(at) - 1,
            b';' => return at,
            b'(' | b'[' => at = source.closing(at),
            _ => at += 1,
        }
    }
    bytes.len() - 1
}

fn is_public(source: &Source, at: usize) -> bool {
    let start = source.bare[..at].rfind(['\n', ';', '{', '}']).map_or(0, |found| found + 1);
    let words = source.bare[start..at].trim_start();
    words.starts_with("pub ") || words.starts_with("pub(")
}

/// Public functions that ask for a `bool`.
pub fn flags(source: &Source) -> Vec<String> {
    functions(source)
        .iter()
        .filter(|function| function.public && !source.is_test(function.at))
        .filter(|function| {
            let joined: String = function.parameters.split_whitespace().collect();
            joined.split(',').any(|one| one.ends_with(":bool") || one.ends_with(":Option<bool>"))
        })
        .map(|function| format!("{} fn {}", source.place(function.at), function.name))
        .collect()
}
