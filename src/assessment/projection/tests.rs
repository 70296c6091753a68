//! A small city made by hand, as it would stand today.

use rstest::rstest;

use super::*;
use crate::assessment::facts::{Satisfied, Solved};
use crate::assessment::figures::city::{City, END, at};
use crate::assessment::rules::Scoring;
use crate::limits::length::Thousandths;
use crate::limits::policy::Curve;

fn of(city: &City, edition: Edition) -> Projection {
    let unit = city.facts.names.find("section").unwrap();
    projection(&city.facts, &city.ask(edition), unit, None)
}

/// Three good answers, one bad, and another unit's that is worse.
fn four() -> City {
    let mut city = City::default();
    city.answers("section", 3, 4);
    city.answers("bureau", 0, 5);
    city
}

#[test]
fn a_bad_answer_costs_the_score_without_it_less_the_score() {
    let found = of(&four(), Edition::Assessed);
    // Response 4 of 4, solved and satisfied 3 of 4: 10 + 37.5 + 30; without it all is well.
    assert_eq!(found.score, Some(Fraction::new(155, 2)));
    let [cost] = found.costs.as_slice() else { panic!("{:?}", found.costs) };
    assert_eq!(cost.ticket, 4);
    assert_eq!(cost.without, Some(Fraction::new(100, 1)));
    assert_eq!(cost.points, Some(Fraction::new(45, 2)));
}

#[test]
fn what_one_ticket_does_to_the_score_is_said_for_good_answers_too() {
    let city = four();
    let unit = city.facts.names.find("section").unwrap();
    let ask = city.ask(Edition::Assessed);
    // Three answers and one bad one are left: 10 + 33.3 + 26.7.
    let good = effect(&city.facts, &ask, unit, 1).unwrap();
    assert_eq!(good.without, Some(Fraction::new(70, 1)));
    assert_eq!(good.points, Some(Fraction::new(15, 2)));
    let bad = effect(&city.facts, &ask, unit, 4).unwrap();
    assert_eq!(
        (bad.score, bad.points),
        (score(&city.facts, &ask, unit), Some(Fraction::new(-45, 2)))
    );
    assert_eq!(effect(&city.facts, &ask, unit, 99), None);
}

#[test]
fn the_dearest_comes_first_and_what_lifts_the_score_is_not_listed() {
    let mut city = City::default();
    city.answers("section", 8, 8);
    let basic = city.surveyed("section", Solved::Solved, Satisfied::Basic).id;
    let unsolved = city.surveyed("section", Solved::Unsolved, Satisfied::Satisfied).id;
    let bad = city.surveyed("section", Solved::Unsolved, Satisfied::Dissatisfied).id;
    let found = of(&city, Edition::Assessed);
    let order: Vec<i64> = found.costs.iter().map(|cost| cost.ticket).collect();
    // Solved and 0.9 satisfied lies above what the unit has: without it the score would be lower.
    assert_eq!(order, [bad, unsolved]);
    assert!(!order.contains(&basic));
    assert!(found.costs[0].points > found.costs[1].points);
}

#[test]
fn the_only_answer_costs_what_nobody_can_say() {
    let mut city = City::default();
    let bad = city.surveyed("section", Solved::Unsolved, Satisfied::Dissatisfied).id;
    let found = of(&city, Edition::Assessed);
    assert_eq!(found.costs, [Cost { ticket: bad, without: None, points: None }]);
    assert_eq!(found.score, Some(Fraction::new(10, 1)));
}

#[test]
fn below_the_floor_of_a_curve_a_bad_answer_costs_nothing_and_is_listed_all_the_same() {
    let mut city = four();
    city.answers("section", 0, 12);
    let [full, slope, target, floor] = [100_000, 100_000, 900, 50_000].map(Thousandths);
    city.rules.scoring = Scoring::Curves([Curve { full, slope, target, floor }; 3]);
    let found = of(&city, Edition::Assessed);
    assert_eq!(found.costs.len(), 13);
    assert!(found.costs.iter().all(|cost| cost.points == Some(Fraction::ZERO)));
}

#[test]
fn an_excluded_one_counts_in_the_edition_of_all_alone() {
    let mut city = four();
    let reason = city.facts.names.intern("ledger");
    city.facts.tickets[3].excluded = reason;
    assert_eq!(of(&city, Edition::Assessed).costs, []);
    assert_eq!(of(&city, Edition::All).costs.len(), 1);
}

#[test]
fn what_is_live_and_was_not_asked_yet_will_still_enter() {
    let mut city = four();
    let live = city.ticket("section");
    (live.standing, live.ended_at) = (Standing::Live, None);
    let enters = live.id;
    let early = city.ticket("section");
    (early.standing, early.ended_at, early.received_at) = (Standing::Live, None, at(5));
    let late = city.ticket("section");
    (late.standing, late.ended_at, late.received_at) = (Standing::Live, None, at(END));
    let consult = city.ticket("section");
    (consult.standing, consult.ended_at) = (Standing::Live, None);
    consult.class = AssessmentClass::None;
    let elsewhere = city.ticket("bureau");
    (elsewhere.standing, elsewhere.ended_at) = (Standing::Live, None);
    city.ticket("section");
    assert_eq!(of(&city, Edition::Assessed).open, [enters]);
}

#[rstest]
// What is asked at the cut-off itself is late.
#[case(1, 1)]
#[case(0, 0)]
#[case(-1, 0)]
fn after_the_cut_off_nothing_more_enters_and_what_was_said_costs_as_before(
    #[case] off: i64,
    #[case] enter: usize,
) {
    let mut city = four();
    let live = city.ticket("section");
    (live.standing, live.ended_at) = (Standing::Live, None);
    let unit = city.facts.names.find("section").unwrap();
    // The city is asked at the end of its window.
    let ask = city.ask(Edition::Assessed);
    let found = projection(&city.facts, &ask, unit, Some(at(END + off)));
    assert_eq!(found.open.len(), enter);
    assert_eq!(found.costs, of(&city, Edition::Assessed).costs);
}

#[rstest]
#[case(1, 0)]
#[case(97, 3)]
#[case(500, 499)]
fn the_costs_of_the_same_answer_are_equal_whatever_the_size(
    #[case] good: usize,
    #[case] bad: usize,
) {
    let mut city = City::default();
    city.answers("section", good, good + bad);
    let found = of(&city, Edition::Assessed);
    assert_eq!(found.costs.len(), bad);
    assert!(found.costs.windows(2).all(|two| two[0].points == two[1].points));
    assert!(found.costs.windows(2).all(|two| two[0].ticket < two[1].ticket));
}
