//! Privacy: how long persons are kept (PIPL 19). Its rule: what ended longer ago than the site keeps it is erased,
//! round by round, each with its row and its entry; with no period set, nothing ever is.

use std::path::Path;
use std::sync::Arc;

use chrono::Months;

use super::erase::{clean_up, destroy};
use crate::error::{Error, Result};
use crate::jobs::Bell;
use crate::lifecycle::Hotline;
use crate::ticket::store::{self, Ground, Grounds};
use crate::time::Stamp;

/// Tickets that one round erases at most: the next goes on.
const A_ROUND: i64 = 200;

/// Tickets that ended longer than `years` ago, up to `most`: number and when they ended.
///
/// # Errors
/// The database's own.
pub fn due(hotline: &Hotline, years: u32, most: i64) -> Result<Vec<(String, Stamp)>> {
    let found = over(hotline, years, most)?;
    Ok(found.into_iter().map(|(_, no, ended_at)| (no, ended_at)).collect())
}

fn over(hotline: &Hotline, years: u32, most: i64) -> Result<Vec<(i64, String, Stamp)>> {
    if years == 0 {
        return Ok(Vec::new());
    }
    let now = hotline.db.now();
    let before = now.utc().checked_sub_months(Months::new(years.saturating_mul(12)));
    let before = before.ok_or_else(|| Error::internal("retention.years is too long"))?;
    let before = Stamp::from_millis(before.timestamp_millis());
    hotline.db.read(|conn| store::ended_before(conn, before, most))
}

/// Erases what is due, until `bell` stops it; answers how many.
///
/// # Errors
/// The database's and the disk's own; the next round goes on.
pub fn round(hotline: &Arc<Hotline>, data_dir: &Path, years: u32, bell: &Bell) -> Result<usize> {
    let (mut keys, mut tasks) = (Vec::new(), Vec::new());
    for (id, no, _) in over(hotline, years, A_ROUND)? {
        if bell.stopped() {
            break;
        }
        let grounds = Grounds {
            ground: Ground::Retention,
            asked_by: "system".to_owned(),
            agreed_by: "system".to_owned(),
            reason: format!("retention.years = {years}"),
        };
        let (key, task) = destroy(hotline, (id, &no), grounds, None)?;
        keys.extend(key);
        tasks.push(task);
    }
    clean_up(hotline, data_dir, &tasks)?;
    if !keys.is_empty() {
        hotline.db.scrub(&keys)?;
    }
    Ok(keys.len())
}
