//! Directory: whether a description makes sense beside the rest. Its rule: pure; every fault is
//! named at once, by field.

use crate::directory::address::Doors;
use crate::directory::dated::Span;
use crate::directory::entry::Entry;
use crate::directory::matter::Successor;
use crate::directory::matter::{Category, Rule, Target};
use crate::directory::place::{Company, Estate, Region};
use crate::directory::policy::{
    BUILT_IN_PROFILES, CalendarOverride, CalendarYear, PROFILE_IN_FORCE, Profile, Setting,
};
use crate::directory::snapshot::Directory;
use crate::directory::unit::{Unfit, Unit, UnitKind};
use crate::error::FieldError;

const LONGEST_CODE: usize = 64;
const LONGEST_NAME: usize = 200;

/// The faults of `entry` beside what `directory` holds; none where it can be recorded.
pub fn check(directory: &Directory, entry: &Entry) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    match entry {
        Entry::Unit(it) => unit(&mut faults, directory, it),
        Entry::Region(it) => region(&mut faults, directory, it),
        Entry::Estate(it) => estate(&mut faults, directory, it),
        Entry::Company(it) => company(&mut faults, it),
        Entry::Category(it) => category(&mut faults, directory, it),
        Entry::Rule(it) => rule(&mut faults, directory, it),
        Entry::CalendarYear(it) => calendar_year(&mut faults, it),
        Entry::CalendarOverride(it) => calendar_override(&mut faults, it),
        Entry::Profile(it) => profile(&mut faults, it),
        Entry::Setting(it) => setting(&mut faults, directory, it),
        Entry::Successor(it) => successor(&mut faults, directory, it),
    }
    faults.0
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, code: &'static str) {
        self.0.push(FieldError::new(pointer, code));
    }

    fn unless(&mut self, good: bool, pointer: &str, code: &'static str) {
        if !good {
            self.add(pointer, code);
        }
    }

    /// Letters, digits, `_`, `-` and `.`: a code stands in URLs and in lists split by `|`.
    fn code(&mut self, code: &str) {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if code.is_empty() {
            self.add("/code", "field.required");
        } else if code.chars().count() > LONGEST_CODE {
            self.add("/code", "field.too_long");
        } else if !code.chars().all(plain) {
            self.add("/code", "field.format");
        }
    }

    fn name(&mut self, pointer: &str, name: &str) {
        if name.trim().is_empty() {
            self.add(pointer, "field.required");
        } else if name.chars().count() > LONGEST_NAME {
            self.add(pointer, "field.too_long");
        }
    }

    fn span(&mut self, pointer: &str, span: Span) {
        self.unless(!span.is_backwards(), pointer, "directory.span_backwards");
    }

    /// Two of a dated list may not hold on one day.
    fn one_at_a_time(&mut self, pointer: &str, spans: &[Span]) {
        for (n, span) in spans.iter().enumerate() {
            self.span(&format!("{pointer}/{n}/to_on"), *span);
            if spans[..n].iter().any(|earlier| earlier.overlaps(span)) {
                self.add(format!("{pointer}/{n}"), "directory.span_overlaps");
            }
        }
    }
}

fn unit(faults: &mut Faults, directory: &Directory, it: &Unit) {
    faults.code(it.code.as_str());
    faults.name("/name", &it.name);
    faults.span("/to_on", it.span);
    if let Some(parent) = &it.parent {
        faults.unless(
            *parent != it.code && !directory.ancestors(parent).contains(&it.code),
            "/parent",
            "directory.parent_circle",
        );
        let known = directory.unit(parent).is_some() || *parent == it.code;
        faults.unless(known, "/parent", "field.unknown_code");
    }
    let spans: Vec<Span> = it.heads.iter().map(|head| head.span).collect();
    faults.one_at_a_time("/heads", &spans);
    for (n, head) in it.heads.iter().enumerate() {
        faults.name(&format!("/heads/{n}/name"), &head.name);
    }
    for (n, phone) in it.phones.iter().enumerate() {
        let dial = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '*' | '#' | ' ');
        let good = !phone.number.is_empty() && phone.number.chars().all(dial);
        faults.unless(good, &format!("/phones/{n}/number"), "field.format");
    }
    match (&it.company, it.kind) {
        (None, UnitKind::Company) => faults.add("/company", "field.required"),
        (Some(_), kind) if kind != UnitKind::Company => {
            faults.add("/company", "directory.company_kind");
        }
        (Some(company), _) => {
            faults.unless(directory.company(company).is_some(), "/company", "field.unknown_code");
            let taken = directory.units().any(|other| {
                other.code != it.code
                    && other.company.as_ref() == Some(company)
                    && other.span.overlaps(&it.span)
            });
            faults.unless(!taken, "/company", "directory.company_taken");
        }
        (None, _) => {}
    }
}

fn region(faults: &mut Faults, directory: &Directory, it: &Region) {
    faults.code(it.code.as_str());
    faults.name("/name", &it.name);
    faults.span("/to_on", it.span);
    match (&it.parent, it.level.above()) {
        (None, Some(_)) => faults.add("/parent", "field.required"),
        (Some(_), None) => faults.add("/parent", "directory.region_level"),
        (Some(parent), Some(above)) => match directory.region(parent) {
            None => faults.add("/parent", "field.unknown_code"),
            Some(parent) => {
                faults.unless(parent.level == above, "/parent", "directory.region_level");
            }
        },
        (None, None) => {}
    }
    if let Some(old) = directory.region(&it.code) {
        faults.unless(old.level == it.level, "/level", "directory.level_fixed");
    }
    if let Some(unit) = &it.unit {
        match directory.may_be_responsible(unit, it.span.from_on) {
            Err(Unfit::Committee) => faults.add("/unit", Unfit::Committee.code()),
            Err(Unfit::Unknown) => faults.add("/unit", "field.unknown_code"),
            // A region is older than the office that answers for it, or outlives it.
            Ok(()) | Err(Unfit::NotYet | Unfit::Ended) => {}
        }
    }
}

fn estate(faults: &mut Faults, directory: &Directory, it: &Estate) {
    faults.code(it.code.as_str());
    faults.name("/name", &it.name);
    faults.span("/to_on", it.span);
    for (n, alias) in it.aliases.iter().enumerate() {
        faults.name(&format!("/aliases/{n}"), alias);
    }
    for (n, doors) in it.addresses.iter().enumerate() {
        let known = Doors::read(doors).is_some() && doors.chars().count() <= LONGEST_NAME;
        faults.unless(known, &format!("/addresses/{n}"), "directory.address");
    }
    faults.unless(directory.region(&it.region).is_some(), "/region", "field.unknown_code");
    let spans: Vec<Span> = it.companies.iter().map(|run| run.span).collect();
    faults.one_at_a_time("/companies", &spans);
    for (n, run) in it.companies.iter().enumerate() {
        let known = directory.company(&run.company).is_some();
        faults.unless(known, &format!("/companies/{n}/company"), "field.unknown_code");
    }
    let not_negative = |number: Option<i64>| number.is_none_or(|number| number >= 0);
    faults.unless(not_negative(it.floor_space_m2), "/floor_space_m2", "field.negative");
    faults.unless(not_negative(it.households), "/households", "field.negative");
}

fn company(faults: &mut Faults, it: &Company) {
    faults.code(it.code.as_str());
    faults.name("/name", &it.name);
    faults.span("/to_on", it.span);
}

fn category(faults: &mut Faults, directory: &Directory, it: &Category) {
    faults.code(it.code.as_str());
    faults.name("/name", &it.name);
    faults.name("/version", &it.version);
    faults.span("/to_on", it.span);
    faults.unless((1..=3).contains(&it.level), "/level", "directory.category_level");
    match (&it.parent, it.level) {
        (None, 1) => {}
        (None, _) => faults.add("/parent", "field.required"),
        (Some(parent), level) => match directory.category(parent) {
            None => faults.add("/parent", "field.unknown_code"),
            Some(parent) => {
                faults.unless(parent.level + 1 == level, "/level", "directory.category_level");
            }
        },
    }
    if let Some(old) = directory.category(&it.code) {
        faults.unless(old.level == it.level, "/level", "directory.level_fixed");
        faults.unless(old.parent == it.parent, "/parent", "directory.category_moved");
    }
}

fn rule(faults: &mut Faults, directory: &Directory, it: &Rule) {
    faults.code(&it.code);
    faults.span("/to_on", it.span);
    if let Some(category) = &it.category {
        faults.unless(directory.category(category).is_some(), "/category", "field.unknown_code");
    }
    if let Some(region) = &it.region {
        faults.unless(directory.region(region).is_some(), "/region", "field.unknown_code");
    }
    if let Some(code) = &it.estate {
        match directory.estate(code) {
            None => faults.add("/estate", "field.unknown_code"),
            Some(estate) => {
                let inside = |region| directory.contains(region, &estate.region);
                let inside = it.region.as_ref().is_none_or(inside);
                faults.unless(inside, "/estate", "directory.estate_elsewhere");
            }
        }
    }
    target(faults, directory, it, "/lead".to_owned(), &it.lead);
    for (n, assist) in it.assists.iter().enumerate() {
        target(faults, directory, it, format!("/assists/{n}"), assist);
    }
    for (n, copy) in it.copies.iter().enumerate() {
        if let Target::Unit(code) = copy {
            let known = directory.unit(code).is_some();
            faults.unless(known, &format!("/copies/{n}"), "field.unknown_code");
        }
    }
}

/// Whoever a rule makes responsible must be able to be, on the rule's first day.
fn target(faults: &mut Faults, directory: &Directory, rule: &Rule, at: String, target: &Target) {
    if let Target::Unit(code) = target
        && let Err(unfit) = directory.may_be_responsible(code, rule.span.from_on)
    {
        faults.add(at, unfit.code());
    }
}

fn calendar_year(faults: &mut Faults, it: &CalendarYear) {
    faults.unless((1990..=2200).contains(&it.year), "/year", "field.format");
    match serde_json::from_str::<serde_json::Value>(&it.json) {
        Ok(list) => {
            let year = list.get("year").and_then(serde_json::Value::as_i64);
            faults.unless(year == Some(i64::from(it.year)), "/json", "directory.calendar_year");
            let days = ["days", "off"].iter().any(|name| list[name].is_array());
            faults.unless(days, "/json", "directory.calendar_form");
        }
        Err(_) => faults.add("/json", "directory.calendar_form"),
    }
}

fn calendar_override(faults: &mut Faults, it: &CalendarOverride) {
    faults.name("/reason", &it.reason);
}

fn successor(faults: &mut Faults, directory: &Directory, it: &Successor) {
    faults.unless(directory.category(&it.code).is_some(), "/code", "field.unknown_code");
    let Some(to) = &it.to else { return };
    match directory.category(to) {
        None => faults.add("/to", "field.unknown_code"),
        Some(_) if directory.leads_to(to, &it.code, it.from_on) => {
            faults.add("/to", "directory.category_circle");
        }
        Some(category) => {
            let ended = category.span.has_ended(it.from_on);
            faults.unless(!ended, "/to", "directory.category_ended");
        }
    }
}

fn profile(faults: &mut Faults, it: &Profile) {
    faults.code(&it.name);
    faults.unless(it.version >= 1, "/version", "field.format");
    faults.unless(it.toml.parse::<toml::Table>().is_ok(), "/toml", "directory.profile_form");
}

fn setting(faults: &mut Faults, directory: &Directory, it: &Setting) {
    faults.code(&it.name);
    if it.name == PROFILE_IN_FORCE {
        let known = BUILT_IN_PROFILES.contains(&it.value.as_str())
            || directory.profiles().any(|profile| profile.name == it.value);
        faults.unless(known, "/value", "field.unknown_code");
    }
}
