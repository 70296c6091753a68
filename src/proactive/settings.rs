//! Proactive: what a site may choose, read and checked once. Its rule: what does not fit is refused at the start,
//! naming the key.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::cluster::Clusters;
use super::estate::Busy;
use super::repeat::Repeats;
use super::season::Plan;
use super::sensitive::{self, Sensitive};
use crate::config::Config;
use crate::error::{Error, Kind, Result};

/// The choices of a site (`config/default.toml`, `[proactive]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub zone: Tz,
    pub repeats: Repeats,
    pub clusters: Clusters,
    pub sensitive: Sensitive,
    pub busy: Busy,
    /// Dissatisfied answers in a row.
    pub row: usize,
    pub seasons: Vec<Plan>,
    pub demotion: Demotion,
}

/// When a rule is no longer pushed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demotion {
    /// Precision below which it is demoted, 0 to 1.
    pub below: f64,
    /// Closed warnings that say so, at least.
    pub least: i64,
    /// Closed within this.
    pub within: TimeDelta,
}

impl Settings {
    /// The choices of `config`.
    ///
    /// # Errors
    /// `config.value` naming the key.
    pub fn of(config: &Config) -> Result<Self> {
        let it = &config.proactive;
        let size = |n: u32| usize::try_from(n.max(1)).unwrap_or(usize::MAX);
        let words = if it.sensitive_words.as_os_str().is_empty() {
            sensitive::words(sensitive::BUILT_IN)
        } else {
            let text = std::fs::read_to_string(&it.sensitive_words);
            sensitive::words(&text.map_err(|_| wrong("proactive.sensitive_words", "a file"))?)
        };
        if !(it.false_alarms.is_finite() && it.false_alarms >= 0.0) {
            return Err(wrong("proactive.false_alarms", "0 or more"));
        }
        if !(0.0..=1.0).contains(&it.precision_below) {
            return Err(wrong("proactive.precision_below", "0 to 1"));
        }
        let plan = |text: &String| {
            Plan::parse(text).ok_or_else(|| wrong("proactive.seasons", "供暖=10-3:H07,H0803"))
        };
        Ok(Self {
            zone: config.site.zone,
            repeats: Repeats {
                tickets: size(it.repeat_tickets).max(2),
                days: i64::from(it.repeat_days.max(1)),
            },
            clusters: Clusters {
                least: size(it.cluster_callers).max(2),
                weeks: it.cluster_weeks.clamp(1, 104),
                false_alarms: it.false_alarms,
            },
            sensitive: Sensitive {
                words,
                callers: size(it.sensitive_callers),
                days: i64::from(it.sensitive_days.max(1)),
            },
            busy: Busy { tickets: size(it.estate_tickets), days: i64::from(it.estate_days.max(1)) },
            row: size(it.dissatisfied_in_a_row),
            seasons: it.seasons.iter().map(plan).collect::<Result<_>>()?,
            demotion: Demotion {
                below: it.precision_below,
                least: i64::from(it.precision_least.max(1)),
                within: TimeDelta::days(i64::from(it.precision_days.max(1))),
            },
        })
    }
}

fn wrong(key: &str, expected: &str) -> Error {
    let values = [("file", "configuration"), ("key", key), ("expected", expected)];
    Error::with(Kind::Invalid, "config.value", &values)
}
