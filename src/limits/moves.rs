//! Limits: how far pauses and extensions move a due instant, and when it turns yellow
//! (domain.md §4). Its rule: applied one by one as they come or all at once from the start, the
//! same calendar gives the same instant.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::span::Span;
use crate::code_enum;
use crate::time::Stamp;

code_enum! {
    /// Why a clock stood still.
    pub enum PauseReason {
        Ledger = "ledger" "挂账",
        /// From submitting the reply to the reviewer's send-back.
        Review = "review" "送审",
        Outage = "outage" "系统停机",
    }
}

/// A time that does not count. Open while `to` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    pub from: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Stamp>,
    pub reason: PauseReason,
}

code_enum! {
    /// Whose extension it is.
    pub enum ExtensionReason {
        /// Asked for this clock and approved.
        Granted = "granted" "批准延期",
        /// The overall limit moving with its lead's handle limit.
        WithLead = "with_lead" "随主办延期",
    }
}

/// A later limit that was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    pub at: Stamp,
    pub reason: ExtensionReason,
    pub from_due: Stamp,
    pub to_due: Stamp,
    /// The day named; the limit is its end.
    pub until: NaiveDate,
    /// The same in working days after the old due day.
    pub workdays: u32,
}

/// What a recount from the start keeps of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// The day that was named and told to the citizen: the calendar changed, not the rule.
    Day,
    /// Its length: the rule changed, and the day named belonged to the old one.
    Length,
}

/// The working days that pauses kept from counting: a day is lost once, however many touch it (two
/// outages of one day, or one that goes on from another).
#[derive(Default)]
pub(super) struct Lost(BTreeSet<NaiveDate>);

impl Lost {
    pub(super) fn to(pauses: &[Pause], calendar: &Calendar) -> Self {
        let mut lost = Self::default();
        for pause in pauses {
            lost.add(pause, calendar);
        }
        lost
    }

    /// Adds the days of `pause`, if it has ended; answers how many were not lost yet.
    fn add(&mut self, pause: &Pause, calendar: &Calendar) -> u32 {
        let Some(to) = pause.to else { return 0 };
        let (after, until) = paused_days(pause, to, calendar);
        let days = after.iter_days().skip(1).take_while(|day| *day <= until);
        let fresh = days.filter(|day| calendar.is_working(*day) && self.0.insert(*day));
        u32::try_from(fresh.count()).unwrap_or(u32::MAX)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// `due` moved by the length of `pause`: milliseconds, or those of its working days that were not
/// lost before.
pub(super) fn moved_by_pause(
    span: Span,
    due: Stamp,
    pause: &Pause,
    lost: &mut Lost,
    calendar: &Calendar,
) -> Stamp {
    let Some(to) = pause.to else { return due };
    if !span.counts_workdays() {
        return due.plus_millis(to.millis_since(pause.from).max(0));
    }
    match lost.add(pause, calendar) {
        0 => due,
        days => {
            let day = calendar.add_workdays(due.day(calendar.zone()), days);
            Stamp::end_of(day, calendar.zone())
        }
    }
}

/// The days `(after, until]` in which a pause keeps working days from counting: start < d ≤ end;
/// an outage takes every day it touched, its first too.
pub(super) fn paused_days(pause: &Pause, to: Stamp, calendar: &Calendar) -> (NaiveDate, NaiveDate) {
    let zone = calendar.zone();
    let first = pause.from.day(zone);
    if pause.reason == PauseReason::Outage {
        // Half open: an outage until midnight does not touch the day that begins then.
        let last = to.plus_millis(-1).max(pause.from).day(zone);
        (first.checked_sub_days(Days::new(1)).unwrap_or(first), last)
    } else {
        (first, to.day(zone))
    }
}

/// The parts of `[from, to)` in which none of `pauses` stood, in their order.
pub(super) fn outside(pauses: &[Pause], from: Stamp, to: Stamp) -> Vec<(Stamp, Stamp)> {
    let mut parts = vec![(from, to)];
    for pause in pauses {
        let end = pause.to.unwrap_or(Stamp::MAX);
        let cut = |(a, b): (Stamp, Stamp)| [(a, b.min(pause.from)), (a.max(end), b)];
        parts = parts.into_iter().flat_map(cut).collect();
    }
    parts.retain(|(a, b)| a < b);
    parts
}

/// `due` extended to the end of `until`, where that is later.
pub(super) fn extended(due: Stamp, until: NaiveDate, calendar: &Calendar) -> Stamp {
    Stamp::end_of(until, calendar.zone()).max(due)
}

/// When a limit of this length that starts at `start` runs out, and from when it is yellow.
pub fn due_and_soon(span: Span, start: Stamp, calendar: &Calendar) -> (Stamp, Stamp) {
    let due = span.due(start, calendar);
    (due, soon(span, start, due, &[], calendar))
}

/// From when a limit is yellow that was set as an instant and not as a length: what ends with a day is counted in
/// workdays, as every such limit (domain.md §4).
pub fn soon_of(start: Stamp, due: Stamp, calendar: &Calendar) -> Stamp {
    let day = due.day(calendar.zone());
    let span = if due == Stamp::end_of(day, calendar.zone()) {
        Span::workdays(calendar.workdays_between(calendar.counted_start(start), day))
    } else {
        Span::Until { at: due }
    };
    due_and_soon(span, start, calendar).1
}

/// From when ≤ 25 % of an elapsed clock is left, or 00:00 of the max(1, ⌊n/4⌋)-th last working
/// day. Pauses are no part of the length, extensions are.
pub(super) fn soon(
    span: Span,
    starts_at: Stamp,
    due_at: Stamp,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Stamp {
    if span.counts_workdays() {
        let due_day = due_at.day(calendar.zone());
        let start = calendar.counted_start(starts_at);
        let paused = Lost::to(pauses, calendar).count();
        let n = calendar.workdays_between(start, due_day).saturating_sub(paused);
        let day = calendar.nth_last_workday(due_day, (n / 4).max(1));
        Stamp::start_of(day, calendar.zone())
    } else {
        let closed = pauses.iter().filter_map(|pause| Some((pause.from, pause.to?)));
        let paused: i64 = closed.map(|(from, to)| to.millis_since(from).max(0)).sum();
        let length = (due_at.millis_since(starts_at) - paused).max(0);
        due_at.plus_millis(-(length / 4))
    }
}

/// The limit counted anew from the start: the span's, then every pause that ended and every
/// extension in the order in which they came. `Keep::Length` renames the extensions' days.
pub(super) fn fold(
    span: Span,
    starts_at: Stamp,
    pauses: &[Pause],
    extensions: &mut [Extension],
    keep: Keep,
    calendar: &Calendar,
) -> Stamp {
    enum Step<'a> {
        Pause(&'a Pause),
        Extension(&'a mut Extension),
    }
    let ended = pauses.iter().filter_map(|pause| pause.to.map(|to| (to, Step::Pause(pause))));
    let mut steps: Vec<(Stamp, Step<'_>)> = ended.collect();
    steps.extend(extensions.iter_mut().map(|granted| (granted.at, Step::Extension(granted))));
    steps.sort_by_key(|(at, _)| *at);
    let (mut due, mut lost) = (span.due(starts_at, calendar), Lost::default());
    for (_, step) in steps {
        due = match step {
            Step::Pause(pause) => moved_by_pause(span, due, pause, &mut lost, calendar),
            Step::Extension(extension) => {
                if keep == Keep::Length {
                    rename(extension, due, calendar);
                }
                extended(due, extension.until, calendar)
            }
        };
    }
    due
}

/// The same number of working days after another due instant.
fn rename(extension: &mut Extension, due: Stamp, calendar: &Calendar) {
    extension.until = calendar.add_workdays(due.day(calendar.zone()), extension.workdays);
    extension.from_due = due;
    extension.to_due = extended(due, extension.until, calendar);
}
