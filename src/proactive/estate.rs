//! Proactive: the list of estates with many complaints 高投诉小区. Its rule: tickets of a year, not callers; a list,
//! no alarm: nobody is woken by a year.

use serde_json::json;

use super::finding::{Finding, Grade, Rule, number};
use super::seen::{DAY, Seen, within};
use crate::time::Stamp;

/// The site's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    pub tickets: usize,
    pub days: i64,
}

/// What `own` (the estate's tickets that count, in the order of time) comes to at `now`; what was received up to
/// `settled` was dealt with before.
pub fn judge<T: AsRef<Seen>>(
    own: &[T],
    (now, settled): (Stamp, Stamp),
    rule: Busy,
) -> Option<Finding> {
    let near = within(own, now.plus_millis(-rule.days * DAY).max(settled), now);
    let latest = near.last()?.as_ref();
    if near.len() < rule.tickets {
        return None;
    }
    let cell = latest.estate.clone()?;
    let mut found =
        Finding::of(Rule::Estate, cell, latest).resting_on(near.iter().map(AsRef::as_ref));
    found.grade = Grade::List;
    found.category = None;
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
    fn an_estate_is_listed_from_its_31st_ticket_of_a_year_on() {
        let rule = Busy { tickets: 31, days: 365 };
        for (count, every, listed) in [(30, 10, false), (31, 10, true), (60, 13, false)] {
            let all: Vec<Seen> = (0..count).map(|i| seen(i * every, "a", "E", "C")).collect();
            let found = judge(&all, (all.last().unwrap().at, Stamp::MIN), rule);
            assert_eq!(found.is_some(), listed, "{count} every {every}");
            assert!(found.is_none_or(|it| it.grade == Grade::List && it.category.is_none()));
        }
    }
}
