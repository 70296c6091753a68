//! Bottom line: when a published phone is called 拨测 and what the calls come to. Its rule: pure; one try in vain says
//! nothing, tries by day and far enough apart (the profile's rule of no answer) say that nobody gets through.

use chrono_tz::Tz;

use super::Rang;
use crate::limits::policy::NoAnswer;
use crate::limits::span::{DAY_MS, HOUR_MS};
use crate::time::Stamp;

/// What decides.
#[derive(Debug, Clone, Copy)]
pub struct PlanRule<'a> {
    /// Natural days after which a phone is called again.
    pub days: u32,
    pub no_answer: &'a NoAnswer,
    pub zone: Tz,
}

/// The tries in vain that belong together: since anybody answered or the number was found dead, and since the phone
/// was last due without any.
fn tries(calls: &[(Stamp, Rang)], rule: &PlanRule<'_>) -> Vec<Stamp> {
    let period = i64::from(rule.days) * DAY_MS;
    let mut tries: Vec<Stamp> = Vec::new();
    for (at, rang) in calls.iter().filter(|(_, rang)| *rang != Rang::OutOfHours) {
        let settled_at = rule.no_answer.counts_from(&tries, rule.zone).or(tries.last().copied());
        if !rang.in_vain() || settled_at.is_some_and(|then| at.millis_since(then) >= period) {
            tries.clear();
        }
        if rang.in_vain() {
            tries.push(*at);
        }
    }
    tries
}

/// Whether the last of `calls`, in order, shows that the phone is dead: the number is, or this was the try that counts.
pub fn shows_dead(calls: &[(Stamp, Rang)], rule: &PlanRule<'_>) -> bool {
    let Some((at, rang)) = calls.last() else { return false };
    match rang {
        Rang::Dead => true,
        Rang::Busy | Rang::NoAnswer => {
            rule.no_answer.counts_from(&tries(calls, rule), rule.zone) == Some(*at)
        }
        Rang::Answered | Rang::OutOfHours => false,
    }
}

/// When a phone with these calls, in order, is called next; nothing says "now".
pub fn next_call(calls: &[(Stamp, Rang)], rule: &PlanRule<'_>) -> Option<Stamp> {
    let (at, rang) = calls.iter().rev().find(|(_, rang)| *rang != Rang::OutOfHours)?;
    let counted = || rule.no_answer.counts_from(&tries(calls, rule), rule.zone);
    let settled = !rang.in_vain() || counted().is_some();
    let wait = if settled {
        i64::from(rule.days) * DAY_MS
    } else {
        i64::from(rule.no_answer.hours_apart) * HOUR_MS
    };
    Some(at.plus_millis(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::profile::builtin;

    #[test]
    fn tries_in_vain_count_by_day_and_two_hours_apart() {
        use Rang::{Answered, Busy, Dead, NoAnswer, OutOfHours};
        let profile = builtin("default").unwrap();
        let rule = PlanRule { days: 30, no_answer: &profile.no_answer, zone: profile.zone };
        let at = |text: &str| Stamp::parse(&format!("2026-03-{text}:00+08:00")).unwrap();
        let calls = |all: &[(&str, Rang)]| -> Vec<(Stamp, Rang)> {
            all.iter().map(|(text, rang)| (at(text), *rang)).collect()
        };
        for (all, dead, next) in [
            (&[][..], false, None),
            (&[("02T09:00", OutOfHours)], false, None),
            (&[("02T09:00", Answered)], false, Some("04-01T09:00")),
            (&[("02T09:00", Dead)], true, Some("04-01T09:00")),
            (&[("02T09:00", NoAnswer)], false, Some("03-02T11:00")),
            (&[("02T09:00", NoAnswer), ("02T10:00", Busy)], false, Some("03-02T12:00")),
            (&[("02T09:00", NoAnswer), ("02T11:00", Busy)], true, Some("04-01T11:00")),
            (&[("02T09:00", NoAnswer), ("02T10:00", Answered)], false, Some("04-01T10:00")),
            (
                &[("02T09:00", NoAnswer), ("02T10:00", Answered), ("02T11:00", NoAnswer)],
                false,
                Some("03-02T13:00"),
            ),
            // The second counted; a third adds nothing.
            (
                &[("02T09:00", NoAnswer), ("02T11:00", NoAnswer), ("02T14:00", NoAnswer)],
                false,
                Some("04-01T14:00"),
            ),
            (&[("02T09:00", NoAnswer), ("02T11:00", OutOfHours)], false, Some("03-02T11:00")),
            // A month later it begins anew, and one try in vain says nothing again.
            (
                &[("01T09:00", NoAnswer), ("01T11:00", NoAnswer), ("31T11:00", NoAnswer)],
                false,
                Some("03-31T13:00"),
            ),
            (&[("01T09:00", NoAnswer), ("31T09:00", NoAnswer)], false, Some("03-31T11:00")),
            (&[("01T09:00", NoAnswer), ("31T08:59", NoAnswer)], true, Some("04-30T08:59")),
        ] {
            let all = calls(all);
            assert_eq!(shows_dead(&all, &rule), dead, "{all:?}");
            let next = next.map(|text| Stamp::parse(&format!("2026-{text}:00+08:00")).unwrap());
            assert_eq!(next_call(&all, &rule), next, "{all:?}");
        }
    }
}
