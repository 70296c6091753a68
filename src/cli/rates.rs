//! The command line: a window's figures as they would be under another profile.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use jiesu::app::{App, Demo};
use jiesu::assessment::{Depth, Edition, GroupBy};
use jiesu::error::{Error, Kind, Result};
use jiesu::limits::Profile;
use jiesu::ticket::store::Vault;
use jiesu::whatif::{self, Asked, Candidate, print};

#[derive(Debug, Subcommand)]
pub(super) enum Rates {
    /// Counts a window anew under another profile, unit by unit; nothing is kept
    Whatif {
        /// Which window, such as 2026-10
        #[arg(long)]
        window: String,
        /// A profile's file (TOML), or name@version of one on record
        #[arg(long)]
        profile: String,
        /// all or assessed
        #[arg(long, default_value = "all")]
        edition: String,
        /// Every figure as CSV, instead of the table
        #[arg(long)]
        csv: bool,
    },
}

pub(super) fn run(what: &Rates) -> Result<ExitCode> {
    let Rates::Whatif { window, profile, edition, csv } = what;
    let edition: Edition = edition.parse().map_err(|_| {
        let values = [("edition", edition.as_str())];
        Error::with(Kind::Invalid, "whatif.edition", &values)
    })?;
    let text = text(profile)?;
    let candidate = text.as_deref().map_or(Candidate::Id(profile), Candidate::Text);
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let outcome = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let window = rules.window(window)?;
        let window = window.ok_or_else(|| Error::new(Kind::Invalid, "import.window"))?;
        let (book, on_record) = candidate.read(&rules).map_err(|error| {
            let known = Error::with(Kind::Invalid, "limits.no_profile", &[("name", profile)]);
            if error.fields().is_empty() { error } else { known }
        })?;
        let (by, depth) = (GroupBy::Unit, Depth::Own);
        let asked = Asked { window, by, depth, edition };
        let vault = Vault { keys: &hotline.keys };
        whatif::figures(conn, vault, &rules, asked, (&book, on_record), now)
    })?;
    if *csv {
        print::csv(&outcome, std::io::stdout())?;
    } else {
        for line in print::lines(&outcome) {
            println!("{line}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of the file named, read and checked; nothing where no such file is there: it names one on record.
fn text(profile: &str) -> Result<Option<String>> {
    let path = PathBuf::from(profile);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| {
        let values = [("file", profile)];
        Error::with(Kind::Invalid, "whatif.file", &values).because(error)
    })?;
    Profile::parse(&text)?;
    Ok(Some(text))
}
