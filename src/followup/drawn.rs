//! Follow-up: which surveys are heard again 重听, and what may be found. Its rule: drawn by the site's own key from the
//! ticket and the month, so that nobody chooses and whoever holds the key can draw again; pure.

use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::code_enum;
use crate::error::{Error, Result};
use crate::sealing::MasterKey;
use crate::ticket::Ticket;
use crate::ticket::overlay::{Attempt, Outcome, Way};
use crate::time::Stamp;

code_enum! {
    /// What somebody found who heard a survey again.
    pub enum Finding {
        Agrees = "agrees" "一致",
        Differs = "differs" "不一致",
        /// There is no recording, or nothing can be understood.
        Unheard = "unheard" "无法重听",
    }
}

code_enum! {
    /// In what the record differs from the call.
    pub enum Difference {
        Contacted = "contacted" "是否联系与录音不符",
        Solved = "solved" "是否解决与录音不符",
        Satisfied = "satisfied" "是否满意与录音不符",
        NotAsked = "not_asked" "未逐项询问",
        Led = "led" "诱导作答",
        LeftOut = "left_out" "诉求人的话未如实记录",
        NoCall = "no_call" "没有通话",
    }
}

code_enum! {
    /// How far the hearing of a drawn survey has come.
    pub enum Stage {
        Open = "open" "待重听",
        Heard = "heard" "已重听",
        Differs = "differs" "不一致",
    }
}

/// What somebody found.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    pub finding: Finding,
    /// In what it differs; only where it does.
    #[serde(default)]
    pub reason: Option<Difference>,
}

impl Heard {
    /// # Errors
    /// 422 at `/reason`: a difference says in what, and nothing else has a reason.
    pub fn check(&self) -> Result<()> {
        if (self.finding == Finding::Differs) == self.reason.is_some() {
            return Ok(());
        }
        Err(Error::field("/reason", "relisten.reason"))
    }
}

/// The month of `at`, as 2026-11.
pub fn month(at: Stamp, zone: Tz) -> String {
    at.day(zone).format("%Y-%m").to_string()
}

/// Whether the surveys of this ticket in this month are drawn, where `percent` of all are.
pub fn is_drawn(keys: &MasterKey, ticket: i64, month: &str, percent: u32) -> bool {
    let [a, b, c, d, ..] = keys.lot(format!("relisten {month} {ticket}").as_bytes());
    // Of four thousand million numbers each of a hundred comes as often as the others, to a few in a hundred million.
    u32::from_be_bytes([a, b, c, d]) % 100 < percent
}

/// The surveys in `after` that were not in `before` and may be heard again: somebody was rung, and reached.
pub fn reached<'a>(before: &Ticket, after: &'a Ticket) -> impl Iterator<Item = &'a Attempt> {
    let new = after.attempts.iter().skip(before.attempts.len());
    new.filter(|it| it.way == Way::Phone && it.outcome == Outcome::Reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::entropy;

    #[test]
    fn five_of_a_hundred_are_drawn_the_same_each_time_and_other_ones_by_another_key_or_month() {
        let (keys, others) =
            (MasterKey::fleeting(&mut entropy()), MasterKey::fleeting(&mut entropy()));
        let drawn = |keys: &MasterKey, month: &str, percent: u32| -> Vec<i64> {
            (0..20_000).filter(|id| is_drawn(keys, *id, month, percent)).collect()
        };
        let five = drawn(&keys, "2026-11", 5);
        assert!((800..1_200).contains(&five.len()), "{}", five.len());
        assert_eq!(five, drawn(&keys, "2026-11", 5));
        assert_ne!(five, drawn(&keys, "2026-12", 5));
        assert_ne!(five, drawn(&others, "2026-11", 5));
        assert!(drawn(&keys, "2026-11", 0).is_empty());
        assert_eq!(drawn(&keys, "2026-11", 100).len(), 20_000);
        let ten = drawn(&keys, "2026-11", 10);
        assert!(five.iter().all(|id| ten.contains(id)), "a larger share takes nothing back");
    }

    #[test]
    fn a_difference_says_in_what_and_nothing_else_does() {
        for (finding, reason, is_right) in [
            (Finding::Agrees, None, true),
            (Finding::Agrees, Some(Difference::Solved), false),
            (Finding::Differs, None, false),
            (Finding::Differs, Some(Difference::NoCall), true),
            (Finding::Unheard, None, true),
            (Finding::Unheard, Some(Difference::Led), false),
        ] {
            let heard = Heard { finding, reason };
            assert_eq!(heard.check().is_ok(), is_right, "{heard:?}");
        }
    }
}
