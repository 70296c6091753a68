//! The command line: the monthly report without the console. Its rule: of a report that was made there are its kept
//! figures; of a window without one the figures as they are now, and each file says which. Each says too that it is a
//! copy of the command line's, and only their owner reads the files; the audit trail knows of a copy that is whole, and
//! none is left of which it does not know.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::audit::{self, Entry};
use jiesu::error::{Error, Kind, Result};
use jiesu::reports::kinds::ReportKind;
use jiesu::reports::mailing::Paper;
use jiesu::reports::print;
use jiesu::sheet::private_file;

use super::Report;

/// Writes the report of a window in every form it has, and prints the files' names.
pub(super) fn report(what: &Report) -> Result<ExitCode> {
    if what.kind.parse::<ReportKind>().is_err() {
        let kinds =
            ReportKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" | ");
        let values = [("kind", what.kind.as_str()), ("kinds", kinds.as_str())];
        return Err(Error::with(Kind::Invalid, "program.report_kind", &values));
    }
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let paper = app.mailing.paper(&what.window)?;
    let (document, printed) = (&paper.document, &paper.printed);
    let files = [
        ("html", print::html(document, printed)?.into_bytes()),
        ("docx", print::docx(document, printed)?),
        ("xlsx", print::xlsx(document, printed)?),
        ("csv.zip", print::csv_all(document, printed)?),
        ("json", json(&paper)?),
    ];
    fs::create_dir_all(&what.out).map_err(away)?;
    let path = |ending: &str| what.out.join(format!("{}.{ending}", paper.name));
    let files = files.map(|(ending, bytes)| (path(ending), bytes));
    let mut done = Vec::with_capacity(files.len());
    let written = files.iter().try_for_each(|(path, bytes)| -> Result<()> {
        write(path, bytes)?;
        done.push(path);
        Ok(())
    });
    if let Err(error) = written.and_then(|()| note(&app, what, &printed.state)) {
        for path in done {
            drop(fs::remove_file(path));
        }
        return Err(error);
    }
    for path in done {
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Notes that a copy was taken, and of what.
fn note(app: &App, what: &Report, state: &str) -> Result<()> {
    let (window, state) = (what.window.clone(), state.to_owned());
    app.db.write(move |tx| {
        let entry = Entry::new((0, "system"), "report.copy", ("window", &window));
        audit::record(tx, &entry.detailed(state.clone()))
    })
}

/// The document, and who took this copy of it when.
fn json(paper: &Paper) -> Result<Vec<u8>> {
    let mut whole = serde_json::to_value(&paper.document).map_err(Error::internal)?;
    whole["copy"] = paper.printed.watermark.clone().into();
    serde_json::to_vec_pretty(&whole).map_err(Error::internal)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let cannot = |error| Error::new(Kind::Unavailable, "program.cannot_write").because(error);
    let mut file = private_file(path).map_err(cannot)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        drop(fs::remove_file(path));
    }
    written.map_err(away)
}

fn away(error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, "program.cannot_write").because(error)
}
