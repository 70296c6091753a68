//! Ticket: its own clocks through its life (domain.md §4). Its rule: the citizen's clock starts at
//! receipt, stops when a reply has passed, and nothing a unit does resets it.

use super::state::{State, Work};
use super::{Assignment, Scene, Ticket};
use crate::directory::Urgency;
use crate::limits::{Calendar, ClockName, Span, Timer, WorkingHours};
use crate::time::Stamp;

impl Ticket {
    /// Enters `accepted`: the dispatch clock starts anew each time.
    pub fn back_to_accepted(&mut self, scene: &Scene<'_>) {
        self.state = State::Accepted {};
        let timer = scene.start(ClockName::Dispatch, self.urgency, scene.now);
        self.timers.insert(ClockName::Dispatch, timer);
    }

    /// Starts the citizen's own clock, never later than what upstream allows; what upstream allowed
    /// before it starts (a reopened ticket) binds no more.
    pub fn start_overall(&mut self, scene: &Scene<'_>, starts_at: Stamp) {
        let cap = self.upstream.as_ref().and_then(|upstream| upstream.due_at);
        let cap = cap.filter(|due| *due > starts_at);
        let span = scene.profile.overall_span(self.urgency);
        let timer = scene.start_span(ClockName::Overall, span, starts_at, cap);
        self.timers.insert(ClockName::Overall, timer);
    }

    /// Stops `clock` of the ticket where it runs.
    pub fn stop_clock(&mut self, clock: ClockName, at: Stamp) {
        if let Some(timer) = self.timers.get_mut(&clock)
            && timer.is_open()
        {
            timer.stop(at);
        }
    }

    /// Counts how long it was handled, once: up to now, its first passed review or direct answer.
    pub fn note_handling_time(&mut self, scene: &Scene<'_>) {
        if self.handled_ms.is_some() {
            return;
        }
        let hours = &scene.profile.working_hours;
        self.handled_ms = Some(self.worked_until(scene.now, hours, scene.calendar));
    }

    /// The working milliseconds from receipt to `end`, less those on the ledger between.
    pub fn worked_until(&self, end: Stamp, hours: &WorkingHours, calendar: &Calendar) -> i64 {
        let working = |from, to| calendar.working_millis_between(from, to, hours);
        let on_ledger: i64 = self
            .ledgers
            .iter()
            .filter_map(|ledger| {
                let to = ledger.ended_at.into_iter().chain(ledger.missed_at).min().unwrap_or(end);
                Some(working(ledger.opened_at?, to.min(end)))
            })
            .sum();
        (working(self.received_at, end) - on_ledger).max(0)
    }

    /// It ended without a unit's reply: the citizen's clock stops, clocks of units still at work
    /// are no longer owed (what was overdue stays missed), and their work is done.
    pub fn finish_clocks(&mut self, scene: &Scene<'_>) {
        self.stop_clock(ClockName::Dispatch, scene.now);
        self.stop_clock(ClockName::Overall, scene.now);
        self.timers.retain(|_, timer| !timer.is_open());
        for assignment in self.assignments.values_mut().filter(|a| a.is_live()) {
            assignment.let_go(scene.now);
            assignment.work = Work::Done { at: scene.now };
        }
    }

    /// Gives it another urgency; every open limit is recomputed from its start.
    pub fn change_urgency(&mut self, scene: &Scene<'_>, urgency: Urgency) {
        if self.urgency == urgency {
            return;
        }
        self.urgency = urgency;
        let overall = scene.profile.overall_span(urgency);
        for (clock, timer) in &mut self.timers {
            if timer.is_open() {
                let span = match clock {
                    ClockName::Overall => overall,
                    clock => scene.profile.span(*clock, urgency),
                };
                respan(timer, span, scene);
            }
        }
        for assignment in self.assignments.values_mut().filter(|a| a.is_live()) {
            recompute_unit_clocks(assignment, scene, urgency);
        }
    }
}

fn recompute_unit_clocks(assignment: &mut Assignment, scene: &Scene<'_>, urgency: Urgency) {
    let passed_down = assignment.parent.is_some();
    let reworking = !assignment.reworks.is_empty();
    for (clock, timer) in &mut assignment.timers {
        // A submitted reply may be sent back: its handle clock follows the new urgency too.
        let is_handle = *clock == ClockName::Handle;
        let follows = timer.is_open() || (is_handle && !reworking);
        if follows && !(passed_down && is_handle) {
            respan(timer, scene.profile.span(*clock, urgency), scene);
        }
    }
    if let Some(rework) = assignment.reworks.last_mut() {
        respan(&mut rework.timer, scene.profile.span(ClockName::Rework, urgency), scene);
    }
}

/// A clock whose length does not depend on the urgency stays untouched.
fn respan(timer: &mut Timer, span: Span, scene: &Scene<'_>) {
    if timer.span != span {
        timer.recompute(span, scene.calendar);
    }
}
