//! Limits: a limit as it would have been with another length or another calendar. Its rule: pure; what people did, and
//! when, stays as it was (a stop, a pause, the working days of an extension), and is judged by the limit as it would
//! have stood just then.

use super::calendar::Calendar;
use super::moves::{Extension, Lost, Pause, PauseReason, extended, moved_by_pause};
use super::span::Span;
use super::timer::Timer;
use crate::time::Stamp;

/// What a limit comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// With all pauses and extensions.
    pub due_at: Stamp,
    /// Whether some run of it ended late, or was late as a pause began.
    pub missed: bool,
}

impl Outcome {
    /// What it came to in truth.
    pub const fn of(timer: &Timer) -> Self {
        Self { due_at: timer.due_at, missed: timer.missed }
    }
}

/// What happened to the limit, in the order of [`Timer`]'s own fold.
enum Step<'a> {
    /// It stood still from this instant: late or not, for good.
    Judged(Stamp),
    Paused(&'a Pause),
    Extended(&'a Extension),
}

/// What `timer` would have come to with `span` by `calendar`.
pub fn replayed(timer: &Timer, span: Span, calendar: &Calendar) -> Outcome {
    let capped = |due: Stamp| timer.cap_at.map_or(due, |cap| due.min(cap));
    let mut due = capped(span.due(timer.starts_at, calendar));
    let (mut missed, mut lost) = (false, Lost::default());
    for step in steps(timer) {
        match step {
            Step::Judged(at) => missed |= at > due,
            Step::Paused(pause) => {
                due = capped(moved_by_pause(span, due, pause, &mut lost, calendar));
            }
            Step::Extended(extension) => {
                let day = due.day(calendar.zone());
                let until = calendar.add_workdays(day, extension.workdays);
                due = capped(extended(due, until, calendar));
            }
        }
    }
    missed |= timer.stopped_at.is_some_and(|stopped| stopped > due);
    Outcome { due_at: due, missed }
}

fn steps(timer: &Timer) -> Vec<Step<'_>> {
    let mut steps: Vec<(Stamp, u8, Step<'_>)> = Vec::new();
    for pause in &timer.pauses {
        match (pause.reason, pause.to) {
            (PauseReason::Ledger, _) => steps.push((pause.from, 0, Step::Judged(pause.from))),
            // A stop that was sent back: until then an extension could still mend it.
            (PauseReason::Review, Some(to)) => steps.push((to, 0, Step::Judged(pause.from))),
            (PauseReason::Review, None) | (PauseReason::Outage, _) => {}
        }
        if let Some(to) = pause.to {
            steps.push((to, 1, Step::Paused(pause)));
        }
    }
    let extended = timer.extensions.iter().map(|it| (it.at, 2, Step::Extended(it)));
    steps.extend(extended);
    steps.sort_by_key(|(at, rank, _)| (*at, *rank));
    steps.into_iter().map(|(_, _, step)| step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::limits::span::ClockName;
    use crate::limits::timer::support::{at, calendar, timer};

    const HOUR: i64 = 3_600_000;

    fn with(timer: &Timer, span: Span) -> (Stamp, bool) {
        let Outcome { due_at, missed } = replayed(timer, span, &calendar());
        (due_at, missed)
    }

    #[rstest]
    #[case(Span::workdays(5), "2026-03-09 23:59:59.999", false)]
    #[case(Span::workdays(4), "2026-03-06 23:59:59.999", false)]
    #[case(Span::workdays(3), "2026-03-05 23:59:59.999", true)]
    #[case(Span::hours(96), "2026-03-06 10:00:00", false)]
    #[case(Span::hours(95), "2026-03-06 09:00:00", true)]
    fn a_reply_is_judged_by_the_length_that_is_tried(
        #[case] span: Span,
        #[case] due: &str,
        #[case] missed: bool,
    ) {
        let mut handle = timer(Span::workdays(5), "2026-03-02 10:00:00");
        handle.stop(at("2026-03-06 10:00:00"));
        assert_eq!(with(&handle, span), (at(due), missed));
    }

    #[test]
    fn what_was_missed_before_a_send_back_stays_missed() {
        let calendar = calendar();
        let mut handle = timer(Span::workdays(5), "2026-03-02 10:00:00");
        handle.stop(at("2026-03-05 10:00:00"));
        handle.run_on(at("2026-03-10 10:00:00"), &calendar);
        handle.stop(at("2026-03-10 11:00:00"));
        assert!(!handle.missed);
        // Due on the 4th; the three working days at the reviewer's move it past the last stop.
        let (due, missed) = with(&handle, Span::workdays(2));
        assert!(missed && due > at("2026-03-04 23:59:59.999"));
        assert!(!with(&handle, Span::workdays(3)).1);
    }

    #[test]
    fn what_stood_overdue_as_the_ledger_began_is_missed() {
        let mut handle = timer(Span::workdays(5), "2026-03-02 10:00:00");
        handle.pause(at("2026-03-05 10:00:00"), PauseReason::Ledger);
        assert!(with(&handle, Span::workdays(2)).1);
        assert!(!with(&handle, Span::workdays(3)).1);
    }

    #[test]
    fn an_extension_keeps_its_working_days_and_the_upstreams_limit_holds() {
        let calendar = calendar();
        let mut handle = timer(Span::workdays(5), "2026-03-02 10:00:00");
        let until = handle.latest_extension(3, &calendar);
        handle.extend_to(until, at("2026-03-04 10:00:00"), &calendar);
        assert_eq!(with(&handle, Span::workdays(2)).0, at("2026-03-09 23:59:59.999"));
        let cap = Some(at("2026-03-04 12:00:00"));
        let start = at("2026-03-02 10:00:00");
        let (clock, span) = (ClockName::Overall, Span::workdays(2));
        let capped = Timer::start(clock, span, start, cap, "default@1", &calendar);
        assert_eq!(with(&capped, Span::workdays(9)).0, at("2026-03-04 12:00:00"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// With its own length and calendar a limit comes to what it came to.
        #[test]
        fn its_own_rule_gives_what_was_recorded(
            days in 1_u32..12,
            start in 0_i64..24 * 300,
            steps in prop::collection::vec((1_i64..24 * 6, 1_i64..24 * 6, 0_u32..4, 0_u8..2), 0..5),
            last in 1_i64..24 * 9,
        ) {
            let calendar = calendar();
            let start = at("2025-01-01 00:00:00").plus_millis(start * HOUR);
            for span in [Span::workdays(days), Span::hours(i64::from(days) * 20)] {
                let clock = ClockName::Handle;
                let mut timer = Timer::start(clock, span, start, None, "default@1", &calendar);
                let mut now = start;
                for (wait, length, extend, sent_back) in &steps {
                    now = now.plus_millis(wait * HOUR);
                    if *sent_back == 1 {
                        timer.stop(now);
                        now = now.plus_millis(length * HOUR);
                        timer.run_on(now, &calendar);
                    } else {
                        timer.pause(now, PauseReason::Ledger);
                        now = now.plus_millis(length * HOUR);
                        timer.resume(now, &calendar);
                    }
                    if *extend > 0 {
                        let until = timer.latest_extension(*extend, &calendar);
                        now = now.plus_millis(1);
                        timer.extend_to(until, now, &calendar);
                    }
                }
                prop_assert_eq!(replayed(&timer, span, &calendar), Outcome::of(&timer));
                timer.stop(now.plus_millis(last * HOUR));
                prop_assert_eq!(replayed(&timer, span, &calendar), Outcome::of(&timer));
            }
        }
    }
}
