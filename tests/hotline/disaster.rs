//! A backup made by the real program while others write, brought back elsewhere: the same rows, figures and
//! chains; and no byte of it can change unseen. `JIESU_BACKUPS=10` is the full run (1 otherwise).

mod attached;
mod load;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use diesel::{Connection, PgConnection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use jiesu::backup::{self, MANIFEST, Manifest};
use jiesu::db::dump;
use jiesu::time::Stamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::databases::{TestDb, say};
use crate::support::program::{Program, Site};
use load::Load;

/// Writes a second that go on meanwhile.
const PACE: u32 = 200;
/// Writes before a backup begins.
const BEFORE: usize = 150;
/// Bytes that are flipped, one after the other, in each backup.
const FLIPS: usize = 25;

const KEYS: [(&str, &str); 3] = [
    ("JIESU_WORKER__SEAL_SECONDS", "1"),
    ("JIESU_WORKER__PAUSE_MS", "50"),
    ("JIESU_LOG__LEVEL", "warn"),
];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What a subcommand has said, where it went well.
fn well(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{complained}");
    said
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The rates of all tickets received before `to`, by whatever they can be asked by: the whole answers.
fn rates(site: &Site, program: &Program, to: Stamp) -> Vec<Value> {
    let badge = site.badge("leader");
    let to = to.to_string();
    ["unit", "category", "channel"]
        .iter()
        .map(|by| {
            let ask = format!(
                "/api/v1/rates?from=2026-01-01T00:00:00Z&to={to}&group_by={by}&edition=all"
            );
            let headers = [("Authorization", badge.as_str())];
            let answer = program.line().ask("GET", &ask, &headers, "").unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()
        })
        .collect()
}

/// How many rows each table has.
fn counts(site: &Site) -> BTreeMap<String, u64> {
    let app = site.app();
    let counts = app.db.read(|conn| {
        let tables = dump::tables(conn)?;
        tables
            .into_iter()
            .map(|table| Ok((table.name.clone(), dump::count(conn, &table)?)))
            .collect()
    });
    counts.unwrap()
}

/// The lines of each table's file: what is really in the backup.
fn lines(dir: &Path, manifest: &Manifest) -> BTreeMap<String, u64> {
    let folder = dir.join(&manifest.snapshot);
    let count = |table: &str| {
        let bytes = std::fs::read(folder.join(format!("{table}.ndjson"))).unwrap();
        bytes.iter().filter(|byte| **byte == b'\n').count() as u64
    };
    let tables = manifest.tables.iter();
    tables.map(|content| (content.table.name.clone(), count(&content.table.name))).collect()
}

/// Flips a bit of a byte, anywhere in any file of the backup, again and again: each is found, and the
/// file is named.
fn flip(dir: &Path, manifest: &Manifest, rng: &mut StdRng) {
    let mut files: Vec<&str> = manifest.files.keys().map(String::as_str).collect();
    files.push(MANIFEST);
    for _ in 0..FLIPS {
        let name = files[rng.random_range(0..files.len())];
        let file = dir.join(name);
        let whole = std::fs::read(&file).unwrap();
        if whole.is_empty() {
            continue;
        }
        let mut bytes = whole.clone();
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << rng.random_range(0..8);
        std::fs::write(&file, &bytes).unwrap();
        let flaws = backup::examine(dir).unwrap().flaws;
        let named: Vec<&str> = flaws.iter().map(|flaw| flaw.file.as_str()).collect();
        assert_eq!(named, [name], "byte {at}");
        std::fs::write(&file, &whole).unwrap();
    }
    assert_eq!(backup::examine(dir).unwrap().flaws, []);
}

/// The program itself finds a flipped byte, names the file, and restores nothing from it.
fn refuse(site: &Site, dir: &Path, manifest: &Manifest, keys: &Path) {
    let (name, _) = manifest.files.iter().max_by_key(|(_, sum)| sum.bytes).unwrap();
    let file = dir.join(name);
    let whole = std::fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let into = Site::to_come_back_to(site, None, &KEYS);
    for arguments in
        [vec!["verify", "--backup", path(dir)], vec!["restore", path(dir), "--keys", path(keys)]]
    {
        let output = into.run(&arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{name}: 内容与清单的校验和不符")), "{said}");
    }
    assert!(!into.folder().join("data").exists(), "something was touched");
    std::fs::write(&file, &whole).unwrap();
}

/// Restores into `into` and compares with what the source says now of `to`, up to which it rests.
fn come_back(into: &Site, dir: &Path, keys: &Path, due: &BTreeMap<String, u64>) -> String {
    let said = well(&into.run(&["restore", path(dir), "--keys", path(keys)]));
    assert!(said.contains("发现问题 0 处"), "{said}");
    let mut there = counts(into);
    // Tables that this program has and the backup had not are empty.
    there.retain(|name, count| due.contains_key(name) || *count > 0);
    assert_eq!(&there, due);
    let again = into.run(&["restore", path(dir), "--keys", path(keys)]);
    assert!(!again.status.success(), "restored over what is there");
    said
}

fn round(site: &Site, program: &Program, database: &str, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let load = Load::start(site, program.address, PACE, seed);
    while load.writes() < BEFORE {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let rest = load.rest();
    let (dir, keys) = (site.folder().join("backup"), site.folder().join("keys-apart"));
    let before = load.writes();
    let said = well(&site.run(&["backup", path(&dir), "--keys", path(&keys)]));
    let meanwhile = load.writes() - before;
    assert!(meanwhile > 0, "nobody wrote meanwhile");
    let due = rates(site, program, rest);
    let (tickets, pace) = load.stop();
    let manifest = Manifest::read(&dir).unwrap().unwrap();
    let lines = lines(&dir, &manifest);
    let whole = well(&site.run(&["verify", "--backup", path(&dir)]));
    assert!(whole.contains("备份完好"), "{whole}");
    let mut proofs = Vec::new();
    let postgres = TestDb::bare_postgres();
    let urls = [None, postgres.as_ref().map(|test| test.url.as_str())];
    for url in &urls[..if postgres.is_some() { 2 } else { 1 }] {
        let into = Site::to_come_back_to(site, *url, &KEYS);
        proofs.push(come_back(&into, &dir, &keys, &lines));
        let restored = into.start();
        assert_eq!(rates(&into, &restored, rest), due);
    }
    refuse(site, &dir, &manifest, &keys);
    flip(&dir, &manifest, &mut rng);
    say(&format!(
        "{database}: {pace:.0} writes/s, {meanwhile} of them during the backup; {tickets} tickets so far \
         this round, {} in it; {}\n  {}  {}",
        lines["ticket"],
        due[0]["total"]["metrics"]["response_rate"],
        said.lines().next().unwrap_or_default(),
        proofs.concat().lines().collect::<Vec<_>>().join(" "),
    ));
}

fn rounds(database: Option<&str>, name: &str) {
    let site = Site::new(database, &KEYS);
    let program = site.start();
    let seed = number("JIESU_SEED").unwrap_or_else(rand::random);
    println!("JIESU_SEED={seed}");
    for count in 0..number("JIESU_BACKUPS").unwrap_or(1) {
        round(&site, &program, name, seed.wrapping_add(count));
    }
}

mod a_backup_of_a_busy_house_comes_back_elsewhere_as_it_was {
    use super::*;

    #[test]
    fn from_sqlite() {
        rounds(None, "SQLite");
    }

    #[test]
    fn from_postgres() {
        let Some(test) = TestDb::postgres() else { return };
        rounds(Some(&test.url), "PostgreSQL");
    }
}

/// Takes the newest migration away again, as if the program were older.
fn age(url: &str) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let kind = if scheme == "sqlite" { "sqlite" } else { "postgres" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
    let all = FileBasedMigrations::from_path(folder).unwrap();
    if kind == "sqlite" {
        SqliteConnection::establish(rest).unwrap().revert_last_migration(all).unwrap();
    } else {
        PgConnection::establish(url).unwrap().revert_last_migration(all).unwrap();
    }
}

fn comes_back_newer(database: Option<&str>) {
    let site = Site::new(database, &KEYS);
    let file = format!("sqlite://{}", site.folder().join("data/jiesu.db").display());
    age(database.unwrap_or(&file));
    let (dir, keys) = (site.folder().join("backup"), site.folder().join("keys-apart"));
    well(&site.run(&["backup", path(&dir), "--keys", path(&keys)]));
    let manifest = Manifest::read(&dir).unwrap().unwrap();
    let into = Site::to_come_back_to(&site, None, &KEYS);
    let said = come_back(&into, &dir, &keys, &lines(&dir, &manifest));
    assert!(said.contains("升级 1 个迁移"), "{said}");
    let restored = into.start();
    let me =
        restored.line().ask("GET", "/api/v1/me", &[("Authorization", &into.badge("agent"))], "");
    assert_eq!(me.unwrap().status, 200);
}

mod a_backup_of_an_older_program_comes_back_in_this_one {
    use super::*;

    #[test]
    fn from_sqlite() {
        comes_back_newer(None);
    }

    #[test]
    fn from_postgres() {
        let Some(test) = TestDb::postgres() else { return };
        comes_back_newer(Some(&test.url));
    }
}
