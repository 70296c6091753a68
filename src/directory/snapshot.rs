//! Directory: who is who at one version, in memory. Its rule: immutable and pure; every question
//! whose answer changes over time takes the day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::directory::dated::Revisions;
use crate::directory::entry::Entry;
use crate::directory::matter::{Category, Rule, Successor};
use crate::directory::place::{Company, Estate, Region};
use crate::directory::policy::{CalendarOverride, CalendarYear, Profile, Setting};
use crate::directory::unit::{Unfit, Unit, UnitKind};
use crate::directory::vocabulary::{
    CategoryCode, CompanyCode, EstateCode, Kind, RegionCode, UnitCode, Urgency,
};

type Book<C, T> = BTreeMap<C, Revisions<T>>;

/// The whole directory at one version; what a decision is given.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    version: i64,
    pub(in crate::directory) units: Book<UnitCode, Unit>,
    pub(in crate::directory) regions: Book<RegionCode, Region>,
    pub(in crate::directory) estates: Book<EstateCode, Estate>,
    pub(in crate::directory) companies: Book<CompanyCode, Company>,
    pub(in crate::directory) categories: Book<CategoryCode, Category>,
    pub(in crate::directory) rules: Book<String, Rule>,
    pub(in crate::directory) calendars: Book<i32, CalendarYear>,
    pub(in crate::directory) overrides: Book<NaiveDate, CalendarOverride>,
    pub(in crate::directory) profiles: Book<(String, i32), Profile>,
    pub(in crate::directory) settings: Book<String, Setting>,
    pub(in crate::directory) successors: Book<CategoryCode, Successor>,
    sub_units: BTreeMap<UnitCode, BTreeSet<UnitCode>>,
    sub_categories: BTreeMap<CategoryCode, BTreeSet<CategoryCode>>,
    pub(in crate::directory) estate_names: BTreeMap<String, BTreeSet<EstateCode>>,
}

impl Directory {
    /// A directory of these entries, each from its own first day on: for tests and small tools.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self::build(
            1,
            entries.into_iter().map(|entry| (entry.from_on().unwrap_or(NaiveDate::MIN), entry)),
        )
    }

    /// The fold of the journal, in the order recorded; each entry with the day from which it holds.
    pub fn build(version: i64, journal: impl IntoIterator<Item = (NaiveDate, Entry)>) -> Self {
        let mut directory = Self { version, ..Self::default() };
        for (since_on, entry) in journal {
            directory.add(since_on, entry);
        }
        directory
    }

    /// Adds one entry on top.
    pub fn add(&mut self, since_on: NaiveDate, entry: Entry) {
        match entry {
            Entry::Unit(unit) => self.add_unit(since_on, unit),
            Entry::Region(region) => put(&mut self.regions, region.code.clone(), since_on, region),
            Entry::Estate(estate) => self.add_estate(since_on, estate),
            Entry::Company(it) => put(&mut self.companies, it.code.clone(), since_on, it),
            Entry::Category(category) => self.add_category(since_on, category),
            Entry::Rule(rule) => put(&mut self.rules, rule.code.clone(), since_on, rule),
            Entry::CalendarYear(it) => put(&mut self.calendars, it.year, since_on, it),
            Entry::CalendarOverride(it) => put(&mut self.overrides, it.on, since_on, it),
            Entry::Profile(it) => {
                put(&mut self.profiles, (it.name.clone(), it.version), since_on, it);
            }
            Entry::Setting(it) => put(&mut self.settings, it.name.clone(), since_on, it),
            Entry::Successor(it) => put(&mut self.successors, it.code.clone(), since_on, it),
        }
    }

    fn add_unit(&mut self, since_on: NaiveDate, unit: Unit) {
        if let Some(parent) = self.unit(&unit.code).and_then(|old| old.parent.clone()) {
            self.sub_units.entry(parent).or_default().remove(&unit.code);
        }
        if let Some(parent) = unit.parent.clone() {
            self.sub_units.entry(parent).or_default().insert(unit.code.clone());
        }
        put(&mut self.units, unit.code.clone(), since_on, unit);
    }

    fn add_category(&mut self, since_on: NaiveDate, category: Category) {
        if let Some(parent) = category.parent.clone() {
            self.sub_categories.entry(parent).or_default().insert(category.code.clone());
        }
        put(&mut self.categories, category.code.clone(), since_on, category);
    }

    fn add_estate(&mut self, since_on: NaiveDate, estate: Estate) {
        for name in estate.aliases.iter().chain([&estate.name]) {
            self.estate_names.entry(folded(name)).or_default().insert(estate.code.clone());
        }
        put(&mut self.estates, estate.code.clone(), since_on, estate);
    }

    /// Rises with every change.
    pub const fn version(&self) -> i64 {
        self.version
    }
}

fn put<C: Ord, T: Clone>(book: &mut Book<C, T>, code: C, since_on: NaiveDate, value: T) {
    match book.entry(code) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(Revisions::begin(since_on, value));
        }
        std::collections::btree_map::Entry::Occupied(mut place) => {
            place.get_mut().add(since_on, value);
        }
    }
}

/// A name without spaces and with full-width letters and digits made plain, in lower case.
pub(in crate::directory) fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Walks up from `first` by `parent`, without `first`; stops at a circle.
pub(in crate::directory) fn climb<C: Clone + Ord>(
    first: &C,
    parent: impl Fn(&C) -> Option<C>,
) -> Vec<C> {
    let mut seen = BTreeSet::from([first.clone()]);
    let mut path = Vec::new();
    let mut at = first.clone();
    while let Some(above) = parent(&at) {
        if !seen.insert(above.clone()) {
            break;
        }
        path.push(above.clone());
        at = above;
    }
    path
}

/// `first` and everything below it.
fn descend<C: Clone + Ord>(first: &C, below: &BTreeMap<C, BTreeSet<C>>) -> BTreeSet<C> {
    let mut found = BTreeSet::from([first.clone()]);
    let mut waiting = vec![first.clone()];
    while let Some(at) = waiting.pop() {
        for child in below.get(&at).into_iter().flatten() {
            if found.insert(child.clone()) {
                waiting.push(child.clone());
            }
        }
    }
    found
}

/// Units.
impl Directory {
    /// The unit as last described, ended or not.
    pub fn unit(&self, code: &UnitCode) -> Option<&Unit> {
        self.units.get(code).map(Revisions::newest)
    }

    /// The unit as it was described for `day` (its name and parent then).
    pub fn unit_on(&self, code: &UnitCode, day: NaiveDate) -> Option<&Unit> {
        self.units.get(code).map(|revisions| revisions.on(day))
    }

    /// Every unit as last described, by code, ended ones too.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values().map(Revisions::newest)
    }

    /// The unit and everything below it; of an unknown code, only itself.
    pub fn subtree(&self, code: &UnitCode) -> BTreeSet<UnitCode> {
        descend(code, &self.sub_units)
    }

    /// The units above it, the nearest first.
    pub fn ancestors(&self, code: &UnitCode) -> Vec<UnitCode> {
        climb(code, |at| self.unit(at).and_then(|unit| unit.parent.clone()))
    }

    fn self_and_ancestors(&self, code: &UnitCode) -> impl Iterator<Item = &Unit> {
        std::iter::once(code.clone())
            .chain(self.ancestors(code))
            .filter_map(|at| self.units.get(&at).map(Revisions::newest))
    }

    /// The 一把手 on `day`.
    pub fn head_on(&self, code: &UnitCode, day: NaiveDate) -> Option<&str> {
        self.unit(code).and_then(|unit| unit.head_on(day))
    }

    /// Whether the unit is a property company or below one: it gets handling copies (domain.md §11).
    pub fn is_company(&self, code: &UnitCode) -> bool {
        self.self_and_ancestors(code).any(|unit| unit.kind == UnitKind::Company)
    }

    /// The unit that stands for `company` on `day`.
    pub fn unit_of_company(&self, company: &CompanyCode, day: NaiveDate) -> Option<&Unit> {
        self.units().find(|unit| unit.company.as_ref() == Some(company) && unit.span.holds_on(day))
    }

    /// The property company that the unit is or lies below.
    pub fn company_of_unit(&self, code: &UnitCode) -> Option<&CompanyCode> {
        self.self_and_ancestors(code).find_map(|unit| unit.company.as_ref())
    }

    /// Whether the unit can be made lead or assist on `day`; a community committee, or what lies
    /// below one, never can (issue 2 item 3), nor can a unit that has ended or not begun.
    pub fn may_be_responsible(&self, code: &UnitCode, day: NaiveDate) -> Result<(), Unfit> {
        let unit = self.unit(code).ok_or(Unfit::Unknown)?;
        let committee = |unit: &Unit| unit.kind == UnitKind::CommunityCommittee;
        if self.self_and_ancestors(code).any(committee) {
            Err(Unfit::Committee)
        } else if unit.span.has_ended(day) {
            Err(Unfit::Ended)
        } else if !unit.span.has_begun(day) {
            Err(Unfit::NotYet)
        } else {
            Ok(())
        }
    }
}

/// Places.
impl Directory {
    pub fn region(&self, code: &RegionCode) -> Option<&Region> {
        self.regions.get(code).map(Revisions::newest)
    }

    /// The region as it was described for `day`.
    pub fn region_on(&self, code: &RegionCode, day: NaiveDate) -> Option<&Region> {
        self.regions.get(code).map(|revisions| revisions.on(day))
    }

    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values().map(Revisions::newest)
    }

    /// The regions above it, the nearest first.
    pub fn region_ancestors(&self, code: &RegionCode) -> Vec<RegionCode> {
        climb(code, |at| self.region(at).and_then(|region| region.parent.clone()))
    }

    /// The region itself and those above it, the nearest first.
    pub fn region_path(&self, code: &RegionCode) -> Vec<&Region> {
        std::iter::once(code.clone())
            .chain(self.region_ancestors(code))
            .filter_map(|at| self.regions.get(&at).map(Revisions::newest))
            .collect()
    }

    /// Whether `inner` is `outer` or lies in it.
    pub fn contains(&self, outer: &RegionCode, inner: &RegionCode) -> bool {
        outer == inner || self.region_ancestors(inner).contains(outer)
    }

    pub fn estate(&self, code: &EstateCode) -> Option<&Estate> {
        self.estates.get(code).map(Revisions::newest)
    }

    pub fn estates(&self) -> impl Iterator<Item = &Estate> {
        self.estates.values().map(Revisions::newest)
    }

    /// The estates that bear exactly this name or alias, spaces, width and case aside; several
    /// streets may each have one.
    pub fn estates_named(&self, name: &str) -> Vec<&Estate> {
        let codes = self.estate_names.get(&folded(name)).into_iter().flatten();
        codes.filter_map(|code| self.estate(code)).collect()
    }

    /// The company that runs the estate on `day`.
    pub fn company_on(&self, estate: &EstateCode, day: NaiveDate) -> Option<&CompanyCode> {
        self.estate(estate).and_then(|estate| estate.company_on(day))
    }

    pub fn company(&self, code: &CompanyCode) -> Option<&Company> {
        self.companies.get(code).map(Revisions::newest)
    }

    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.companies.values().map(Revisions::newest)
    }
}

/// Matters.
impl Directory {
    pub fn category(&self, code: &CategoryCode) -> Option<&Category> {
        self.categories.get(code).map(Revisions::newest)
    }

    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values().map(Revisions::newest)
    }

    /// The categories above it, the nearest first.
    pub fn category_ancestors(&self, code: &CategoryCode) -> Vec<CategoryCode> {
        climb(code, |at| self.category(at).and_then(|category| category.parent.clone()))
    }

    /// The category and everything below it; of an unknown code, only itself.
    pub fn category_subtree(&self, code: &CategoryCode) -> BTreeSet<CategoryCode> {
        descend(code, &self.sub_categories)
    }

    /// Whether nothing lies below it.
    pub fn is_leaf(&self, code: &CategoryCode) -> bool {
        self.sub_categories.get(code).is_none_or(BTreeSet::is_empty)
    }

    /// The urgency written on the category, else on the nearest one above that has one.
    pub fn default_urgency(&self, code: &CategoryCode) -> Option<Urgency> {
        std::iter::once(code.clone())
            .chain(self.category_ancestors(code))
            .find_map(|at| self.category(&at).and_then(|category| category.urgency))
    }

    /// The kinds that a ticket of it usually is: its own, else those of the nearest one above that
    /// names some.
    pub fn kind_hints(&self, code: &CategoryCode) -> &[Kind] {
        std::iter::once(code.clone())
            .chain(self.category_ancestors(code))
            .filter_map(|at| self.categories.get(&at).map(Revisions::newest))
            .map(|category| category.kinds.as_slice())
            .find(|kinds| !kinds.is_empty())
            .unwrap_or_default()
    }

    pub fn rule(&self, code: &str) -> Option<&Rule> {
        self.rules.get(code).map(Revisions::newest)
    }

    /// Every catalogue rule as last described, by code, ended and future ones too.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().map(Revisions::newest)
    }
}

/// Policy, raw.
impl Directory {
    /// The list of one year as JSON text.
    pub fn calendar(&self, year: i32) -> Option<&CalendarYear> {
        self.calendars.get(&year).map(Revisions::newest)
    }

    /// Every loaded year's list, by year.
    pub fn calendars(&self) -> impl Iterator<Item = &CalendarYear> {
        self.calendars.values().map(Revisions::newest)
    }

    /// Local overrides in force, by day.
    pub fn overrides(&self) -> impl Iterator<Item = &CalendarOverride> {
        self.overrides.values().map(Revisions::newest).filter(|change| change.day.is_some())
    }

    pub fn profile(&self, name: &str, version: i32) -> Option<&Profile> {
        self.profiles.get(&(name.to_owned(), version)).map(Revisions::newest)
    }

    /// Every version of every profile, by name and version.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values().map(Revisions::newest)
    }

    /// The version of the profile that applies on `day`: the latest to begin, the higher number
    /// where two begin together.
    pub fn profile_on(&self, name: &str, day: NaiveDate) -> Option<&Profile> {
        self.profiles()
            .filter(|profile| profile.name == name && profile.from_on <= day)
            .max_by_key(|profile| (profile.from_on, profile.version))
    }

    /// The setting's value on `day`; for a day before it was first set, the first value.
    pub fn setting_on(&self, name: &str, day: NaiveDate) -> Option<&str> {
        self.settings.get(name).map(|revisions| revisions.on(day).value.as_str())
    }

    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values().map(Revisions::newest)
    }
}

#[cfg(test)]
mod tests;
