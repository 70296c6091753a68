//! The command line: what goes to a city's platform that has no interface.

#![expect(clippy::print_stderr, reason = "a command's answer goes to the terminal")]

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use chrono::NaiveDate;
use jiesu::app::{App, Demo};
use jiesu::assessment::fraction::Fraction;
use jiesu::audit::{self, Entry};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::moving::assessed::{self, list};
use jiesu::moving::export::window;
use jiesu::moving::rejects::cannot_write;
use jiesu::sheet::{Form, private_file};
use jiesu::time::Stamp;
use jiesu::upstream::sheet::{self, SheetFormat};

use super::{UpstreamExport, UpstreamReconcile};

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

/// Compares the city's list with ours; the audit trail says of which window.
pub(super) fn reconcile(what: &UpstreamReconcile) -> Result<ExitCode> {
    let form = match &what.out {
        Some(path) => Form::of(path).ok_or_else(|| Error::new(Kind::Invalid, "sheet.form"))?,
        None => Form::Csv,
    };
    let app = App::open(Demo::Off)?;
    let site = app.config.assessed_mapping();
    let mapping = list::Mapping::of(what.mapping.as_deref().or(site))?;
    let listed = list::read(&what.file, &mapping)?;
    app.db.migrate()?;
    let hotline = &app.hotline;
    let found = assessed::reconcile(hotline, window(hotline, &what.window)?, &listed.theirs)?;
    assessed::note(hotline, (0, "system"), &what.window, &found)?;
    let aside = app.config.data_dir.as_path();
    match &what.out {
        Some(path) => {
            let out = private_file(path)?;
            assessed::write_pack(hotline, &found, form, BufWriter::new(out), aside)?;
        }
        None => {
            let out = BufWriter::new(std::io::stdout());
            assessed::write_pack(hotline, &found, form, out, aside)?;
        }
    }
    for fault in &listed.faulty {
        let row = fault.row.to_string();
        eprintln!("{}", sentence("assessed.row", &[("row", &row), ("reason", &fault.reason)]));
    }
    let shown = |score: Option<Fraction>| {
        score.map_or_else(|| "—".to_owned(), |score| format!("{:.2}", score.as_f64()))
    };
    let difference = found.ours.zip(found.theirs).map(|(ours, theirs)| ours.minus(theirs));
    let values = [
        ("agreed", found.agreed.to_string()),
        ("differences", found.lines.len().to_string()),
        ("faulty", listed.faulty.len().to_string()),
        ("ours", shown(found.ours)),
        ("theirs", shown(found.theirs)),
        ("difference", shown(difference)),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    eprintln!("{}", sentence("assessed.done", &values));
    Ok(if listed.faulty.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
