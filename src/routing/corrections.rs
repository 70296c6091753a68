//! Routing: what upheld disputes say of the dispatch catalogue. Its rule: a rule that still names the unit
//! that rightly refused is shown with the change that would have been right; a person records it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::catalogue::{Match, Question, match_rules};
use crate::directory::{Directory, RegionLevel, Rule, Span, Target, UnitCode};
use crate::error::sentence;
use crate::ticket::store::Returned;

/// Characters of a code, as many as the directory takes.
const CODE_AT_MOST: usize = 64;
/// The same rule that was ended so often was never the right one.
const NUMBERED: u32 = 100;

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
    // Of a thousand many are alike: the catalogue is asked once about each.
    let mut alike: BTreeMap<_, (&Returned, Vec<String>)> = BTreeMap::new();
    for case in returned {
        let about = (&case.category, &case.region, &case.estate, &case.refused, &case.lead);
        alike.entry(about).or_insert_with(|| (case, Vec::new())).1.push(case.no.clone());
    }
    let mut all: BTreeMap<(String, String), Correction> = BTreeMap::new();
    for (case, numbers) in alike.into_values() {
        let Some((rule, change)) = change(directory, case, today) else { continue };
        let key = (change.code.clone(), case.lead.to_string());
        let correction = all.entry(key).or_insert_with(|| Correction {
            rule,
            refused: case.refused.clone(),
            tickets: Vec::new(),
            change,
        });
        correction.tickets.extend(numbers);
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
    let narrower =
        Rule { category: case.category.clone(), region, estate, lead, span, ..rule.clone() };
    let code = code_of(directory, &narrower, today)?;
    Some((rule.code.clone(), Rule { code, ..narrower }))
}

/// A code for `narrower`, which still has the one of the rule it was made from; none where it is in the catalogue
/// already, in force or to come. One that has ended keeps its code for the days that were its.
fn code_of(directory: &Directory, narrower: &Rule, today: NaiveDate) -> Option<String> {
    let is_free_or_holds = |code: &String| {
        let there = directory.rule(code);
        there.is_none_or(|rule| !rule.span.has_ended(today))
    };
    let code = (0..NUMBERED).map(|number| numbered(narrower, number)).find(is_free_or_holds)?;
    directory.rule(&code).is_none().then_some(code)
}

/// A code that the same rule, category and place always get: their codes, as far as they fit, and a hash of them all.
fn numbered(narrower: &Rule, number: u32) -> String {
    let category = narrower.category.as_ref().map_or("", |code| code.as_str());
    let estate = narrower.estate.as_ref().map_or("", |code| code.as_str());
    let region = narrower.region.as_ref().map_or("", |code| code.as_str());
    let mut hash = Sha256::new();
    for part in [narrower.code.as_str(), category, estate, region] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(number.to_be_bytes());
    let mark: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let place = if estate.is_empty() { region } else { estate };
    let parts = [narrower.code.as_str(), category, place];
    let named = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let named: String = named.chars().take(CODE_AT_MOST - 1 - mark.len()).collect();
    format!("{named}-{mark}")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::check::check;
    use crate::directory::{Category, CategoryCode, Entry, Unit, UnitKind};

    const LONG: &str = "a-code-of-sixty-characters-as-another-system-numbers-its-own";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn today() -> NaiveDate {
        day("2026-10-01")
    }

    fn always() -> Span {
        Span::from(day("2020-01-01"))
    }

    /// Whatever it is about, wuye gets it, but for these rules.
    fn town(rules: Vec<Rule>) -> Directory {
        let units = ["wuye", "weixiu"]
            .map(|code| Entry::Unit(Unit::new(code, code, UnitKind::Section, day("2020-01-01"))));
        let categories = [LONG, "lift"].map(|code| {
            Entry::Category(Category {
                code: code.into(),
                name: code.to_owned(),
                parent: None,
                level: 1,
                version: "1".to_owned(),
                kinds: Vec::new(),
                urgency: None,
                keywords: Vec::new(),
                span: always(),
            })
        });
        let everything = Rule {
            code: LONG.to_owned(),
            category: None,
            region: None,
            estate: None,
            lead: Target::Unit("wuye".into()),
            assists: Vec::new(),
            copies: Vec::new(),
            note: String::new(),
            span: always(),
        };
        let rules = rules.into_iter().chain([everything]).map(Entry::Rule);
        Directory::of(units.into_iter().chain(categories).chain(rules))
    }

    /// What is asked for where wuye rightly returned a ticket on `category`.
    fn asked(directory: &Directory, category: &str) -> Option<Rule> {
        let returned = Returned {
            no: "20261001-000001".to_owned(),
            category: Some(CategoryCode::from(category)),
            region: None,
            estate: None,
            refused: "wuye".into(),
            lead: "weixiu".into(),
        };
        corrections(directory, &[returned], today()).pop().map(|one| one.change)
    }

    #[test]
    fn however_long_the_codes_a_prefilled_rule_can_be_recorded_and_is_told_from_its_sisters() {
        let town = town(Vec::new());
        let (long, lift) = (asked(&town, LONG).unwrap(), asked(&town, "lift").unwrap());
        for change in [&long, &lift] {
            let faults = check(&town, &Entry::Rule(change.clone()));
            assert!(faults.is_empty(), "{}: {faults:?}", change.code);
            assert!(town.rule(&change.code).is_none());
        }
        assert_eq!(long.code.chars().count(), CODE_AT_MOST);
        assert_ne!(long.code, lift.code);
        assert_eq!(asked(&town, "lift"), Some(lift), "asked twice, it is the same");
    }

    #[test]
    fn a_rule_in_force_or_to_come_settles_it_and_one_that_has_ended_does_not() {
        let first = asked(&town(Vec::new()), "lift").unwrap();
        assert_eq!(asked(&town(vec![first.clone()]), "lift"), None);
        let to_come = Rule { span: Span::from(day("2026-10-02")), ..first.clone() };
        assert_eq!(asked(&town(vec![to_come]), "lift"), None);
        let ended = Span { from_on: day("2026-01-01"), to_on: Some(day("2026-09-30")) };
        let again = asked(&town(vec![Rule { span: ended, ..first.clone() }]), "lift").unwrap();
        assert_ne!(again.code, first.code, "the ended one is not written over");
        assert_eq!(again, Rule { code: again.code.clone(), ..first });
    }
}
