//! Limits: the timer's table of cases, written first from domain.md §4, and its properties.

use chrono::NaiveTime;
use chrono_tz::Asia::Shanghai;
use proptest::prelude::*;
use rstest::rstest;

use super::support::{at, calendar, timer};
use super::*;
use crate::directory::DayKind;
use crate::limits::calendar::LocalDay;

const HOUR: i64 = 3_600_000;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn end(text: &str) -> Stamp {
    Stamp::end_of(day(text), Shanghai)
}

#[rstest]
#[case(Span::minutes(30), "2026-10-01 23:45:00", "2026-10-02 00:15:00")]
#[case(Span::hours(2), "2026-02-14 23:00:00.001", "2026-02-15 01:00:00.001")]
#[case(Span::hours(24), "2026-03-06 18:00:00", "2026-03-07 18:00:00")]
#[case(Span::workdays(5), "2026-03-02 10:00:00", "2026-03-09 23:59:59.999")]
#[case(Span::workdays(1), "2026-03-06 17:30:00.001", "2026-03-10 23:59:59.999")]
// Overall of an elapsed kind: the end of the first working day after the elapsed part's day.
#[case(Span::ElapsedThenDay { ms: 24 * HOUR }, "2026-03-05 10:00:00", "2026-03-09 23:59:59.999")]
#[case(Span::ElapsedThenDay { ms: 24 * HOUR }, "2026-03-06 10:00:00", "2026-03-09 23:59:59.999")]
#[case(Span::ElapsedThenDay { ms: 24 * HOUR }, "2026-03-08 10:00:00", "2026-03-10 23:59:59.999")]
#[case(Span::ElapsedThenDay { ms: 24 * HOUR }, "2026-03-08 20:00:00", "2026-03-10 23:59:59.999")]
fn a_clock_runs_out_when_the_rule_says(#[case] span: Span, #[case] start: &str, #[case] due: &str) {
    assert_eq!(timer(span, start).due_at, at(due));
}

#[test]
fn a_stop_at_the_due_instant_is_in_time_and_a_millisecond_later_is_not() {
    let mut kept = timer(Span::workdays(5), "2026-03-02 10:00:00");
    let mut missed = kept.clone();
    let due = kept.due_at;
    assert_eq!(kept.in_time(due), None);
    kept.stop(due);
    missed.stop(due.plus_millis(1));
    assert_eq!((kept.in_time(due), kept.missed), (Some(true), false));
    assert_eq!((missed.in_time(due), missed.missed), (Some(false), true));
    kept.stop(due.plus_millis(5 * HOUR));
    assert_eq!(kept.stopped_at, Some(due));
}

#[rstest]
// n = 5: the last working day. n = 15: the third last. n = 1: the due day itself.
#[case(Span::workdays(5), "2026-03-02 10:00:00", "2026-03-09 00:00:00")]
#[case(Span::workdays(15), "2026-03-02 10:00:00", "2026-03-19 00:00:00")]
#[case(Span::workdays(1), "2026-03-02 10:00:00", "2026-03-03 00:00:00")]
#[case(Span::workdays(7), "2026-03-02 10:00:00", "2026-03-11 00:00:00")]
#[case(Span::workdays(8), "2026-03-02 10:00:00", "2026-03-11 00:00:00")]
#[case(Span::hours(24), "2026-03-02 10:00:00", "2026-03-03 04:00:00")]
#[case(Span::minutes(30), "2026-03-02 10:00:00", "2026-03-02 10:22:30")]
fn it_is_yellow_from_the_last_quarter(
    #[case] span: Span,
    #[case] start: &str,
    #[case] yellow: &str,
) {
    let timer = timer(span, start);
    let yellow = at(yellow);
    assert_eq!(timer.light(yellow.plus_millis(-1)), Light::Green);
    assert_eq!(timer.light(yellow), Light::Yellow);
    assert_eq!(timer.light(timer.due_at), Light::Yellow);
    assert_eq!(timer.light(timer.due_at.plus_millis(1)), Light::Red);
}

#[rstest]
// A pause within one day moves nothing; start < d ≤ end are its days.
#[case("2026-03-03 09:00:00", "2026-03-03 17:00:00", "2026-03-09")]
#[case("2026-03-03 09:00:00", "2026-03-04 09:00:00", "2026-03-10")]
#[case("2026-03-06 09:00:00", "2026-03-08 09:00:00", "2026-03-09")]
#[case("2026-03-06 09:00:00", "2026-03-09 09:00:00", "2026-03-10")]
#[case("2026-03-03 09:00:00", "2026-03-17 09:00:00", "2026-03-23")]
fn a_pause_moves_a_workday_limit_by_its_working_days(
    #[case] from: &str,
    #[case] to: &str,
    #[case] due: &str,
) {
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    timer.pause(at(from), PauseReason::Ledger);
    assert!(timer.is_paused());
    assert_eq!(timer.light(at("2027-03-03 09:00:00")), timer.light(at(from)));
    timer.resume(at(to), &calendar());
    assert_eq!(timer.due_at, end(due));
    assert!(!timer.is_paused());
}

#[test]
fn a_send_back_lets_it_run_on_and_what_was_missed_stays_missed() {
    let calendar = calendar();
    let mut timer = timer(Span::hours(24), "2026-03-02 10:00:00");
    timer.stop(at("2026-03-02 20:00:00"));
    timer.run_on(at("2026-03-03 08:00:00"), &calendar);
    assert_eq!(timer.due_at, at("2026-03-03 22:00:00"));
    assert!(timer.is_open() && !timer.missed);
    timer.stop(at("2026-03-03 22:00:00.001"));
    timer.run_on(at("2026-03-05 22:00:00"), &calendar);
    assert!(timer.is_open() && timer.missed);
    timer.stop(at("2026-03-05 21:00:00"));
    assert_eq!(timer.in_time(at("2026-03-05 21:00:00")), Some(false));
}

#[test]
fn an_overdue_clock_is_not_healed_by_a_pause() {
    let mut timer = timer(Span::workdays(1), "2026-03-02 10:00:00");
    timer.pause(at("2026-03-05 10:00:00"), PauseReason::Ledger);
    timer.resume(at("2026-04-05 10:00:00"), &calendar());
    timer.stop(at("2026-03-05 11:00:00"));
    assert!(timer.missed);
}

#[test]
fn a_leads_extension_moves_the_overall_limit_equally() {
    let calendar = calendar();
    let start = "2026-03-02 10:00:00";
    let mut handle = timer(Span::workdays(5), start);
    let mut overall = timer(Span::workdays(6), start);
    assert!(handle.may_ask_extension(at("2026-03-08 23:59:00"), &calendar));
    assert!(!handle.may_ask_extension(at("2026-03-09 00:00:00"), &calendar));
    assert_eq!(handle.latest_extension(10, &calendar), day("2026-03-23"));
    let granted = handle.extend_to(day("2026-03-16"), at("2026-03-06 10:00:00"), &calendar);
    assert_eq!((granted.workdays, granted.to_due), (5, end("2026-03-16")));
    overall.extend_like(&granted, &calendar);
    assert_eq!(overall.due_at, end("2026-03-17"));
    assert_eq!(handle.light(at("2026-03-12 23:59:00")), Light::Green);
    assert_eq!(handle.light(at("2026-03-13 00:00:00")), Light::Yellow);
}

#[test]
fn asked_in_time_and_granted_late_counts() {
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    timer.stop(at("2026-03-10 09:00:00"));
    assert!(timer.missed);
    timer.extend_to(day("2026-03-12"), at("2026-03-10 10:00:00"), &calendar());
    assert_eq!(timer.in_time(at("2026-03-10 10:00:00")), Some(true));
}

#[test]
fn it_is_never_due_later_than_the_upstreams_limit() {
    let calendar = calendar();
    let cap = at("2026-03-05 18:00:00");
    let start = at("2026-03-02 10:00:00");
    let span = Span::workdays(6);
    let mut timer =
        Timer::start(ClockName::Overall, span, start, Some(cap), "default@1", &calendar);
    assert_eq!(timer.due_at, cap);
    timer.extend_to(day("2026-03-20"), start, &calendar);
    timer.pause(start, PauseReason::Ledger);
    timer.resume(at("2026-03-04 10:00:00"), &calendar);
    timer.recompute(Span::workdays(16), &calendar);
    assert_eq!(timer.due_at, cap);
    timer.recompute(Span::workdays(1), &calendar);
    assert!(timer.due_at <= cap);
}

#[test]
fn another_urgency_counts_from_the_start_and_keeps_pauses_and_extensions() {
    let calendar = calendar();
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    timer.pause(at("2026-03-03 10:00:00"), PauseReason::Ledger);
    timer.resume(at("2026-03-05 10:00:00"), &calendar);
    timer.extend_to(day("2026-03-16"), at("2026-03-09 10:00:00"), &calendar);
    assert_eq!(timer.extensions[0].workdays, 3);
    timer.recompute(Span::workdays(15), &calendar);
    // 15 + 2 paused + 3 granted working days after 2 March.
    assert_eq!(timer.due_at, Stamp::end_of(calendar.add_workdays(day("2026-03-02"), 20), Shanghai));
    assert_eq!(timer.extensions[0].until, timer.due_day(&calendar));
    let mut plain = super::support::timer(Span::workdays(5), "2026-03-02 10:00:00");
    plain.recompute(Span::hours(2), &calendar);
    assert_eq!(plain.due_at, at("2026-03-02 12:00:00"));
    assert_eq!(plain.light(at("2026-03-02 11:30:00")), Light::Yellow);
}

#[test]
fn a_new_calendar_moves_an_open_limit_later_only() {
    let old = calendar();
    let local = |on: &str, kind| LocalDay { on: day(on), kind, name: "台风".into() };
    let off = calendar().with_local([local("2026-03-04", DayKind::Off)]);
    let now = at("2026-03-03 10:00:00");
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    let first = timer.due_at;
    assert_eq!(timer.recompute_for_new_calendar(&old, now), Recomputed::Same);
    let later = Recomputed::Later { from: first, to: end("2026-03-10") };
    assert_eq!(timer.recompute_for_new_calendar(&off, now), later);
    assert_eq!(timer.recompute_for_new_calendar(&off, now), Recomputed::Same);
    // The day off is taken back: the limit stays, and says so once.
    let kept = Recomputed::KeptEarlier { would_be: first };
    assert_eq!(timer.recompute_for_new_calendar(&old, now), kept);
    assert_eq!(timer.recompute_for_new_calendar(&old, now), kept);
    assert_eq!((timer.due_at, timer.notes.len()), (end("2026-03-10"), 2));
    timer.stop(now);
    assert_eq!(timer.recompute_for_new_calendar(&off, now), Recomputed::Same);
}

#[test]
fn an_outage_extends_what_it_touched_once() {
    let calendar = calendar();
    let (from, to) = (at("2026-03-03 09:00:00"), at("2026-03-03 15:00:00"));
    let mut elapsed = timer(Span::hours(24), "2026-03-02 10:00:00");
    elapsed.stop(at("2026-03-03 15:10:00"));
    assert!(elapsed.missed);
    elapsed.extend_by_outage(from, to, &calendar);
    elapsed.extend_by_outage(from, to, &calendar);
    assert_eq!(elapsed.due_at, at("2026-03-03 16:00:00"));
    assert!(!elapsed.missed);
    let mut workdays = timer(Span::workdays(5), "2026-03-02 10:00:00");
    workdays.extend_by_outage(from, to, &calendar);
    assert_eq!(workdays.due_at, end("2026-03-10"));
    let mut later = timer(Span::hours(1), "2026-03-04 10:00:00");
    later.extend_by_outage(from, to, &calendar);
    assert!(later.pauses.is_empty());
}

#[test]
fn overlapping_outages_extend_by_their_union() {
    let calendar = calendar();
    // Half of the second lies in the first; the third holds both and more on either side.
    let outages = [
        ("2026-03-03 10:00:00", "2026-03-03 12:00:00"),
        ("2026-03-03 11:00:00", "2026-03-04 10:00:00"),
        ("2026-03-03 09:00:00", "2026-03-04 11:00:00"),
        ("2026-03-04 15:00:00", "2026-03-04 16:00:00"),
    ];
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]];
    for order in orders {
        let mut elapsed = timer(Span::hours(72), "2026-03-02 10:00:00");
        let mut workdays = timer(Span::workdays(5), "2026-03-02 10:00:00");
        for (from, to) in order.map(|i| outages[i]) {
            elapsed.extend_by_outage(at(from), at(to), &calendar);
            workdays.extend_by_outage(at(from), at(to), &calendar);
        }
        // 26 hours from nine to eleven, one in the afternoon; two working days, each once.
        assert_eq!(elapsed.due_at, at("2026-03-06 13:00:00"), "{order:?}");
        assert_eq!(workdays.due_at, end("2026-03-11"), "{order:?}");
        // Counted anew from the start it is the same.
        let (due, soon_at) = (workdays.due_at, workdays.soon_at);
        workdays.recompute(Span::workdays(5), &calendar);
        assert_eq!((workdays.due_at, workdays.soon_at), (due, soon_at));
    }
}

#[test]
fn a_day_that_the_ledger_took_is_not_lost_to_an_outage_again() {
    let calendar = calendar();
    let mut workdays = timer(Span::workdays(5), "2026-03-02 10:00:00");
    workdays.pause(at("2026-03-03 10:00:00"), PauseReason::Ledger);
    workdays.resume(at("2026-03-04 10:00:00"), &calendar);
    assert_eq!(workdays.due_at, end("2026-03-10"));
    workdays.extend_by_outage(at("2026-03-04 11:00:00"), at("2026-03-04 12:00:00"), &calendar);
    assert_eq!(workdays.due_at, end("2026-03-10"));
}

#[test]
fn its_json_is_small_and_has_no_nulls() {
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    let json = serde_json::to_string(&timer).unwrap();
    assert_eq!(
        json,
        r#"{"clock":"handle","span":{"is":"workdays","n":5},"profile":"default@1","starts_at":"2026-03-02T02:00:00.000Z","due_at":"2026-03-09T15:59:59.999Z","soon_at":"2026-03-08T16:00:00.000Z"}"#
    );
    timer.pause(at("2026-03-03 10:00:00"), PauseReason::Ledger);
    timer.resume(at("2026-03-04 10:00:00"), &calendar());
    timer.extend_to(day("2026-03-16"), at("2026-03-05 10:00:00"), &calendar());
    timer.recompute(Span::workdays(4), &calendar());
    timer.stop(at("2026-03-30 10:00:00"));
    let json = serde_json::to_string(&timer).unwrap();
    assert!(!json.contains("null"));
    assert_eq!(serde_json::from_str::<Timer>(&json).unwrap(), timer);
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![
        (1u32..20).prop_map(Span::workdays),
        (1i64..24 * 20).prop_map(Span::hours),
        (1i64..24 * 20).prop_map(|h| Span::ElapsedThenDay { ms: h * HOUR }),
    ]
}

#[test]
fn what_is_left_is_said_in_working_hours_and_so_is_what_has_passed_since() {
    let time = |h, m| NaiveTime::from_hms_opt(h, m, 0).unwrap();
    let hours = WorkingHours(vec![(time(9, 0), time(12, 0)), (time(13, 30), time(17, 30))]);
    // Due at the end of Tuesday 3 March.
    let timer = timer(Span::workdays(1), "2026-03-02 10:00:00");
    let left = |now: &str| timer.working_left(at(now), &calendar(), &hours) / 60_000;
    assert_eq!(left("2026-03-02 14:30:00"), 180 + 420);
    assert_eq!(left("2026-03-03 14:30:00"), 180);
    assert_eq!((left("2026-03-03 20:00:00"), left("2026-03-04 08:00:00")), (0, 0));
    assert_eq!(left("2026-03-04 11:00:00"), -120);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Applied one by one or counted anew from the start: the same limit.
    #[test]
    fn a_recount_with_the_same_calendar_changes_nothing(
        span in spans(),
        start in 0i64..24 * 600,
        steps in prop::collection::vec((1i64..24 * 8, 0i64..24 * 8, 0u32..6), 0..4),
    ) {
        let calendar = calendar();
        let start = at("2025-01-01 00:00:00").plus_millis(start * HOUR);
        let mut timer = Timer::start(ClockName::Handle, span, start, None, "default@1", &calendar);
        let mut now = start;
        for (wait, length, extend) in steps {
            now = now.plus_millis(wait * HOUR);
            timer.pause(now, PauseReason::Ledger);
            now = now.plus_millis(length * HOUR);
            let before = timer.due_at;
            timer.resume(now, &calendar);
            prop_assert!(timer.due_at >= before);
            if !span.counts_workdays() {
                prop_assert_eq!(timer.due_at.millis_since(before), length * HOUR);
            }
            if extend > 0 {
                let until = timer.latest_extension(extend, &calendar);
                now = now.plus_millis(1);
                timer.extend_to(until, now, &calendar);
            }
        }
        prop_assert_eq!(timer.clone().recompute_for_new_calendar(&calendar, now), Recomputed::Same);
        let due = timer.due_at;
        timer.recompute(span, &calendar);
        prop_assert_eq!(timer.due_at, due);
    }

    #[test]
    fn lights_only_get_worse_and_turn_red_after_due(
        span in spans(),
        start in 0i64..24 * 600,
        looks in prop::collection::vec(0i64..24 * 60, 1..20),
    ) {
        let start = at("2025-01-01 00:00:00").plus_millis(start * HOUR);
        let timer = Timer::start(ClockName::Handle, span, start, None, "default@1", &calendar());
        prop_assert!(timer.soon_at <= timer.due_at);
        let mut looks = looks;
        looks.sort_unstable();
        let lights: Vec<Light> =
            looks.iter().map(|h| timer.light(start.plus_millis(h * HOUR))).collect();
        prop_assert!(lights.is_sorted());
        prop_assert_eq!(timer.light(timer.due_at.plus_millis(1)), Light::Red);
        prop_assert_ne!(timer.light(timer.due_at), Light::Red);
    }
}
