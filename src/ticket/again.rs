//! Ticket: when a caller comes again about the same matter. Its rule: same caller = same phone hash; same
//! matter = same leaf category and same estate, else same region (domain.md §1). Said here once: the rate of
//! repeats, the mark on a ticket and the vexatious mark ask the same.

use super::Ticket;
use crate::time::Stamp;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What a ticket is about, as far as another may be about the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct About {
    pub category: String,
    pub estate: Option<String>,
    /// Only where there is no estate.
    pub region: Option<String>,
}

impl About {
    /// Nothing without a category, or without any place: then nobody can say that it is the same.
    pub fn of(
        category: Option<String>,
        estate: Option<String>,
        region: Option<String>,
    ) -> Option<Self> {
        let region = region.filter(|_| estate.is_none());
        let placed = estate.is_some() || region.is_some();
        category.filter(|_| placed).map(|category| Self { category, estate, region })
    }

    /// What `ticket` is about.
    pub fn of_ticket(ticket: &Ticket) -> Option<Self> {
        Self::of(
            ticket.category.as_ref().map(ToString::to_string),
            ticket.estate().map(ToString::to_string),
            ticket.region().map(ToString::to_string),
        )
    }
}

/// From when on an earlier ticket counts for one received at `at`.
pub const fn since(at: Stamp, days: i64) -> Stamp {
    at.plus_millis(-days * DAY)
}

/// Whether a ticket received at `at` repeats one of the same caller and matter received at `earlier`: before
/// it, by `days` natural days at most.
pub fn repeats(at: Stamp, earlier: Stamp, days: i64) -> bool {
    earlier < at && since(at, days) <= earlier
}
