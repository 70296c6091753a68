//! Proactive: the same caller comes again about the same matter. Its rule: as many tickets within as many days as
//! the site says, and whoever leads the latest hears of it.

use serde_json::json;

use super::finding::{Finding, Rule, cell_of, number};
use super::seen::{DAY, Seen, within};
use crate::ticket::again::About;
use crate::time::Stamp;

/// The site's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    pub tickets: usize,
    pub days: i64,
}

/// What `theirs` (the tickets of `caller` about `about` that count, in the order of time) comes to at `now`; what was
/// received up to `settled` was dealt with before.
pub fn judge<T: AsRef<Seen>>(
    theirs: &[T],
    (caller, about): (&str, &About),
    (now, settled): (Stamp, Stamp),
    rule: Repeats,
) -> Option<Finding> {
    // A ticket of exactly so many days ago is among them.
    let from = now.plus_millis(-rule.days * DAY - 1).max(settled);
    let near = within(theirs, from, now);
    let latest = near.last()?.as_ref();
    if near.len() < rule.tickets {
        return None;
    }
    let mut found = Finding::of(Rule::Repeat, cell_of(caller, about), latest)
        .resting_on(near.iter().map(AsRef::as_ref));
    found.n = number(near.len());
    found.threshold = number(rule.tickets);
    found.why = json!({ "days": rule.days });
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::seen::tests::seen;

    #[test]
    fn three_tickets_in_thirty_days_are_found_and_no_fewer() {
        let rule = Repeats { tickets: 3, days: 30 };
        for (days, settled, found) in [
            (&[0_i64, 10, 30][..], -1_i64, Some(3_u32)),
            (&[0, 10, 31], -1, None),
            (&[0, 10], -1, None),
            (&[0, 0, 0, 0], -1, Some(4)),
            // What was closed is not counted again.
            (&[0, 10, 30], 0, None),
        ] {
            let all: Vec<Seen> = days.iter().map(|day| seen(*day, "a", "E", "C")).collect();
            let about = all[0].about().unwrap();
            let (now, settled) = (all.last().unwrap().at, seen(settled, "", "", "").at);
            let got = judge(&all, ("a", &about), (now, settled), rule);
            assert_eq!(got.as_ref().map(|it| it.n), found, "{days:?}");
            assert!(got.is_none_or(|it| it.tickets.len() == days.len() && it.cell.len() == 32));
        }
    }
}
