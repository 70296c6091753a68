//! The program's subcommands (contract.md "Program"). Its rule: it reads arguments, prints and
//! chooses the exit code; everything else is done by the rooms. Exit codes: 0 done, 1 failed,
//! 2 wrong usage, a wrong configuration, or not built yet.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand};
use jiesu::app::{App, Demo};
use jiesu::bench;
use jiesu::config::Config;
use jiesu::directory::UnitCode;
use jiesu::doctor::{self, Finding, Verdict};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::identity::{self, Actor, NewAccount};
use jiesu::lifecycle::outage::Outage as Downtime;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::moving::{self, Run};
use jiesu::time::Stamp;
use jiesu::web;
use jiesu::worker::Worker;

/// What a caller's thread makes ready, the writing one clears away: glibc's allocator is slow at that.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 接诉：住建部门热线后台
#[derive(Debug, Parser)]
#[command(name = "jiesu", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrates if needed, serves the API and does the background work
    Serve {
        /// Loads the demo city once; its users can log in, on loopback only
        #[arg(long)]
        demo: bool,
    },
    /// Brings the schema up to date
    Migrate,
    /// Rebuilds the search index from the database
    Reindex,
    /// Checks and prints what a support person would ask
    Doctor,
    /// Users
    #[command(subcommand)]
    User(User),
    /// Loads ticket histories, resumable; FILE.rejects.* says what was not taken and why
    Import(Import),
    /// Writes ticket histories in constant memory
    Export(Export),
    /// Writes a hot backup into a directory
    Backup { dir: PathBuf },
    /// Restores a backup
    Restore { dir: PathBuf },
    /// Proves that the event chains and the attachments are whole
    Verify,
    /// Writes the monthly report without the console
    Report(Report),
    /// Trains the suggester and prints its macro-F1
    Learn {
        #[arg(long)]
        train: Option<PathBuf>,
        #[arg(long)]
        test: Option<PathBuf>,
    },
    /// Measures this machine: engine only and over HTTP, as ratios
    Bench(Bench),
    /// Certificates for this site
    #[command(subcommand)]
    Tls(Tls),
    /// Downtimes of the system
    #[command(subcommand)]
    Outage(Outage),
}

#[derive(Debug, Subcommand)]
enum User {
    /// Creates a user and prints a one-time password
    Add {
        name: String,
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        #[arg(long)]
        unit: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Import {
    file: PathBuf,
    /// Reads and checks, changes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Export {
    /// A window such as 2026-10
    #[arg(long)]
    window: Option<String>,
    /// ndjson, csv or xlsx
    #[arg(long, default_value = "ndjson")]
    format: String,
}

#[derive(Debug, Args)]
struct Report {
    #[arg(long)]
    window: String,
    #[arg(long)]
    kind: String,
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Bench {
    /// What to measure: engine, http, size, nodes, rates; nothing said: all of it
    parts: Vec<String>,
    /// Turns of each comparison
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// Tickets of one turn
    #[arg(long, default_value_t = 10_000)]
    tickets: usize,
    /// Tickets that a full house holds
    #[arg(long, default_value_t = 1_000_000)]
    stored: usize,
    /// Histories of the month whose rates are asked for
    #[arg(long, default_value_t = 100_000)]
    month: usize,
    /// An empty PostgreSQL database; given twice: one node works on the first, two on the second
    #[arg(long)]
    postgres: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Tls {
    /// A local certificate authority and a certificate for the site's names and addresses
    Init,
}

#[derive(Debug, Subcommand)]
enum Outage {
    /// Extends the unit limits that a downtime touched
    Declare { from: String, to: String },
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // The sentence says what to do; the cause below it is for whoever can do it.
            eprintln!("jiesu: {} ({})", error.detail(), error.code());
            let mut next = std::error::Error::source(&error);
            while let Some(cause) = next {
                eprintln!("  {cause}");
                next = cause.source();
            }
            ExitCode::from(if error.kind() == Kind::Invalid { 2 } else { 1 })
        }
    }
}

fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Serve { demo } => serve(if *demo { Demo::On } else { Demo::Off }),
        Command::Migrate => migrate(),
        Command::Reindex => not_yet("reindex"),
        Command::Doctor => Ok(examine(&App::open(Demo::Off)?)),
        Command::User(User::Add { name, roles, unit }) => add_user(name, roles, unit.as_deref()),
        Command::Import(what) => import(what),
        Command::Export(what) => export(what),
        Command::Backup { .. } => not_yet("backup"),
        Command::Restore { .. } => not_yet("restore"),
        Command::Verify => verify(&App::open(Demo::Off)?),
        Command::Report(_) => not_yet("report"),
        Command::Learn { .. } => not_yet("learn"),
        Command::Bench(what) => measure(what),
        Command::Tls(Tls::Init) => not_yet("tls init"),
        Command::Outage(Outage::Declare { from, to }) => declare(from, to),
    }
}

fn import(what: &Import) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    only_ndjson(what.file.extension().and_then(|end| end.to_str()).unwrap_or_default())?;
    let run = if what.dry_run { Run::Dry } else { Run::Real };
    let done = moving::import_file(&app.hotline, &what.file, run)?;
    let counts = [done.lines, done.imported, done.skipped, done.rejected].map(|n| n.to_string());
    let names = ["lines", "imported", "skipped", "rejected"];
    let values: Vec<(&str, &str)> =
        names.into_iter().zip(counts.iter().map(String::as_str)).collect();
    let said = match run {
        Run::Real => sentence("import.done", &values),
        Run::Dry => sentence("import.dry", &values),
    };
    println!("{said}");
    if let Some(file) = &done.rejects {
        let file = file.display().to_string();
        println!("{}", sentence("import.see_rejects", &[("file", &file)]));
    }
    Ok(ExitCode::SUCCESS)
}

fn export(what: &Export) -> Result<ExitCode> {
    only_ndjson(&what.format)?;
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let window = what.window.as_deref();
    let window = window.map(|name| moving::export::window(&app.hotline, name)).transpose()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let count = moving::export(&app.hotline, window, &mut out)?;
    std::io::Write::flush(&mut out).map_err(moving::rejects::cannot_write)?;
    eprintln!("{}", sentence("import.exported", &[("count", &count.to_string())]));
    Ok(ExitCode::SUCCESS)
}

/// Sheets come in a later version; anything else than a sheet is taken to be NDJSON.
fn only_ndjson(format: &str) -> Result<()> {
    match format {
        "csv" | "xlsx" => Err(Error::new(Kind::Invalid, "import.format_later")),
        _ => Ok(()),
    }
}

/// A subcommand that contract.md names and that this version does not have.
fn not_yet(name: &str) -> Result<ExitCode> {
    Err(Error::with(Kind::Invalid, "program.not_yet", &[("name", name)]))
}

fn serve(demo: Demo) -> Result<ExitCode> {
    let app = Arc::new(App::open(demo)?);
    web::log::start(&app.config.log)?;
    let applied = app.db.migrate()?;
    tracing::info!(migrations = applied.len(), "the schema is up to date");
    if demo == Demo::On {
        load_demo_city(&app)?;
        identity::demo::load_users(&app.db)?;
        moving::demo::load(&app.hotline, moving::demo::TICKETS)?;
    }
    let answers = app.clone();
    let worker = Worker::start(&app, |crew| {
        crew.every("answers.forget", TimeDelta::hours(1), move || {
            web::idempotency::forget_old(&answers).map(drop)
        })
    })?;
    welcome(&app);
    let served = web::serve(app);
    worker.stop();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Says where to click.
fn welcome(app: &App) {
    let place = format!("http://{}/api/v1/docs/", app.config.listen);
    println!("{}", sentence("program.welcome", &[("place", &place)]));
    if app.demo == Demo::On {
        println!("{}", sentence("program.demo", &[]));
    }
}

/// Creates a user and prints the one-time password: it is good until it is changed.
fn add_user(name: &str, roles: &[String], unit: Option<&str>) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let roles = roles
        .iter()
        .map(|role| {
            let unknown = || Error::with(Kind::Invalid, "program.role", &[("role", role)]);
            role.parse().map_err(|_| unknown())
        })
        .collect::<Result<_>>()?;
    let unit = unit.map(UnitCode::from);
    if let Some(code) = &unit {
        let directory = app.db.read(|conn| app.directory.current(conn))?;
        if directory.unit(code).is_none() {
            return Err(Error::with(Kind::Invalid, "program.unit", &[("unit", code.as_str())]));
        }
    }
    let account = NewAccount { display_name: name.to_owned(), name: name.to_owned(), roles, unit };
    let password = identity::add_user(&app.db, &Actor::system(), account)?;
    println!("{password}");
    Ok(ExitCode::SUCCESS)
}

/// The invented city, once: what has been changed by hand since stays.
fn load_demo_city(app: &App) -> Result<()> {
    let there = app.db.read(|conn| app.directory.current(conn))?;
    if there.units().next().is_some() {
        return Ok(());
    }
    let today = app.db.now().day(app.config.site.zone);
    app.db.write(move |tx| jiesu::directory::demo::load(tx, &Actor::system(), today).map(|_| ()))
}

fn migrate() -> Result<ExitCode> {
    let applied = App::open(Demo::Off)?.db.migrate()?;
    for name in &applied {
        println!("{name}");
    }
    println!("{}", sentence("program.migrated", &[("count", &applied.len().to_string())]));
    Ok(ExitCode::SUCCESS)
}

/// Prints what a support person would ask; 1 where somebody should look at something.
fn examine(app: &App) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for Finding { what, answer, verdict } in doctor::examine(app) {
        let mark = if verdict == Verdict::Well { " " } else { "!" };
        println!("{mark} {what}：{answer}");
        if verdict == Verdict::Look {
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// Proves the history; prints the first problems and gives 1 where there are any.
fn verify(app: &App) -> Result<ExitCode> {
    let proof = app.hotline.prove(&seal_file(&app.config.data_dir))?;
    for problem in &proof.problems {
        let mut place = String::new();
        for (name, number) in [
            ("ticket", problem.ticket_id),
            ("seq", problem.seq.map(i64::from)),
            ("seal", problem.seal),
        ] {
            if let Some(number) = number {
                place.push_str(&format!(" {name}={number}"));
            }
        }
        println!("{}{place} ({})", problem.fault.zh(), problem.fault);
    }
    let numbers = [
        ("tickets", proof.tickets),
        ("events", proof.events),
        ("seals", proof.seals),
        ("unsealed", proof.unsealed),
        ("problems", proof.count),
    ]
    .map(|(name, number)| (name, number.to_string()));
    println!("{}", sentence("verify.summary", &numbers.each_ref().map(|(k, v)| (*k, v.as_str()))));
    Ok(if proof.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures on the disk that holds the data directory, in a folder beside the data.
fn measure(what: &Bench) -> Result<ExitCode> {
    let unknown = |part: &str| Error::with(Kind::Invalid, "bench.unknown", &[("part", part)]);
    let parts = what.parts.iter().map(|part| part.parse().map_err(|_| unknown(part)));
    let plan = bench::Plan {
        parts: parts.collect::<Result<_>>()?,
        turns: what.turns.max(1),
        tickets: what.tickets.max(1),
        stored: what.stored,
        month: what.month,
        postgres: what.postgres.clone(),
        folder: Config::load()?.data_dir.join("bench"),
    };
    bench::run(&plan, &mut |line| println!("{line}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Declares a downtime; times with an offset, or as the site's clocks show them.
fn declare(from: &str, to: &str) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    let zone = app.config.site.zone;
    let read = |text: &str| {
        Stamp::parse(text)
            .or_else(|| Stamp::parse_local(text, zone))
            .ok_or_else(|| Error::with(Kind::Invalid, "outage.time", &[("text", text)]))
    };
    let outage = Downtime { from: read(from)?, to: read(to)? };
    let count = app.hotline.declare_outage(&Actor::system(), outage)?;
    println!("{}", sentence("outage.declared", &[("count", &count.to_string())]));
    Ok(ExitCode::SUCCESS)
}
