//! The command line: the monthly report without the console. Its rule: of a report that was made there are its kept
//! figures; of a window without one the figures as they are now, and each file says which.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs;
use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result};
use jiesu::reports::kinds::ReportKind;
use jiesu::reports::print;

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
        ("json", serde_json::to_vec_pretty(document).map_err(Error::internal)?),
    ];
    fs::create_dir_all(&what.out).map_err(away)?;
    for (ending, bytes) in files {
        let path = what.out.join(format!("{}.{ending}", paper.name));
        fs::write(&path, bytes).map_err(away)?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn away(error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, "program.cannot_write").because(error)
}
