//! Routing: what upheld disputes say of the dispatch catalogue. Its rule: a rule that still names the unit
//! that rightly refused is shown with the change that would have been right; a person records it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::catalogue::{Match, Question, match_rules};
use crate::directory::{Directory, RegionLevel, Rule, Span, Target, UnitCode};
use crate::error::sentence;
use crate::ticket::store::Returned;

/// A change of the catalogue, ready to be tried out and recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The rule that names the unit that refused.
    pub rule: String,
    pub refused: UnitCode,
    /// The numbers of the tickets that were returned, the newest first.
    pub tickets: Vec<String>,
    /// The rule as it should be: the same with another lead, or a narrower one beside it.
    pub change: Rule,
}

impl Correction {
    /// Whether the catalogue gets a rule more.
    pub fn is_new(&self) -> bool {
        self.change.code != self.rule
    }
}

/// What the tickets that were `returned` ask for, the most first. A case where the catalogue names another unit
/// by `today` is settled; one that nobody else leads yet says nothing.
pub fn corrections(
    directory: &Directory,
    returned: &[Returned],
    today: NaiveDate,
) -> Vec<Correction> {
    let mut all: BTreeMap<(String, String), Correction> = BTreeMap::new();
    for case in returned {
        let Some((rule, change)) = change(directory, case, today) else { continue };
        let key = (change.code.clone(), case.lead.to_string());
        let correction = all.entry(key).or_insert_with(|| Correction {
            rule,
            refused: case.refused.clone(),
            tickets: Vec::new(),
            change,
        });
        correction.tickets.push(case.no.clone());
    }
    let mut all: Vec<Correction> = all.into_values().collect();
    for one in &mut all {
        one.tickets.sort_unstable_by(|a, b| b.cmp(a));
        let name = directory.unit(&one.refused).map_or("", |unit| unit.name.as_str());
        let count = one.tickets.len().to_string();
        one.change.note = sentence("catalogue.corrected", &[("unit", name), ("count", &count)]);
    }
    all.sort_by_key(|one| (std::cmp::Reverse(one.tickets.len()), one.change.code.clone()));
    all
}

/// The rule that still errs in `case`, and what should stand in its place or beside it.
fn change(directory: &Directory, case: &Returned, today: NaiveDate) -> Option<(String, Rule)> {
    let (category, region, estate) =
        (case.category.as_ref(), case.region.as_ref(), case.estate.as_ref());
    let question = Question { category, region, estate };
    let Match::One { outcome, reason } = match_rules(directory, &question, today) else {
        return None;
    };
    if outcome.lead != case.refused || case.lead == case.refused {
        return None;
    }
    let rule = directory.rule(&reason.rule)?;
    let lead = Target::Unit(case.lead.clone());
    let span = Span::from(today);
    // Only whoever is named for this very category and by name is replaced; else there is a case more.
    if rule.category.as_ref() == category && matches!(rule.lead, Target::Unit(_)) {
        return Some((rule.code.clone(), Rule { lead, span, ..rule.clone() }));
    }
    let region = match rule.lead {
        Target::StreetOfPlace => region_at(directory, case, RegionLevel::Street),
        Target::DistrictOfPlace => region_at(directory, case, RegionLevel::District),
        _ => rule.region.clone(),
    };
    let estate = match rule.lead {
        Target::CompanyOfEstate => case.estate.clone(),
        _ => rule.estate.clone(),
    };
    let place = [estate.as_ref().map(AsRef::as_ref), region.as_ref().map(AsRef::as_ref)];
    let place: Option<&str> = place.into_iter().flatten().next();
    let parts = [Some(rule.code.as_str()), category.map(AsRef::as_ref), place];
    let code = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
    let category = case.category.clone();
    if directory.rule(&code).is_some() {
        return None;
    }
    Some((rule.code.clone(), Rule { code, category, region, estate, lead, span, ..rule.clone() }))
}

fn region_at(
    directory: &Directory,
    case: &Returned,
    level: RegionLevel,
) -> Option<crate::directory::RegionCode> {
    let of_estate = || Some(directory.estate(case.estate.as_ref()?)?.region.clone());
    let region = case.region.clone().or_else(of_estate)?;
    let at = directory.region_path(&region).into_iter().find(|one| one.level == level)?;
    Some(at.code.clone())
}
