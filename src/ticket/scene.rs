//! Ticket: what a decision may look at besides the ticket: the instant, the actor, the rules.

use crate::directory::{Directory, Kind, UnitCode, Urgency};
use crate::identity::Actor;
use crate::limits::span::MINUTE_MS;
use crate::limits::{Calendar, ClockName, Profile, Span, Timer};
use crate::time::Stamp;

/// Whether a person acts now, or a history is being moved in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Live,
    /// Times in the past are taken as they are; windows and attempt rules refuse nothing.
    History,
}

/// The instant, the actor and the rules of one decision. Nothing in it reads a clock or a database.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub now: Stamp,
    pub actor: &'a Actor,
    pub profile: &'a Profile,
    pub calendar: &'a Calendar,
    pub directory: &'a Directory,
    pub mode: Mode,
}

impl Scene<'_> {
    /// `name@version` of the profile in force.
    pub fn profile_tag(&self) -> String {
        self.profile.id()
    }

    /// Starts clock `clock` for a ticket of `urgency` at `starts_at`.
    pub fn start(&self, clock: ClockName, urgency: Urgency, starts_at: Stamp) -> Timer {
        self.start_span(clock, self.profile.span(clock, urgency), starts_at, None)
    }

    /// Starts `clock` with a given span, never later than `cap`.
    pub fn start_span(
        &self,
        clock: ClockName,
        span: Span,
        starts_at: Stamp,
        cap: Option<Stamp>,
    ) -> Timer {
        Timer::start(clock, span, starts_at, cap, &self.profile_tag(), self.calendar)
    }

    /// Minutes of the working hours in force that are left of `timer`; below zero, that have passed since it was due.
    pub fn working_minutes(&self, timer: &Timer) -> i64 {
        timer.working_left(self.now, self.calendar, &self.profile.working_hours) / MINUTE_MS
    }

    /// The name of `unit`'s head on the day of `now`.
    pub fn head_of(&self, unit: &UnitCode) -> Option<String> {
        let day = self.now.day(self.calendar.zone());
        self.directory.head_on(unit, day).map(str::to_owned)
    }

    /// The class a ticket of `kind` has unless a reviewer chose another.
    pub fn class_of(&self, kind: Kind) -> super::Class {
        super::Class { class: self.profile.assessment.class.of(kind), chosen: false }
    }
}
