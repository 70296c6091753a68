//! Tidy: calls, words and names that the house does without, and where the exceptions live.

use std::collections::BTreeSet;

use crate::source::{Source, relative, root};

/// A word, the only places where it may stand (a path's beginning), and what to do instead.
pub struct Ban {
    word: &'static str,
    only_in: &'static [&'static str],
    instead: &'static str,
}

const CLOCK: &str = "the present instant comes from tx.now, db.now() or the clock";
const CHANCE: &str = "randomness is passed in";
const FAILS: &str = "return an Error";
const TELLS: &str = "use tracing, or write to the output that the caller passes";

/// Not outside tests; `main.rs` may print and give up.
pub const CALLS: [Ban; 25] = [
    ban("Utc::now", &["src/time.rs"], CLOCK),
    ban("Local::now", &[], CLOCK),
    ban("SystemTime::now", &["src/time.rs"], CLOCK),
    ban("Instant::now", &["src/time.rs", "src/db/", "src/web/", "src/worker", "src/bench"], CLOCK),
    ban(
        "thread::sleep",
        &["src/db/", "src/worker", "src/bench/"],
        "wait on a channel or a condition",
    ),
    ban("Uuid::new_v4", &["src/db/", "src/identity/credential"], CHANCE),
    ban("Uuid::now_v7", &["src/db/", "src/web/trace.rs"], CLOCK),
    ban("rand::rng", CHANCE_IN, CHANCE),
    ban("rand::random", CHANCE_IN, CHANCE),
    ban("rand::fill", CHANCE_IN, CHANCE),
    ban("OsRng", CHANCE_IN, CHANCE),
    ban("SysRng", CHANCE_IN, CHANCE),
    ban("env::var", &["src/config", "build.rs"], "configuration is read in config, once"),
    ban("process::exit", &["src/main.rs"], FAILS),
    ban(".unwrap()", &["src/main.rs", "build.rs"], FAILS),
    ban(".expect(", &["src/main.rs", "build.rs"], FAILS),
    ban("panic!", &["src/main.rs"], FAILS),
    ban("unreachable!", &["src/main.rs"], FAILS),
    ban("unimplemented!", &[], FAILS),
    ban("todo!", &[], FAILS),
    ban("dbg!", &[], TELLS),
    ban("println!", &["src/main.rs", "src/cli/"], TELLS),
    ban("print!", &["src/main.rs", "src/cli/"], TELLS),
    ban("eprintln!", &["src/main.rs", "src/cli/"], TELLS),
    ban("eprint!", &["src/main.rs", "src/cli/"], TELLS),
];
const CHANCE_IN: &[&str] =
    &["src/identity/credential", "src/db/", "src/sealing/", "src/app.rs", "src/bench/"];

const fn ban(word: &'static str, only_in: &'static [&'static str], instead: &'static str) -> Ban {
    Ban { word, only_in, instead }
}

impl Ban {
    pub fn offenders(&self, sources: &[Source]) -> Vec<String> {
        let mut found = Vec::new();
        for source in sources {
            if self.only_in.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            for at in source.finds(self.word).into_iter().filter(|at| !source.is_test(*at)) {
                found.push(format!("{} {}: {}", source.place(at), self.word, self.instead));
            }
        }
        found
    }
}

/// The words of diesel that make, run or shape a query or a connection.
const QUERY: [&str; 14] = [
    "diesel::prelude",
    "diesel::dsl",
    "diesel::insert_into",
    "diesel::update",
    "diesel::delete",
    "diesel::select",
    "diesel::sql_query",
    "diesel::r2d2",
    "diesel::connection",
    "diesel::ExpressionMethods",
    "diesel::QueryDsl",
    "diesel::RunQueryDsl",
    "db::schema",
    "schema::",
];

/// Whether a file may speak diesel: `db/`, and each room's `store` and `listing`.
fn is_store(path: &str) -> bool {
    let parts = path.split('/').map(|part| part.trim_end_matches(".rs"));
    path.starts_with("src/db/")
        || parts.into_iter().any(|part| part == "store" || part == "listing")
}

pub fn queries(sources: &[Source]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|source| !is_store(&source.path)) {
        for word in QUERY {
            // The index has a schema too.
            let of_index = |at: &usize| source.bare[..*at].ends_with("tantivy::");
            let places = source.finds(word).into_iter().filter(|at| !source.is_test(*at));
            for at in places.filter(|at| !of_index(at)) {
                found.insert(format!("{} {word}", source.place(at)));
            }
        }
    }
    found.into_iter().collect()
}

pub fn web(sources: &[Source]) -> Vec<String> {
    let at_home = ["src/web/", "src/main.rs", "src/worker"];
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| !at_home.iter().any(|home| s.path.starts_with(home))) {
        for word in ["actix_web", "actix_rt", "actix", "utoipa_actix_web"] {
            found.extend(source.finds(word).into_iter().map(|at| source.place(at)));
        }
    }
    found
}

pub fn names(paths: &[std::path::PathBuf]) -> Vec<String> {
    const BANNED: [&str; 9] =
        ["utils", "util", "common", "helpers", "helper", "services", "service", "models", "misc"];
    let named_badly =
        |path: &str| path.split('/').any(|part| BANNED.contains(&part.trim_end_matches(".rs")));
    paths.iter().map(|path| relative(path)).filter(|path| named_badly(path)).collect()
}

/// Words of unfinished work and of silenced lints, anywhere in the text.
pub fn leftovers(sources: &[Source]) -> Vec<String> {
    let unfinished = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut found = Vec::new();
    for source in sources {
        for word in unfinished {
            for (at, _) in source.raw.match_indices(word) {
                found.push(format!("{} {word}", source.place(at)));
            }
        }
        for word in ["#[ignore", "#[allow", "#![allow"] {
            for (at, _) in source.bare.match_indices(word) {
                found.push(format!(
                    "{} {word}: finish it, or #[expect(…, reason)]",
                    source.place(at)
                ));
            }
        }
        for at in source.finds("[expect(") {
            if !source.bare[at..source.closing(at)].contains("reason") {
                found.push(format!("{} #[expect] without a reason", source.place(at)));
            }
        }
    }
    found
}

/// Regular expressions that need tables the program is not built with. Tests are (their crates bring all of
/// `regex`), so that such a pattern works in every test and is none in the program.
pub fn patterns(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.raw.contains("Regex")) {
        for word in ["\\p{", "\\P{"] {
            for (at, _) in source.raw.match_indices(word) {
                found.push(format!("{} {word}", source.place(at)));
            }
        }
    }
    found
}

/// Migrations that the two databases do not share by name, or that lack one way.
pub fn migrations() -> Vec<String> {
    let list = |database: &str| -> BTreeSet<String> {
        let folder = format!("migrations/{database}");
        let start = root().join(&folder);
        crate::source::files(&folder, ".sql")
            .iter()
            .filter_map(|path| path.strip_prefix(&start).ok())
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    };
    let (sqlite, postgres) = (list("sqlite"), list("postgres"));
    let mut found: Vec<String> = sqlite
        .symmetric_difference(&postgres)
        .map(|path| format!("migrations/*/{path} is there for one database only"))
        .collect();
    for path in sqlite.union(&postgres) {
        let other = match path.rsplit_once('/') {
            Some((folder, "up.sql")) => format!("{folder}/down.sql"),
            Some((folder, "down.sql")) => format!("{folder}/up.sql"),
            _ => format!("{path} is neither up.sql nor down.sql"),
        };
        if !sqlite.contains(&other) || !postgres.contains(&other) {
            found.push(format!("migrations/*/{other} is missing beside {path}"));
        }
    }
    found
}
