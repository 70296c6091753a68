//! `jiesu rates whatif` beside `POST /rates/whatif`: the same site, the same catalogue, the same answer.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::Desk;
use crate::exports::rows;
use crate::support::city::draft;
use crate::support::databases::on_each_database;
use crate::support::folder::Folder;

/// The files of one test, and the site of its server as an operator sees it.
struct Shell<'a> {
    desk: &'a Desk,
    url: &'a str,
    folder: Folder,
}

impl Shell<'_> {
    /// The path of a file of this content.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// `jiesu rates whatif --window 2026-11 MORE`.
    fn asks(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jiesu"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("JIESU_") {
                command.env_remove(name);
            }
        }
        command.env("JIESU_DATA_DIR", &self.desk.server.app.config.data_dir);
        command.env("JIESU_DATABASE__URL", self.url).current_dir(self.folder.path());
        command.args(["rates", "whatif", "--window", "2026-11"]).args(more);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What it prints.
    fn told(&self, more: &[&str]) -> Vec<u8> {
        let output = self.asks(more);
        assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// How it ends, and what it says of that.
    fn refused(&self, more: &[&str]) -> (Option<i32>, String) {
        let output = self.asks(more);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The numbers of a unit's line, as the interface has them, in the order of the sheet.
fn numbers(row: &Value) -> Vec<String> {
    let side = |side: &str, part: &str| row[side][part].to_string();
    let both = |part: &str| [side("before", part), side("after", part)];
    let one = |part: &str| [row[part].to_string()];
    let columns: [&[String]; 7] = [
        &both("leads"),
        &one("leads_difference"),
        &both("assists"),
        &both("dispatched"),
        &one("dispatched_difference"),
        &one("came"),
        &one("went"),
    ];
    columns.concat()
}

on_each_database! {
    fn a_catalogue_tried_at_the_terminal_gives_what_the_interface_gives(test: &TestDb) {
        let desk = Desk::open(&test.url);
        for _ in 0..3 {
            let no = desk.city.agent().registers(draft());
            desk.city.dispatcher().does(&no, "dispatch", json!({ "lead": "wuye", "assists": ["weixiu"] }));
        }
        desk.city.taken(); // never sent: the catalogue was not asked
        let rule = json!({ "code": "N1", "category": "wy.dt", "lead": "baozhang", "assists": ["wuye"], "from_on": "2020-01-01" });
        // The day is said: the terminal's clock is another one.
        let catalogue = json!({ "rules": [rule], "on": "2026-11-02" });
        let would = desk.would(&json!({ "window": "2026-11", "catalogue": catalogue.clone() }));
        let due = would["dispatch"]["rows"].as_array().unwrap();
        let shell = Shell { desk: &desk, url: &test.url, folder: Folder::new() };
        let file = shell.file("catalogue.json", &catalogue.to_string());
        let lines = rows(&shell.told(&["--catalogue", &file, "--csv"]));
        for (row, line) in due.iter().zip(&lines[1..]) {
            assert_eq!(line[0].trim_start_matches('\''), row["key"], "{line:?}");
            assert_eq!(line[2..], numbers(row), "{line:?}");
        }
        let units = lines[1..].iter().filter(|line| line.len() > 1).count();
        assert_eq!((units, due.len() > 10), (due.len(), true));
        let said = lines.concat().join("\n");
        assert!(said.contains("wuye单位 → baozhang单位：3 件") && said.contains("不推算任何率"), "{said}");
        // As a table, alone and below the figures under another profile.
        let table = String::from_utf8(shell.told(&["--catalogue", &file])).unwrap();
        assert!(table.contains("2026-11-02 适用；共 3 件，3 件承办单位不同") && !table.contains("满意率"), "{table}");
        let both = String::from_utf8(shell.told(&["--catalogue", &file, "--profile", "beijing@1"])).unwrap();
        assert!(both.contains("满意率") && both.contains(&table), "{both}");
    }

    fn a_catalogue_that_cannot_be_tried_is_refused_with_where_and_why(test: &TestDb) {
        let desk = Desk::open(&test.url);
        let shell = Shell { desk: &desk, url: &test.url, folder: Folder::new() };
        let wrong = |content: &str| {
            let file = shell.file("wrong.json", content);
            let (code, said) = shell.refused(&["--catalogue", &file]);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains("(whatif.catalogue)") && said.contains("wrong.json"), "{said}");
            said
        };
        let rule = json!({ "code": "N1", "lead": "nobody", "from_on": "2026-11-01" });
        let nobody = json!({ "changes": [rule] });
        assert!(wrong(&nobody.to_string()).contains("/changes/0/lead"));
        assert!(wrong(&json!({ "rules": [{ "code": "N1" }] }).to_string()).contains("/rules/0/lead"));
        assert!(wrong(&json!({ "colour": 1 }).to_string()).contains("/colour"));
        wrong("code,lead");
        let (code, said) = shell.refused(&["--catalogue", "none.json"]);
        assert!(code == Some(2) && said.contains("(whatif.file)"), "{said}");
        let good = shell.file("good.json", "{}");
        let (code, said) = shell.refused(&["--catalogue", &good, "--profile", "beijing@1", "--csv"]);
        assert!(code == Some(2) && said.contains("(whatif.one_sheet)"), "{said}");
        assert_eq!(shell.refused(&[]).0, Some(2), "nothing is tried");
        // The catalogue as it is, as over HTTP.
        assert!(!shell.told(&["--catalogue", &good]).is_empty());
    }
}
