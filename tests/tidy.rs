//! Tidy: the house rules as tests, each a sentence that lists every offender with its place.
//! Its rule: it reads the source as text and knows nothing of the crate.
#![cfg(test)] // so that clippy knows its helpers as test code

#[path = "tidy/calls.rs"]
mod calls;
#[path = "tidy/functions.rs"]
mod functions;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/sentences.rs"]
mod sentences;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, files, sources};

const LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_FUNCTION: usize = 70;

fn demand(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}\n", offenders.join("\n  "));
}

fn ours() -> Vec<Source> {
    sources(&["src"])
}

fn everything() -> Vec<Source> {
    sources(&["src", "tests", "benches"])
}

#[test]
fn a_file_opens_by_saying_which_station_it_is() {
    let silent: Vec<String> = everything()
        .into_iter()
        .filter(|source| !source.raw.starts_with("//!"))
        .map(|source| format!("{}:1", source.path))
        .collect();
    demand("every file opens with //!, its station and its one rule", &silent);
}

#[test]
fn a_file_has_at_most_400_lines() {
    let long: Vec<String> = everything()
        .iter()
        .map(|source| (source, source.raw.lines().count()))
        .filter(|(_, lines)| *lines > LINES_OF_A_FILE)
        .map(|(source, lines)| format!("{}:{lines}", source.path))
        .collect();
    demand("a file has at most 400 lines: split it by what it is about", &long);
}

#[test]
fn a_function_has_at_most_70_lines() {
    let mut long = Vec::new();
    for source in &everything() {
        for one in functions::functions(source) {
            if one.lines > LINES_OF_A_FUNCTION {
                long.push(format!("{} fn {}: {}", source.place(one.at), one.name, one.lines));
            }
        }
    }
    demand("a function has at most 70 lines", &long);
}

#[test]
fn imports_go_downwards_only() {
    let mut wrong = Vec::new();
    for source in &ours() {
        let room = imports::room(&source.path);
        if imports::storey(room).is_none() {
            wrong.push(format!(
                "{}:1 room `{room}` has no storey in tests/tidy/imports.rs",
                source.path
            ));
        }
        for import in imports::imports(source) {
            let test_of_the_house = source.is_test(import.at) || room == "lib";
            if !test_of_the_house && !imports::may(room, &import.path) {
                wrong.push(format!(
                    "{} {room} imports {}",
                    source.place(import.at),
                    import.path.join("::")
                ));
            }
        }
    }
    demand("imports go downwards only; rooms of one line do not know each other", &wrong);
}

#[test]
fn files_of_one_room_import_each_other_in_no_circle() {
    demand("no import circles", &imports::circles(&ours()));
}

#[test]
fn the_clock_chance_failing_and_printing_have_their_places() {
    let ours = ours();
    let found: Vec<String> = calls::CALLS.iter().flat_map(|ban| ban.offenders(&ours)).collect();
    demand("calls that the house does without", &found);
}

#[test]
fn only_db_and_the_stores_speak_diesel() {
    demand("diesel's query words belong in db/, store and listing files", &calls::queries(&ours()));
}

#[test]
fn only_the_web_knows_http() {
    demand("actix belongs in web/, main.rs and the worker", &calls::web(&ours()));
}

#[test]
fn nothing_is_called_utils() {
    let paths = [files("src", ".rs"), files("tests", ".rs")].concat();
    demand("a file is named for what it does", &calls::names(&paths));
}

#[test]
fn public_functions_take_no_bool() {
    let found: Vec<String> = ours().iter().flat_map(functions::flags).collect();
    demand("no bool parameter in a public function: use an enum that says it", &found);
}

#[test]
fn patterns_need_no_table_that_only_tests_are_built_with() {
    demand(
        "no \\p{…}: regex is built with unicode-case and unicode-perl only",
        &calls::patterns(&ours()),
    );
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    demand("no unfinished work, no silenced lint", &calls::leftovers(&everything()));
}

#[test]
fn every_error_code_has_a_chinese_sentence() {
    let codes = sentences::catalogue();
    let mut silent = Vec::new();
    for source in &ours() {
        for (code, place) in sentences::spoken(source) {
            if !codes.contains(&code) {
                silent.push(format!("{place} {code}"));
            }
        }
    }
    silent.sort();
    silent.dedup();
    demand("every code has a sentence in config/words/zh-CN.toml", &silent);
}

#[test]
fn both_databases_have_the_same_migrations_up_and_down() {
    demand("migrations have the same names, up and down", &calls::migrations());
}

#[test]
fn the_rules_find_what_they_look_for() {
    let text = "//! x\nuse crate::web::{api, problem::{self, Kind as K}};\n\
        pub fn f<F: Fn(u8) -> u8>(open: bool, f: F) -> char { '\"' /* panic! */ }\n\
        fn g() { let _ = \"panic!\"; x.unwrap(); Error::field(\"/a\", \"field.nope\"); }\n\
        #[cfg(test)]\nmod tests {\n use super::super::time;\n fn h() { panic!(r#\"\"x\"#) }\n}\n";
    let source = Source::new("src/ticket/store.rs".to_owned(), text.to_owned());
    let paths: Vec<String> =
        imports::imports(&source).iter().map(|import| import.path.join("::")).collect();
    assert_eq!(paths, ["web::api", "web::problem::self", "web::problem::Kind", "ticket::time"]);
    assert!(!imports::may("ticket", &["web".to_owned()]));
    assert!(imports::may("ticket", &["time".to_owned()]));
    assert_eq!(functions::flags(&source), ["src/ticket/store.rs:3 fn f"]);
    let sources = [source];
    let found: Vec<String> = calls::CALLS.iter().flat_map(|ban| ban.offenders(&sources)).collect();
    assert_eq!(found, ["src/ticket/store.rs:4 .unwrap(): return an Error"]);
    let spoken = sentences::spoken(&sources[0]);
    assert_eq!(spoken, [("field.nope".to_owned(), "src/ticket/store.rs:4".to_owned())]);
}
