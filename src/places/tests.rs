//! Cases as people say them, and what holds for any text.

use std::sync::Arc;

use chrono::NaiveDate;
use proptest::prelude::*;
use rstest::rstest;

use super::{Candidate, DoubtCode, Gazetteer};
use crate::directory::{Directory, Entry, Estate, Region, RegionLevel, Span};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn region(code: &str, name: &str, parent: Option<&str>, level: RegionLevel) -> Entry {
    Entry::Region(Region {
        code: code.into(),
        name: name.to_owned(),
        parent: parent.map(Into::into),
        level,
        unit: None,
        span: Span::from(day("2020-01-01")),
    })
}

fn estate((code, name, aliases, addresses, region): (&str, &str, &str, &str, &str)) -> Entry {
    let list =
        |text: &str| text.split('|').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    Entry::Estate(Estate {
        code: code.into(),
        name: name.to_owned(),
        aliases: list(aliases),
        addresses: list(addresses),
        region: region.into(),
        companies: vec![],
        floor_space_m2: None,
        households: None,
        peer_group: String::new(),
        span: Span::from(day("2020-01-01")),
    })
}

const ESTATES: [(&str, &str, &str, &str, &str); 13] = [
    ("wjy", "望京园", "", "花家地南街6号院|花家地南街甲6号", "cy-wj"),
    ("wjx4", "望京西园四区", "", "", "cy-wj"),
    ("wjx3", "望京西园三区", "", "", "cy-wj"),
    ("ygcy", "阳光花园", "", "", "cy-wj"),
    ("yghd", "阳光花园", "", "", "hd-blz"),
    ("yg2", "阳光花园二期", "", "", "cy-blz"),
    ("jx", "锦绣家园", "绣园", "幸福路2-18号双", "cy-blz"),
    ("hp", "和平里小区", "", "和平街7号", "hd-qh"),
    ("xf", "幸福里", "", "幸福路4号", "hd-qh"),
    ("cq", "重庆新村", "", "", "hd-qh"),
    ("xc", "星城国际", "", "", "hd-qh"),
    ("fl1", "枫林绿洲一期", "", "", "hd-qh"),
    ("za", "珠安家园", "", "", "cy-zz"),
];

fn city() -> Gazetteer {
    use RegionLevel::{Community, District, Street};
    let regions = [
        region("cy", "朝阳区", None, District),
        region("hd", "海淀区", None, District),
        region("cy-wj", "望京街道", Some("cy"), Street),
        region("cy-blz", "八里庄街道", Some("cy"), Street),
        region("hd-blz", "八里庄街道", Some("hd"), Street),
        region("hd-qh", "清河街道", Some("hd"), Street),
        region("cy-zz", "珠安社区", Some("cy-wj"), Community),
    ];
    let directory = Directory::of(regions.into_iter().chain(ESTATES.map(estate)));
    Gazetteer::of(Arc::new(directory))
}

fn found(text: &str) -> Vec<Candidate> {
    city().resolve(text, None, (day("2026-11-01"), 0.9)).candidates
}

fn best(text: &str) -> (String, bool, Vec<DoubtCode>) {
    let found = found(text);
    let Some(first) = found.first() else { return (String::new(), false, Vec::new()) };
    let place = first.estate.as_ref().map_or_else(|| first.region.to_string(), |it| it.to_string());
    (place, first.certain, first.doubts.iter().map(|doubt| doubt.code).collect())
}

#[rstest]
#[case("望京园", "wjy")]
#[case("朝阳区望京街道望京园3号楼", "wjy")]
#[case("北京市朝阳区望京园小区北门", "wjy")]
#[case("家住望京园二单元", "wjy")]
#[case("花家地南街6号院", "wjy")]
#[case("花家地南街六号院3号楼", "wjy")]
#[case("花家地南街甲6号", "wjy")]
#[case("花家地南街６号院望京园", "wjy")]
#[case("望京西园四区4１０号楼", "wjx4")]
#[case("望京西园4区", "wjx4")]
#[case("海淀区阳光花园", "yghd")]
#[case("海淀阳光花园5栋", "yghd")]
#[case("阳光花园2期", "yg2")]
#[case("绣园Ａ座", "jx")]
#[case("幸福路16号", "jx")]
#[case("海淀区和平里3号楼", "hp")]
#[case("和平里小区", "hp")]
#[case("和平街7号", "hp")]
fn what_is_said_plainly_is_certain(#[case] text: &str, #[case] place: &str) {
    assert_eq!(best(text), (place.to_owned(), true, vec![]), "{:#?}", found(text));
}

#[rstest]
// 八里庄街道 is in two districts; the estate says which.
#[case("八里庄街道", "cy-blz", &[DoubtCode::SameName])]
#[case("八里庄", "cy-blz", &[DoubtCode::SameName])]
#[case("阳光花园", "ygcy", &[DoubtCode::SameName])]
// Of the two in one district one is the second phase.
#[case("朝阳区阳光花园", "ygcy", &[DoubtCode::Phase])]
#[case("海淀区阳光花园3期", "yghd", &[DoubtCode::Phase])]
#[case("望京西园", "wjx3", &[DoubtCode::Phase])]
#[case("望京西园5区", "wjx3", &[DoubtCode::Phase])]
#[case("海淀区望京园", "wjy", &[DoubtCode::Elsewhere])]
#[case("望京园北里", "wjy", &[DoubtCode::Longer])]
#[case("新锦绣家园", "jx", &[DoubtCode::Longer])]
#[case("望京园附近", "wjy", &[DoubtCode::Near])]
#[case("望京圆", "wjy", &[DoubtCode::Sound])]
#[case("锦秀佳园3号楼", "jx", &[DoubtCode::Sound])]
#[case("崇庆新村", "cq", &[DoubtCode::Sound])]
#[case("xingchengguoji", "xc", &[DoubtCode::Sound])]
#[case("星城", "xc", &[DoubtCode::Beginning])]
#[case("花家地南街6号楼", "wjy", &[DoubtCode::Door])]
// On 幸福路 4号 is recorded for two estates, in two districts.
#[case("幸福路4号", "jx", &[DoubtCode::SameName])]
#[case("望京园和锦绣家园", "jx", &[DoubtCode::Contradiction])]
#[case("花家地南街6号院对面", "wjy", &[DoubtCode::Near])]
#[case("望京园小区东门对面", "wjy", &[DoubtCode::Near])]
fn what_must_be_asked_is_doubted(
    #[case] text: &str,
    #[case] place: &str,
    #[case] doubts: &[DoubtCode],
) {
    let (first, certain, codes) = best(text);
    assert_eq!((first.as_str(), certain), (place, false), "{:#?}", found(text));
    assert!(doubts.iter().all(|doubt| codes.contains(doubt)), "{:#?}", found(text));
}

#[rstest]
#[case("枫林绿洲", "fl1")]
#[case("枫林绿洲，枫林绿洲", "fl1")]
#[case("朝阳区八里庄街道", "cy-blz")]
#[case("望京街道珠安社区", "cy-zz")]
fn what_is_likely_is_no_certainty(#[case] text: &str, #[case] place: &str) {
    assert_eq!(best(text), (place.to_owned(), false, vec![]), "{:#?}", found(text));
}

#[rstest]
#[case("")]
#[case("电影院后面的院子")]
#[case("花家地南街8号院")]
#[case("花家地南街")]
#[case("3号楼2单元")]
fn what_names_no_place_is_none(#[case] text: &str) {
    assert_eq!(found(text), []);
}

#[test]
fn the_warning_names_both_places_and_the_reason_the_words() {
    let said = |text: &str| {
        let first = found(text).remove(0);
        (first.why, first.doubts.into_iter().map(|doubt| doubt.text).collect::<String>())
    };
    let (why, doubt) = said("八里庄街道");
    assert_eq!(why, "文中写明“八里庄街道”");
    assert_eq!(doubt, "八里庄街道：朝阳区、海淀区各有一个，请问清是哪一处。");
    let (why, doubt) = said("阳光花园3号楼");
    assert_eq!(why, "小区名“阳光花园”");
    assert_eq!(doubt, "阳光花园：朝阳区望京街道、海淀区八里庄街道各有一个，请问清是哪一处。");
    let (why, _) = said("朝阳区花家地南街6号院");
    assert_eq!(why, "登记门牌“花家地南街6号院”；位于所述的“朝阳区”");
    let (_, doubt) = said("海淀区望京园");
    assert_eq!(doubt, "文中说的是“海淀区”，名录中在朝阳区望京街道，请核实。");
}

#[test]
fn a_region_that_is_known_tells_estates_of_one_name_apart() {
    let city = city();
    let about = (day("2026-11-01"), 0.9);
    let found = city.resolve("阳光花园5号楼", Some(&"hd".into()), about);
    let certain = found.certain().unwrap();
    assert_eq!(certain.estate, Some("yghd".into()));
    assert_eq!(found.building.as_deref(), Some("5号楼"));
    let found = city.resolve("花家地南街6号院十二栋三单元", None, about);
    assert_eq!(found.building.as_deref(), Some("12栋3单元"));
    assert_eq!(city.resolve("望京园", None, about).building, None);
}

#[test]
fn an_estate_that_has_ended_is_no_candidate_and_a_former_name_leads_to_it() {
    let from = day("2020-01-01");
    let old = |name: &str, to_on: Option<&str>| {
        let Entry::Estate(mut it) = estate(("e", name, "", "", "cy")) else { unreachable!() };
        it.span = Span { from_on: from, to_on: to_on.map(day) };
        (from, Entry::Estate(it))
    };
    let district = (from, region("cy", "朝阳区", None, RegionLevel::District));
    let journal = [district.clone(), old("红旗大院", None), old("红旗家园", None)];
    let renamed = Gazetteer::of(Arc::new(Directory::build(1, journal)));
    let found = renamed.resolve("红旗大院", None, (day("2026-11-01"), 0.9));
    assert_eq!(found.candidates[0].estate, Some("e".into()));
    assert_eq!(found.candidates[0].why, "小区曾用名“红旗大院”");
    let journal = [district, old("红旗家园", Some("2025-12-31"))];
    let ended = Gazetteer::of(Arc::new(Directory::build(2, journal)));
    assert_eq!(ended.resolve("红旗家园", None, (day("2026-11-01"), 0.9)).candidates, []);
    assert_eq!(ended.resolve("红旗家园", None, (day("2025-12-31"), 0.9)).candidates.len(), 1);
}

/// Pieces of addresses, and anything at all.
fn said() -> impl Strategy<Value = String> {
    let pieces = "朝阳区|海淀区|八里庄街道|望京|望京园|阳光花园|二期|3期|花家地南街|6号院|甲|幸福路|\
        4号|锦秀佳园|３号楼|2单元|附近|新|和|的|[a-z]{1,3}|\\PC{0,6}";
    let piece = proptest::string::string_regex(&format!("({pieces})")).unwrap();
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_said_scores_are_ordered_and_certainty_has_no_doubt(text in said()) {
        let city = city();
        let about = (day("2026-11-01"), 0.9);
        let found = city.resolve(&text, None, about);
        prop_assert_eq!(&city.resolve(&text, None, about), &found);
        prop_assert!(found.candidates.len() <= 5);
        prop_assert!(found.candidates.is_sorted_by(|one, two| one.score >= two.score));
        for (place, one) in found.candidates.iter().enumerate() {
            prop_assert!((0.0..=1.0).contains(&one.score) && !one.why.is_empty());
            let sure = place == 0 && one.doubts.is_empty() && one.estate.is_some();
            prop_assert!(!one.certain || sure && one.score >= 0.9);
            let known = one.estate.as_ref().map(|code| city.directory().estate(code).unwrap());
            prop_assert!(known.is_none_or(|estate| estate.region == one.region));
        }
        // A higher threshold makes nothing certain.
        let strict = city.resolve(&text, None, (about.0, 0.99));
        prop_assert!(strict.certain().is_none() || found.certain().is_some());
    }

    #[test]
    fn nothing_that_only_the_text_holds_is_said(number in 100_u32..999, text in said()) {
        let said = format!("{text}{number}号楼{number}室");
        let found = city().resolve(&said, None, (day("2026-11-01"), 0.9));
        for one in &found.candidates {
            let told = one.doubts.iter().map(|doubt| doubt.text.as_str());
            let told = told.chain([one.why.as_str()]).collect::<String>();
            prop_assert!(!told.contains(&number.to_string()), "{}", told);
        }
    }
}
