//! Proactive: dissatisfied twice in a row, for one estate or one company. Its rule: valid surveys in the order in
//! which they were answered; it proposes a supervision, and a reviewer opens it or not.

use serde_json::json;

use super::finding::{Finding, Rule, number};
use super::seen::Seen;
use crate::time::Stamp;

/// A valid survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// When.
    pub at: Stamp,
    pub ticket: String,
    pub dissatisfied: bool,
}

/// Whose surveys they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose<'a> {
    Estate(&'a str),
    Company(&'a str),
}

impl Whose<'_> {
    /// The cell of its warnings.
    pub fn cell(&self) -> String {
        match self {
            Self::Estate(code) => format!("estate/{code}"),
            Self::Company(code) => format!("company/{code}"),
        }
    }
}

/// What the answers of an estate or a company, the latest first, come to: `row` of them in a row that say dissatisfied.
/// Answers up to `settled` were dealt with before. `latest` is the ticket of the latest answer.
pub fn judge(
    answers: &[Answered],
    whose: &Whose<'_>,
    latest: &Seen,
    settled: Stamp,
    row: usize,
) -> Option<Finding> {
    let bad: Vec<&Answered> =
        answers.iter().take_while(|it| it.dissatisfied && it.at > settled).collect();
    if row == 0 || bad.len() < row {
        return None;
    }
    let mut found = Finding::of(Rule::Dissatisfied, whose.cell(), latest);
    found.category = None;
    if matches!(whose, Whose::Company(_)) {
        found.estate = None;
    }
    found.n = number(bad.len());
    found.threshold = number(row);
    found.tickets = bad.iter().rev().map(|it| it.ticket.clone()).collect();
    found.why = json!({ "proposes": "supervise" });
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proactive::seen::tests::seen;

    #[test]
    fn two_in_a_row_are_found_and_a_satisfied_one_between_them_breaks_the_row() {
        for (answers, settled, found) in [
            (&[true, true][..], -1_i64, Some(2_u32)),
            (&[true, true, true, false], -1, Some(3)),
            (&[true, false, true], -1, None),
            (&[false, true, true], -1, None),
            (&[true], -1, None),
            // One of the two was dealt with.
            (&[true, true], 9, None),
        ] {
            let all: Vec<Answered> = (0_i64..)
                .zip(answers)
                .map(|(i, bad)| Answered {
                    at: seen(10 - i, "", "", "").at,
                    ticket: format!("T{i}"),
                    dissatisfied: *bad,
                })
                .collect();
            let latest = seen(10, "a", "E", "C");
            let settled = seen(settled, "", "", "").at;
            let got = judge(&all, &Whose::Estate("E"), &latest, settled, 2);
            assert_eq!(got.map(|it| it.n), found, "{answers:?}");
        }
    }
}
