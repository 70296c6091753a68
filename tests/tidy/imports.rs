//! Tidy: who imports whom. Its rule: the house has storeys; an import goes down, never across
//! or up, and files of one room form no circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, is_word};

/// The storeys, top first; rooms of one line do not know each other.
pub const STOREYS: [&[&str]; 26] = [
    &["main"],
    &["cli"],
    &["bench"],
    &["web", "worker", "doctor"],
    &["app"],
    &["reports", "papers", "proactive", "moving", "backup", "privacy", "whatif"],
    &["citizen", "feed"],
    &["lifecycle"],
    &["assessment", "followup", "bottomline"],
    &["intake"],
    &["routing", "handling", "places"],
    &["search", "learning", "notify", "knowledge", "upstream", "calls", "live"],
    &["attachment", "roster"],
    &["ticket"],
    &["limits"],
    &["directory", "identity"],
    &["outward"],
    &["audit", "jobs"],
    &["db"],
    &["sealing", "sheet", "tls"],
    &["config"],
    &["time"],
    &["code", "held"],
    &["error"],
    &["decisions"],
    &["lib"],
];

/// What may be imported across a line: who asks is a word of the whole house, and a user belongs
/// to a unit.
const ACROSS: [(&str, &str); 3] = [
    ("directory", "identity::Actor"),
    ("directory", "identity::Role"),
    ("identity", "directory::UnitCode"),
];

/// Macros at the root of the crate and the room that they live in.
const MACROS: [(&str, &str); 3] = [("code_enum", "code"), ("code_type", "code"), ("each", "db")];

/// A path that a file names, resolved to the root of the crate: `["ticket", "store", "load"]`.
pub struct Import {
    pub at: usize,
    pub path: Vec<String>,
}

/// The room of a file: `src/ticket/store.rs` → `ticket`, `src/time.rs` → `time`.
pub fn room(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The module path of a file: `src/ticket/mod.rs` → `[ticket]`.
pub fn module(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod")
        || parts == ["lib".to_owned()]
        || parts == ["main".to_owned()]
    {
        parts.pop();
    }
    parts
}

/// Every `crate::…`, `super::…` and `self::…` path of a file, groups taken apart. A `super::`
/// inside an inline `mod tests` starts one storey further in, which `is_test` tells.
pub fn imports(source: &Source) -> Vec<Import> {
    let here = module(&source.path);
    let mut found = Vec::new();
    for (word, kept) in [("crate::", 0), ("super::", 1), ("self::", 2)] {
        for at in source.finds(word) {
            let before = source.bare[..at].trim_end();
            if before.ends_with('$') || before.ends_with("::") || before.ends_with("pub(in") {
                continue;
            }
            let mut start = at + word.len();
            let mut base = match kept {
                0 => Vec::new(),
                1 => up(&here, !is_inline_test(source, at)),
                _ => here.clone(),
            };
            while source.bare[start..].starts_with("super::") {
                base.pop();
                start += "super::".len();
            }
            let mut paths = Vec::new();
            tree(&source.bare[start..], base, &mut paths);
            found.extend(paths.into_iter().map(|path| Import { at, path }));
        }
    }
    found
}

fn is_inline_test(source: &Source, at: usize) -> bool {
    source.is_test(at) && !source.in_test[0]
}

fn up(here: &[String], leaves: bool) -> Vec<String> {
    let keep = here.len().saturating_sub(usize::from(leaves));
    here[..keep].to_vec()
}

/// Reads `a::b::{c, d::e}` and gives each leaf; returns the number of bytes read.
fn tree(text: &str, mut base: Vec<String>, out: &mut Vec<Vec<String>>) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if bytes.get(at) == Some(&b'{') {
            at += 1;
            while at < bytes.len() && bytes[at] != b'}' {
                let read = tree(&text[at..], base.clone(), out);
                at += read.max(1);
                at += bytes[at..].iter().take_while(|byte| b" \n\t,".contains(byte)).count();
            }
            return (at + 1).min(bytes.len());
        }
        let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
        if length == 0 {
            out.push(base);
            return at + usize::from(bytes.get(at) == Some(&b'*'));
        }
        base.push(text[at..at + length].to_owned());
        at += length;
        if text[at..].starts_with("::") {
            at += 2;
            continue;
        }
        if text[at..].starts_with(" as ") {
            at += 4 + bytes[at + 4..].iter().take_while(|byte| is_word(**byte)).count();
        }
        out.push(base);
        return at;
    }
}

/// The storey of a room, counted from the top.
pub fn storey(room: &str) -> Option<usize> {
    STOREYS.iter().position(|rooms| rooms.contains(&room))
}

/// The room that a path leads to, if it leads to one.
pub fn target(path: &[String]) -> Option<&str> {
    let first = path.first()?.as_str();
    Some(MACROS.iter().find(|(name, _)| *name == first).map_or(first, |(_, room)| room))
}

/// Whether `room` may import `path`.
pub fn may(room: &str, path: &[String]) -> bool {
    let Some(target) = target(path) else { return true };
    if target == room {
        return true;
    }
    let across =
        ACROSS.iter().any(|(from, what)| *from == room && path.join("::").starts_with(what));
    match (storey(room), storey(target)) {
        (Some(from), Some(to)) => from < to || across,
        _ => false,
    }
}

/// Circles among the files of one room. What `mod.rs` re-exports belongs to the file it comes
/// from; declaring and re-exporting is not importing.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let homes: BTreeMap<Vec<String>, &Source> =
        sources.iter().map(|source| (module(&source.path), source)).collect();
    let mut doors: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.ends_with("/mod.rs")) {
        for path in reexports(source) {
            let mut door = module(&source.path);
            door.extend(path.last().cloned());
            doors.insert(door, [module(&source.path), path].concat());
        }
    }
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        for import in imports(source).into_iter().filter(|import| !source.is_test(import.at)) {
            let Some(home) = home_of(&import.path, &homes, &doors) else { continue };
            if room(&home.path) == room(&source.path) && home.path != source.path {
                edges.entry(&source.path).or_default().insert(&home.path);
            }
        }
    }
    let mut found = Vec::new();
    for start in edges.keys() {
        if let Some(circle) = walk(start, &edges) {
            found.push(circle.join(" → "));
        }
    }
    found
}

/// The paths of `pub use a::b::{C, D};` in a file, relative to it.
fn reexports(source: &Source) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in source.bare.match_indices("pub use ") {
        let rest = source.bare[at + "pub use ".len()..].trim_start_matches("self::");
        tree(rest, Vec::new(), &mut found);
    }
    found.retain(|path| path.len() > 1 && path[0] != "crate" && path[0] != "super");
    found
}

fn home_of<'a>(
    path: &[String],
    homes: &BTreeMap<Vec<String>, &'a Source>,
    doors: &BTreeMap<Vec<String>, Vec<String>>,
) -> Option<&'a Source> {
    for length in (1..=path.len()).rev() {
        if let Some(inside) = doors.get(&path[..length]) {
            return home_of(inside, homes, &BTreeMap::new());
        }
        if let Some(home) = homes.get(&path[..length]) {
            return Some(home);
        }
    }
    None
}

/// A way from `start` back to itself, told once: from its first file in the alphabet.
fn walk<'a>(start: &'a str, edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start]];
    while let Some(way) = ways.pop() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            if *next == start {
                let told = way.iter().all(|file| *file >= start);
                return told.then(|| [way.clone(), vec![start]].concat());
            }
            if seen.insert(*next) {
                ways.push([way.clone(), vec![next]].concat());
            }
        }
    }
    None
}
