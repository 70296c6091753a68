//! Small cities whose expectations can be counted by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::assessment::facts::{Edition, Satisfied, Solved};
use crate::assessment::figures::city::{City, dim, row};
use crate::directory::UnitCode;

/// `good` of `all` answers of `unit` about one matter in one estate.
fn answers(city: &mut City, unit: &str, (category, estate): (&str, &str), good: usize, all: usize) {
    let category = city.facts.names.intern(category);
    let estate = city.facts.names.intern(estate);
    for i in 0..all {
        let (solved, satisfied) = if i < good {
            (Solved::Solved, Satisfied::Satisfied)
        } else {
            (Solved::Unsolved, Satisfied::Dissatisfied)
        };
        let keys = &mut city.surveyed(unit, solved, satisfied).keys;
        (keys.category, keys.estate) = (category, estate);
    }
}

fn table(city: &City) -> BTreeMap<String, Three> {
    same_mix(&city.facts, &city.facts, &city.ask(Edition::All), (&[], Depth::Own))
}

/// The resolution rate's.
fn solved(table: &BTreeMap<String, Three>, unit: &str) -> Fair {
    table[unit][1].unwrap()
}

fn near(found: f64, due: f64) {
    assert!((found - due).abs() < 1e-9, "{found} is not {due}");
}

#[test]
fn who_has_the_hard_matters_is_compared_with_whom_they_are_as_hard_for() {
    let mut city = City::default();
    // Leaks are hard for everybody, light bulbs for nobody; one unit has far more leaks.
    answers(&mut city, "roofs", ("leak", "a"), 60, 100);
    answers(&mut city, "roofs", ("bulb", "a"), 100, 100);
    answers(&mut city, "lamps", ("leak", "a"), 6, 20);
    answers(&mut city, "lamps", ("bulb", "a"), 190, 200);
    let fair = table(&city);
    let (roofs, lamps) = (solved(&fair, "roofs"), solved(&fair, "lamps"));
    assert!(roofs.observed < lamps.observed && roofs.low > 0.0, "{roofs:?}");
    assert!(lamps.difference < 0.0, "{lamps:?}");
}

#[test]
fn a_small_cell_is_drawn_towards_its_category_and_that_towards_the_whole() {
    let mut city = City::default();
    answers(&mut city, "one", ("leak", "a"), 1, 4);
    answers(&mut city, "other", ("leak", "a"), 5, 5);
    answers(&mut city, "other", ("leak", "b"), 0, 10);
    answers(&mut city, "other", ("bulb", "b"), 10, 25);
    let one = solved(&table(&city), "one");
    // Of the others: 15 of 40, in the category 5 of 15, in the cell 5 of 5; ten answers are drawn each time.
    let category = (5.0 + 10.0 * 15.0 / 40.0) / 25.0;
    let cell: f64 = (5.0 + 10.0 * category) / 15.0;
    near(one.expected, cell);
    near(one.observed, 0.25);
    near(one.difference, 0.25 - cell);
    let half = 1.959_964 * (4.0 * cell * (1.0 - cell)).sqrt() / 4.0;
    near(one.high, 0.25 - cell + half);
    near(one.low, 0.25 - cell - half);
    assert_eq!(one.n, 4);
}

#[test]
fn a_matter_that_nobody_else_has_is_expected_as_the_whole() {
    let mut city = City::default();
    answers(&mut city, "one", ("leak", "a"), 0, 12);
    answers(&mut city, "other", ("bulb", "b"), 30, 40);
    near(solved(&table(&city), "one").expected, 0.75);
}

#[test]
fn the_own_answers_are_left_out_however_bad_they_are() {
    let expected = |good: usize| {
        let mut city = City::default();
        answers(&mut city, "one", ("leak", "a"), good, 50);
        answers(&mut city, "other", ("leak", "a"), 40, 50);
        solved(&table(&city), "one").expected
    };
    near(expected(0), 0.8);
    near(expected(50), 0.8);
}

#[test]
fn observed_is_the_raw_rate_and_a_row_without_anybody_else_has_none() {
    let mut city = City::default();
    answers(&mut city, "one", ("leak", "a"), 3, 7);
    city.surveyed("one", Solved::Basic, Satisfied::Basic);
    assert_eq!(table(&city)["one"], [None; 3]);
    answers(&mut city, "other", ("leak", "a"), 3, 7);
    let (fair, raw) = (table(&city), city.rates(&[dim("one", None), dim("other", None)]));
    for (rate, metric) in Metric::THREE.iter().enumerate() {
        let cell = row(&raw, "one").cell(*metric);
        let fair = fair["one"][rate].unwrap();
        near(fair.observed, cell.value.unwrap());
        assert_eq!(Some(fair.n), cell.den);
    }
}

#[test]
fn a_roll_up_leaves_out_all_that_lies_below_it() {
    let mut city = City::default();
    answers(&mut city, "below", ("leak", "a"), 0, 20);
    answers(&mut city, "above", ("leak", "a"), 20, 20);
    answers(&mut city, "other", ("leak", "a"), 10, 20);
    let dims = [dim("above", None), dim("below", Some("above")), dim("other", None)];
    let ask = city.ask(Edition::All);
    let fair = same_mix(&city.facts, &city.facts, &ask, (&dims, Depth::RollUp));
    let above = solved(&fair, "above");
    assert_eq!((above.n, above.observed), (40, 0.5));
    near(above.expected, 0.5);
    near(solved(&fair, "below").expected, 0.75);
}

#[test]
fn a_reader_of_some_units_has_the_whole_site_to_compare_with() {
    let mut city = City::default();
    answers(&mut city, "mine", ("leak", "a"), 2, 10);
    answers(&mut city, "other", ("leak", "a"), 9, 10);
    let mine = city.facts.only(&BTreeSet::from([UnitCode::new("mine")]));
    let seen = same_mix(&city.facts, &mine, &city.ask(Edition::All), (&[], Depth::Own));
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["mine"]);
    near(solved(&seen, "mine").expected, 0.9);
}
