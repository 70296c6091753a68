//! The command line: the search index.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use jiesu::app::{App, Demo};
use jiesu::error::{Result, sentence};

/// Builds the index anew beside the one in service, and says how far it is. A server that is at work goes
/// on with the new one by itself.
pub(super) fn reindex() -> Result<ExitCode> {
    let app = App::open(Demo::Off)?;
    let began = app.db.now();
    let (ended, waits) = channel::<()>();
    thread::scope(|scope| {
        let (search, db) = (&app.search, &app.db);
        scope.spawn(move || {
            while waits.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                say("search.progress", search.built(), db.now().millis_since(began));
            }
        });
        let built = search.reindex(&|| false);
        drop(ended);
        built
    })?;
    say("search.built", app.search.built(), app.db.now().millis_since(began));
    Ok(ExitCode::SUCCESS)
}

fn say(what: &'static str, (done, all): (u64, u64), millis: i64) {
    let seconds = format!("{}.{}", millis / 1_000, millis % 1_000 / 100);
    let (done, all) = (done.to_string(), all.to_string());
    let values = [("done", done.as_str()), ("all", all.as_str()), ("seconds", seconds.as_str())];
    println!("{}", sentence(what, &values));
}
