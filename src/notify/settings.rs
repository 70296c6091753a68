//! Notices: what a site may choose about them, read and checked once. Its rule: what does not fit is
//! refused at the start, naming the key.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::plan::Occasion;
use super::when::{Quiet, time_of_day};
use crate::config::Config;
use crate::error::{Error, Kind, Result};

/// The choices of a site (`config/default.toml`, `[notify]`).
#[derive(Debug, Clone)]
pub struct Settings {
    pub zone: Tz,
    /// The bureau's name.
    pub site: String,
    /// How links begin.
    pub url: String,
    pub quiet: Option<Quiet>,
    /// Letters to one person within an hour; what is over goes into the next digest.
    pub cap_per_hour: i64,
    /// What is told to staff in digests only.
    pub gathered: BTreeSet<Occasion>,
    pub digest_at: Vec<NaiveTime>,
    /// What citizens are written about.
    pub citizens: BTreeSet<Occasion>,
    /// From the opening of a survey to the letter with its link.
    pub survey_after: TimeDelta,
    /// How old a letter may grow before nobody tries to send it any more.
    pub give_up_after: TimeDelta,
    pub keep_for: TimeDelta,
    /// Where a site's own templates lie.
    pub templates: Option<PathBuf>,
}

impl Settings {
    /// The choices of `config`.
    ///
    /// # Errors
    /// `config.value` naming the key.
    pub fn of(config: &Config) -> Result<Self> {
        let notify = &config.notify;
        let slots = notify.digest_at.iter().map(|text| time_of_day(text, "notify.digest_at"));
        let templates = &notify.templates;
        Ok(Self {
            zone: config.site.zone,
            site: config.site.name.clone(),
            url: config.public_url(),
            quiet: Quiet::parse(&notify.quiet, "notify.quiet")?,
            cap_per_hour: i64::from(notify.cap_per_hour),
            gathered: occasions(&notify.digest, "notify.digest")?,
            digest_at: slots.collect::<Result<_>>()?,
            citizens: occasions(&notify.citizens, "notify.citizens")?,
            survey_after: TimeDelta::hours(i64::from(notify.survey_hours)),
            give_up_after: TimeDelta::hours(i64::from(notify.give_up_hours.max(1))),
            keep_for: TimeDelta::days(i64::from(notify.keep_days.max(1))),
            templates: Some(templates.clone()).filter(|path| !path.as_os_str().is_empty()),
        })
    }
}

fn occasions(codes: &[String], key: &str) -> Result<BTreeSet<Occasion>> {
    let read = |code: &String| {
        code.parse().map_err(|_| {
            let all = Occasion::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" | ");
            let values = [("file", "configuration"), ("key", key), ("expected", &all)];
            Error::with(Kind::Invalid, "config.value", &values)
        })
    };
    codes.iter().map(read).collect()
}
