//! kill -9 at random moments while many write: every acknowledged ticket is there once, the chains
//! verify, and a repeated key gives the same ticket. `JIESU_KILLS=100` is the full run (3 otherwise),
//! `JIESU_SEED=n` the one that failed.

mod checks;
mod writers;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::databases::{TestDb, say};
use crate::support::postgres::Cluster;
use crate::support::program::{Program, Site};
use checks::Reader;
use writers::{Kind, Wish, Writers};

/// Requests that must be under way when the process is killed.
const IN_FLIGHT: usize = 8;
/// After so many kills the whole history is proven; it is at the very end too.
const PROVEN_EVERY: u32 = 10;

/// Rounds often, so that kills fall into seals as well.
const KEYS: [(&str, &str); 4] = [
    ("JIESU_WORKER__SEAL_SECONDS", "1"),
    ("JIESU_WORKER__SWEEP_SECONDS", "1"),
    ("JIESU_WORKER__PAUSE_MS", "50"),
    ("JIESU_LOG__LEVEL", "warn"),
];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What has happened over all rounds.
#[derive(Default)]
struct Tally {
    kills: u32,
    early_kills: u32,
    acknowledged: usize,
    unanswered: usize,
    kept: usize,
    fewest: Option<usize>,
    proofs: u32,
}

/// One site under blows.
struct Ordeal<'a> {
    site: &'a Site,
    rng: StdRng,
    wishes: Vec<Wish>,
    tally: Tally,
}

impl Ordeal<'_> {
    /// Writers write; at a random moment, with enough of them waiting for an answer, `blow` falls.
    fn round(&mut self, program: &mut Program, blow: impl FnOnce(&mut Program)) -> Vec<Wish> {
        self.tally.kills += 1;
        let moment = Duration::from_millis(self.rng.random_range(0..600));
        // Most often counted from the first answer, so that a slow machine gives some at all.
        let later = self.rng.random_bool(0.8);
        let writers = Writers::start(self.site, program.address, self.tally.kills, &mut self.rng);
        let since = Instant::now();
        while later && !writers.have_answers() {
            assert!(since.elapsed() < Duration::from_secs(20), "the writers get no answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(moment);
        while writers.in_flight() < IN_FLIGHT {
            assert!(since.elapsed() < Duration::from_secs(20), "the writers do not write");
            std::hint::spin_loop();
        }
        blow(program);
        let wishes = writers.stop();
        let unanswered = wishes.iter().filter(|wish| wish.answer.is_none()).count();
        self.tally.acknowledged += wishes.len() - unanswered;
        self.tally.unanswered += unanswered;
        self.tally.fewest = Some(self.tally.fewest.map_or(unanswered, |n| n.min(unanswered)));
        wishes
    }

    /// Now and then the next process does not even come up before it is killed too.
    fn maybe_kill_early(&mut self) {
        if self.rng.random_ratio(1, 6) {
            let mut program = self.site.begin();
            std::thread::sleep(Duration::from_millis(self.rng.random_range(0..250)));
            program.kill();
            self.tally.early_kills += 1;
        }
    }

    /// What the clients find when the program is back: what they were told, once, and an answer to
    /// what was left open.
    fn recover(&mut self, program: &Program, mut wishes: Vec<Wish>) {
        let mut reader = Reader::new(self.site, program);
        let there = reader.tickets();
        self.tally.kept += reader.find_all(&there, &mut wishes);
        reader.repeat_all(&mut wishes);
        let there = reader.tickets();
        reader.find_all(&there, &mut wishes);
        self.wishes.extend(wishes);
        assert_eq!(there.len(), self.count(), "a ticket that nobody wished for");
    }

    /// How many different tickets were wished for.
    fn count(&self) -> usize {
        self.wishes.iter().filter(|wish| wish.kind == Kind::Ticket).count()
    }

    /// `jiesu verify` finds nothing.
    fn prove(&mut self) -> String {
        let output = self.site.run(&["verify"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}{complained}");
        assert!(said.contains("发现问题 0 处"), "{said}");
        assert!(said.contains(&format!("工单 {} 件", self.count())), "{said}: {}", self.count());
        self.tally.proofs += 1;
        said.trim().to_owned()
    }

    /// At the end: every key of every round once more, then the proof before and after a seal over
    /// what the kills have left unsealed.
    fn end(mut self, mut program: Program, database: &str, seed: u64) {
        let mut reader = Reader::new(self.site, &program);
        reader.repeat_all(&mut self.wishes);
        let mut numbers = BTreeMap::new();
        for wish in self.wishes.iter().filter(|wish| wish.kind == Kind::Ticket) {
            *numbers.entry(wish.number()).or_insert(0) += 1;
        }
        assert!(numbers.values().all(|count| *count == 1), "two keys got one ticket");
        program.kill();
        let before = self.prove();
        let app = self.site.app();
        let file = seal_file(&app.config.data_dir);
        app.hotline.seal(&file, &Bell::default()).unwrap();
        drop(app);
        let after = self.prove();
        assert!(after.contains("尚未封存的事件 0 条"), "{after}");
        let Tally { kills, early_kills, acknowledged, unanswered, kept, fewest, proofs } =
            self.tally;
        say(&format!(
            "{database}: {kills} kills (and {early_kills} while starting), seed {seed}: \
             {acknowledged} acknowledged, {unanswered} in flight unanswered (never fewer than {}) \
             of which {kept} were on disk; {} keys, {} tickets; {proofs} proofs.\n  {before}\n  {after}",
            fewest.unwrap_or_default(),
            self.wishes.len(),
            numbers.len(),
        ));
    }
}

fn ordeal(site: &Site, database: &str, kills: u32, mut blow: impl FnMut(&mut Program)) {
    let seed = number("JIESU_SEED").unwrap_or_else(rand::random);
    println!("JIESU_SEED={seed}");
    let rng = StdRng::seed_from_u64(seed);
    let mut ordeal = Ordeal { site, rng, wishes: Vec::new(), tally: Tally::default() };
    let mut program = site.start();
    for round in 1..=kills {
        let wishes = ordeal.round(&mut program, &mut blow);
        ordeal.maybe_kill_early();
        program = site.start();
        ordeal.recover(&program, wishes);
        if round % PROVEN_EVERY == 0 {
            ordeal.prove();
        }
    }
    ordeal.end(program, database, seed);
}

fn kills() -> u32 {
    number("JIESU_KILLS").map_or(3, |n| u32::try_from(n).unwrap())
}

mod every_acknowledged_ticket_is_there_once_after_each_kill {
    use super::*;

    #[test]
    fn on_sqlite() {
        let site = Site::new(None, &KEYS);
        ordeal(&site, "SQLite", kills(), Program::kill);
    }

    #[test]
    fn on_postgres() {
        let Some(test) = TestDb::postgres() else { return };
        let site = Site::new(Some(&test.url), &KEYS);
        ordeal(&site, "PostgreSQL", kills(), Program::kill);
    }

    /// The database server dies instead, and then the program that has lost it.
    #[test]
    fn on_postgres_that_is_killed_itself() {
        // What was synced must survive; that of the tests' other server is not synced at all.
        let Some(mut cluster) = Cluster::start("fsync = on\nfull_page_writes = on") else { return };
        let site = Site::new(Some(&cluster.url("postgres")), &KEYS);
        let kills = kills().div_ceil(10);
        ordeal(&site, "PostgreSQL killed itself", kills, |program| {
            cluster.order("kill");
            program.kill();
            cluster.order("start");
        });
    }
}
