//! The command line: contract.md's subcommands, a file for those that go together. Its rule: it reads
//! arguments, prints and chooses the exit code; everything else is done by the rooms of the house.

mod asking;
mod finding;
mod keeping;
mod learning;
mod moving;
mod privacy;
mod rates;
mod reports;
mod serving;
mod tls;
mod upstream;
mod warnings;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result};

/// 接诉：住建部门热线后台
#[derive(Debug, Parser)]
#[command(name = "jiesu", version, arg_required_else_help = true)]
pub struct Cli {
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
    /// Loads tickets from NDJSON, CSV or XLSX, resumable; FILE.rejects.* says what was not taken and why
    Import(Import),
    /// Writes tickets in constant memory: whole as NDJSON, masked for reading as CSV or XLSX
    Export(Export),
    /// Writes a hot backup into a directory: a new one, or that of an earlier backup of this site
    Backup(Backup),
    /// Restores a backup into an empty site, and proves it
    Restore(Restore),
    /// Proves that the event chains and the attachments are whole
    Verify {
        /// Looks at a backup instead: needs neither keys nor a database
        #[arg(long)]
        backup: Option<PathBuf>,
    },
    /// Writes the monthly report without the console
    Report(Report),
    /// Trains the suggester on the site's tickets and puts it in service where it is no worse; with files
    /// (columns label, title, detail) prints its macro-F1 and keeps nothing
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
    /// What a person may ask about their own data
    #[command(subcommand)]
    Privacy(privacy::Privacy),
    /// The city's 12345 platform
    #[command(subcommand)]
    Upstream(Upstream),
    /// Acting before the complaint
    #[command(subcommand)]
    Warnings(warnings::Warnings),
    /// Figures as they would be
    #[command(subcommand)]
    Rates(rates::Rates),
}

#[derive(Debug, Subcommand)]
enum Upstream {
    /// Writes the latest answers owed to the platform as a sheet in its columns
    Export(UpstreamExport),
    /// Compares the city's list of assessed tickets with ours, and writes what differs and what it costs
    Reconcile(UpstreamReconcile),
}

#[derive(Debug, Args)]
struct UpstreamReconcile {
    /// The city's list, .csv or .xlsx
    file: PathBuf,
    /// Which window, such as 2026-10
    #[arg(long)]
    window: String,
    /// Which headings are which columns, and what the words mean; nothing said: the site's own (upstream.assessed)
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// The appeal pack, .csv or .xlsx; nothing said: CSV to the standard output
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct UpstreamExport {
    /// First day, such as 2026-11-02
    #[arg(long)]
    from: String,
    /// Last day; nothing said: the first
    #[arg(long)]
    to: Option<String>,
    /// csv or xlsx
    #[arg(long, default_value = "csv")]
    format: String,
    /// The file; nothing said: the standard output
    #[arg(long)]
    out: Option<PathBuf>,
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
    /// FILE.ndjson, FILE.csv or FILE.xlsx
    #[arg(required_unless_present_any = ["list", "undo"])]
    file: Option<PathBuf>,
    /// Reads and checks, changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Which heading is which field, and which word which code (TOML; see README)
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// What the sheet is of: tickets (default), units, estates, regions, companies, categories, catalogue, category-map, users
    #[arg(long)]
    of: Option<String>,
    /// Lists the imports of tickets
    #[arg(long, conflicts_with_all = ["file", "undo"])]
    list: bool,
    /// Takes an import back, but for tickets that were worked on since
    #[arg(long, value_name = "BATCH", conflicts_with = "file")]
    undo: Option<i64>,
}

#[derive(Debug, Args)]
struct Export {
    /// A window such as 2026-10
    #[arg(long)]
    window: Option<String>,
    /// ndjson, csv or xlsx
    #[arg(long, default_value = "ndjson")]
    format: String,
    /// Where to, readable by its owner alone; the terminal's output where nothing is said
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Backup {
    dir: PathBuf,
    /// Copies the keys there as well: to another place than the data, for whoever has both reads everything
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Makes the backup although files of attachments are lost, and says which; without it such a backup is refused
    #[arg(long)]
    without_lost: bool,
}

#[derive(Debug, Args)]
struct Restore {
    dir: PathBuf,
    /// Where the keys were copied to; without it they must lie in <data_dir>/keys already
    #[arg(long)]
    keys: Option<PathBuf>,
    /// The erasures.log of the site that was lost: what was erased since the backup is erased again
    #[arg(long)]
    erasures: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Report {
    /// Such as 2026-10
    #[arg(long)]
    window: String,
    /// property
    #[arg(long)]
    kind: String,
    /// A directory, made where there is none
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Bench {
    /// What to measure: engine, http, size, nodes, rates, pages; nothing said: all of it
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
    /// Histories of the month whose rates are asked for, and of the months that pages show
    #[arg(long, default_value_t = 100_000)]
    month: usize,
    /// Over how many days the histories that pages show are spread, from 1 to 3650
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// A running `serve --demo` whose pages are asked, such as 127.0.0.1:8080
    #[arg(long)]
    server: Option<std::net::SocketAddr>,
    /// An empty PostgreSQL database; given twice: one node works on the first, two on the second
    #[arg(long)]
    postgres: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Tls {
    /// A local certificate authority (kept when run again) and a certificate for the site's names and addresses
    Init {
        /// Host names and addresses; nothing said: tls.names
        names: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Outage {
    /// Extends the unit limits that a downtime touched
    Declare {
        from: String,
        to: String,
        /// Lists what would be extended, changes nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does what the command line says; gives the exit code.
///
/// # Errors
/// Whatever kept it from being done: `main` prints it.
pub fn run(cli: &Cli) -> Result<ExitCode> {
    match &cli.command {
        Command::Serve { demo } => serving::serve(if *demo { Demo::On } else { Demo::Off }),
        Command::Migrate => serving::migrate(),
        Command::Reindex => finding::reindex(),
        Command::Doctor => Ok(asking::examine(&App::open(Demo::Off)?)),
        Command::User(User::Add { name, roles, unit }) => {
            asking::add_user(name, roles, unit.as_deref())
        }
        Command::Import(what) => moving::import(what),
        Command::Export(what) => moving::export(what),
        Command::Backup(what) => keeping::backup(what),
        Command::Restore(what) => keeping::restore(what),
        Command::Verify { backup: Some(dir) } => keeping::examine(dir),
        Command::Verify { backup: None } => asking::verify(&App::open(Demo::Off)?),
        Command::Report(what) => reports::report(what),
        Command::Learn { train: None, test: None } => learning::from_site(),
        Command::Learn { train: Some(train), test } => learning::from_files(train, test.as_deref()),
        Command::Learn { train: None, test: Some(_) } => {
            Err(Error::new(Kind::Invalid, "learn.test_alone"))
        }
        Command::Bench(what) => asking::measure(what),
        Command::Tls(Tls::Init { names }) => tls::init(names),
        Command::Privacy(what) => privacy::run(what),
        Command::Outage(Outage::Declare { from, to, dry_run: true }) => asking::would(from, to),
        Command::Outage(Outage::Declare { from, to, .. }) => asking::declare(from, to),
        Command::Upstream(Upstream::Export(what)) => upstream::export(what),
        Command::Warnings(what) => warnings::run(what),
        Command::Rates(what) => rates::run(what),
        Command::Upstream(Upstream::Reconcile(what)) => upstream::reconcile(what),
    }
}
