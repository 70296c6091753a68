//! Limits: explanations that a unit head can check by hand.

use chrono_tz::Asia::Shanghai;
use proptest::prelude::*;

use super::*;
use crate::limits::timer::support::{at, calendar, timer};

fn counted(explanation: &Explanation) -> Vec<&Day> {
    explanation.days.iter().filter(|day| day.counted).collect()
}

#[test]
fn a_limit_over_national_day_names_each_day() {
    let timer = timer(Span::workdays(5), "2026-09-30 17:31:00");
    let explanation = explain(&timer, &calendar());
    assert_eq!(
        explanation.rule,
        "办理时限：自2026年9月30日17:31起算，起算日不计入，17:30以后或休息日收到的按下一工作日收到计；\
         限5个工作日，至末日24时止。到期时间2026年10月14日23:59（含）。"
    );
    let lines: Vec<String> = explanation
        .days
        .iter()
        .map(|day| format!("{} {} {}", day.on.format("%m-%d"), day.counted, day.why))
        .collect();
    assert_eq!(lines[0], "09-30 false 周三，工作日；17:30以后收到，按下一工作日收到计");
    assert_eq!(lines[1], "10-01 false 周四，国庆节放假；收到后的休息日，不计入");
    assert_eq!(lines[8], "10-08 false 周四，工作日；视为收到之日，不计入");
    assert_eq!(lines[10], "10-10 true 周六，国庆节调休上班；计入第2日");
    assert_eq!(lines[11], "10-11 false 周日，休息日；不计入");
    assert_eq!(lines[14], "10-14 true 周三，工作日；计入第5日");
    assert_eq!(lines.len(), 15);
}

#[test]
fn a_pause_and_an_extension_stand_in_the_count() {
    let calendar = calendar();
    let mut timer = timer(Span::workdays(5), "2026-03-02 10:00:00");
    timer.pause(at("2026-03-04 10:00:00"), PauseReason::Ledger);
    timer.resume(at("2026-03-06 10:00:00"), &calendar);
    let until = "2026-03-13".parse().unwrap();
    timer.extend_to(until, at("2026-03-09 10:00:00"), &calendar);
    let explanation = explain(&timer, &calendar);
    assert!(explanation.rule.contains("经批准延期，顺延2个工作日，至2026年3月13日"));
    let why: Vec<&str> = explanation.days.iter().map(|day| day.why.as_str()).collect();
    assert_eq!(why[3], "周四，工作日；挂账期间，不计入");
    assert_eq!(why[4], "周五，工作日；挂账期间，不计入");
    assert_eq!(why[11], "周五，工作日；计入第7日（延期）");
    assert_eq!(counted(&explanation).len(), 7);
}

#[test]
fn an_elapsed_limit_counts_days_off_and_its_overall_one_the_next_working_day() {
    let calendar = calendar();
    let span = Span::ElapsedThenDay { ms: 24 * 3_600_000 };
    let explanation = explain(&timer(span, "2026-03-06 10:00:00"), &calendar);
    let counted: Vec<bool> = explanation.days.iter().map(|day| day.counted).collect();
    assert_eq!(counted, [true, true, false, true]);
    assert_eq!(explanation.days[3].why, "周一，工作日；其后第一个工作日");
    let explanation = explain(&timer(Span::minutes(30), "2026-10-01 23:50:00"), &calendar);
    assert_eq!(explanation.days.len(), 2);
    assert!(explanation.rule.contains("连续计时30分钟"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_last_counted_day_is_the_due_day_and_the_count_is_the_rule(
        start_hours in 0i64..24 * 365 * 4,
        n in 1u32..30,
        pause_after in prop::option::of((1i64..24 * 40, 0i64..24 * 90)),
        extend_by in prop::option::of(1u32..10),
    ) {
        let calendar = calendar();
        let start = at("2022-06-01 00:00:00").plus_millis(start_hours * 3_600_000);
        let mut timer = Timer::start(
            ClockName::Handle, Span::workdays(n), start, None, "default@1", &calendar,
        );
        let mut plain = n;
        if let Some((after, length)) = pause_after {
            let from = start.plus_millis(after * 3_600_000);
            let counted_from = calendar.counted_start(start);
            if from <= timer.due_at && from.day(Shanghai) >= counted_from {
                timer.pause(from, PauseReason::Ledger);
                timer.resume(from.plus_millis(length * 3_600_000), &calendar);
            }
        }
        if let Some(days) = extend_by {
            let until = timer.latest_extension(days, &calendar);
            timer.extend_to(until, start, &calendar);
            plain += days;
        }
        let explanation = explain(&timer, &calendar);
        let counted = counted(&explanation);
        prop_assert_eq!(counted.last().map(|day| day.on), Some(timer.due_day(&calendar)));
        prop_assert_eq!(explanation.days.last().map(|day| day.on), Some(timer.due_day(&calendar)));
        // A pause that began on a day off takes no counted day with it.
        prop_assert_eq!(counted.len(), plain as usize);
    }

    #[test]
    fn an_elapsed_limit_ends_at_its_due_day_too(
        start_minutes in 0i64..60 * 24 * 900,
        minutes in 1i64..60 * 24 * 20,
        overall in any::<bool>(),
    ) {
        let ms = minutes * 60_000;
        let span = if overall { Span::ElapsedThenDay { ms } } else { Span::Elapsed { ms } };
        let start = at("2024-01-01 00:00:00").plus_millis(start_minutes * 60_000);
        let timer = Timer::start(ClockName::Overall, span, start, None, "beijing@1", &calendar());
        let explanation = explain(&timer, &calendar());
        prop_assert_eq!(
            explanation.days.iter().rev().find(|day| day.counted).map(|day| day.on),
            Some(timer.due_day(&calendar()))
        );
    }
}
