//! The command line: what goes to a city's platform that has no interface.

#![expect(clippy::print_stderr, reason = "a command's answer goes to the terminal")]

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use chrono::NaiveDate;
use jiesu::app::{App, Demo};
use jiesu::audit::{self, Entry};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::moving::rejects::cannot_write;
use jiesu::sheet::private_file;
use jiesu::time::Stamp;
use jiesu::upstream::sheet::{self, SheetFormat};

use super::UpstreamExport;

/// Writes the sheet; the audit trail says of which days.
pub(super) fn export(what: &UpstreamExport) -> Result<ExitCode> {
    let unknown = |_| Error::new(Kind::Invalid, "upstream.sheet_format");
    let format: SheetFormat = what.format.parse().map_err(unknown)?;
    let (from, to) = days(what)?;
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let zone = app.config.site.zone;
    let window = (Stamp::start_of(from, zone), Stamp::end_of(to, zone).plus_millis(1));
    let days = format!("{from}..{to}");
    app.db.write(move |tx| {
        let entry = Entry::new((0, "system"), "upstream.export", ("days", &days));
        audit::record(tx, &entry)
    })?;
    let count = match &what.out {
        Some(path) => {
            let mut out = BufWriter::new(private_file(path)?);
            let count = sheet::write(&app.carrier, window, format, &mut out)?;
            out.into_inner()
                .map_err(|error| cannot_write(error.into_error()))?
                .sync_all()
                .map_err(cannot_write)?;
            count
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout());
            let count = sheet::write(&app.carrier, window, format, &mut out)?;
            out.flush().map_err(cannot_write)?;
            count
        }
    };
    eprintln!("{}", sentence("upstream.exported", &[("count", &count.to_string())]));
    Ok(ExitCode::SUCCESS)
}

/// The first day and the last.
fn days(what: &UpstreamExport) -> Result<(NaiveDate, NaiveDate)> {
    let day = |text: &str| {
        let wrong = |_| Error::with(Kind::Invalid, "upstream.day", &[("text", text)]);
        text.parse::<NaiveDate>().map_err(wrong)
    };
    let from = day(&what.from)?;
    let to = what.to.as_deref().map_or(Ok(from), day)?;
    // No answers were owed then: nobody would see that the days were mixed up.
    if to < from {
        return Err(Error::new(Kind::Invalid, "upstream.days_backwards"));
    }
    Ok((from, to))
}
