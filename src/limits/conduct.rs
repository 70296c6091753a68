//! Limits: the parts of a profile about how units behave: bottom line, empty replies, supervision (every ⚙ of
//! them). Its rule: a profile that was written before there was such a rule gets the defaults of the trade.

use serde::{Deserialize, Serialize};

use super::length::Length;
use super::span::Span;

/// 触碰底线: cases, test calls 拨测 and empty replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BottomLineRule {
    /// Within this the unit answers a case.
    pub answer: Length,
    /// Natural days after which a published phone is called again.
    pub test_days: u32,
    pub empty: EmptyRule,
}

impl Default for BottomLineRule {
    fn default() -> Self {
        Self { answer: Length(Span::workdays(2)), test_days: 30, empty: EmptyRule::default() }
    }
}

/// Replies that say nothing of the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmptyRule {
    /// So many empty replies of one unit open a case …
    pub count: u32,
    /// … within so many natural days.
    pub days: u32,
    /// What is left without the formulas is something from so many characters on.
    pub least: u32,
    /// Phrases that say nothing.
    pub formulas: Vec<String>,
}

/// The formulas that come with the program, a phrase a line.
const FORMULAS: &str = include_str!("../../config/words/formulas.txt");

impl Default for EmptyRule {
    fn default() -> Self {
        let lines = FORMULAS.lines().map(str::trim);
        let formulas = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { count: 2, days: 30, least: 12, formulas: formulas.map(str::to_owned).collect() }
    }
}

/// 督办: when a rung of the ladder is proposed, and how long a unit has to answer one. A trigger of 0 is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SupervisionRule {
    /// The answer's limit, where whoever opens it names none; an urging has none.
    pub answer: Length,
    /// Working days that a lead's handle limit is overdue → 督办.
    pub overdue_workdays: u32,
    /// The so-manyeth rework of one lead → 督办.
    pub reworks: u32,
    /// Working days that a unit's answer is overdue → the rung above: 督办 → 约谈 → 通报.
    pub unanswered_workdays: u32,
    /// Working days that a lead stays overdue after its rung was answered or closed → the rung above.
    pub unsettled_workdays: u32,
    /// Working days that the word about a case on the ledger is overdue → 督办.
    pub progress_workdays: u32,
    /// Every so many times that citizens ask after one lead → 催办, and after that 督办.
    pub urges: u32,
    /// So many 督办 of a unit since its last 约谈 → 约谈.
    pub interview: Repeated,
    /// So many 约谈 of a unit since its last 通报 → 通报.
    pub circular: Repeated,
}

/// So many within so many natural days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    pub count: u32,
    pub days: u32,
}

impl Default for SupervisionRule {
    fn default() -> Self {
        Self {
            answer: Length(Span::workdays(2)),
            overdue_workdays: 1,
            reworks: 2,
            unanswered_workdays: 1,
            unsettled_workdays: 3,
            progress_workdays: 1,
            urges: 2,
            interview: Repeated { count: 3, days: 30 },
            circular: Repeated { count: 2, days: 90 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_may_say_as_little_as_it_likes() {
        let none: BottomLineRule = toml::from_str("").unwrap();
        assert_eq!(none, BottomLineRule::default());
        assert!(none.empty.formulas.len() > 50);
        let some: BottomLineRule = toml::from_str("test_days = 7\n[empty]\nleast = 20").unwrap();
        assert_eq!((some.test_days, some.empty.least, some.empty.count), (7, 20, 2));
        assert!(toml::from_str::<BottomLineRule>("tests = 7").is_err());
    }
}
