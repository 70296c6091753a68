//! Canaries: citizens whose names, numbers and addresses exist nowhere else, led through every
//! command and every refusal. Afterwards none of them may be found in a log, a figure, an error, a
//! place or an answer (domain.md §11); only a reveal shows them, to whoever may ask for one.

mod citizens;
mod eyes;
mod leaks;
mod lives;
mod trouble;

use serde_json::Value;

use crate::support::databases::TestDb;
use crate::support::program::{Line, Program, Site};
use crate::support::server::Answer;
use citizens::{Citizen, citizens};
use leaks::Leaks;

/// Everything that is ever said aloud.
const KEYS: [(&str, &str); 5] = [
    ("JIESU_OPEN311__PER_MINUTE", "1000000"),
    ("JIESU_LOG__LEVEL", "debug,jiesu=trace"),
    ("JIESU_WORKER__SEAL_SECONDS", "1"),
    ("JIESU_WORKER__SWEEP_SECONDS", "1"),
    ("JIESU_LIMITS__BODY_BYTES", "20000"),
];

/// Those who ask, and what they were answered.
struct Town<'a> {
    site: &'a Site,
    line: Line,
    leaks: Leaks,
}

impl Town<'_> {
    /// Asks as `who`; whatever comes back is searched.
    fn ask(&mut self, who: &str, method: &str, path: &str, body: &str) -> Answer {
        let badge = self.site.badge(who);
        let headers = [("Authorization", badge.as_str()), ("Content-Type", "application/json")];
        self.ask_with(&headers, method, path, body)
    }

    fn ask_with(
        &mut self,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let answer = self.aside(headers, method, path, body);
        let whole = format!("{}\n{}", answer.head, answer.body);
        self.leaks.search(&format!("the answer {} to {method} {path}", answer.status), &whole);
        answer
    }

    /// Asks what is allowed to be answered in clear.
    fn aside(&mut self, headers: &[(&str, &str)], method: &str, path: &str, body: &str) -> Answer {
        self.line.ask(method, path, headers, body).unwrap()
    }

    /// What must go well.
    fn post(&mut self, who: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(who, "POST", path, &body.to_string());
        let done = matches!(answer.status, 200 | 201);
        assert!(done, "{who} {path} {body}: {} {}", answer.status, answer.body);
        answer.json()
    }
}

/// A letter to whoever asked, which names its own reader. Here staff are written to at `.invalid` and have
/// no telephones; what their letters say is looked at in `notices_canary`.
fn is_the_citizens_own_letter(path: &std::path::Path, text: &str) -> bool {
    let folder = path.parent().and_then(std::path::Path::file_name).unwrap_or_default();
    let to = text.lines().find(|line| line.starts_with("To: ")).unwrap_or_default();
    folder == "sms" || (folder == "mail" && !to.contains("@demo.invalid"))
}

/// What the program said and wrote: its output, and every file of its data directory.
fn search_the_house(town: &mut Town<'_>, program: &Program) {
    let said = program.said();
    assert!(said.contains("\"route\":\"/api/v1/tickets/{no}/events\""), "no access log: {said}");
    town.leaks.search("the log", &said);
    let mut folders = vec![town.site.folder().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                let name = format!("the file {}", entry.file_name().to_string_lossy());
                let text = String::from_utf8_lossy(&bytes);
                if !is_the_citizens_own_letter(&entry.path(), &text) {
                    town.leaks.search(&name, &text);
                }
            }
        }
    }
}

/// What the subcommands say: of the site, and of lines that cannot be imported.
fn search_the_subcommands(town: &mut Town<'_>, citizens: &[Citizen]) {
    let file = town.site.folder().join("old.ndjson");
    let lines: Vec<String> = citizens.iter().flat_map(trouble::bad_lines).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = file.display().to_string();
    for arguments in [&["import", file.as_str()][..], &["verify"], &["doctor"], &["migrate"]] {
        let output = town.site.run(arguments);
        for said in [output.stdout, output.stderr] {
            town.leaks.search(&format!("jiesu {}", arguments[0]), &String::from_utf8_lossy(&said));
        }
    }
    let rejects = std::fs::read_to_string(town.site.folder().join("old.rejects.ndjson")).unwrap();
    assert_eq!(rejects.lines().count(), lines.len(), "the rejects are the lines as they came");
}

fn sentence(site: &Site, read_database: impl Fn() -> String) {
    let citizens = citizens();
    let mut program = site.start();
    let leaks = Leaks::of(&citizens);
    let mut town = Town { site, line: program.line(), leaks };
    let numbers = lives::lead(&mut town, &citizens);
    trouble::make(&mut town, &program, &citizens, &numbers);
    let seen = eyes::look(&mut town, &citizens, &numbers);
    search_the_house(&mut town, &program);
    program.kill();
    town.leaks.search("the database", &read_database());
    search_the_subcommands(&mut town, &citizens);
    println!("canary: {} citizens, {}; {seen}", citizens.len(), town.leaks.summary());
    town.leaks.demand_none();
}

mod no_citizen_is_found_where_nobody_asked_to_see_one {
    use super::*;

    #[test]
    fn on_sqlite() {
        // The file of the database is among those of the data directory.
        sentence(&Site::new(None, &KEYS), String::new);
    }

    #[test]
    fn on_postgres() {
        let Some(test) = TestDb::postgres() else { return };
        let site = Site::new(Some(&test.url), &KEYS);
        sentence(&site, || leaks::every_row(&test));
    }
}
