//! Reports: what a site has chosen about its reports. Its rule: read and checked once, at the start.

use std::sync::Arc;

use super::wording::Sentences;
use crate::config::Config;
use crate::error::Result;

/// The choices of a site that everybody's reports follow.
#[derive(Debug, Clone)]
pub struct Site {
    /// The site's name: who issues them.
    pub issuer: String,
    /// Workdays in which an instruction is answered where its leader names no day.
    pub answer_workdays: u32,
    pub sentences: Arc<Sentences>,
    pub listing: Listing,
}

/// Which estates and companies are listed ⚙.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// From so many tickets a year on an estate is one of those with many.
    pub estate_tickets: i64,
    /// Whoever is smaller is not ranked by size.
    pub least_households: i64,
    pub least_m2: i64,
}

impl Site {
    /// The choices of `config`.
    ///
    /// # Errors
    /// As [`Sentences::of`].
    pub fn of(config: &Config) -> Result<Self> {
        Ok(Self {
            issuer: config.site.name.clone(),
            answer_workdays: config.reports.answer_workdays.max(1),
            sentences: Arc::new(Sentences::of(&config.reports.templates)?),
            listing: Listing {
                estate_tickets: i64::from(config.proactive.estate_tickets.max(1)),
                least_households: i64::from(config.reports.least_households.max(1)),
                least_m2: i64::from(config.reports.least_floor_space_m2.max(1)),
            },
        })
    }
}
