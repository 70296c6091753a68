//! Directory: the snapshot's questions, on a town of a few rows.

use super::*;
use crate::directory::dated::Span;
use crate::directory::place::RegionLevel;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn start() -> NaiveDate {
    day("2020-01-01")
}

fn unit(code: &str, parent: &str, kind: UnitKind) -> Entry {
    let unit = Unit::new(code, code, kind, start());
    Entry::Unit(if parent.is_empty() { unit } else { unit.below(parent) })
}

fn region(code: &str, parent: Option<&str>, level: RegionLevel) -> Entry {
    Entry::Region(Region {
        code: code.into(),
        name: code.into(),
        parent: parent.map(RegionCode::from),
        level,
        unit: None,
        span: Span::from(start()),
    })
}

fn town() -> Directory {
    Directory::of([
        unit("zjj", "", UnitKind::Bureau),
        unit("wuye", "zjj", UnitKind::Section),
        unit("street", "zjj", UnitKind::Street),
        unit("committee", "street", UnitKind::CommunityCommittee),
        unit("firm", "street", UnitKind::Company),
        unit("firm-east", "firm", UnitKind::Department),
        region("d", None, RegionLevel::District),
        region("d1", Some("d"), RegionLevel::Street),
        region("d11", Some("d1"), RegionLevel::Community),
    ])
}

#[test]
fn a_subtree_holds_the_unit_and_everything_below_it() {
    let town = town();
    let names: Vec<_> = town.subtree(&"street".into()).iter().map(|c| c.to_string()).collect();
    assert_eq!(names, ["committee", "firm", "firm-east", "street"]);
    assert_eq!(town.subtree(&"zjj".into()).len(), 6);
    assert_eq!(town.ancestors(&"firm-east".into()), ["firm".into(), "street".into(), "zjj".into()]);
}

#[test]
fn a_unit_moved_below_another_leaves_the_old_subtree() {
    let mut town = town();
    town.add(day("2026-01-01"), unit("firm", "wuye", UnitKind::Company));
    assert!(!town.subtree(&"street".into()).contains("firm-east"));
    assert!(town.subtree(&"wuye".into()).contains("firm-east"));
    let before = town.unit_on(&"firm".into(), day("2025-12-31")).unwrap();
    assert_eq!(before.parent, Some("street".into()));
}

#[test]
fn whatever_lies_below_a_property_company_is_the_company() {
    let town = town();
    assert!(town.is_company(&"firm".into()) && town.is_company(&"firm-east".into()));
    assert!(!town.is_company(&"street".into()) && !town.is_company(&"nowhere".into()));
}

#[test]
fn a_community_committee_can_never_be_responsible() {
    let today = day("2026-10-01");
    assert_eq!(town().may_be_responsible(&"committee".into(), today), Err(Unfit::Committee));
    assert_eq!(town().may_be_responsible(&"street".into(), today), Ok(()));
    assert_eq!(town().may_be_responsible(&"nobody".into(), today), Err(Unfit::Unknown));
}

#[test]
fn a_unit_is_responsible_only_between_its_first_and_last_day() {
    let mut town = town();
    let mut ended = Unit::new("wuye", "wuye", UnitKind::Section, start()).below("zjj");
    ended.span.to_on = Some(day("2026-06-30"));
    town.add(start(), Entry::Unit(ended));
    let ask = |on: &str| town.may_be_responsible(&"wuye".into(), day(on));
    assert_eq!(ask("2026-06-30"), Ok(()));
    assert_eq!(ask("2026-07-01"), Err(Unfit::Ended));
    assert_eq!(ask("2019-12-31"), Err(Unfit::NotYet));
}

#[test]
fn a_district_contains_its_streets_and_communities_and_itself() {
    let town = town();
    assert!(town.contains(&"d".into(), &"d11".into()) && town.contains(&"d".into(), &"d".into()));
    assert!(!town.contains(&"d11".into(), &"d".into()));
    assert_eq!(town.region_path(&"d11".into()).len(), 3);
}

#[test]
fn a_circle_of_parents_ends_every_walk() {
    let circle =
        Directory::of([unit("a", "b", UnitKind::Section), unit("b", "a", UnitKind::Section)]);
    assert_eq!(circle.ancestors(&"a".into()), ["b".into()]);
    assert_eq!(circle.subtree(&"a".into()).len(), 2);
}

#[test]
fn an_estate_is_found_by_its_alias_in_any_width_and_spacing() {
    let town = Directory::of([Entry::Estate(Estate {
        code: "e1".into(),
        name: "云上花园".into(),
        aliases: vec!["云上花园A区".into()],
        addresses: vec![],
        region: "d11".into(),
        companies: vec![],
        floor_space_m2: None,
        households: None,
        peer_group: String::new(),
        span: Span::from(start()),
    })]);
    assert_eq!(town.estates_named("云上花园 ａ区").len(), 1);
    assert_eq!(town.estates_named("云上").len(), 0);
}

#[test]
fn the_profile_of_a_day_is_the_version_that_began_last() {
    let version = |version, from: &str| {
        let profile =
            Profile { name: "default".into(), version, toml: String::new(), from_on: day(from) };
        Entry::Profile(profile)
    };
    let town = Directory::of([version(1, "2020-01-01"), version(2, "2026-10-19")]);
    let on = |at: &str| town.profile_on("default", day(at)).map(|profile| profile.version);
    assert_eq!((on("2026-10-18"), on("2026-10-19"), on("2019-01-01")), (Some(1), Some(2), None));
}

#[test]
fn a_setting_made_ahead_takes_effect_on_its_day() {
    let set = |value: &str| Entry::Setting(Setting { name: "profile".into(), value: value.into() });
    let mut town = Directory::default();
    town.add(start(), set("default"));
    town.add(day("2027-01-01"), set("jinan"));
    assert_eq!(town.setting_on("profile", day("2026-12-31")), Some("default"));
    assert_eq!(town.setting_on("profile", day("2027-01-01")), Some("jinan"));
}
