//! The command line: a window's figures as they would be under another profile, and its tickets by another catalogue.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiesu::app::{App, Demo};
use jiesu::assessment::{Depth, Edition, GroupBy};
use jiesu::db::Conn;
use jiesu::error::{Error, FieldError, Kind, Result};
use jiesu::lifecycle::{Hotline, Rules};
use jiesu::limits::{Profile, Window};
use jiesu::ticket::store::{Vault, dispatched};
use jiesu::time::Stamp;
use jiesu::web::RawBody;
use jiesu::web::api::rates::whatif::TriedCatalogue;
use jiesu::whatif::routed::Routed;
use jiesu::whatif::{self, Asked, Candidate, Outcome, print, units};

#[derive(Debug, Subcommand)]
pub(super) enum Rates {
    /// Counts a window anew under another profile, or its tickets by another dispatch catalogue, unit by unit; nothing is
    /// kept
    Whatif {
        /// Which window, such as 2026-10
        #[arg(long)]
        window: String,
        /// A profile's file (TOML), or name@version of one on record
        #[arg(long, required_unless_present = "catalogue")]
        profile: Option<String>,
        /// A dispatch catalogue's file (JSON), as POST /rates/whatif takes one: {"rules": […], "changes": […], "on": "…"}
        #[arg(long)]
        catalogue: Option<PathBuf>,
        /// all or assessed
        #[arg(long, default_value = "all")]
        edition: String,
        /// Every figure as CSV, instead of the table
        #[arg(long)]
        csv: bool,
    },
}

pub(super) fn run(what: &Rates) -> Result<ExitCode> {
    let Rates::Whatif { window, profile, catalogue, edition, csv } = what;
    if *csv && profile.is_some() && catalogue.is_some() {
        return Err(Error::new(Kind::Invalid, "whatif.one_sheet"));
    }
    let edition: Edition = edition.parse().map_err(|_| {
        let values = [("edition", edition.as_str())];
        Error::with(Kind::Invalid, "whatif.edition", &values)
    })?;
    let text = match profile {
        Some(name) => text(name)?,
        None => None,
    };
    let catalogue = match catalogue {
        Some(file) => Some((file.as_path(), read(file)?)),
        None => None,
    };
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let hotline = &app.hotline;
    let now = hotline.db.now();
    let (rules, window, figures, tickets) = hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let window = rules.window(window)?;
        let window = window.ok_or_else(|| Error::new(Kind::Invalid, "import.window"))?;
        let figures = match profile {
            Some(name) => {
                let candidate = text.as_deref().map_or(Candidate::Id(name), Candidate::Text);
                let tried = Tried { name, candidate, edition };
                Some(tried.figures(conn, hotline, (&rules, window), now)?)
            }
            None => None,
        };
        let tickets = match &catalogue {
            Some(_) => Some(dispatched(conn, window.start, window.end)?),
            None => None,
        };
        Ok((rules, window, figures, tickets))
    })?;
    let routed = match (&catalogue, tickets) {
        (Some((file, tried)), Some(tickets)) => {
            let routed = tried.routed(&rules, &hotline.keys, now, tickets);
            Some(routed.map_err(|error| unfit(file, error))?)
        }
        _ => None,
    };
    tell(figures.as_ref(), routed.as_ref().map(|routed| (routed, &window)), *csv)?;
    Ok(ExitCode::SUCCESS)
}

/// A profile to be tried.
struct Tried<'a> {
    /// As it was named: a file, or an id.
    name: &'a str,
    candidate: Candidate<'a>,
    edition: Edition,
}

impl Tried<'_> {
    fn figures(
        self,
        conn: &mut Conn,
        hotline: &Hotline,
        (rules, window): (&Rules, Window),
        now: Stamp,
    ) -> Result<Outcome> {
        let (book, on_record) = self.candidate.read(rules).map_err(|error| {
            let known = Error::with(Kind::Invalid, "limits.no_profile", &[("name", self.name)]);
            if error.fields().is_empty() { error } else { known }
        })?;
        let (by, depth) = (GroupBy::Unit, Depth::Own);
        let asked = Asked { window, by, depth, edition: self.edition };
        let vault = Vault { keys: &hotline.keys };
        whatif::figures(conn, vault, rules, asked, (&book, on_record), now)
    }
}

/// Prints what was tried: tables, or one of them as CSV.
fn tell(figures: Option<&Outcome>, routed: Option<(&Routed, &Window)>, as_csv: bool) -> Result<()> {
    if as_csv {
        if let Some(outcome) = figures {
            print::csv(outcome, std::io::stdout())?;
        }
        if let Some((routed, window)) = routed {
            units::csv(routed, window, std::io::stdout())?;
        }
        return Ok(());
    }
    let figures = figures.map(print::lines).unwrap_or_default();
    let routed = routed.map(|(routed, window)| units::lines(routed, window)).unwrap_or_default();
    let between = (!figures.is_empty() && !routed.is_empty()).then(String::new);
    for line in figures.into_iter().chain(between).chain(routed) {
        println!("{line}");
    }
    Ok(())
}

/// The catalogue in `file`, in the words of the interface.
fn read(file: &Path) -> Result<TriedCatalogue> {
    let bytes = fs::read(file).map_err(|error| unreadable(&file.display().to_string(), error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).to_vec();
    RawBody::new(bytes).parse().map_err(|error| unfit(file, error))
}

/// What is wrong with the catalogue in `file`, and where: the first of all faults.
fn unfit(file: &Path, error: Error) -> Error {
    let file = file.display().to_string();
    let (pointer, why) = match error.fields().first() {
        Some(FieldError { pointer, detail, .. }) => {
            (pointer.strip_prefix("/catalogue").unwrap_or(pointer).to_owned(), detail.clone())
        }
        None if error.kind() == Kind::Malformed => (String::new(), error.detail().to_owned()),
        None => return error,
    };
    let values = [("file", file.as_str()), ("pointer", &pointer), ("why", &why)];
    Error::with(Kind::Invalid, "whatif.catalogue", &values)
}

fn unreadable(file: &str, error: std::io::Error) -> Error {
    Error::with(Kind::Invalid, "whatif.file", &[("file", file)]).because(error)
}

/// The text of the file named, read and checked; nothing where no such file is there: it names one on record.
fn text(profile: &str) -> Result<Option<String>> {
    let path = PathBuf::from(profile);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| unreadable(profile, error))?;
    Profile::parse(&text)?;
    Ok(Some(text))
}
