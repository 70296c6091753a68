//! What the two lists make of one another, by table.

use rstest::rstest;

use super::*;
use crate::assessment::facts::{Edition, GroupBy};
use crate::assessment::rules::Rules;
use crate::time::Stamp;

const GOOD: ValidSurvey =
    ValidSurvey { contacted: true, solved: Solved::Solved, satisfied: Satisfied::Satisfied };
const BAD: ValidSurvey =
    ValidSurvey { contacted: true, solved: Solved::Unsolved, satisfied: Satisfied::Dissatisfied };

const THREE: AssessmentClass = AssessmentClass::ThreeRates;
const RESPONSE: AssessmentClass = AssessmentClass::ResponseOnly;
const CALLED: Answers = Answers::Contact(true);

fn asked(rules: &Rules) -> Question<'_> {
    let (start, end) = (Stamp::from_millis(1_000), Stamp::from_millis(2_000));
    let (by, edition) = (GroupBy::Unit, Edition::Assessed);
    Question { start, end, now: end, by, edition, rules }
}

fn ours(no: &str, survey: Option<ValidSurvey>, ask: &Question<'_>) -> Ours {
    let fact = TicketFact { survey, ..stranger(ask) };
    Ours { no: no.to_owned(), upstream_no: Some(format!("city-{no}")), fact }
}

fn theirs(number: &str, survey: Option<ValidSurvey>) -> Theirs {
    let survey = survey.map(Answers::All);
    let verdict = Verdict { counted: survey.is_some(), survey, reason: None };
    Theirs { number: number.to_owned(), verdict }
}

fn list(lines: &[Theirs]) -> TheirList {
    TheirList { lines: lines.to_vec(), ..TheirList::default() }
}

/// Beside one ticket that both sides count as good, so that the score is 100 by ours.
#[rstest]
#[case::the_same(Some(GOOD), Some(GOOD), &[], None)]
#[case::neither_counts(None, None, &[], None)]
#[case::worse_there(Some(GOOD), Some(BAD), &[What::Solved, What::Satisfied], Some((45, 1)))]
#[case::out_there(Some(GOOD), None, &[What::Counted], Some((0, 1)))]
#[case::only_answered_there(None, Some(BAD), &[What::Answers], Some((45, 1)))]
#[case::better_there(Some(BAD), Some(GOOD), &[What::Solved, What::Satisfied], Some((-45, 1)))]
#[case::not_out_of_luck(Some(BAD), None, &[What::Counted], Some((-45, 1)))]
fn a_difference_costs_what_the_score_loses(
    #[case] mine: Option<ValidSurvey>,
    #[case] city: Option<ValidSurvey>,
    #[case] what: &[What],
    #[case] cost: Option<(i128, i128)>,
) {
    let rules = Rules::default();
    let ask = asked(&rules);
    let all = [ours("1", Some(GOOD), &ask), ours("2", mine, &ask)];
    let found = compare(&ask, &all, &list(&[theirs("city-1", Some(GOOD)), theirs("2", city)]));
    let said: Vec<What> = found.lines.iter().flat_map(|line| line.what.clone()).collect();
    assert_eq!(said, what);
    let priced = found.lines.first().and_then(|line| line.cost);
    assert_eq!(priced, cost.map(|(num, den)| Fraction::new(num, den)));
    assert_eq!(found.agreed, 2 - found.lines.len());
    // One difference alone: both scores differ by it.
    let difference = found.ours.zip(found.theirs).map(|(ours, theirs)| ours.minus(theirs));
    assert_eq!(difference, priced.or(Some(Fraction::ZERO)));
}

#[test]
fn what_only_one_side_has_is_told_and_priced() {
    let rules = Rules::default();
    let ask = asked(&rules);
    let all = [ours("1", Some(GOOD), &ask), ours("2", Some(GOOD), &ask), ours("3", None, &ask)];
    let list = list(&[theirs("city-1", Some(GOOD)), theirs("city-9", Some(BAD))]);
    let found = compare(&ask, &all, &list);
    let lines: Vec<_> = found
        .lines
        .iter()
        .map(|line| (line.no.as_deref(), line.upstream_no.as_deref(), line.what[0]))
        .collect();
    assert_eq!(
        lines,
        [(None, Some("city-9"), What::Unknown), (Some("2"), Some("city-2"), What::Missing)]
    );
    // Two of three good beside all of two: 10 + (50 + 40) × 2/3.
    assert_eq!(found.lines[0].cost, Some(Fraction::new(30, 1)));
    assert_eq!(found.lines[1].cost, Some(Fraction::ZERO));
}

#[test]
fn of_what_could_not_be_read_nothing_is_claimed() {
    let rules = Rules::default();
    let ask = asked(&rules);
    let all = ["1", "2", "3"].map(|no| ours(no, Some(GOOD), &ask));
    let mut list = list(&[theirs("city-1", Some(GOOD))]);
    // By either number; and a line of the same ticket under its other one is no stranger.
    list.unread.insert("2".to_owned());
    list.lines.push(theirs("city-2", Some(BAD)));
    let found = compare(&ask, &all, &list);
    let told: Vec<_> = found.lines.iter().map(|line| (line.no.as_deref(), line.what[0])).collect();
    assert_eq!(told, [(Some("3"), What::Missing)]);
    assert_eq!((found.agreed, found.left_out), (1, 1));
    assert_eq!(found.ours, found.theirs);
    // A number that is lost may be any: none is said to be missing.
    list.nameless = 1;
    let found = compare(&ask, &all, &list);
    assert_eq!((found.lines.len(), found.agreed, found.left_out), (0, 1, 2));
}

#[test]
fn where_there_is_no_score_there_is_no_cost() {
    let rules = Rules::default();
    let ask = asked(&rules);
    let found = compare(&ask, &[], &list(&[theirs("city-1", Some(GOOD))]));
    assert_eq!((found.ours, found.lines[0].cost), (None, None));
    assert_eq!(found.theirs, Some(Fraction::new(100, 1)));
}

/// By class of ours, what we hold, whether the city counts it and what it names: what differs, what each side says of
/// being counted, and the cost beside one ticket that both count as good.
#[rstest]
#[case::a_suggestion_as_we_count_it(RESPONSE, Some(GOOD), true, Some(CALLED), &[], None, (0, 1))]
#[case::and_with_other_words_of_ours(RESPONSE, Some(BAD), true, Some(CALLED), &[], None, (0, 1))]
#[case::one_that_nobody_called(
    RESPONSE, Some(GOOD), true, Some(Answers::Contact(false)), &[What::Contacted], Some((true, true)), (5, 1)
)]
#[case::counted_in_three_rates_as_bad(
    RESPONSE, Some(GOOD), true, Some(Answers::All(BAD)), &[What::Rates, What::Solved, What::Satisfied],
    Some((true, true)), (45, 1)
)]
#[case::counted_in_three_rates_as_good(
    RESPONSE, Some(GOOD), true, Some(Answers::All(GOOD)), &[What::Rates], Some((true, true)), (0, 1)
)]
#[case::counted_for_its_contact_alone(
    THREE, Some(GOOD), true, Some(CALLED), &[What::Rates], Some((true, true)), (0, 1)
)]
#[case::counted_and_not_answered(
    THREE, Some(GOOD), true, None, &[What::Answers], Some((true, true)), (0, 1)
)]
#[case::answered_there_alone(
    THREE, None, true, Some(Answers::All(BAD)), &[What::Answers], Some((true, true)), (45, 1)
)]
#[case::of_a_class_that_we_do_not_assess(
    AssessmentClass::None, Some(GOOD), true, Some(Answers::All(BAD)), &[What::Counted], Some((false, true)),
    (45, 1)
)]
#[case::out_there(THREE, Some(GOOD), false, None, &[What::Counted], Some((true, false)), (0, 1))]
#[case::answered_nowhere(THREE, None, true, None, &[], None, (0, 1))]
fn what_is_counted_in_which_rates_is_told_and_priced(
    #[case] class: AssessmentClass,
    #[case] mine: Option<ValidSurvey>,
    #[case] counted: bool,
    #[case] survey: Option<Answers>,
    #[case] what: &[What],
    #[case] columns: Option<(bool, bool)>,
    #[case] cost: (i128, i128),
) {
    let rules = Rules::default();
    let ask = asked(&rules);
    let mut other = ours("2", mine, &ask);
    other.fact.class = class;
    let verdict = Verdict { counted, survey, reason: None };
    let line = Theirs { number: "2".to_owned(), verdict };
    let all = [ours("1", Some(GOOD), &ask), other];
    let found = compare(&ask, &all, &list(&[theirs("city-1", Some(GOOD)), line]));
    let said: Vec<What> = found.lines.iter().flat_map(|line| line.what.clone()).collect();
    assert_eq!(said, what);
    let of_line = |line: &Line| Some((line.ours?.counted, line.theirs.as_ref()?.counted));
    assert_eq!(found.lines.first().and_then(of_line), columns);
    let cost = Fraction::new(cost.0, cost.1);
    let priced = found.lines.first().and_then(|line| line.cost);
    assert_eq!(priced.unwrap_or(Fraction::ZERO), cost);
    let difference = found.ours.zip(found.theirs).map(|(ours, theirs)| ours.minus(theirs));
    assert_eq!(difference, Some(cost));
    assert_eq!(found.agreed, 2 - found.lines.len());
}
