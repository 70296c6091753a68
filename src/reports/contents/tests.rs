//! A report of a city made by hand.

mod beside;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Asia::Shanghai;

use super::proof::every_figure_is_its_tickets;
use super::*;
use crate::assessment::facts::{Facts, LedgerFact, Satisfied, Solved, Sym};
use crate::assessment::figures::city::{City, END, HOUR, START, at, busy};
use crate::assessment::likewise::{Against, Earlier};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Rules as Scoring};
use crate::directory::matter::Category;
use crate::directory::{Directory, Entry, Unit, UnitKind};
use crate::limits::{Window, WindowRule};
use crate::reports::document::{Block, Cell, Table, Value};
use crate::reports::extras::{Extras, Month, Reason, Totals, totals::Alike};
use crate::reports::frame::Frame;
use crate::reports::material::Past;
use crate::reports::scope::{Scope, mark_upheld, narrowed};
use crate::reports::site::Listing;
use crate::reports::wording::Sentences;
use crate::ticket::overlay::{BottomLine, Why};

const LISTING: Listing = Listing { estate_tickets: 31, least_households: 200, least_m2: 20_000 };

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(1969, 1, 1).unwrap()
}

fn window() -> Window {
    let rule = WindowRule { from_day: 1, cut: chrono::NaiveTime::MIN };
    let text = |millis| at(millis).rfc3339(Shanghai);
    rule.from_to(&text(START), &text(END), Shanghai).unwrap()
}

fn category(code: &str, parent: Option<&str>, level: u8) -> Entry {
    Entry::Category(Category {
        code: code.into(),
        name: format!("{code}类"),
        parent: parent.map(Into::into),
        level,
        version: "1".to_owned(),
        kinds: Vec::new(),
        urgency: None,
        keywords: Vec::new(),
        span: crate::directory::dated::Span::from(day()),
    })
}

fn directory() -> Directory {
    let unit = |code: &str| {
        let mut unit = Unit::new(code, &format!("{code}科"), UnitKind::Section, day());
        "科室".clone_into(&mut unit.peer_group);
        unit
    };
    let mut units: Vec<Entry> =
        ["bureau", "small", "big", "idle"].map(|code| Entry::Unit(unit(code))).into();
    units.push(Entry::Unit(unit("section").below("bureau")));
    let categories = [
        category("H05", None, 1),
        category("H0502", Some("H05"), 2),
        category("H050201", Some("H0502"), 3),
    ];
    Directory::of(units.into_iter().chain(categories))
}

fn frame(scoring: &Scoring, scope: Option<Scope>) -> Frame {
    Frame::new(window(), at(END), Shanghai, scoring.clone(), Arc::new(directory())).of_scope(scope)
}

fn past(facts: Option<Facts>) -> Past {
    let earlier = Earlier::of(Against::Previous, &window(), at(END)).unwrap();
    Past { earlier, printed: None, is_cut: false, facts: facts.map(Arc::new), whole: None }
}

/// The report of `facts`, with `earlier` beside it.
fn report(
    frame: &Frame,
    facts: &Facts,
    whole: &Facts,
    earlier: Option<Facts>,
    extras: Extras,
) -> Document {
    let past = vec![past(earlier)];
    let profile = "默认办法".to_owned();
    let sentences = &Sentences::built_in().unwrap();
    let listing = LISTING;
    let material = Material { frame, profile, facts, whole, past, extras, sentences, listing };
    document(&material, "某市住房局").unwrap()
}

fn of_city(city: &City) -> Document {
    report(&frame(&city.rules, None), &city.facts, &city.facts, None, Extras::default())
}

/// The report of the bureau alone, which helped half of those who called, where others helped everybody; with the facts
/// that are its own.
fn of_the_bureau() -> (Document, Facts, Frame) {
    let mut city = City::default();
    city.answers("big", 12, 12);
    city.answers("section", 6, 12);
    let scope = Scope { by: GroupBy::Unit, key: "bureau".to_owned() };
    let frame = frame(&city.rules, Some(scope));
    let (by, keys) = frame.inside().unwrap();
    let mine = narrowed(&city.facts, by, keys);
    let report = report(&frame, &mine, &city.facts, None, Extras::default());
    (report, mine, frame)
}

fn table<'a>(document: &'a Document, id: &str) -> &'a Table {
    document.tables().find(|table| table.id == id).unwrap_or_else(|| panic!("no table {id}"))
}

fn cell<'a>(document: &'a Document, id: &str, key: &str, column: &str) -> &'a Cell {
    let table = table(document, id);
    let place = table.columns.iter().position(|it| it.id == column).unwrap();
    let row = table.rows.iter().find(|row| row.key == key);
    &row.unwrap_or_else(|| panic!("no row {key} in {id}")).cells[place]
}

fn value(document: &Document, id: &str, key: &str, column: &str) -> Value {
    cell(document, id, key, column).value.clone()
}

fn words_of(document: &Document, id: &str) -> String {
    let section = document.sections.iter().find(|section| section.id == id).unwrap();
    let texts = section.blocks.iter().filter_map(|block| match block {
        Block::Paragraph { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn a_total_is_pooled_and_few_answers_are_flagged_and_unranked() {
    let mut city = City::default();
    city.answers("small", 1, 2);
    city.answers("big", 98, 100);
    let report = of_city(&city);
    let pooled = Value::Ratio { num: 99.0, den: 102, value: 99.0 / 102.0 };
    assert_eq!(value(&report, "overview_rates", "resolution_rate", "all"), pooled);
    assert_eq!(value(&report, "units", "total", "resolution_rate"), pooled);
    assert!(words_of(&report, "overview").contains("解决率97.1%"));
    assert_eq!(value(&report, "units", "big", "rank"), Value::Count(1));
    assert_eq!(value(&report, "units", "small", "rank"), Value::None);
    assert_eq!(value(&report, "units", "small", "small"), Value::Text(columns::small(2)));
    assert!(table(&report, "units_small").rows.iter().any(|row| row.key == "small"));
    assert!(!table(&report, "units_below").rows.iter().any(|row| row.key == "big"));
}

#[test]
fn a_zero_denominator_is_no_value_and_the_unit_is_still_listed() {
    let mut city = City::default();
    city.answers("big", 12, 12);
    let report = of_city(&city);
    for column in ["response_rate", "composite", "composite.all", "composite.previous.change"] {
        assert_eq!(value(&report, "units", "idle", column), Value::None, "{column}");
    }
    assert_eq!(value(&report, "units_process", "idle", "received"), Value::Count(0));
    assert_eq!(value(&report, "overview_counts", "received", "previous"), Value::None);
    assert!(report.marks.iter().any(|(name, text)| name == "环比" && text.contains("不作比较")));
}

#[test]
fn both_editions_stand_side_by_side_with_what_was_excluded() {
    let mut city = City::default();
    city.answers("big", 10, 12);
    mark_upheld(&mut city.facts, &BTreeSet::from([12]));
    let report = of_city(&city);
    let of = |column| value(&report, "overview_rates", "resolution_rate", column);
    assert_eq!(of("all"), Value::Ratio { num: 10.0, den: 12, value: 10.0 / 12.0 });
    assert_eq!(of("assessed"), Value::Ratio { num: 10.0, den: 11, value: 10.0 / 11.0 });
    assert_eq!(value(&report, "excluded", "objection", "count"), Value::Count(1));
    assert_eq!(report.lists["excluded.objection"], [12]);
    assert!(words_of(&report, "overview").contains("剔除1件后"));
}

#[test]
fn petitions_are_counted_apart() {
    let mut city = City::default();
    for channel in ["phone", "phone", "letter", "visit"] {
        let sym = city.facts.names.intern(channel);
        city.ticket("big").keys.channel = sym;
    }
    let report = of_city(&city);
    for (key, count) in [("petitions", 2), ("others", 2), ("letter", 1), ("total", 4)] {
        assert_eq!(value(&report, "channels", key, "received"), Value::Count(count), "{key}");
    }
    let order: Vec<(&str, u8)> = table(&report, "channels")
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.level))
        .take(3)
        .collect();
    assert_eq!(order, [("petitions", 0), ("letter", 1), ("visit", 1)]);
}

#[test]
fn a_sentence_without_its_figures_is_left_out() {
    let city = City::default();
    let report = of_city(&city);
    let said = words_of(&report, "overview");
    assert!(said.contains("本期未受理工单") && !said.contains("满意率"), "{said}");
    assert!(words_of(&report, "first_page").contains("没有上期数据"));
    assert!(words_of(&report, "bottom_line").contains("没有触碰底线"));
}

#[test]
fn what_changed_beyond_noise_stands_on_the_first_page_and_noise_does_not() {
    let (mut then, mut now) = (City::default(), City::default());
    then.answers("big", 95, 100);
    then.answers("small", 20, 30);
    now.answers("big", 50, 100);
    now.answers("small", 19, 30);
    let length = END - START;
    for fact in &mut then.facts.tickets {
        fact.received_at = at(START - length);
        fact.ended_at = Some(at(START - length + 10));
    }
    let frame = frame(&now.rules, None);
    let report = report(&frame, &now.facts, &now.facts, Some(then.facts), Extras::default());
    let keys: Vec<&str> =
        table(&report, "changed_rates").rows.iter().map(|row| row.key.as_str()).collect();
    assert!(keys.contains(&"unit.big.resolution_rate"), "{keys:?}");
    assert!(!keys.iter().any(|key| key.starts_with("unit.small")), "{keys:?}");
    assert!(table(&report, "changed_counts").rows.is_empty());
    assert_eq!(value(&report, "overview_counts", "received", "previous"), Value::Count(130));
    let change = value(&report, "overview_rates", "resolution_rate", "previous.change");
    assert_eq!(change, Value::Number(69.0 / 130.0 - 115.0 / 130.0));
    every_figure_is_its_tickets(&report, &now.facts, &frame);
}

/// A city with something everywhere, of which nothing in the report is empty.
fn full() -> (City, Extras) {
    let mut city = busy();
    let [leaf, estate, phone, head] =
        ["H050201", "jia", "phone", "张三"].map(|text| city.facts.names.intern(text));
    for fact in &mut city.facts.tickets {
        fact.keys.category = leaf;
        fact.keys.channel = phone;
        fact.keys.head = head;
        if fact.id % 2 == 0 {
            fact.keys.estate = estate;
            fact.earlier_at = Some(at(START - 1));
        }
    }
    city.surveyed("section", Solved::Unsolved, Satisfied::Dissatisfied).handled_ms = Some(HOUR);
    let keys = city.keys("section");
    let stay = |approved, written_off| LedgerFact {
        ticket: 1,
        keys,
        excluded: Sym::NONE,
        approved_at: at(approved),
        written_off_at: written_off,
        cancelled_at: None,
    };
    city.facts.ledger =
        vec![stay(START - 5, None), stay(START + 5, Some(at(START + 9))), stay(START + 6, None)];
    let mut extras = Extras::default();
    let bad = city.facts.tickets.iter().filter(|it| {
        it.flagged || it.survey.is_some_and(|survey| survey.solved == Solved::Unsolved)
    });
    for (place, fact) in bad.enumerate() {
        let flags = fact.flagged.then_some(BottomLine::PhoneDead).into_iter().collect();
        let why = (place > 0).then_some(Why::NoMoney);
        extras.reasons.insert(fact.id, Reason { why, flags });
    }
    let first = window().previous();
    extras.trend =
        [first, window()].map(|window| Month { window, totals: Some(Totals::default()) }).into();
    extras.year_by_estate.insert("jia".to_owned(), 31);
    (city, extras)
}

#[test]
fn every_figure_drills_down_to_tickets_that_sum_to_it() {
    let (city, extras) = full();
    let frame = frame(&city.rules, None);
    let report = report(&frame, &city.facts, &city.facts, None, extras);
    assert!(every_figure_is_its_tickets(&report, &city.facts, &frame) > 200);
    let ids: BTreeSet<&str> = report.tables().map(|table| table.id.as_str()).collect();
    assert_eq!(ids.len(), report.tables().count(), "a table has an id of its own");
    for table in report.tables() {
        let columns: BTreeSet<&str> = table.columns.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(columns.len(), table.columns.len(), "{}", table.id);
    }
}

#[test]
fn a_ledger_closes_with_what_it_opened_and_what_moved() {
    let (city, extras) = full();
    let report = report(&frame(&city.rules, None), &city.facts, &city.facts, None, extras);
    let of = |column| value(&report, "ledger", "section", column);
    let counts =
        ["ledger_opening", "ledger_new", "ledger_written_off", "ledger_cancelled", "ledger"];
    assert_eq!(counts.map(of), [1, 2, 1, 0, 2].map(Value::Count));
    assert!(
        words_of(&report, "ledger").contains("期初挂账1件，新增2件，销号1件，取消0件，期末2件")
    );
}

#[test]
fn the_reasons_of_the_unsolved_sum_to_them() {
    let (city, extras) = full();
    let report = report(&frame(&city.rules, None), &city.facts, &city.facts, None, extras);
    let unsolved: i64 = table(&report, "unsolved")
        .rows
        .iter()
        .filter_map(|row| match row.cells[1].value {
            Value::Count(count) => Some(count),
            _ => None,
        })
        .sum();
    assert_eq!(unsolved, 6);
    assert_eq!(value(&report, "unsolved", "untold", "count"), Value::Count(1));
    assert_eq!(value(&report, "flags", "phone_dead", "count"), Value::Count(1));
    assert_eq!(value(&report, "blocks", "lifts", "count"), Value::Count(15));
}

#[test]
fn a_report_of_a_unit_ranks_it_among_all_and_counts_its_own() {
    let (report, mine, frame) = of_the_bureau();
    assert_eq!(value(&report, "units", "section", "rank"), Value::Count(2));
    assert!(!table(&report, "units").rows.iter().any(|row| row.key == "big"));
    assert_eq!(value(&report, "overview_counts", "received", "all"), Value::Count(12));
    every_figure_is_its_tickets(&report, &mine, &frame);
}

#[test]
fn what_is_counted_by_groups_is_what_is_counted_by_tickets() {
    let (city, _) = full();
    let frame = frame(&city.rules, None);
    let alike: Vec<Alike> = city
        .facts
        .tickets
        .iter()
        .map(|it| Alike {
            key: Some(city.facts.names.text(it.keys.unit).to_owned()),
            state: crate::ticket::StateName::Closed,
            class: it.class,
            survey: it.survey,
            count: 1,
        })
        .collect();
    let by_key = Totals::by_key(&alike, &frame.window, &frame.scoring);
    let mut twice = alike.clone();
    for group in &mut twice {
        group.count = 2;
    }
    let doubled = Totals::by_key(&twice, &frame.window, &frame.scoring);
    let material = Material {
        frame: &frame,
        profile: String::new(),
        facts: &city.facts,
        whole: &city.facts,
        past: Vec::new(),
        extras: Extras::default(),
        sentences: &Sentences::built_in().unwrap(),
        listing: LISTING,
    };
    let figures = figure::Figures::of(&material, GroupBy::Unit, Depth::Own, Edition::All);
    for metric in Totals::KNOWN {
        let cell = figures.row("section").unwrap().cell(metric);
        let (num, den) = by_key["section"].of(metric);
        assert_eq!(num, cell.exact, "{metric}");
        assert!(cell.den.is_none_or(|it| it == den) || metric == Metric::Received, "{metric}");
        assert_eq!(doubled["section"].of(metric), (2 * num, 2 * den));
    }
}
