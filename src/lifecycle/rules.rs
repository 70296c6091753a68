//! Lifecycle: the rules in force: directory, calendar and profile as one snapshot. Its rule: read
//! again when the directory's version moves, never in between; a decision sees one snapshot.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::db::Conn;
use crate::directory::{Cached, Directory};
use crate::error::{Error, Result};
use crate::limits::profile::builtin;
use crate::limits::{Calendar, LocalDay, Profile, YearList};
use crate::time::Stamp;

/// The setting that names the profile in force.
pub const PROFILE_SETTING: &str = "profile";

/// Directory, calendar and profile, as of one moment.
pub struct Rules {
    pub directory: Arc<Directory>,
    pub calendar: Calendar,
    pub profile: Profile,
    on: NaiveDate,
}

/// Keeps the newest rules of this node.
pub struct RuleBook {
    cached: Cached,
    /// The profile of the configuration, where the directory names none.
    fallback: String,
    newest: Mutex<Option<Arc<Rules>>>,
}

impl RuleBook {
    /// A book that falls back to the built-in profile named `fallback`.
    pub fn new(cached: Cached, fallback: impl Into<String>) -> Self {
        Self { cached, fallback: fallback.into(), newest: Mutex::new(None) }
    }

    /// The rules at `now`: one small query, and the rest only when something changed.
    pub fn current(&self, conn: &mut Conn, now: Stamp) -> Result<Arc<Rules>> {
        let directory = self.cached.current(conn)?;
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = newest.as_ref()
            && Arc::ptr_eq(&rules.directory, &directory)
            && rules.on == now.day(rules.profile.zone)
        {
            return Ok(rules.clone());
        }
        let rules = Arc::new(self.build(directory, now)?);
        *newest = Some(rules.clone());
        Ok(rules)
    }

    fn build(&self, directory: Arc<Directory>, now: Stamp) -> Result<Rules> {
        let utc_day = now.utc().date_naive();
        let name = directory.setting_on(PROFILE_SETTING, utc_day).unwrap_or(&self.fallback);
        let profile = match directory.profile_on(name, utc_day) {
            Some(stored) => Profile::parse(&stored.toml)?,
            None => builtin(name)
                .ok_or_else(|| Error::internal(format!("no profile is called {name}")))?,
        };
        let calendar = calendar(&directory, &profile)?;
        let on = now.day(profile.zone);
        Ok(Rules { directory, calendar, profile, on })
    }
}

/// The built-in lists, then the site's own years and days over them.
fn calendar(directory: &Directory, profile: &Profile) -> Result<Calendar> {
    let mut years = Vec::new();
    for year in directory.calendars() {
        years.push(YearList::parse(&year.json).map_err(Error::internal)?);
    }
    let local = directory
        .overrides()
        .filter_map(|day| Some(LocalDay { on: day.on, kind: day.day?, name: day.reason.clone() }));
    Ok(profile.calendar().with_years(years).with_local(local))
}
