//! Limits: one running limit (domain.md §4), pure arithmetic that lives inside the ticket's
//! document. Its rule: every move of the due instant leaves a record in the timer that explains
//! it, and what was missed stays missed.

use std::cmp::Ordering;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, WorkingHours};
use super::moves::{
    Extension, ExtensionReason, Keep, Lost, Pause, PauseReason, extended, fold, moved_by_pause,
    outside, soon,
};
use super::span::{ClockName, Light, Span};
use crate::time::Stamp;

/// What else happened to the limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Note {
    /// A new calendar moved it later.
    CalendarLater { at: Stamp, calendar: String, from: Stamp, to: Stamp },
    /// A new calendar would have moved it earlier; it stayed.
    CalendarKept { at: Stamp, calendar: String, would_be: Stamp },
    /// Another urgency gave it another span, counted from its start.
    Respanned { from_span: Span, from: Stamp, to: Stamp },
}

/// What a new calendar did to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recomputed {
    Later { from: Stamp, to: Stamp },
    KeptEarlier { would_be: Stamp },
    Same,
}

/// One limit: what runs out, when, and everything that moved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    pub clock: ClockName,
    pub span: Span,
    /// `name@version` of the profile that set the span.
    pub profile: String,
    pub starts_at: Stamp,
    /// In time up to and with this instant.
    pub due_at: Stamp,
    /// Yellow from this instant.
    pub soon_at: Stamp,
    /// The upstream's due instant: never due later than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Stamp>,
    /// It stopped late, now or in an earlier run, or stood overdue when a pause began.
    #[serde(default, skip_serializing_if = "is_false")]
    pub missed: bool,
    /// The part of `missed` that the present run can no longer mend.
    #[serde(default, skip_serializing_if = "is_false")]
    pub missed_before: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Timer {
    /// Sets the limit, never later than the upstream's, and from when it is yellow.
    fn set_due(&mut self, due: Stamp, calendar: &Calendar) {
        self.due_at = self.cap_at.map_or(due, |cap| due.min(cap));
        self.soon_at = soon(self.span, self.starts_at, self.due_at, &self.pauses, calendar);
    }

    /// Starts a clock at `starts_at`; `cap` is the upstream's due instant, where there is one.
    pub fn start(
        clock: ClockName,
        span: Span,
        starts_at: Stamp,
        cap: Option<Stamp>,
        profile: &str,
        calendar: &Calendar,
    ) -> Self {
        let mut timer = Self {
            clock,
            span,
            profile: profile.to_owned(),
            starts_at,
            due_at: starts_at,
            soon_at: starts_at,
            cap_at: cap,
            stopped_at: None,
            missed: false,
            missed_before: false,
            pauses: Vec::new(),
            extensions: Vec::new(),
            notes: Vec::new(),
        };
        timer.set_due(span.due(starts_at, calendar), calendar);
        timer
    }

    // ---- what it says -------------------------------------------------------------------

    pub const fn is_open(&self) -> bool {
        self.stopped_at.is_none()
    }
    pub fn is_paused(&self) -> bool {
        self.open_pause().is_some()
    }
    /// Neither stopped nor standing still.
    pub fn runs(&self) -> bool {
        self.is_open() && !self.is_paused()
    }
    fn open_pause(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.to.is_none())
    }
    /// The instant that counts at `now`: a paused clock stands where its pause began, a stopped
    /// one where it stopped.
    fn hand(&self, now: Stamp) -> Stamp {
        self.stopped_at.or_else(|| self.open_pause().map(|pause| pause.from)).unwrap_or(now)
    }
    /// Open and past its limit (a paused clock: as its pause began).
    pub fn overdue(&self, now: Stamp) -> bool {
        self.is_open() && self.hand(now) > self.due_at
    }
    /// Whether it was kept: none while it can still be.
    pub fn in_time(&self, now: Stamp) -> Option<bool> {
        if self.missed || self.overdue(now) {
            Some(false)
        } else if self.is_open() {
            None
        } else {
            Some(true)
        }
    }
    /// Red after due, yellow from `soon_at`. A stopped clock is red where it was missed, else
    /// green; a paused one shows what it showed as its pause began.
    pub fn light(&self, now: Stamp) -> Light {
        if !self.is_open() {
            return if self.missed { Light::Red } else { Light::Green };
        }
        let hand = self.hand(now);
        if hand > self.due_at {
            Light::Red
        } else if hand >= self.soon_at {
            Light::Yellow
        } else {
            Light::Green
        }
    }
    /// Working time that is left at `now`, in milliseconds; below zero where it is overdue: what has passed since.
    /// By one calendar and its hours it never grows from a limit to an earlier one: whoever orders by due instants has
    /// ordered by this.
    pub fn working_left(&self, now: Stamp, calendar: &Calendar, hours: &WorkingHours) -> i64 {
        let hand = self.hand(now);
        let left = calendar.working_millis_between(hand, self.due_at, hours);
        left - calendar.working_millis_between(self.due_at, hand, hours)
    }
    /// The last day to which an extension may go: `workdays` after the due day.
    pub fn latest_extension(&self, workdays: u32, calendar: &Calendar) -> NaiveDate {
        calendar.add_workdays(self.due_day(calendar), workdays)
    }
    /// An extension is asked on a day before the due day (domain.md §4).
    pub fn may_ask_extension(&self, now: Stamp, calendar: &Calendar) -> bool {
        self.is_open() && now.day(calendar.zone()) < self.due_day(calendar)
    }
    pub fn due_day(&self, calendar: &Calendar) -> NaiveDate {
        self.due_at.day(calendar.zone())
    }

    // ---- what happens to it -------------------------------------------------------------

    /// Stops it: in time where `at` is not after the limit. A paused clock should be resumed
    /// first; if it was not, its pause ends here and lateness is judged as the pause began. A
    /// clock that has stopped stays as it is.
    pub fn stop(&mut self, at: Stamp) {
        if !self.is_open() {
            return;
        }
        let late = self.overdue(at);
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            pause.to = Some(at.max(pause.from));
        }
        self.stopped_at = Some(at);
        self.missed |= late;
    }

    /// Takes the last stop back, as if it had never been (unmerge; a recall undone).
    pub fn undo_stop(&mut self) {
        self.stopped_at = None;
        self.missed = self.missed_before;
    }

    /// Runs on after the reviewer's send-back at `at`: the time since the stop was a pause, and
    /// the limit moves by its length; what was missed stays missed.
    pub fn run_on(&mut self, at: Stamp, calendar: &Calendar) {
        let Some(from) = self.stopped_at.take() else { return };
        self.missed_before = self.missed;
        let pause = Pause { from, to: Some(at.max(from)), reason: PauseReason::Review };
        let mut lost = Lost::to(&self.pauses, calendar);
        let due = moved_by_pause(self.span, self.due_at, &pause, &mut lost, calendar);
        self.pauses.push(pause);
        self.set_due(due, calendar);
    }

    /// Stands still from `at`; nothing where it is stopped or stands already. An overdue clock
    /// is missed for good.
    pub fn pause(&mut self, at: Stamp, reason: PauseReason) {
        if !self.is_open() || self.is_paused() {
            return;
        }
        if self.overdue(at) {
            self.missed = true;
            self.missed_before = true;
        }
        self.pauses.push(Pause { from: at, to: None, reason });
    }

    /// Runs again from `at`: the limit moves by the pause's length.
    pub fn resume(&mut self, at: Stamp, calendar: &Calendar) {
        let Some(mut pause) = self.pauses.pop_if(|last| last.to.is_none()) else { return };
        pause.to = Some(at.max(pause.from));
        let mut lost = Lost::to(&self.pauses, calendar);
        let due = moved_by_pause(self.span, self.due_at, &pause, &mut lost, calendar);
        self.pauses.push(pause);
        self.set_due(due, calendar);
    }

    /// Extends it to the end of `until`, where that is later; answers the extension, for
    /// [`Self::extend_like`] on the overall limit. Asked in time and granted late counts: a stop
    /// in between is judged again.
    pub fn extend_to(&mut self, until: NaiveDate, at: Stamp, calendar: &Calendar) -> Extension {
        let workdays = calendar.workdays_between(self.due_day(calendar), until);
        self.extend(until, workdays, ExtensionReason::Granted, at, calendar)
    }

    /// Moves the overall limit by as many working days as the lead's extension has.
    pub fn extend_like(&mut self, lead: &Extension, calendar: &Calendar) -> Extension {
        let until = calendar.add_workdays(self.due_day(calendar), lead.workdays);
        self.extend(until, lead.workdays, ExtensionReason::WithLead, lead.at, calendar)
    }

    fn extend(
        &mut self,
        until: NaiveDate,
        workdays: u32,
        reason: ExtensionReason,
        at: Stamp,
        calendar: &Calendar,
    ) -> Extension {
        let from_due = self.due_at;
        self.set_due(extended(from_due, until, calendar), calendar);
        let extension = Extension { at, reason, from_due, to_due: self.due_at, until, workdays };
        self.extensions.push(extension.clone());
        self.judge_again();
        extension
    }

    /// A declared outage `[from, to)` moves a limit that ran in it: natural time by the part that
    /// it ran through, working days by each working day that part touched. Outages that overlap
    /// count as their union. A stop after the outage is judged again.
    pub fn extend_by_outage(&mut self, from: Stamp, to: Stamp, calendar: &Calendar) {
        let from = from.max(self.starts_at);
        let end = self.stopped_at.map_or(to, |stopped| to.min(stopped));
        // What stood still already (or was declared already) is not counted twice.
        let parts = outside(&self.pauses, from, end);
        let mut lost = Lost::to(&self.pauses, calendar);
        let open = self.pauses.pop_if(|last| last.to.is_none());
        let before = self.pauses.len();
        for (from, to) in parts {
            if from <= self.due_at {
                let pause = Pause { from, to: Some(to), reason: PauseReason::Outage };
                let due = moved_by_pause(self.span, self.due_at, &pause, &mut lost, calendar);
                self.pauses.push(pause);
                self.set_due(due, calendar);
            }
        }
        let moved = self.pauses.len() > before;
        self.pauses.extend(open);
        if moved {
            self.judge_again();
        }
    }

    fn fold(&mut self, keep: Keep, calendar: &Calendar) -> Stamp {
        fold(self.span, self.starts_at, &self.pauses, &mut self.extensions, keep, calendar)
    }

    /// A later limit can mend the present run's stop, never an earlier run's.
    fn judge_again(&mut self) {
        if let Some(stopped) = self.stopped_at {
            self.missed = self.missed_before || stopped > self.due_at;
        }
    }

    /// Another urgency: counted anew from its start with `span`, keeping pauses and extensions
    /// (an extension keeps its working days and names another day). A stop that was judged stays
    /// judged.
    pub fn recompute(&mut self, span: Span, calendar: &Calendar) {
        let (from_span, from) = (self.span, self.due_at);
        self.span = span;
        let due = self.fold(Keep::Length, calendar);
        self.set_due(due, calendar);
        self.notes.push(Note::Respanned { from_span, from, to: self.due_at });
    }

    /// A new calendar: an open limit moves later only; one that would become earlier stays and
    /// says so. Both are noted, with the calendar's version.
    pub fn recompute_for_new_calendar(&mut self, calendar: &Calendar, at: Stamp) -> Recomputed {
        if !self.is_open() {
            return Recomputed::Same;
        }
        let from = self.due_at;
        let fold = self.fold(Keep::Day, calendar);
        let to = self.cap_at.map_or(fold, |cap| fold.min(cap));
        let version = calendar.version().to_owned();
        match to.cmp(&from) {
            Ordering::Greater => {
                self.set_due(to, calendar);
                self.notes.push(Note::CalendarLater { at, calendar: version, from, to });
                Recomputed::Later { from, to }
            }
            Ordering::Less => {
                let known = |note: &Note| matches!(note, Note::CalendarKept { would_be, .. } if *would_be == to);
                if !self.notes.last().is_some_and(known) {
                    self.notes.push(Note::CalendarKept { at, calendar: version, would_be: to });
                }
                Recomputed::KeptEarlier { would_be: to }
            }
            Ordering::Equal => {
                // The same due instant; the yellow light may still start elsewhere.
                self.set_due(to, calendar);
                Recomputed::Same
            }
        }
    }
}

#[cfg(test)]
pub(super) mod support;
#[cfg(test)]
mod tests;
