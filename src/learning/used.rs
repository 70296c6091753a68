//! Learning: whether what was suggested was taken, and whether it was right. Its rule: a ticket counts where a
//! suggestion was handed in with it, by the category it was registered with and by the one it has now.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::ticket::advice::{Taken, Use};

/// How the suggestions of one model were used on the tickets of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Used {
    /// Tickets that came with a suggestion.
    pub advised: usize,
    /// Nobody chose: the first was taken by the program itself.
    pub by_itself: usize,
    /// Registered with the first of the suggested categories, by a person.
    pub first: usize,
    /// With a later one of them.
    pub later: usize,
    /// With one that was not suggested.
    pub another: usize,
    /// Without any.
    pub nothing: usize,
    /// The ticket's category is now the one that was suggested first.
    pub right: usize,
    /// Tickets sent to a lead where leads had been suggested.
    pub sent: usize,
    /// Those sent to the lead that was suggested first.
    pub first_lead: usize,
}

impl Used {
    fn add(&mut self, used: Use, count: usize) {
        self.advised += count;
        *match used.taken {
            Taken::ByItself => &mut self.by_itself,
            Taken::Rank(1) => &mut self.first,
            Taken::Rank(_) => &mut self.later,
            Taken::Another => &mut self.another,
            Taken::Nothing => &mut self.nothing,
        } += count;
        self.right += if used.now == 1 { count } else { 0 };
        self.sent += if used.lead.is_some() { count } else { 0 };
        self.first_lead += if used.lead == Some(1) { count } else { 0 };
    }
}

/// The use of each model, by its number (nothing: the names of the categories), of rows with how many
/// tickets have each.
pub fn tally(rows: &[(String, usize)]) -> BTreeMap<Option<i64>, Used> {
    let mut all: BTreeMap<Option<i64>, Used> = BTreeMap::new();
    for (code, count) in rows {
        if let Some(used) = Use::of_row(code) {
            all.entry(used.model).or_default().add(used, *count);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ticket_counts_once_by_what_was_taken() {
        let rows = [
            ("7:1:1:1", 5),
            ("7:1:0:0", 2),
            ("7:3:1:", 1),
            ("7:0:0:1", 1),
            ("7:none:1:", 1),
            ("7:auto:1:", 4),
            (":2:2:", 1),
            ("?", 9),
        ];
        let rows: Vec<_> = rows.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        let all = tally(&rows);
        let model = Used {
            advised: 14,
            by_itself: 4,
            first: 7,
            later: 1,
            another: 1,
            nothing: 1,
            right: 11,
            sent: 8,
            first_lead: 6,
        };
        assert_eq!(all[&Some(7)], model);
        assert_eq!(all[&None], Used { advised: 1, later: 1, ..Used::default() });
    }
}
