//! What stands beside the raw figures: the quarter, the same mix, sizes, the cases of the bottom line, and whose profile.

use super::*;
use crate::bottomline::{CaseState, Source};
use crate::directory::place::Estate;
use crate::reports::extras::BottomCase;

fn column_ids<'a>(document: &'a Document, id: &str) -> Vec<&'a str> {
    table(document, id).columns.iter().map(|it| it.id.as_str()).collect()
}

#[test]
fn few_answers_have_no_quarter_where_three_windows_are_not_told() {
    let mut city = City::default();
    city.answers("small", 1, 2);
    // A window without a name, such as a week.
    let week = of_city(&city);
    let columns = column_ids(&week, "units_small");
    assert!(!columns.iter().any(|it| it.contains("quarter")), "{columns:?}");
    assert_eq!(value(&week, "units_small", "small", "n"), Value::Count(2));
    let note = table(&week, "units_small").note.clone().unwrap();
    assert!(note.contains("不作三个周期合计"), "{note}");
    let letter = week.extract("摘录");
    assert!(!column_ids(&letter, "units_small").iter().any(|it| it.contains("quarter")));
    // Where they are told, the last three are summed.
    let frame = frame(&city.rules, None);
    let group = Alike {
        key: Some("small".to_owned()),
        state: crate::ticket::StateName::Closed,
        class: crate::directory::AssessmentClass::ThreeRates,
        survey: city.facts.tickets[0].survey,
        count: 7,
    };
    let quarter = Totals::by_key(&[group], &frame.window, &frame.scoring);
    let extras = Extras { quarter: Some(quarter), ..Extras::default() };
    let month = report(&frame, &city.facts, &city.facts, None, extras);
    assert_eq!(value(&month, "units_small", "small", "n.quarter"), Value::Count(7));
}

#[test]
fn beside_the_raw_rate_stands_what_others_get_with_the_same_matters() {
    let mut city = City::default();
    city.answers("big", 6, 12);
    city.answers("section", 12, 12);
    let report = of_city(&city);
    let of = |key: &str, column: &str| value(&report, "units", key, column);
    assert_eq!(of("big", "resolution_rate.same_mix"), Value::Number(-0.5));
    assert_eq!(
        of("big", "resolution_rate.same_mix.interval"),
        Value::Text("（-50.0至-50.0）".to_owned())
    );
    assert_eq!(of("section", "resolution_rate.same_mix"), Value::Number(0.5));
    for key in ["idle", "total"] {
        assert_eq!(of(key, "resolution_rate.same_mix"), Value::None, "{key}");
    }
    let columns = &table(&report, "units").columns;
    let own = columns.iter().find(|it| it.id == "resolution_rate.same_mix").unwrap();
    assert_eq!(own.definition.as_deref(), Some("resolution_rate.same_mix@1"));
    assert!(own.formula.as_ref().unwrap().contains("加10件"), "{:?}", own.formula);
    assert!(column_ids(&report.extract("摘录"), "units").contains(&"resolution_rate.same_mix"));
    // The page shows every interval, and prints none where the sheet has no room for all.
    let printed = crate::reports::print::sample::printed();
    let page = crate::reports::print::html(&report, &printed).unwrap();
    let units = page.split("<table").find(|it| it.contains("与同类诉求之差区间")).unwrap();
    assert_eq!(units.matches("<col class=\"off\">").count(), 4);
    assert_eq!(units.matches("<th scope=\"col\" class=\"off\">").count(), 4);
    assert!(page.contains("本表另有4列未印出"), "and says so");
}

#[test]
fn a_report_of_a_unit_is_beside_everybody_of_the_same_mix() {
    let (report, ..) = of_the_bureau();
    let there = value(&report, "units", "section", "resolution_rate.same_mix");
    assert_eq!(there, Value::Number(-0.5));
}

fn case(unit: &str, source: Source, state: CaseState) -> BottomCase {
    BottomCase { unit: unit.into(), flag: BottomLine::PhoneDead, source, state }
}

#[test]
fn a_case_that_was_upheld_is_told_of_though_no_ticket_is_flagged() {
    let mut city = City::default();
    city.answers("big", 12, 12);
    let frame = frame(&city.rules, None);
    let of = |bottom: Vec<BottomCase>| {
        let extras = Extras { bottom, ..Extras::default() };
        report(&frame, &city.facts, &city.facts, None, extras)
    };
    let told = of(vec![
        case("big", Source::TestCall, CaseState::Upheld),
        case("big", Source::Survey, CaseState::Open),
        case("small", Source::Survey, CaseState::Dismissed),
    ]);
    let said = words_of(&told, "bottom_line");
    assert!(!said.contains("没有触碰底线"), "{said}");
    assert!(said.contains("立案的触碰底线问题3件，核实成立1件，不成立1件，未决1件"), "{said}");
    let count = |key: &str, column: &str| value(&told, "bottom_cases", key, column);
    for (key, counts) in [
        ("big", [2, 1, 0, 1]),
        ("big.phone_dead.test_call", [1, 1, 0, 0]),
        ("big.phone_dead.survey", [1, 0, 0, 1]),
        ("small", [1, 0, 1, 0]),
        ("total", [3, 1, 1, 1]),
    ] {
        let there = ["opened", "upheld", "dismissed", "open"].map(|column| count(key, column));
        assert_eq!(there, counts.map(Value::Count), "{key}");
    }
    assert_eq!(count("big", "per_1000"), Value::None, "no contact entry, no rate");
    assert_eq!(value(&told, "bottom_causes", "phone_dead.survey", "opened"), Value::Count(2));
    every_figure_is_its_tickets(&told, &city.facts, &frame);
    // What was dismissed touched nothing, and where there was no case there is no table.
    let said =
        words_of(&of(vec![case("big", Source::Report, CaseState::Dismissed)]), "bottom_line");
    assert!(said.contains("没有触碰底线"), "{said}");
    assert!(!of(Vec::new()).tables().any(|it| it.id.starts_with("bottom_cases")));
}

#[test]
fn cases_are_told_for_1000_contact_entries_of_the_report() {
    let (city, extras) = full();
    let bottom = vec![case("section", Source::TestCall, CaseState::Upheld)];
    let frame = frame(&city.rules, None);
    let extras = Extras { bottom, ..extras };
    let report = report(&frame, &city.facts, &city.facts, None, extras);
    let metric = Metric::BottomLine.as_str();
    let Value::Ratio { den, .. } = value(&report, "bottom_line", "total", metric) else {
        panic!("no contact entry in the busy city")
    };
    let due = Value::Ratio { num: 1.0, den, value: 1_000.0 / den as f64 };
    assert_eq!(value(&report, "bottom_cases", "total", "per_1000"), due);
    assert_eq!(value(&report, "bottom_cases", "total", "contacts"), Value::Count(den));
    every_figure_is_its_tickets(&report, &city.facts, &frame);
}

fn estate(code: &str, m2: Option<i64>, households: Option<i64>) -> Entry {
    let mut estate = Estate {
        code: code.into(),
        name: format!("{code}小区"),
        aliases: Vec::new(),
        addresses: Vec::new(),
        region: "d1".into(),
        companies: Vec::new(),
        floor_space_m2: m2,
        households,
        peer_group: String::new(),
        span: crate::directory::dated::Span::from(day()),
    };
    estate.hand_over(format!("{code}物业").as_str().into(), day());
    Entry::Estate(estate)
}

#[test]
fn the_worst_for_its_size_is_named_though_it_has_few_tickets_and_tiny_ones_are_not() {
    let mut city = City::default();
    let at_estates = [("large", 30), ("worst", 3), ("alike", 1), ("tiny", 1), ("unknown", 5)];
    for (code, tickets) in at_estates {
        for _ in 0..tickets {
            let [estate, company] =
                [code.to_owned(), format!("{code}物业")].map(|it| city.facts.names.intern(&it));
            let keys = &mut city.ticket("big").keys;
            (keys.estate, keys.company) = (estate, company);
        }
    }
    let estates = [
        estate("large", Some(3_000_000), Some(30_000)),
        estate("worst", Some(20_000), Some(200)),
        // As many for its size as the large one, by households.
        estate("alike", None, Some(1_000)),
        estate("tiny", Some(19_999), Some(199)),
        estate("unknown", None, None),
    ];
    let frame = Frame::new(
        window(),
        at(END),
        Shanghai,
        city.rules.clone(),
        Arc::new(Directory::of(estates)),
    );
    let report = report(&frame, &city.facts, &city.facts, None, Extras::default());
    let keys = |id: &str| -> Vec<&str> {
        table(&report, id).rows.iter().map(|row| row.key.as_str()).collect()
    };
    assert_eq!(keys("estates_by_area"), ["worst", "large"]);
    assert_eq!(keys("estates_by_households"), ["worst", "alike", "large"]);
    assert_eq!(keys("companies_by_households"), ["worst物业", "alike物业", "large物业"]);
    let place = |key: &str| value(&report, "estates_by_households", key, "place");
    assert_eq!(["worst", "alike", "large"].map(place), [1, 2, 2].map(Value::Count));
    let worst = Value::Ratio { num: 3.0, den: 200, value: 15.0 };
    assert_eq!(value(&report, "estates_by_households", "worst", "per_1000_households"), worst);
    let note = table(&report, "estates_by_area").note.clone().unwrap();
    assert!(note.contains("面积不少于20000平方米"), "{note}");
    every_figure_is_its_tickets(&report, &city.facts, &frame);
}

#[test]
fn what_is_many_is_the_sites_choice_and_stands_in_the_table() {
    let mut city = City::default();
    let jia = city.facts.names.intern("jia");
    city.ticket("big").keys.estate = jia;
    let frame = frame(&city.rules, None);
    let year_by_estate = [("jia".to_owned(), 6)].into();
    let sentences = &Sentences::built_in().unwrap();
    let material = Material {
        frame: &frame,
        profile: String::new(),
        facts: &city.facts,
        whole: &city.facts,
        past: Vec::new(),
        extras: Extras { year_by_estate, ..Extras::default() },
        sentences,
        listing: Listing { estate_tickets: 6, ..LISTING },
    };
    let report = document(&material, "某市住房局").unwrap();
    assert_eq!(value(&report, "estates_high", "jia", "year_count"), Value::Count(6));
    assert_eq!(table(&report, "estates_high").title, "高投诉小区（近一年不少于6件）");
    assert!(words_of(&report, "housing").contains("近一年受理不少于6件的小区1个"));
}

#[test]
fn it_is_said_by_which_profile_both_columns_are_counted_and_by_which_the_other_was_printed() {
    let mut city = City::default();
    city.answers("big", 12, 12);
    city.rules.profile = "default@2".to_owned();
    let frame = frame(&city.rules, None);
    let mark = |printed: Option<&str>| {
        let mut earlier = past(Some(Facts::default()));
        earlier.printed = printed.map(str::to_owned);
        let material = Material {
            frame: &frame,
            profile: String::new(),
            facts: &city.facts,
            whole: &city.facts,
            past: vec![earlier],
            extras: Extras::default(),
            sentences: &Sentences::built_in().unwrap(),
            listing: LISTING,
        };
        let marks = marks::marks(&material);
        marks.into_iter().find(|(name, _)| name == "环比").unwrap().1
    };
    let both = "两期均按本期考核办法（default@2）";
    let (same, other) = (mark(Some("default@2")), mark(Some("default@1")));
    assert!(same.contains(both) && !same.contains("编制"), "{same}");
    assert!(other.contains(both) && other.contains("当时的专报按default@1编制"), "{other}");
    assert!(!mark(None).contains("编制"));
}
