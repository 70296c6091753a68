//! 派单 Routing: the catalogue's answers in one small town, by cases and by properties.

use proptest::prelude::*;

use super::*;
use crate::directory::import::plan;
use crate::directory::{Category, Company, Entry, Estate, Management, Span, Unit, UnitKind};
use crate::directory::{Days, demo};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn start() -> NaiveDate {
    day("2020-01-01")
}

fn today() -> NaiveDate {
    day("2026-10-01")
}

fn region(code: &str, parent: Option<&str>, level: RegionLevel, unit: Option<&str>) -> Entry {
    Entry::Region(Region {
        code: code.into(),
        name: code.into(),
        parent: parent.map(RegionCode::from),
        level,
        unit: unit.map(UnitCode::from),
        span: Span::from(start()),
    })
}

fn category(code: &str, parent: Option<&str>, level: u8) -> Entry {
    Entry::Category(Category {
        code: code.into(),
        name: code.into(),
        parent: parent.map(CategoryCode::from),
        level,
        version: "1".into(),
        kinds: vec![],
        urgency: None,
        keywords: vec![],
        span: Span::from(start()),
    })
}

fn rule(code: &str, category: &str, place: &str, lead: &str) -> Rule {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (estate, region) =
        if place.starts_with('e') { (some(place), None) } else { (None, some(place)) };
    Rule {
        code: code.into(),
        category: some(category).map(CategoryCode::from),
        region: region.map(RegionCode::from),
        estate: estate.map(EstateCode::from),
        lead: lead.parse().unwrap(),
        assists: vec![],
        copies: vec![],
        note: String::new(),
        span: Span::from(start()),
    }
}

fn town(rules: Vec<Rule>) -> Directory {
    let mut entries: Vec<Entry> = ["u1", "u2", "u3"]
        .map(|code| Entry::Unit(Unit::new(code, code, UnitKind::Section, start())))
        .to_vec();
    entries.push(Entry::Unit(Unit::new("street", "东街道", UnitKind::Street, start())));
    let committee = Unit::new("committee", "东社区", UnitKind::CommunityCommittee, start());
    entries.push(Entry::Unit(committee.below("street")));
    let mut firm = Unit::new("firm", "东物业", UnitKind::Company, start()).below("street");
    firm.company = Some("c".into());
    entries.push(Entry::Unit(firm));
    entries.push(region("d", None, RegionLevel::District, Some("u1")));
    entries.push(region("s", Some("d"), RegionLevel::Street, Some("street")));
    entries.push(region("s2", Some("d"), RegionLevel::Street, None));
    entries.push(region("c", Some("s"), RegionLevel::Community, None));
    let span = Span::from(start());
    let company = Company { code: "c".into(), name: "c".into(), peer_group: String::new(), span };
    entries.push(Entry::Company(company));
    entries.push(Entry::Estate(Estate {
        code: "e1".into(),
        name: "东苑".into(),
        aliases: vec![],
        addresses: vec![],
        region: "c".into(),
        companies: vec![Management { company: "c".into(), span }],
        floor_space_m2: None,
        households: None,
        peer_group: String::new(),
        span,
    }));
    entries.extend([
        category("k1", None, 1),
        category("k12", Some("k1"), 2),
        category("k123", Some("k12"), 3),
        category("k2", None, 1),
    ]);
    entries.extend(rules.into_iter().map(Entry::Rule));
    Directory::of(entries)
}

fn ask(directory: &Directory, category: &str, region: &str, estate: &str) -> Match {
    let category = CategoryCode::from(category);
    let (region, estate) = (RegionCode::from(region), EstateCode::from(estate));
    let question = Question {
        category: (!category.as_str().is_empty()).then_some(&category),
        region: (!region.as_str().is_empty()).then_some(&region),
        estate: (!estate.as_str().is_empty()).then_some(&estate),
    };
    match_rules(directory, &question, today())
}

fn winner(found: &Match) -> &str {
    match found {
        Match::One { reason, .. } => &reason.rule,
        Match::Tie { .. } => "tie",
        Match::None => "none",
    }
}

#[test]
fn a_rule_of_the_narrower_place_wins() {
    let rules =
        ["", "d", "s", "c", "e1"].map(|place| rule(&format!("at-{place}"), "k1", place, "u1"));
    for known in 1..=rules.len() {
        let town = town(rules[..known].to_vec());
        assert_eq!(winner(&ask(&town, "k123", "", "e1")), rules[known - 1].code);
    }
}

#[test]
fn in_one_place_the_rule_of_the_lower_category_wins() {
    let rules = ["", "k1", "k12", "k123"].map(|it| rule(&format!("of-{it}"), it, "d", "u1"));
    for known in 1..=rules.len() {
        let town = town(rules[..known].to_vec());
        assert_eq!(winner(&ask(&town, "k123", "c", "")), rules[known - 1].code);
    }
}

#[test]
fn the_place_counts_before_the_category() {
    let town = town(vec![rule("leaf", "k123", "", "u1"), rule("street", "k1", "s", "u2")]);
    assert_eq!(winner(&ask(&town, "k123", "c", "")), "street");
    assert_eq!(winner(&ask(&town, "k123", "s2", "")), "leaf");
}

#[test]
fn two_rules_of_the_same_weight_that_differ_go_to_the_dispatcher() {
    let town = town(vec![rule("a", "k12", "s", "u1"), rule("b", "k12", "s", "u2")]);
    let Match::Tie { rules, text } = ask(&town, "k123", "s", "") else { panic!("no tie") };
    assert_eq!(rules, ["a", "b"]);
    assert!(text.contains("a、b"), "{text}");
}

#[test]
fn two_rules_that_say_the_same_are_no_tie() {
    let town = town(vec![rule("a", "k12", "s", "u1"), rule("b", "k12", "s", "u1")]);
    assert_eq!(winner(&ask(&town, "k123", "s", "")), "a");
}

#[test]
fn a_rule_that_has_ended_or_not_begun_does_not_count() {
    let mut ended = rule("ended", "k123", "s", "u1");
    ended.span.to_on = Some(day("2026-09-30"));
    let mut future = rule("future", "k123", "s", "u2");
    future.span.from_on = day("2026-10-02");
    let mut last_day = rule("last-day", "k12", "", "u3");
    last_day.span.to_on = Some(today());
    assert_eq!(winner(&ask(&town(vec![ended, future, last_day]), "k123", "s", "")), "last-day");
}

#[test]
fn a_rule_whose_lead_is_a_committee_or_has_ended_does_not_count() {
    let town = town(vec![
        rule("committee", "k123", "s", "committee"),
        rule("nobody", "k123", "s", "nobody"),
        rule("general", "", "", "u1"),
    ]);
    assert_eq!(winner(&ask(&town, "k123", "s", "")), "general");
}

#[test]
fn the_street_of_the_place_leads_where_the_rule_says_so() {
    let mut by_place = rule("by-place", "k1", "", "@street");
    by_place.assists = vec![Target::CompanyOfEstate, Target::StreetOfPlace];
    by_place.copies = vec![Target::DistrictOfPlace, Target::CompanyOfEstate];
    let town = town(vec![by_place, rule("general", "", "", "u3")]);
    let Match::One { outcome, .. } = ask(&town, "k1", "", "e1") else { panic!("no match") };
    assert_eq!(outcome.lead, "street".into());
    assert_eq!(outcome.assists, BTreeSet::from(["firm".into()]));
    assert_eq!(outcome.copies, BTreeSet::from(["u1".into()]));
    assert_eq!(winner(&ask(&town, "k1", "s2", "")), "general", "the street has no unit");
}

#[test]
fn a_ticket_without_category_or_place_gets_only_the_rules_that_ask_for_none() {
    let town = town(vec![rule("k", "k1", "", "u1"), rule("p", "", "d", "u1")]);
    assert_eq!(ask(&town, "", "", ""), Match::None);
    assert_eq!(winner(&ask(&town, "", "s", "")), "p");
}

#[test]
fn the_reason_names_the_rule_what_it_asked_for_and_the_lead() {
    let town = town(vec![rule("R7", "k12", "e1", "street"), rule("R1", "", "", "u1")]);
    let Match::One { reason, .. } = ask(&town, "k123", "", "e1") else { panic!("no match") };
    for word in ["R7", "k12", "东苑", "东街道", "2"] {
        assert!(reason.text.contains(word), "{} lacks {word}", reason.text);
    }
}

fn demo_city() -> Directory {
    let mut city = Directory::default();
    let days = Days { from_on: start(), today: today() };
    for (sheet, text) in demo::SHEETS {
        plan(&mut city, *sheet, text, days).unwrap();
    }
    city
}

#[test]
fn the_demo_catalogue_knows_one_answer_for_every_matter_in_every_estate() {
    let city = demo_city();
    let leaves: Vec<_> = city.categories().filter(|it| it.level == 3).collect();
    let days = ["2025-06-01", "2026-10-01", "2027-06-01"].map(day);
    for (n, estate) in city.estates().enumerate() {
        for category in leaves.iter().skip(n % 20).step_by(20) {
            let question = Question {
                category: Some(&category.code),
                region: None,
                estate: Some(&estate.code),
            };
            for on in days {
                let found = match_rules(&city, &question, on);
                assert!(matches!(found, Match::One { .. }), "{} {on}: {found:?}", category.name);
            }
        }
    }
}

#[test]
fn an_ordinary_property_matter_of_the_demo_city_goes_to_wuye_with_the_street() {
    let city = demo_city();
    let estate = city.estates().find(|it| it.code == "E002".into()).unwrap();
    let question =
        Question { category: Some(&"H010301".into()), region: None, estate: Some(&estate.code) };
    let Match::One { outcome, reason } = match_rules(&city, &question, today()) else {
        panic!("no match")
    };
    assert_eq!(outcome.lead, "wuye".into());
    assert_eq!(outcome.assists, BTreeSet::from(["jd-ql1".into()]));
    assert_eq!(reason.rule, "R01");
}

prop_compose! {
    fn any_rule()(
        category in prop::sample::select(vec!["", "k1", "k12", "k123", "k2"]),
        place in prop::sample::select(vec!["", "d", "s", "s2", "c", "e1"]),
        lead in prop::sample::select(vec!["u1", "u2", "@street", "committee", "firm"]),
        from in -2_i64..3, length in 0_i64..4,
    ) -> Rule {
        let mut rule = rule("", category, place, lead);
        let from_on = today() + chrono::TimeDelta::days(from);
        rule.span = Span { from_on, to_on: Some(from_on + chrono::TimeDelta::days(length)) };
        rule
    }
}

fn numbered(rules: Vec<Rule>) -> Vec<Rule> {
    let named = |(n, mut rule): (usize, Rule)| {
        rule.code = format!("r{n:02}");
        rule
    };
    rules.into_iter().enumerate().map(named).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_in_which_rules_were_recorded_changes_nothing(
        rules in prop::collection::vec(any_rule(), 0..12),
        category in prop::sample::select(vec!["", "k123", "k2"]),
        place in prop::sample::select(vec!["", "s", "s2", "c"]),
    ) {
        let rules = numbered(rules);
        let backwards: Vec<Rule> = rules.iter().rev().cloned().collect();
        prop_assert_eq!(
            ask(&town(rules), category, place, ""),
            ask(&town(backwards), category, place, "")
        );
    }

    #[test]
    fn no_rule_that_fits_alone_is_more_specific_than_the_winner(
        rules in prop::collection::vec(any_rule(), 1..12),
    ) {
        let rules = numbered(rules);
        let together = ask(&town(rules.clone()), "k123", "", "e1");
        let alone: Vec<(Specificity, Outcome)> = rules
            .iter()
            .filter_map(|rule| match ask(&town(vec![rule.clone()]), "k123", "", "e1") {
                Match::One { outcome, reason } => Some((reason.specificity, outcome)),
                _ => None,
            })
            .collect();
        let most = alone.iter().map(|(specificity, _)| *specificity).max();
        let said: BTreeSet<&Outcome> =
            alone.iter().filter(|it| Some(it.0) == most).map(|(_, outcome)| outcome).collect();
        match together {
            Match::One { outcome, reason } => {
                prop_assert_eq!(Some(reason.specificity), most);
                prop_assert_eq!(reason.fitting, alone.len());
                prop_assert_eq!(said, BTreeSet::from([&outcome]));
            }
            Match::Tie { .. } => prop_assert!(said.len() > 1),
            Match::None => prop_assert!(alone.is_empty()),
        }
    }

    #[test]
    fn a_committee_never_leads_and_nobody_appears_twice(
        rules in prop::collection::vec(any_rule(), 0..12),
        assists in prop::sample::subsequence(vec!["u1", "committee", "street"], 0..=3),
    ) {
        let mut rules = numbered(rules);
        for rule in &mut rules {
            rule.assists = assists.iter().map(|it| it.parse().unwrap()).collect();
            rule.copies.clone_from(&rule.assists);
        }
        if let Match::One { outcome, .. } = ask(&town(rules), "k123", "", "e1") {
            prop_assert_ne!(&outcome.lead, &"committee".into());
            prop_assert!(!outcome.assists.contains("committee"));
            prop_assert!(!outcome.assists.contains(&outcome.lead));
            prop_assert!(outcome.copies.is_disjoint(&outcome.assists));
        }
    }
}
