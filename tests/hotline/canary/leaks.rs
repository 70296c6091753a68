//! Searching what came out for what must not come out.

use std::collections::BTreeMap;

use diesel::sql_types::{Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::citizens::Citizen;
use crate::support::databases::TestDb;

/// What is looked for, and where it was found. Looking costs one step a byte, however much is looked
/// for: needles lie by their first three bytes.
pub struct Leaks {
    needles: BTreeMap<[u8; 3], Vec<(usize, &'static str, String)>>,
    begins: Vec<bool>,
    places: usize,
    bytes: usize,
    /// By kind of place and of needle: how often, and the first.
    found: BTreeMap<(String, &'static str), (usize, String)>,
}

fn place_of(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

impl Leaks {
    pub fn of(citizens: &[Citizen]) -> Self {
        let mut needles: BTreeMap<[u8; 3], Vec<_>> = BTreeMap::new();
        let mut begins = vec![false; 1 << 24];
        for (i, citizen) in citizens.iter().enumerate() {
            for (what, text) in &citizen.needles {
                let first = [text.as_bytes()[0], text.as_bytes()[1], text.as_bytes()[2]];
                begins[place_of(&first)] = true;
                needles.entry(first).or_default().push((i, *what, text.clone()));
            }
        }
        Self { needles, begins, places: 0, bytes: 0, found: BTreeMap::new() }
    }

    /// Looks for every citizen in `text`.
    pub fn search(&mut self, place: &str, text: &str) {
        self.places += 1;
        self.bytes += text.len();
        let bytes = text.as_bytes();
        for at in 0..bytes.len().saturating_sub(2) {
            if !self.begins[place_of(&bytes[at..at + 3])] {
                continue;
            }
            let first = [bytes[at], bytes[at + 1], bytes[at + 2]];
            for (i, what, needle) in self.needles.get(&first).into_iter().flatten() {
                let is_there = bytes[at..].starts_with(needle.as_bytes());
                if is_there && !is_by_chance(bytes, at, needle.len()) {
                    let from = text[..at].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
                    let to = text[at..].char_indices().nth(60).map_or(text.len(), |(n, _)| at + n);
                    let seen = format!("{place}: citizen {i}: …{}…", &text[from..to]);
                    let kind = (without_digits(place), *what);
                    self.found.entry(kind).or_insert((0, seen)).0 += 1;
                }
            }
        }
    }

    pub fn summary(&self) -> String {
        let count: usize = self.needles.values().map(Vec::len).sum();
        format!("{count} texts looked for in {} places ({} bytes)", self.places, self.bytes)
    }

    pub fn demand_none(&self) {
        let each = self.found.iter();
        let some: Vec<String> =
            each.map(|((_, what), (count, seen))| format!("{count} × {what}: {seen}")).collect();
        assert!(some.is_empty(), "leaks:\n  {}", some.join("\n  "));
    }
}

/// Digits amid a number that is longer than any telephone's with its area and country: ids have eight of a
/// landline's in a row once in a while.
fn is_by_chance(bytes: &[u8], at: usize, length: usize) -> bool {
    if !bytes[at..at + length].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let before = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let after = bytes[at + length..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let run = before + length + after;
    run > 12 && run > length
}

/// Places that differ in a number only are one; so are the escaped names in them.
fn without_digits(place: &str) -> String {
    let place: String = place.chars().filter(|c| !c.is_ascii_digit() && *c != '%').collect();
    place.chars().take(60).collect()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

/// Every row of every table of a PostgreSQL, as text; what is stored as bytes also as characters.
pub fn every_row(test: &TestDb) -> String {
    let ask = |sql: String| -> Vec<String> {
        let lines: Vec<Line> = test
            .db
            .read(|conn| {
                // Written out in hexadecimal, cipher text has eight decimal digits in a row once in a while.
                sql_query("SET LOCAL bytea_output = 'escape'").execute(conn)?;
                Ok(sql_query(sql.clone()).load(conn)?)
            })
            .unwrap();
        lines.into_iter().filter_map(|line| line.line).collect()
    };
    assert_eq!(ask("SELECT current_setting('bytea_output') AS line".to_owned()), ["escape"]);
    let tables =
        ask("SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'".to_owned());
    assert!(tables.iter().any(|table| table == "event"), "{tables:?}");
    let mut all = String::new();
    for table in tables {
        for row in ask(format!("SELECT t::text AS line FROM \"{table}\" t")) {
            all.push_str(&row);
            all.push('\n');
        }
        let bytes = format!(
            "SELECT column_name::text AS line FROM information_schema.columns
             WHERE table_name = '{table}' AND data_type = 'bytea'"
        );
        for column in ask(bytes) {
            let escaped = format!("SELECT encode(\"{column}\", 'escape') AS line FROM \"{table}\"");
            all.push_str(&ask(escaped).join("\n"));
        }
    }
    all
}
