//! Moving, demo: three months of the invented city, so that a newcomer finds queues, rates and cases
//! at once. Its rule: nothing real in it, the same for the same day, and loaded by the very import
//! that a city's own history comes in by.

mod city;
mod dice;
mod live;
mod story;
mod words;

use std::io::Cursor;
use std::sync::Arc;

use chrono::NaiveDate;

use super::history::History;
use super::import::{Run, Summary, import};
use crate::directory::{Entry, Setting, change};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::lifecycle::{Hotline, Rules};
use crate::time::Stamp;

/// The setting that says the demo's history is there.
const LOADED: &str = "demo_history";
/// How many tickets three months have.
pub const TICKETS: i64 = 3_000;
/// How far back the history goes, in days.
const DAYS: u64 = 90;

/// Loads about `tickets` tickets (commonly [`TICKETS`]) of the demo city, once; its directory must
/// be there. Answers what was loaded, or
/// nothing where it is there already.
///
/// # Errors
/// What the import says.
pub fn load(hotline: &Arc<Hotline>, tickets: i64) -> Result<Option<Summary>> {
    let now = hotline.db.now();
    let rules = hotline.db.read(|conn| hotline.rules.current(conn, now))?;
    let today = now.day(rules.profile.zone);
    if rules.directory.setting_on(LOADED, today).is_some() {
        return Ok(None);
    }
    let mut file = Vec::new();
    for line in lines(&rules, now, tickets) {
        serde_json::to_writer(&mut file, &line).map_err(Error::internal)?;
        file.push(b'\n');
    }
    let mut rejects = Vec::new();
    let summary = import(hotline, &mut Cursor::new(file), &mut rejects, Run::Real)?;
    if summary.rejected > 0 {
        let reason = String::from_utf8_lossy(&rejects);
        let first = reason.lines().next().and_then(|line| line.split("\"_reason\":").nth(1));
        tracing::warn!(rejected = summary.rejected, first, "some demo tickets were not taken");
    }
    live::liven(hotline, &rules)?;
    remember(hotline, today)?;
    Ok(Some(summary))
}

/// The histories of the three months before `now`, about `tickets` of them.
pub fn lines(rules: &Rules, now: Stamp, tickets: i64) -> Vec<History> {
    lines_of(rules, now, tickets, DAYS)
}

/// The histories of the `days` before `now` and of that day itself, about `tickets` of them.
pub fn lines_of(rules: &Rules, now: Stamp, tickets: i64, days: u64) -> Vec<History> {
    city::lines(rules, now, tickets, days)
}

fn remember(hotline: &Hotline, today: NaiveDate) -> Result<()> {
    hotline.db.write(move |tx| {
        let name = LOADED.to_owned();
        let setting = Entry::Setting(Setting { name, value: today.to_string() });
        change::put(tx, &Actor::system(), setting, today, today).map(|_| ())
    })
}
