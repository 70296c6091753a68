//! Reports: what a report says besides the figures. Its rule: plain data, read once; each with the tickets behind it.

pub mod acting;
pub mod cases;
mod late;
pub mod reasons;
pub mod store;
pub mod totals;

use std::collections::BTreeMap;

pub use acting::{Campaign, Warned};
pub use cases::{Case, CaseKind};
pub use reasons::Reason;
pub use totals::Totals;

use crate::bottomline::{CaseState, Source};
use crate::directory::UnitCode;
use crate::limits::Window;
use crate::ticket::overlay::BottomLine;
use crate::time::Stamp;

/// What the facts do not say.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// Of tickets of the window that are unsolved, dissatisfied or flagged.
    pub reasons: BTreeMap<i64, Reason>,
    /// What may be shown of the largest topics, by their codes.
    pub cases: BTreeMap<String, Vec<Case>>,
    /// Warnings raised in the window, by rule, and the campaigns that went on in it.
    pub warnings: BTreeMap<String, Warned>,
    pub campaigns: Vec<Campaign>,
    /// Cases of the bottom line that were opened in the window, as they stand when the report is taken.
    pub bottom: Vec<BottomCase>,
    /// Assignments whose limit was over while they were at work, at the end of the window (or now, while it runs).
    pub overdue: Vec<Overdue>,
    /// Tickets of each estate in the windows of [`Extras::trend`].
    pub year_by_estate: BTreeMap<String, i64>,
    /// The windows up to this one, the oldest first; the last is this one.
    pub trend: Vec<Month>,
    /// The last three windows in one, by unit, of the edition `all`; nothing where the window is no assessed period, or the
    /// report is about a part of the units' tickets.
    pub quarter: Option<BTreeMap<String, Totals>>,
    /// When the site's first ticket was received.
    pub first: Option<Stamp>,
}

/// An assignment at work past its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    pub ticket: i64,
    pub k: i32,
    pub unit: String,
    pub due_at: Stamp,
}

/// A case of the bottom line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BottomCase {
    pub unit: UnitCode,
    pub flag: BottomLine,
    pub source: Source,
    pub state: CaseState,
}

/// A window of the trend.
#[derive(Debug, Clone)]
pub struct Month {
    pub window: Window,
    /// Nothing where the site kept no tickets yet.
    pub totals: Option<Totals>,
}
