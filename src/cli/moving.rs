//! The command line: what comes in from older systems and goes out to others.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::moving::{self, Run};

use super::{Export, Import};

pub(super) fn import(what: &Import) -> Result<ExitCode> {
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

pub(super) fn export(what: &Export) -> Result<ExitCode> {
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
