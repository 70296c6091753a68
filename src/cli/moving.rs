//! The command line: what comes in from older systems and goes out to others.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's answer goes to the terminal"
)]

use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::moving::reference::{self, Of};
use jiesu::moving::sheets::mapping::Mapping;
use jiesu::moving::{self, Batch, Run, Summary};
use jiesu::sheet::{Form, private_file};
use jiesu::time::Stamp;

use super::privacy::left_on_disk;
use super::{Export, Import};

pub(super) fn import(what: &Import) -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    if what.list {
        return list(&app);
    }
    if let Some(batch) = what.undo {
        return undo(&app, batch);
    }
    let file = what.file.as_deref().unwrap_or(Path::new(""));
    let run = if what.dry_run { Run::Dry } else { Run::Real };
    let of = what.of.as_deref().unwrap_or("tickets");
    if of != "tickets" {
        let of = of.parse().map_err(|_| Error::new(Kind::Invalid, "import.of"))?;
        return describe(&app, of, file, what.mapping.as_deref(), run);
    }
    let done = match Form::of(file) {
        None => moving::import_file(&app.hotline, file, run)?,
        Some(_) => {
            let mapping = match &what.mapping {
                Some(path) => Mapping::of_file(path)?,
                None => Mapping::built_in()?,
            };
            moving::import_sheet(&app.hotline, file, &mapping, run)?
        }
    };
    tell(&done, run);
    Ok(ExitCode::SUCCESS)
}

/// Says what a run did, and where the rest is.
fn tell(done: &Summary, run: Run) {
    let counts = [done.lines, done.imported, done.skipped, done.rejected].map(|n| n.to_string());
    let names = ["lines", "imported", "skipped", "rejected"];
    let values: Vec<(&str, &str)> =
        names.into_iter().zip(counts.iter().map(String::as_str)).collect();
    let said = match run {
        Run::Real => sentence("import.done", &values),
        Run::Dry => sentence("import.dry", &values),
    };
    println!("{said}");
    if done.batch != 0 {
        println!("{}", sentence("import.batch.brought", &[("batch", &done.batch.to_string())]));
    }
    tell_unused(&done.unused);
    tell_file("import.see_rejects", done.rejects.as_deref());
}

fn tell_unused(unused: &[String]) {
    if !unused.is_empty() {
        println!("{}", sentence("import.batch.unused", &[("columns", &unused.join("、"))]));
    }
}

fn tell_file(code: &'static str, file: Option<&Path>) {
    if let Some(file) = file {
        println!("{}", sentence(code, &[("file", &file.display().to_string())]));
    }
}

/// Units, places, categories, rules, users.
fn describe(app: &App, of: Of, file: &Path, mapping: Option<&Path>, run: Run) -> Result<ExitCode> {
    let done = reference::import(&app.db, app.config.site.zone, of, file, mapping, run)?;
    let counts = [done.lines, done.created, done.revised, done.unchanged, done.rejected];
    let counts = counts.map(|n| n.to_string());
    let names = ["lines", "created", "revised", "unchanged", "rejected"];
    let values: Vec<(&str, &str)> =
        names.into_iter().zip(counts.iter().map(String::as_str)).collect();
    let said = match run {
        Run::Real => sentence("import.reference.done", &values),
        Run::Dry => sentence("import.reference.dry", &values),
    };
    println!("{said}");
    tell_unused(&done.unused);
    tell_file("import.see_rejects", done.rejects.as_deref());
    tell_file("import.reference.passwords", done.passwords.as_deref());
    Ok(ExitCode::SUCCESS)
}

fn list(app: &App) -> Result<ExitCode> {
    let batches = moving::batches(&app.hotline)?;
    if batches.is_empty() {
        println!("{}", sentence("import.batch.none", &[]));
    }
    let zone = app.config.site.zone;
    let when = |at: Stamp| at.in_zone(zone).format("%Y-%m-%d %H:%M:%S").to_string();
    for batch in &batches {
        let Batch { id, began_at, form, file, tickets, skipped, rejected, .. } = batch;
        let state = match (batch.undone_at, batch.ended_at) {
            (Some(at), _) => sentence("import.batch.state.undone", &[("at", &when(at))]),
            (None, None) => sentence("import.batch.state.broken_off", &[]),
            (None, Some(_)) => sentence("import.batch.state.done", &[]),
        };
        let numbers = [*id, *tickets, *skipped, *rejected].map(|n| n.to_string());
        let values = [
            ("batch", numbers[0].as_str()),
            ("began", &when(*began_at)),
            ("form", form),
            ("file", file),
            ("tickets", &numbers[1]),
            ("skipped", &numbers[2]),
            ("rejected", &numbers[3]),
            ("state", &state),
        ];
        println!("{}", sentence("import.batch.line", &values));
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes a run back; 1 where some of it stays, each named.
fn undo(app: &App, batch: i64) -> Result<ExitCode> {
    let done = moving::undo(&app.hotline, batch)?;
    let counts = [done.removed.to_string(), done.kept.len().to_string()];
    let values = [("removed", counts[0].as_str()), ("kept", counts[1].as_str())];
    println!("{}", sentence("import.batch.removed", &values));
    println!("{}", left_on_disk(done.scrubbed));
    if done.kept.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", sentence("import.batch.kept", &[("numbers", &done.kept.join("、"))]));
    Ok(ExitCode::FAILURE)
}

pub(super) fn export(what: &Export) -> Result<ExitCode> {
    let form = match what.format.as_str() {
        "ndjson" => None,
        "csv" => Some(Form::Csv),
        "xlsx" => Some(Form::Xlsx),
        _ => return Err(Error::new(Kind::Invalid, "import.format")),
    };
    let app = App::open(Demo::Off)?;
    app.db.migrate()?;
    let window = what.window.as_deref();
    let window = window.map(|name| moving::export::window(&app.hotline, name)).transpose()?;
    // A packed file is written at its end, a lock on the terminal's output could not go there.
    let out: Box<dyn Write + Send> = match &what.out {
        Some(path) => Box::new(private_file(path)?),
        None => Box::new(stdout()),
    };
    let mut out = std::io::BufWriter::new(out);
    let count = match form {
        None => moving::export(&app.hotline, window, &mut out)?,
        Some(form) => {
            moving::export_sheet(&app.hotline, window, form, &mut out, &app.config.data_dir)?
        }
    };
    out.flush().map_err(moving::rejects::cannot_write)?;
    eprintln!("{}", sentence("import.exported", &[("count", &count.to_string())]));
    Ok(ExitCode::SUCCESS)
}
