//! What-if: how many tickets each unit would have had by another dispatch catalogue. Its rule: tickets are counted, no
//! rate is: how another unit would have handled a ticket nobody knows.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::directory::{Directory, Proposal, UnitCode};
use crate::error::Result;
use crate::routing::dry_run::{Counts, Trial, Would, dry_run};
use crate::sealing::MasterKey;
use crate::ticket::store::Dispatched;

/// What a unit had and would have had of the tickets received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Had {
    /// Tickets that it leads or led last.
    pub leads: i64,
    /// Tickets in which it assists.
    pub assists: i64,
}

impl Had {
    /// Both: what is sent to it.
    pub const fn dispatched(self) -> i64 {
        self.leads + self.assists
    }
}

/// One unit, or what no unit has (the dispatcher decides).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub before: Had,
    pub after: Had,
    /// Tickets it would lead and did not, and led and would not.
    pub came: i64,
    pub went: i64,
}

impl Count {
    /// after − before, of the tickets it leads.
    pub const fn leads_difference(self) -> i64 {
        self.after.leads - self.before.leads
    }

    /// after − before, of all that are sent to it.
    pub const fn dispatched_difference(self) -> i64 {
        self.after.dispatched() - self.before.dispatched()
    }
}

/// How many tickets would have gone from one lead to another; none is no unit.
pub type Moves = BTreeMap<(Option<UnitCode>, Option<UnitCode>), i64>;

/// A unit by two catalogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// None: no unit; the dispatcher decides.
    pub key: Option<UnitCode>,
    pub name: String,
    pub count: Count,
}

/// A period's tickets by another catalogue.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The day on which the rules are asked.
    pub on: NaiveDate,
    pub counts: Counts,
    /// Every unit, also those with nothing, and last what no unit has.
    pub rows: Vec<UnitRow>,
    pub moves: Moves,
}

impl Routed {
    /// What `tickets` would have got by the catalogue proposed, asked on a day; what never left the desk is not among
    /// them.
    ///
    /// # Errors
    /// 422 with each wrong field, below `/rules/n` or `/changes/n`.
    pub fn of(
        directory: &Directory,
        keys: &MasterKey,
        (proposal, on): (Proposal, NaiveDate),
        mut tickets: Vec<Dispatched>,
    ) -> Result<Self> {
        // What the desk answered, declined or merged never asked the catalogue.
        tickets.retain(|ticket| ticket.lead.is_some());
        let tried = directory.trying(proposal)?;
        let trials = dry_run(&tried, keys, on, tickets);
        let (units, moves) = counted(&trials);
        let row = |key: Option<UnitCode>, name: String| UnitRow {
            count: units.get(&key).copied().unwrap_or_default(),
            key,
            name,
        };
        let known = directory.units().map(|unit| row(Some(unit.code.clone()), unit.name.clone()));
        let rows = known.chain([row(None, "-".to_owned())]).collect();
        Ok(Self { on, counts: Counts::of(&trials), rows, moves })
    }

    /// A unit's name; `-` of no unit.
    pub fn name(&self, key: Option<&UnitCode>) -> &str {
        let found = self.rows.iter().find(|row| row.key.as_ref() == key);
        found.map_or("-", |row| row.name.as_str())
    }
}

/// The counts of every unit that has any, and who would have had whose tickets.
pub fn counted(trials: &[Trial]) -> (BTreeMap<Option<UnitCode>, Count>, Moves) {
    let mut counts: BTreeMap<Option<UnitCode>, Count> = BTreeMap::new();
    let mut moves = Moves::new();
    for trial in trials {
        let had = trial.ticket.lead.clone();
        let outcome = match &trial.would {
            Would::Get { outcome, .. } => Some(outcome),
            Would::Tie { .. } | Would::Nobody { .. } => None,
        };
        let would = outcome.map(|outcome| outcome.lead.clone());
        counts.entry(had.clone()).or_default().before.leads += 1;
        counts.entry(would.clone()).or_default().after.leads += 1;
        for unit in &trial.ticket.assists {
            counts.entry(Some(unit.clone())).or_default().before.assists += 1;
        }
        for unit in outcome.iter().flat_map(|outcome| &outcome.assists) {
            counts.entry(Some(unit.clone())).or_default().after.assists += 1;
        }
        if had != would {
            counts.entry(would.clone()).or_default().came += 1;
            counts.entry(had.clone()).or_default().went += 1;
            *moves.entry((had, would)).or_default() += 1;
        }
    }
    (counts, moves)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routing::catalogue::{MatchReason, Outcome, PlaceWidth, Specificity};

    fn units(codes: &[&str]) -> BTreeSet<UnitCode> {
        codes.iter().map(|code| UnitCode::from(*code)).collect()
    }

    fn trial(had: Option<&str>, assists: &[&str], would: Option<(&str, &[&str])>) -> Trial {
        let ticket = Dispatched {
            no: "2026-1".to_owned(),
            category: None,
            region: None,
            estate: None,
            sealed: false,
            accused: None,
            lead: had.map(UnitCode::from),
            assists: units(assists),
        };
        let why = "没有规则".to_owned();
        let would = would.map_or(Would::Nobody { why }, |(lead, assists)| Would::Get {
            outcome: Outcome {
                lead: lead.into(),
                assists: units(assists),
                copies: BTreeSet::new(),
            },
            reason: MatchReason {
                rule: "r".to_owned(),
                specificity: Specificity { place: PlaceWidth::Anywhere, category_level: 0 },
                fitting: 1,
                text: String::new(),
            },
        });
        Trial { ticket, would }
    }

    #[test]
    fn every_ticket_is_counted_once_on_either_side() {
        let trials = [
            trial(Some("a"), &["b"], Some(("a", &["b"]))),
            trial(Some("a"), &[], Some(("b", &["a"]))),
            trial(Some("a"), &[], None),
            trial(None, &[], Some(("a", &[]))),
            trial(None, &[], None),
        ];
        let (counts, moves) = counted(&trials);
        let of = |unit: Option<&str>| counts[&unit.map(UnitCode::from)];
        let had = |leads, assists| Had { leads, assists };
        let a = Count { before: had(3, 0), after: had(2, 1), came: 1, went: 2 };
        let b = Count { before: had(0, 1), after: had(1, 1), came: 1, went: 0 };
        let nobody = Count { before: had(2, 0), after: had(2, 0), came: 1, went: 1 };
        assert_eq!((of(Some("a")), of(Some("b")), of(None)), (a, b, nobody));
        for side in [|it: &Count| it.before.leads, |it: &Count| it.after.leads] {
            assert_eq!(counts.values().map(side).sum::<i64>(), 5);
        }
        let moved: i64 = moves.values().sum();
        assert_eq!((moved, moves.len()), (3, 3));
    }
}
