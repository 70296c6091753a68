//! 派单 Routing: the dispatch catalogue's answer to a matter and a place. Its rule: pure; the most
//! specific rule wins, and where two of the same weight say different things a person decides.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::directory::{
    CategoryCode, Directory, EstateCode, Region, RegionCode, RegionLevel, Rule, Target, UnitCode,
};
use crate::error::sentence;

/// What the catalogue is asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    pub category: Option<&'a CategoryCode>,
    /// The smallest region known; the estate's own where it is left out.
    pub region: Option<&'a RegionCode>,
    pub estate: Option<&'a EstateCode>,
}

/// How narrow a rule's place is; the narrower is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceWidth {
    Anywhere,
    District,
    Street,
    Community,
    Estate,
}

/// How specific a rule is. The place decides first (estate > community > street > district >
/// anywhere), then the category's level (3 > 2 > 1 > any): what a city says of one estate was said
/// on purpose, whatever it says of the matter in general. Any two rules can be compared; equal ones
/// that differ in outcome go to the dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Specificity {
    pub place: PlaceWidth,
    /// 1 to 3; 0 for any category.
    pub category_level: u8,
}

/// Who gets it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outcome {
    pub lead: UnitCode,
    pub assists: BTreeSet<UnitCode>,
    pub copies: BTreeSet<UnitCode>,
}

/// Why this rule; kept on the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchReason {
    pub rule: String,
    pub specificity: Specificity,
    /// How many rules fitted; this one was the most specific.
    pub fitting: usize,
    /// The same as a Chinese sentence.
    pub text: String,
}

/// The catalogue's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// One most specific rule, or several that say the same.
    One { outcome: Outcome, reason: MatchReason },
    /// Several most specific rules that say different things: for the dispatcher.
    Tie { rules: Vec<String>, text: String },
    /// No rule fits.
    None,
}

struct Fit<'a> {
    rule: &'a Rule,
    specificity: Specificity,
    outcome: Outcome,
}

/// Asks the catalogue as it stands on `day`. A rule that has ended or not begun does not count, nor
/// one whose lead cannot be found for the place or may not be responsible on the day.
pub fn match_rules(directory: &Directory, question: &Question<'_>, day: NaiveDate) -> Match {
    let matter = Matter::of(directory, question);
    let fits: Vec<Fit<'_>> =
        directory.rules().filter_map(|rule| fit(directory, &matter, rule, day)).collect();
    let Some(most) = fits.iter().map(|fit| fit.specificity).max() else {
        return Match::None;
    };
    let top: Vec<&Fit<'_>> = fits.iter().filter(|fit| fit.specificity == most).collect();
    let Some(first) = top.first() else {
        return Match::None;
    };
    if top.iter().any(|fit| fit.outcome != first.outcome) {
        let rules: Vec<String> = top.iter().map(|fit| fit.rule.code.clone()).collect();
        let text = sentence("catalogue.tie", &[("rules", &rules.join("、"))]);
        return Match::Tie { rules, text };
    }
    let reason = reason(directory, first, fits.len());
    Match::One { outcome: first.outcome.clone(), reason }
}

/// What is asked about with all that it lies in: its regions and categories from the smallest up.
struct Matter<'a> {
    estate: Option<&'a EstateCode>,
    regions: Vec<&'a Region>,
    categories: Vec<CategoryCode>,
}

impl<'a> Matter<'a> {
    fn of(directory: &'a Directory, question: &Question<'a>) -> Self {
        let estates_own = question.estate.and_then(|code| directory.estate(code));
        let region = question.region.or_else(|| estates_own.map(|estate| &estate.region));
        let regions = region.map(|code| directory.region_path(code)).unwrap_or_default();
        let above = |code: &CategoryCode| directory.category_ancestors(code);
        let categories = question.category.map_or_else(Vec::new, |code| {
            std::iter::once(code.clone()).chain(above(code)).collect()
        });
        Self { estate: question.estate, regions, categories }
    }

    fn lies_in(&self, region: &RegionCode) -> Option<RegionLevel> {
        self.regions.iter().find(|at| at.code == *region).map(|at| at.level)
    }

    fn unit_at(&self, level: RegionLevel) -> Option<&UnitCode> {
        self.regions.iter().find(|at| at.level == level).and_then(|at| at.unit.as_ref())
    }
}

fn fit<'a>(
    directory: &Directory,
    matter: &Matter<'_>,
    rule: &'a Rule,
    day: NaiveDate,
) -> Option<Fit<'a>> {
    if !rule.span.holds_on(day) {
        return None;
    }
    let category_level = category_level(directory, matter, rule)?;
    let width = place_width(matter, rule)?;
    let outcome = outcome(directory, matter, rule, day)?;
    Some(Fit { rule, specificity: Specificity { place: width, category_level }, outcome })
}

/// The level of the rule's category, where the question's lies in it.
fn category_level(directory: &Directory, matter: &Matter<'_>, rule: &Rule) -> Option<u8> {
    let Some(wanted) = &rule.category else {
        return Some(0);
    };
    let lies_in = matter.categories.contains(wanted);
    if lies_in { directory.category(wanted).map(|category| category.level) } else { None }
}

/// How narrow the rule's place is, where the question's lies in it.
fn place_width(matter: &Matter<'_>, rule: &Rule) -> Option<PlaceWidth> {
    let mut width = PlaceWidth::Anywhere;
    if let Some(region) = &rule.region {
        width = match matter.lies_in(region)? {
            RegionLevel::District => PlaceWidth::District,
            RegionLevel::Street => PlaceWidth::Street,
            RegionLevel::Community => PlaceWidth::Community,
        };
    }
    match &rule.estate {
        None => Some(width),
        Some(estate) if matter.estate == Some(estate) => Some(PlaceWidth::Estate),
        Some(_) => None,
    }
}

/// The units that the rule names for this place on this day; nothing where it names no fit lead.
fn outcome(
    directory: &Directory,
    matter: &Matter<'_>,
    rule: &Rule,
    day: NaiveDate,
) -> Option<Outcome> {
    let fit = |unit: &UnitCode| directory.may_be_responsible(unit, day).is_ok();
    let exists = |unit: &UnitCode| directory.unit(unit).is_some_and(|it| it.span.holds_on(day));
    let find = |target: &Target| resolve(directory, matter, target, day);
    let lead = find(&rule.lead).filter(fit)?;
    let assists: BTreeSet<UnitCode> =
        rule.assists.iter().filter_map(find).filter(fit).filter(|unit| *unit != lead).collect();
    let copies = rule
        .copies
        .iter()
        .filter_map(find)
        .filter(exists)
        .filter(|unit| *unit != lead && !assists.contains(unit))
        .collect();
    Some(Outcome { lead, assists, copies })
}

fn resolve(
    directory: &Directory,
    matter: &Matter<'_>,
    target: &Target,
    day: NaiveDate,
) -> Option<UnitCode> {
    match target {
        Target::Unit(code) => Some(code.clone()),
        Target::StreetOfPlace => matter.unit_at(RegionLevel::Street).cloned(),
        Target::DistrictOfPlace => matter.unit_at(RegionLevel::District).cloned(),
        Target::CompanyOfEstate => {
            let company = directory.company_on(matter.estate?, day)?;
            directory.unit_of_company(company, day).map(|unit| unit.code.clone())
        }
    }
}

fn reason(directory: &Directory, fit: &Fit<'_>, fitting: usize) -> MatchReason {
    let rule = fit.rule;
    let any = sentence("catalogue.any", &[]);
    let category = rule.category.as_ref().and_then(|code| directory.category(code));
    let category = category.map_or_else(
        || any.clone(),
        |it| {
            let level = it.level.to_string();
            sentence("catalogue.category", &[("name", &it.name), ("level", &level)])
        },
    );
    let place = match (&rule.estate, &rule.region) {
        (Some(code), _) => directory.estate(code).map(|it| it.name.clone()),
        (None, Some(code)) => directory.region(code).map(|it| it.name.clone()),
        (None, None) => Some(any),
    };
    let lead = directory.unit(&fit.outcome.lead).map(|unit| unit.name.clone());
    let text = sentence(
        if fitting > 1 { "catalogue.most_specific" } else { "catalogue.only" },
        &[
            ("rule", &rule.code),
            ("category", &category),
            ("place", &place.unwrap_or_default()),
            ("lead", &lead.unwrap_or_default()),
            ("fitting", &fitting.to_string()),
        ],
    );
    MatchReason { rule: rule.code.clone(), specificity: fit.specificity, fitting, text }
}

#[cfg(test)]
mod tests;
