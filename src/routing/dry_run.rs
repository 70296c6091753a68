//! 派单 Routing: what tickets would get from a catalogue. Its rule: pure; `catalogue::match_rules`
//! is asked about each as if it came in on one day, so that nothing but the rules makes a difference.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::catalogue::{Match, MatchReason, Outcome, Question, match_rules};
use crate::code_enum;
use crate::directory::{CategoryCode, Directory, EstateCode, RegionCode, Unit, UnitCode};
use crate::error::sentence;
use crate::sealing::MasterKey;
use crate::ticket::sight::Secrecy;
use crate::ticket::store::Dispatched;
use crate::ticket::store::rows::accused_key;

/// What one ticket would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Would {
    Get {
        outcome: Outcome,
        reason: MatchReason,
    },
    /// Several most specific rules that say different things.
    Tie {
        rules: Vec<String>,
        why: String,
    },
    /// No rule fits, or the one that fits names a lead that may not have this one.
    Nobody {
        why: String,
    },
}

code_enum! {
    /// How the answer compares with who had it.
    pub enum Verdict {
        Same = "same" "一致",
        Changed = "changed" "不同",
        Unmatched = "unmatched" "无规则",
        Tie = "tie" "需判定",
    }
}

/// One ticket and what it would get.
#[derive(Debug, Clone)]
pub struct Trial {
    pub ticket: Dispatched,
    pub would: Would,
}

impl Trial {
    pub fn verdict(&self) -> Verdict {
        match &self.would {
            Would::Get { outcome, .. } if self.had(outcome) => Verdict::Same,
            Would::Get { .. } => Verdict::Changed,
            Would::Tie { .. } => Verdict::Tie,
            Would::Nobody { .. } => Verdict::Unmatched,
        }
    }

    fn had(&self, outcome: &Outcome) -> bool {
        self.ticket.lead.as_ref() == Some(&outcome.lead) && self.ticket.assists == outcome.assists
    }
}

/// Asks the catalogue of `directory`, as it stands on `day`, about every ticket.
pub fn dry_run(
    directory: &Directory,
    keys: &MasterKey,
    day: NaiveDate,
    tickets: Vec<Dispatched>,
) -> Vec<Trial> {
    let accused_of = |unit: &Unit| (accused_key(keys, unit.code.as_str()), unit.code.clone());
    let units: BTreeMap<String, UnitCode> = directory.units().map(accused_of).collect();
    type Matter = (Option<CategoryCode>, Option<RegionCode>, Option<EstateCode>);
    let mut answers: BTreeMap<Matter, Match> = BTreeMap::new();
    let mut trials = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let matter = (ticket.category.clone(), ticket.region.clone(), ticket.estate.clone());
        let answer = answers.entry(matter).or_insert_with_key(|(category, region, estate)| {
            let question = Question {
                category: category.as_ref(),
                region: region.as_ref(),
                estate: estate.as_ref(),
            };
            match_rules(directory, &question, day)
        });
        let accused = ticket.accused.as_ref().and_then(|key| units.get(key));
        let secrecy = Secrecy { sealed: ticket.sealed, accused: accused.map(UnitCode::as_str) };
        let would = would(directory, secrecy, answer);
        trials.push(Trial { ticket, would });
    }
    trials
}

fn would(directory: &Directory, secrecy: Secrecy<'_>, answer: &Match) -> Would {
    let copy_only = |unit: &UnitCode| secrecy.leaves_a_copy_to(unit, directory);
    match answer {
        // Dispatched by hand too: such a unit is never the lead, so a person decides.
        Match::One { outcome, reason } if copy_only(&outcome.lead) => {
            let why = sentence("catalogue.copy_only", &[("rule", &reason.rule)]);
            Would::Nobody { why }
        }
        Match::One { outcome, reason } => {
            Would::Get { outcome: outcome.clone(), reason: reason.clone() }
        }
        Match::Tie { rules, text } => Would::Tie { rules: rules.clone(), why: text.clone() },
        Match::None => Would::Nobody { why: sentence("catalogue.none", &[]) },
    }
}

/// How many of each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub total: usize,
    /// One rule names others than those who had it.
    pub changed: usize,
    /// Of the changed, those that no unit had.
    pub had_nobody: usize,
    pub unmatched: usize,
    pub ties: usize,
}

impl Counts {
    pub fn of(trials: &[Trial]) -> Self {
        let count = |verdict| trials.iter().filter(|trial| trial.verdict() == verdict).count();
        let nobody =
            |trial: &&Trial| trial.ticket.lead.is_none() && trial.verdict() == Verdict::Changed;
        Self {
            total: trials.len(),
            changed: count(Verdict::Changed),
            had_nobody: trials.iter().filter(nobody).count(),
            unmatched: count(Verdict::Unmatched),
            ties: count(Verdict::Tie),
        }
    }
}
