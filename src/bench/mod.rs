//! Bench: `jiesu bench`, this machine measured. Its rule: a figure is a ratio of two things measured
//! in the same run, turn by turn, on fresh databases; the middle of the turns counts.

mod clients;
mod drafts;
mod engine;
mod history;
mod pages;
mod people;
mod places;
mod rates;
mod server;
mod site;
mod straight;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clients::take_in as over_http;
use engine::{Speed, take_in};
use server::Server;
use site::Site;

use crate::code_enum;
use crate::error::{Result, sentence};
use crate::identity::Role;

code_enum! {
    /// What can be measured by itself.
    pub enum Part {
        Engine = "engine" "引擎",
        Http = "http" "HTTP",
        Size = "size" "规模",
        Nodes = "nodes" "双节点",
        Rates = "rates" "指标",
        Pages = "pages" "页面",
    }
}

/// What is measured, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Nothing said: all parts.
    pub parts: Vec<Part>,
    /// Turns of each comparison.
    pub turns: usize,
    /// Tickets of one turn.
    pub tickets: usize,
    /// How many tickets a full house holds.
    pub stored: usize,
    /// Histories of the month whose rates are asked for, and of the months that pages show.
    pub month: usize,
    /// Over how many days those that pages show are spread.
    pub days: u64,
    /// A running server with the demo's people, whose pages are asked instead of those of a new one.
    pub server: Option<SocketAddr>,
    /// Two empty PostgreSQL databases, for one node and for two.
    pub postgres: Vec<String>,
    /// Where the sites are laid; on the disk that is to be measured.
    pub folder: PathBuf,
}

/// Measures, and tells each result by `say` as soon as it is known.
///
/// # Errors
/// Whatever the program under measurement refuses.
pub fn run(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    for part in Part::ALL {
        if !plan.parts.is_empty() && !plan.parts.contains(part) {
            continue;
        }
        say(sentence("bench.part", &[("part", part.zh())]));
        match part {
            Part::Engine => engine_alone(plan, say)?,
            Part::Http => http(plan, say)?,
            Part::Size => size(plan, say)?,
            Part::Nodes => nodes(plan, say)?,
            Part::Rates => rates::measure(plan, say)?,
            Part::Pages => pages::measure(plan, say)?,
        }
    }
    drop(std::fs::remove_dir(&plan.folder));
    Ok(())
}

/// How long a server that has begun is left alone before it is called idle.
const REST: Duration = Duration::from_secs(2);

/// The middle of several turns.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn figure(value: f64) -> String {
    format!("{value:.2}")
}

/// One comparison, told turn by turn and at the end.
struct Compared<'a> {
    name: &'a str,
    goal: f64,
    ratios: Vec<f64>,
}

impl<'a> Compared<'a> {
    fn new(name: &'a str, goal: f64) -> Self {
        Self { name, goal, ratios: Vec::new() }
    }

    fn turn(&mut self, ours: Speed, theirs: Speed, say: &mut dyn FnMut(String)) {
        let ratio = ours.per_second() / theirs.per_second();
        self.ratios.push(ratio);
        let (ours, theirs) =
            (ours.per_second().round().to_string(), theirs.per_second().round().to_string());
        say(sentence(
            "bench.turn",
            &[
                ("name", &sentence(self.name, &[])),
                ("ours", &ours),
                ("theirs", &theirs),
                ("ratio", &figure(ratio)),
            ],
        ));
    }

    fn end(self, say: &mut dyn FnMut(String)) {
        let ratio = middle(self.ratios);
        let verdict = if ratio >= self.goal { "bench.met" } else { "bench.missed" };
        say(sentence(
            "bench.ratio",
            &[
                ("name", &sentence(self.name, &[])),
                ("ratio", &figure(ratio)),
                ("goal", &figure(self.goal)),
                ("verdict", &sentence(verdict, &[])),
            ],
        ));
    }
}

fn site(plan: &Plan, name: &str) -> Result<Site> {
    Site::new(&plan.folder, name, None)
}

/// The engine against prepared statements.
fn engine_alone(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let mut compared = Compared::new("bench.engine_straight", 0.7);
    for _ in 0..plan.turns {
        let site = site(plan, "engine")?;
        let drafts = site.drafts()?.take(plan.tickets)?;
        let ours = take_in(&site, drafts)?;
        let rows = straight::rows(&site.file())?;
        let file = plan.folder.join("straight.db");
        let theirs = straight::write(&site.file(), &file, &rows, ours.group);
        remove(&file);
        say(sentence(
            "bench.group",
            &[("group", &ours.group.to_string()), ("rows", &rows_a_ticket(&rows))],
        ));
        compared.turn(ours, theirs?, say);
    }
    compared.end(say);
    Ok(())
}

fn rows_a_ticket(tickets: &[straight::TicketRows]) -> String {
    let rows: usize = tickets.iter().map(Vec::len).sum();
    figure(rows as f64 / tickets.len().max(1) as f64)
}

/// A SQLite file and what lies beside it.
fn remove(file: &Path) {
    for end in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{end}", file.display())));
    }
}

/// Over HTTP against the engine, with background work held back and with it running.
fn http(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let mut held = Compared::new("bench.http_held", 0.6);
    let mut running = Compared::new("bench.http_running", 0.4);
    for _ in 0..plan.turns {
        let site = site(plan, "http-engine")?;
        let theirs = take_in(&site, site.drafts()?.take(plan.tickets)?)?;
        drop(site);
        held.turn(served(plan, &[], say)?, theirs, say);
        running.turn(served(plan, &[("JIESU_WORKER__ENABLED", "true")], say)?, theirs, say);
    }
    held.end(say);
    running.end(say);
    Ok(())
}

/// A turn over HTTP on a fresh site.
fn served(plan: &Plan, keys: &[(&str, &str)], say: &mut dyn FnMut(String)) -> Result<Speed> {
    let site = site(plan, "http")?;
    let (name, password) = site.account(Role::Agent)?;
    let drafts = site.drafts()?.take(plan.tickets)?;
    let server = Server::start(&site, keys)?;
    std::thread::sleep(REST);
    tell_memory("bench.idle", &server, say);
    let token = server.login(&name, &password)?;
    let speed = over_http(&[server.address], &token, &drafts)?;
    drop(server);
    Ok(speed)
}

fn tell_memory(name: &str, server: &Server, say: &mut dyn FnMut(String)) {
    let mib =
        server.memory().map_or_else(|| "—".to_owned(), |bytes| (bytes / 1_048_576).to_string());
    say(sentence(name, &[("mib", &mib)]));
}

/// A full house against a nearly empty one.
fn size(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let (full, small) = (site(plan, "full")?, site(plan, "small")?);
    for (site, count) in [(&full, plan.stored), (&small, 10_000)] {
        fill(site, count)?;
        say(sentence("bench.stored", &[("count", &count.to_string())]));
    }
    let mut compared = Compared::new("bench.size", 0.9);
    for turn in 0..plan.turns {
        // The order changes: what a turn leaves to do on the disk hits each as often.
        let mut speeds = [None, None];
        for at in [turn % 2, 1 - turn % 2] {
            let site = [&full, &small][at];
            speeds[at] = Some(take_in(site, site.drafts()?.take(plan.tickets)?)?);
        }
        if let [Some(ours), Some(theirs)] = speeds {
            compared.turn(ours, theirs, say);
        }
    }
    compared.end(say);
    let (name, password) = full.account(Role::Agent)?;
    let server = Server::start(&full, &[])?;
    let token = server.login(&name, &password)?;
    over_http(&[server.address], &token, &full.drafts()?.take(plan.tickets)?)?;
    tell_memory("bench.full", &server, say);
    Ok(())
}

fn fill(site: &Site, count: usize) -> Result<()> {
    let mut drafts = site.drafts()?;
    let mut left = count;
    while left > 0 {
        let some = left.min(50_000);
        take_in(site, drafts.take(some)?)?;
        left -= some;
    }
    Ok(())
}

/// Two nodes against one, on PostgreSQL.
fn nodes(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let [one, two] = plan.postgres.as_slice() else {
        say(sentence("bench.no_postgres", &[]));
        return Ok(());
    };
    let one = Site::new(&plan.folder, "one-node", Some(one))?;
    let two = Site::new(&plan.folder, "two-nodes", Some(two))?;
    let mut compared = Compared::new("bench.nodes", 0.85);
    let (name, password) = one.account(Role::Agent)?;
    let alone = [Server::start(&one, &[])?];
    let token = alone[0].login(&name, &password)?;
    let (name, password) = two.account(Role::Agent)?;
    let both = [Server::start(&two, &[])?, Server::start(&two, &[])?];
    let token_of_two = both[0].login(&name, &password)?;
    for turn in 0..plan.turns {
        let mut speeds = [None, None];
        for at in [turn % 2, 1 - turn % 2] {
            let (servers, site, token) =
                if at == 0 { (&both[..], &two, &token_of_two) } else { (&alone[..], &one, &token) };
            let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
            let drafts = site.drafts()?.take(plan.tickets)?;
            speeds[at] = Some(over_http(&addresses, token, &drafts)?);
        }
        if let [Some(ours), Some(theirs)] = speeds {
            compared.turn(ours, theirs, say);
        }
    }
    compared.end(say);
    Ok(())
}
