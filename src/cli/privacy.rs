//! The command line: what a person may ask of the site about themselves (PIPL 44–47), and what is kept too long.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiesu::app::{App, Demo};
use jiesu::db::Scrubbed;
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::privacy::{self, Two, Who};

/// Tickets that are listed as due at most.
const LISTED: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum Privacy {
    /// Writes what is held about a person into a file, in clear: two people answer for it
    Find {
        #[command(flatten)]
        who: Asked,
        #[command(flatten)]
        two: By,
        /// The file to write (JSON)
        #[arg(long)]
        out: PathBuf,
    },
    /// Corrects a ticket by the command amend, in somebody's name
    Correct {
        #[arg(long)]
        ticket: String,
        /// A JSON file with the fields as `amend` takes them
        #[arg(long)]
        fields: PathBuf,
        /// The login name of whoever corrects
        #[arg(long)]
        by: String,
        #[arg(long)]
        reason: String,
    },
    /// Destroys a ticket's personal data: two people answer for it
    Erase {
        #[arg(long)]
        ticket: String,
        #[command(flatten)]
        two: By,
    },
    /// Lists the tickets whose period (retention.years) is over; changes nothing
    Due,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Asked {
    /// The person's telephone number
    #[arg(long)]
    phone: Option<String>,
    /// One ticket's number
    #[arg(long)]
    ticket: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct By {
    /// The login names of the two who answer for it: --by A --by B
    #[arg(long = "by", required = true, num_args = 1)]
    by: Vec<String>,
    #[arg(long)]
    reason: String,
}

impl By {
    fn two(&self, app: &App) -> Result<Two> {
        match self.by.as_slice() {
            [first, second] => Two::named(&app.hotline, first, second),
            _ => Err(Error::new(Kind::Invalid, "privacy.two")),
        }
    }
}

pub(super) fn run(what: &Privacy) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    match what {
        Privacy::Find { who, two, out } => find(&app, who, two, out)?,
        Privacy::Correct { ticket, fields, by, reason } => {
            correct(&app, ticket, fields, by, reason)?;
        }
        Privacy::Erase { ticket, two } => return erase(&app, ticket, two),
        Privacy::Due => due(&app)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn find(app: &App, who: &Asked, by: &By, out: &Path) -> Result<()> {
    let who = match (&who.phone, &who.ticket) {
        (Some(phone), _) => Who::Phone(phone.clone()),
        (None, ticket) => Who::Ticket(ticket.clone().unwrap_or_default()),
    };
    // The file first: nothing is looked up for a place that cannot be written.
    let place = out.display().to_string();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(out).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Error::with(Kind::Refused, "privacy.file_there", &[("file", &place)])
        }
        _ => unwritten(&place, &error),
    })?;
    let held = by.two(app).and_then(|two| privacy::find(&app.hotline, &two, &who, &by.reason));
    let held = match held {
        Ok(held) => held,
        Err(error) => {
            drop(fs::remove_file(out));
            return Err(error);
        }
    };
    let text = serde_json::to_string_pretty(&held).map_err(Error::internal)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| unwritten(&place, &error))?;
    let [count, calls, words] = ["tickets", "calls", "words"]
        .map(|part| held[part].as_array().map_or(0, Vec::len).to_string());
    let values = [
        ("count", count.as_str()),
        ("calls", calls.as_str()),
        ("words", words.as_str()),
        ("file", place.as_str()),
    ];
    println!("{}", sentence("privacy.found", &values));
    Ok(())
}

fn unwritten(place: &str, error: &std::io::Error) -> Error {
    let reason = error.to_string();
    Error::with(Kind::Invalid, "backup.file", &[("file", place), ("reason", &reason)])
}

fn correct(app: &App, no: &str, fields: &Path, by: &str, reason: &str) -> Result<()> {
    let place = fields.display().to_string();
    let text = fs::read_to_string(fields).map_err(|error| unwritten(&place, &error))?;
    let fields = serde_json::from_str(&text)
        .map_err(|error| Error::new(Kind::Malformed, "malformed").because(error))?;
    let account = app.db.read(|conn| jiesu::identity::store::account_named(conn, by))?;
    let account = account.filter(|account| account.disabled_at.is_none());
    let nobody = || Error::with(Kind::Invalid, "privacy.account", &[("name", by)]);
    privacy::correct(&app.hotline, &account.ok_or_else(nobody)?, no, &fields, reason)?;
    println!("{}", sentence("privacy.corrected", &[("no", no)]));
    Ok(())
}

/// What is left of what was destroyed, in words.
pub(super) fn left_on_disk(scrubbed: Scrubbed) -> String {
    let code = match scrubbed {
        Scrubbed::Gone => "privacy.scrubbed_gone",
        Scrubbed::Busy => "privacy.scrubbed_busy",
        Scrubbed::Elsewhere => "privacy.scrubbed_elsewhere",
    };
    sentence(code, &[])
}

/// 1 where bytes may be left on the disk: the same command again takes them.
fn erase(app: &App, no: &str, by: &By) -> Result<ExitCode> {
    let (two, data_dir) = (by.two(app)?, &app.config.data_dir);
    let scrubbed = privacy::erase(&app.hotline, data_dir, no, &two, &by.reason)?;
    println!("{}", sentence("privacy.erased", &[("no", no)]));
    let code = if scrubbed == Scrubbed::Busy { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    println!("{}", left_on_disk(scrubbed));
    let file = privacy::journal_file(data_dir).display().to_string();
    println!("{}", sentence("privacy.backups", &[("file", &file)]));
    Ok(code)
}

fn due(app: &App) -> Result<()> {
    let years = app.config.retention.years;
    if years == 0 {
        println!("{}", sentence("privacy.due_off", &[]));
        return Ok(());
    }
    let due = privacy::due(&app.hotline, years, LISTED)?;
    for (no, ended_at) in &due {
        let ended_at = ended_at.rfc3339(app.config.site.zone);
        println!("{}", sentence("privacy.due", &[("no", no), ("ended_at", &ended_at)]));
    }
    let numbers = [years.to_string(), due.len().to_string(), LISTED.to_string()];
    let [years, count, most] = numbers.each_ref().map(String::as_str);
    let values = [("years", years), ("count", count), ("most", most)];
    println!("{}", sentence("privacy.due_count", &values));
    Ok(())
}
