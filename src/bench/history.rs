//! Bench: histories that were not made at the desk. Its rule: told as the demo city's are, and moved in by the very import
//! that a city's own history comes in by.

use std::io::{BufWriter, Write};
use std::time::Instant;

use super::Plan;
use super::site::Site;
use crate::error::{Error, Result};
use crate::moving::{Run, Summary, demo, import_file};
use crate::time::Stamp;

/// Moves about `count` histories in, of the `days` before `until` and of that day itself. Answers what came of it, and
/// after how many seconds.
///
/// # Errors
/// Whatever the import refuses; a file that cannot be written.
pub fn moved_in(
    plan: &Plan,
    site: &Site,
    until: Stamp,
    (count, days): (usize, u64),
) -> Result<(Summary, f64)> {
    let hotline = &site.app.hotline;
    let now = site.app.db.now();
    let rules = site.app.db.read(|conn| hotline.rules.current(conn, now))?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let file = plan.folder.join("history.ndjson");
    let mut out = BufWriter::new(std::fs::File::create(&file).map_err(Error::internal)?);
    for line in demo::lines_of(&rules, until, count, days) {
        serde_json::to_writer(&mut out, &line).map_err(Error::internal)?;
        out.write_all(b"\n").map_err(Error::internal)?;
    }
    out.flush().map_err(Error::internal)?;
    drop(out);
    let began = Instant::now();
    let summary = import_file(hotline, &file, Run::Real)?;
    drop(std::fs::remove_file(&file));
    Ok((summary, began.elapsed().as_secs_f64()))
}
