//! The command line: learning which category a text belongs to.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result, sentence};
use jiesu::learning::Example;
use jiesu::learning::measure::{Figures, Verdict, better};
use jiesu::learning::school::{of_model, read_rows, taught_and_held};
use jiesu::learning::stable::SplitMix;
use jiesu::learning::train::{Recipe, train};
use jiesu::time::{Clock, SystemClock};

/// Learns from the site's tickets; a model that is no worse goes in service.
pub(super) fn from_site() -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    let began = app.db.now();
    let Some(lesson) = app.school.learn(&Recipe::default())? else {
        println!("{}", sentence("learn.nothing_new", &[]));
        return Ok(ExitCode::SUCCESS);
    };
    tell("learn.model", &lesson.figures);
    if let Some(before) = &lesson.before {
        tell("learn.before", before);
    }
    let counts = [lesson.examples, lesson.labels].map(|count| count.to_string());
    let seconds = tenths(app.db.now().millis_since(began));
    let values = [
        ("examples", counts[0].as_str()),
        ("labels", counts[1].as_str()),
        ("seconds", seconds.as_str()),
    ];
    println!("{}", sentence("learn.made", &values));
    println!("{}", sentence(said(lesson.verdict), &[]));
    Ok(ExitCode::SUCCESS)
}

/// Learns from a file with the columns label, title and detail, measures on another or on what is held
/// out, and keeps nothing.
pub(super) fn from_files(from: &Path, on: Option<&Path>) -> Result<ExitCode> {
    let (rows, recipe) = (read(from)?, Recipe { rows_at_most: usize::MAX, ..Recipe::default() });
    let began = SystemClock.now();
    let test = on.map(read).transpose()?;
    let (model, held) = match &test {
        Some(test) => (train(&rows, &recipe), test.iter().collect()),
        None => taught_and_held(&rows, &recipe),
    };
    let took = SystemClock.now().millis_since(began);
    let began = SystemClock.now();
    let figures = of_model(&model, &held);
    let each = SystemClock.now().millis_since(began) as f64 / figures.rows.max(1) as f64;
    println!("macro-F1 {:.4}", figures.macro_f1);
    tell("learn.model", &figures);
    let (seconds, each) = (tenths(took), format!("{each:.2}"));
    let kilobytes = (model.to_bytes().len() / 1_024).to_string();
    let values =
        [("seconds", seconds.as_str()), ("each", each.as_str()), ("kb", kilobytes.as_str())];
    println!("{}", sentence("learn.speed", &values));
    shuffled(&rows, &recipe, &held, &figures);
    Ok(ExitCode::SUCCESS)
}

/// What is learnt from labels that were dealt out anew tells nothing, and is not put in service.
fn shuffled(rows: &[Example], recipe: &Recipe, held: &[&Example], good: &Figures) {
    let mut labels: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
    SplitMix::new(1).shuffle(&mut labels);
    let dealt = |(row, label): (&Example, String)| Example { label, ..row.clone() };
    let rows: Vec<Example> = rows.iter().zip(labels).map(dealt).collect();
    let figures = of_model(&train(&rows, recipe), held);
    tell("learn.shuffled", &figures);
    println!("{}", sentence(said(better(&figures, Some(good))), &[]));
}

fn read(path: &Path) -> Result<Vec<Example>> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| {
        let reason = error.to_string();
        let values = [("file", name.as_str()), ("reason", reason.as_str())];
        Error::with(Kind::Invalid, "learn.file", &values)
    })?;
    read_rows(file, &name)
}

fn tell(what: &'static str, figures: &Figures) {
    let [macro_f1, accuracy, three] =
        [figures.macro_f1, figures.accuracy(), figures.top_three()].map(|it| format!("{it:.4}"));
    let rows = figures.rows.to_string();
    let values = [
        ("macro_f1", macro_f1.as_str()),
        ("accuracy", accuracy.as_str()),
        ("three", three.as_str()),
        ("rows", rows.as_str()),
    ];
    println!("{}", sentence(what, &values));
}

const fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Serve => "learn.serves",
        Verdict::TooFewRows => "learn.too_few_rows",
        Verdict::OtherRows => "learn.other_rows",
        Verdict::NoBetterThanChance => "learn.no_better_than_chance",
        Verdict::Worse => "learn.worse",
    }
}

fn tenths(millis: i64) -> String {
    format!("{}.{}", millis / 1_000, millis % 1_000 / 100)
}
