//! Tables made by hand, one for each rule of domain.md §6.

use super::city::{City, END, HOUR, START, at, dim, parts, row};
use super::*;
use crate::assessment::facts::{
    Fate, Gap, LedgerFact, Part, Run, Satisfied, Solved, Standing, WhistleFact,
};
use crate::directory::AssessmentClass;

#[test]
fn one_of_two_and_98_of_100_is_97_1_percent_not_the_mean_of_units() {
    let mut city = City::default();
    city.answers("small", 1, 2);
    city.answers("big", 98, 100);
    let value = city.rates(&[]).total.cell(Metric::ResolutionRate).value.unwrap();
    assert_eq!(format!("{:.1}", value * 100.0), "97.1");
}

#[test]
fn a_zero_denominator_is_none_and_the_unit_is_still_listed() {
    let mut city = City::default();
    city.answers("busy", 12, 12);
    let rates = city.rates(&[dim("busy", None), dim("idle", None)]);
    let idle = row(&rates, "idle");
    let cell = idle.cell(Metric::ResponseRate);
    assert_eq!((cell.num, cell.den, cell.value, cell.low), (Some(0.0), Some(0), None, None));
    assert_eq!(idle.cell(Metric::Composite).value, None);
    assert_eq!(idle.cell(Metric::Received).value, Some(0.0));
    assert_eq!((idle.rank, row(&rates, "busy").rank), (None, Some(1)));
}

#[test]
fn nine_answers_are_flagged_and_outside_the_ranks_and_ten_are_not() {
    let mut city = City::default();
    city.answers("nine", 9, 9);
    city.answers("ten", 5, 10);
    let rates = city.rates(&[dim("nine", None), dim("ten", None)]);
    assert_eq!((row(&rates, "nine").flagged, row(&rates, "nine").rank), (true, None));
    assert_eq!((row(&rates, "ten").flagged, row(&rates, "ten").rank), (false, Some(1)));
    let cell = row(&rates, "nine").cell(Metric::ResponseRate);
    assert!(cell.low.unwrap() < 1.0 && (cell.high.unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn equal_composites_share_a_rank_whatever_their_size() {
    let mut city = City::default();
    let dims = ["a", "b", "c", "d"].map(|key| dim(key, None));
    for (unit, good, all) in [("a", 5, 10), ("b", 20, 30), ("c", 10, 15), ("d", 12, 12)] {
        city.answers(unit, good, all);
    }
    let rates = city.rates(&dims);
    let ranks = ["a", "b", "c", "d"].map(|key| row(&rates, key).rank.unwrap());
    assert_eq!(ranks, [4, 2, 2, 1]);
}

#[test]
fn a_rank_is_over_the_whole_peer_group_even_where_one_row_is_shown() {
    let mut city = City::default();
    city.answers("a", 5, 10);
    city.answers("b", 9, 10);
    let table = Table::compute(&city.facts, city.ask(Edition::All));
    let rates = table.rates(&[dim("a", None), dim("b", None)], Depth::Own, |key| key == "a");
    assert_eq!(rates.rows.len(), 1);
    assert_eq!(rates.rows[0].rank, Some(2));
    assert_eq!(parts(&rates.total, Metric::ResolutionRate), (5000, 10));
}

#[test]
fn basic_answers_weigh_b_and_w_and_the_first_answer_stands_beside_the_last() {
    let mut city = City::default();
    city.surveyed("a", Solved::Basic, Satisfied::Basic);
    city.surveyed("a", Solved::Solved, Satisfied::Satisfied).first_solved = Some(Solved::Unsolved);
    let rates = city.rates(&[]);
    assert_eq!(parts(&rates.total, Metric::ResolutionRate), (2000, 2));
    assert_eq!(parts(&rates.total, Metric::SatisfactionRate), (1900, 2));
    assert_eq!(parts(&rates.total, Metric::FirstResolutionRate), (0, 2));
    let composite = rates.total.cell(Metric::Composite).value.unwrap();
    assert!((composite - (10.0 + 50.0 + 38.0)).abs() < 1e-9);
}

#[test]
fn a_suggestion_counts_in_the_response_rate_alone_and_a_merged_ticket_in_none() {
    let mut city = City::default();
    city.surveyed("a", Solved::Solved, Satisfied::Satisfied).class = AssessmentClass::ResponseOnly;
    city.surveyed("a", Solved::Solved, Satisfied::Satisfied).class = AssessmentClass::None;
    city.surveyed("a", Solved::Solved, Satisfied::Satisfied).standing = Standing::Merged;
    let total = city.rates(&[]).total;
    assert_eq!(parts(&total, Metric::ResponseRate), (1000, 1));
    assert_eq!(parts(&total, Metric::ResolutionRate), (0, 0));
    assert_eq!((parts(&total, Metric::Received).0, parts(&total, Metric::Merged).0), (3000, 1000));
}

#[test]
fn a_window_holds_its_first_millisecond_and_not_its_end() {
    let mut city = City::default();
    for received in [START - 1, START, END - 1, END] {
        let fact = city.ticket("a");
        (fact.received_at, fact.ended_at) = (at(received), Some(at(received)));
    }
    let total = city.rates(&[]).total;
    assert_eq!(parts(&total, Metric::Received).0, 2000);
    assert_eq!(parts(&total, Metric::Finished).0, 2000);
}

#[test]
fn a_ticket_is_carried_over_where_it_was_live_at_the_end_whatever_came_later() {
    let mut city = City::default();
    let closed_at = |city: &mut City, ended| city.ticket("a").ended_at = ended;
    closed_at(&mut city, None);
    closed_at(&mut city, Some(at(END)));
    closed_at(&mut city, Some(at(END - 1)));
    let reopened = city.ticket("a");
    reopened.ended_at = Some(at(END + 99));
    reopened.gaps = Box::new([Gap { ended_at: at(END - 5), reopened_at: at(END + 5) }]);
    let total = city.rates(&[]).total;
    assert_eq!(parts(&total, Metric::CarriedOver).0, 2000);
    assert_eq!(parts(&total, Metric::Finished).0, 1000);
}

#[test]
fn both_editions_say_how_many_are_excluded_and_why() {
    let mut city = City::default();
    city.answers("a", 1, 2);
    let reason = city.facts.names.intern("force_majeure");
    city.facts.tickets[1].excluded = reason;
    city.lead("a").excluded = reason;
    let of =
        |edition| Table::compute(&city.facts, city.ask(edition)).rates(&[], Depth::Own, |_| true);
    let (all, assessed) = (of(Edition::All), of(Edition::Assessed));
    assert_eq!(parts(&all.total, Metric::ResolutionRate), (1000, 2));
    assert_eq!(parts(&assessed.total, Metric::ResolutionRate), (1000, 1));
    assert_eq!(parts(&assessed.total, Metric::ReturnRate), (0, 0));
    for rates in [all, assessed] {
        assert_eq!(rates.total.excluded, BTreeMap::from([("force_majeure".to_owned(), 1)]));
    }
}

#[test]
fn what_has_no_unit_is_the_last_row_and_inside_the_total() {
    let mut city = City::default();
    city.answers("a", 1, 1);
    city.ticket("-").direct = true;
    let rates = city.rates(&[dim("a", None)]);
    assert_eq!(rates.rows.last().unwrap().key.as_deref(), Some("-"));
    assert_eq!(parts(&rates.total, Metric::DirectRate), (1000, 2));
    assert!(row(&rates, "-").rank.is_none());
}

#[test]
fn a_roll_up_counts_a_section_in_its_bureau_and_once_in_the_total() {
    let mut city = City::default();
    city.answers("section", 3, 4);
    city.answers("bureau", 1, 1);
    let dims = [dim("bureau", None), dim("section", Some("bureau"))];
    let rates = city.rates(&dims);
    assert_eq!(parts(row(&rates, "bureau"), Metric::ResolutionRate), (4000, 5));
    assert_eq!(parts(row(&rates, "section"), Metric::ResolutionRate), (3000, 4));
    assert_eq!(parts(&rates.total, Metric::ResolutionRate), (4000, 5));
}

#[test]
fn a_limit_counts_once_it_has_stopped_or_is_past() {
    let mut city = City::default();
    city.lead("a"); // not signed, not due: not yet in
    city.lead("a").signed_at = Some(at(START + 1));
    let late = city.lead("a");
    (late.sign_due_at, late.signed_at) = (Some(at(START + 1)), Some(at(START + 2)));
    city.lead("a").sign_due_at = Some(at(END - 1)); // never signed, past
    city.lead("a").sign_due_at = Some(at(END)); // due this very millisecond: still time
    let returned = city.lead("a");
    (returned.signed_at, returned.fate) = (Some(at(START + 1)), Fate::Returned);
    let total = city.rates(&[]).total;
    assert_eq!(parts(&total, Metric::SignRate), (1000, 3));
    assert_eq!(parts(&total, Metric::ReturnRate), (1000, 6));
}

#[test]
fn on_time_means_never_missed_and_is_counted_where_the_limit_ran_out() {
    let mut city = City::default();
    city.lead("a").handle.stopped_at = Some(at(END - 1));
    city.lead("a").handle.stopped_at = Some(at(END));
    let before = city.lead("a");
    (before.handle.stopped_at, before.handle.missed) = (Some(at(START)), true);
    city.lead("a").paused = true; // stands still: not counted
    city.lead("a").handle.due_at = Some(at(END)); // runs out in the next window
    let former = city.lead("a");
    (former.is_final, former.fate) = (false, Fate::Recalled);
    city.lead("a").part = Part::Assist;
    let rework = city.lead("a");
    rework.handle.due_at = None;
    rework.reworks[0] =
        Run { due_at: Some(at(END - 9)), stopped_at: Some(at(END - 9)), missed: false };
    rework.rework_count = 1;
    let total = city.rates(&[]).total;
    assert_eq!(parts(&total, Metric::OnTimeRate), (1000, 3));
    assert_eq!(parts(&total, Metric::AssistOnTimeRate), (0, 1));
    assert_eq!(parts(&total, Metric::ReworkOnTimeRate), (1000, 1));
    assert_eq!(parts(&total, Metric::ReworkRate), (1000, 7));
}

#[test]
fn work_passed_on_to_a_sub_unit_is_in_no_rate() {
    let mut city = City::default();
    city.lead("a").is_sub = true;
    let total = city.rates(&[]).total;
    assert!(total.cells.iter().all(|cell| cell.exact == 0 && cell.den.unwrap_or(0) == 0));
}

#[test]
fn the_handling_time_has_a_mean_a_median_and_a_nearest_rank() {
    let mut city = City::default();
    for hours in [1, 2, 3, 10] {
        city.ticket("a").handled_ms = Some(hours * HOUR);
    }
    let cell = *city.rates(&[]).total.cell(Metric::HandlingTime);
    assert_eq!((cell.num, cell.den, cell.value), (Some(16.0), Some(4), Some(4.0)));
    assert_eq!((cell.median, cell.p90), (Some(2.5), Some(10.0)));
}

#[test]
fn the_ledger_opens_adds_and_takes_away_to_what_it_closes_with() {
    let mut city = City::default();
    let keys = city.keys("a");
    let spans = [(START - 9, None), (START - 9, Some(START)), (START, Some(END)), (START, None)];
    for (approved, written_off) in spans {
        city.facts.ledger.push(LedgerFact {
            ticket: approved,
            keys,
            excluded: Sym::NONE,
            approved_at: at(approved),
            written_off_at: written_off.map(at),
            cancelled_at: None,
        });
    }
    let last = city.facts.ledger.last_mut().unwrap();
    last.cancelled_at = Some(at(END - 1));
    let total = city.rates(&[]).total;
    let of = |metric| parts(&total, metric).0 / 1000;
    assert_eq!((of(Metric::LedgerOpening), of(Metric::LedgerNew)), (2, 2));
    assert_eq!((of(Metric::LedgerWrittenOff), of(Metric::LedgerCancelled)), (1, 1));
    assert_eq!(of(Metric::Ledger), 2);
}

#[test]
fn a_whistle_counts_for_the_street_that_called_and_the_unit_that_came() {
    let mut city = City::default();
    let keys = city.keys("called");
    let caller = city.facts.names.intern("street");
    city.facts.whistles.push(WhistleFact {
        ticket: 1,
        keys,
        caller,
        caller_head: Sym::NONE,
        excluded: Sym::NONE,
        called_at: at(START),
        due_at: at(START + 8),
        answered_at: Some(at(START + 8)),
    });
    let rates = city.rates(&[]);
    assert_eq!(parts(row(&rates, "called"), Metric::ReportInRate), (1000, 1));
    assert_eq!(parts(row(&rates, "street"), Metric::Whistles).0, 1000);
}

#[test]
fn where_a_profile_wants_bands_only_who_stands_apart_has_a_rank() {
    let mut city = City::default();
    city.answers("best", 100, 100);
    city.answers("good", 99, 100);
    city.answers("worst", 10, 100);
    let dims = ["best", "good", "worst"].map(|key| dim(key, None));
    let places = |city: &City| {
        let table = Table::compute(&city.facts, city.ask(Edition::All));
        let rows = table.rates(&dims, Depth::Own, |_| true).rows;
        rows.iter().map(|row| (row.rank, row.band)).collect::<Vec<_>>()
    };
    let both = [(Some(1), Some(1)), (Some(2), Some(1)), (Some(3), Some(2))];
    assert_eq!(places(&city), both);
    city.rules.bands = true;
    assert_eq!(places(&city), [(None, Some(1)), (None, Some(1)), (Some(3), Some(2))]);
}
