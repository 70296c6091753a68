//! What-if: the facts of a period as another profile would have them. Its rule: pure; a setting that both profiles share
//! leaves every fact as it was recorded, and a limit that its own rule does not give again is left and counted.

use std::collections::BTreeSet;

use crate::assessment::facts::{AssignmentFact, Facts, Run, Sym, TicketFact};
use crate::directory::Urgency;
use crate::limits::replay::{Outcome, replayed};
use crate::limits::{Calendar, ClockName, Profile, Rulebook, Span, Timer};
use crate::ticket::{Assignment, Ticket};

/// The clocks of a unit that figures count.
const CLOCKS: [ClockName; 4] =
    [ClockName::Sign, ClockName::Contact, ClockName::Handle, ClockName::Rework];

/// From one profile to another.
pub struct Replay<'a> {
    /// Under which the figures were made.
    pub base: &'a Rulebook,
    pub tried: &'a Rulebook,
    /// By which calendar limits of a profile were counted, by its id.
    pub calendar_of: &'a dyn Fn(&str) -> &'a Calendar,
    /// How many limits and handling times were left as they were recorded.
    pub kept: u64,
}

impl Replay<'_> {
    /// Whether the documents of tickets are needed: facts alone do not say from where a limit ran.
    pub fn reads_tickets(&self) -> bool {
        let (base, tried) = (&self.base.profile.assessment, &self.tried.profile.assessment);
        self.moves_limits()
            || self.moves_hours()
            || (&base.class, base.direct_class) != (&tried.class, tried.direct_class)
    }

    /// Whether a limit of some urgency is another one.
    pub fn moves_limits(&self) -> bool {
        let differs = |clock: &ClockName| {
            Urgency::ALL.iter().any(|urgency| self.span(*clock, *urgency).is_some())
        };
        CLOCKS.iter().any(differs)
    }

    fn counts_otherwise(&self) -> bool {
        let counts = |profile: &Profile| (profile.zone, profile.cutoff);
        counts(&self.base.profile) != counts(&self.tried.profile)
    }

    fn moves_hours(&self) -> bool {
        let (base, tried) = (&self.base.profile, &self.tried.profile);
        (&base.working_hours, base.zone) != (&tried.working_hours, tried.zone)
    }

    /// The length tried, where the profiles differ about it.
    fn span(&self, clock: ClockName, urgency: Urgency) -> Option<Span> {
        let tried = self.tried.profile.span(clock, urgency);
        (self.counts_otherwise() || tried != self.base.profile.span(clock, urgency))
            .then_some(tried)
    }

    /// What needs no ticket: exclusions for a reason that the other profile does not know, and answers to whistles.
    pub fn facts(&mut self, facts: &mut Facts) {
        let codes = |profile: &Profile| -> BTreeSet<String> {
            profile.assessment.exclusions.iter().map(|it| it.code.clone()).collect()
        };
        let (known, tried) = (codes(&self.base.profile), codes(&self.tried.profile));
        let gone: BTreeSet<Sym> =
            known.difference(&tried).filter_map(|code| facts.names.find(code)).collect();
        let counts = |excluded: &mut Sym| {
            if gone.contains(excluded) {
                *excluded = Sym::NONE;
            }
        };
        facts.tickets.iter_mut().for_each(|it| counts(&mut it.excluded));
        facts.assignments.iter_mut().for_each(|it| counts(&mut it.excluded));
        facts.contacts.iter_mut().for_each(|it| counts(&mut it.excluded));
        facts.whistles.iter_mut().for_each(|it| counts(&mut it.excluded));
        facts.ledger.iter_mut().for_each(|it| counts(&mut it.excluded));
        let (base, tried) = (self.base, self.tried);
        if self.span(ClockName::ReportIn, Urgency::General).is_some() {
            for whistle in &mut facts.whistles {
                let due = |book: &Rulebook| {
                    book.profile.report_in.0.due(whistle.called_at, &book.calendar)
                };
                if due(base) == whistle.due_at {
                    whistle.due_at = due(tried);
                } else {
                    self.kept += 1;
                }
            }
        }
    }

    /// The class of `ticket`, where nobody chose it, and how long it was handled.
    pub fn ticket(&mut self, ticket: &Ticket, fact: &mut TicketFact) {
        let class = |profile: &Profile| match ticket.direct {
            Some(_) => profile.assessment.direct_class,
            None => profile.assessment.class.of(ticket.kind),
        };
        let (base, tried) = (class(&self.base.profile), class(&self.tried.profile));
        if !ticket.class.chosen && base != tried {
            fact.class = tried;
        }
        let passed = ticket.first_passed_at.or_else(|| ticket.direct.as_ref().map(|it| it.at));
        if let (Some(end), Some(recorded), true) = (passed, fact.handled_ms, self.moves_hours()) {
            let worked = |book: &Rulebook| {
                ticket.worked_until(end, &book.profile.working_hours, &book.calendar)
            };
            if worked(self.base) == recorded {
                fact.handled_ms = Some(worked(self.tried));
            } else {
                self.kept += 1;
            }
        }
    }

    /// The limits of one assignment of a ticket of `urgency`.
    pub fn assignment(&mut self, urgency: Urgency, of: &Assignment, fact: &mut AssignmentFact) {
        if fact.is_sub {
            return;
        }
        for (clock, due_at) in [
            (ClockName::Sign, &mut fact.sign_due_at),
            (ClockName::Contact, &mut fact.contact_due_at),
        ] {
            if let Some(outcome) = self.limit(clock, urgency, of.timers.get(&clock)) {
                *due_at = Some(outcome.due_at);
            }
        }
        let handle = of.timers.get(&ClockName::Handle);
        // A miss that stands on the assignment and not on its clock cannot be counted anew.
        if of.handle_missed && !handle.is_some_and(|timer| timer.missed) {
            self.kept += u64::from(self.span(ClockName::Handle, urgency).is_some());
        } else if let Some(outcome) = self.limit(ClockName::Handle, urgency, handle) {
            run(&mut fact.handle, outcome);
        }
        for (rework, run_of) in of.reworks.iter().zip(&mut fact.reworks) {
            if let Some(outcome) = self.limit(ClockName::Rework, urgency, Some(&rework.timer)) {
                run(run_of, outcome);
            }
        }
    }

    /// What a limit comes to; nothing where it stays as it was recorded.
    fn limit(
        &mut self,
        clock: ClockName,
        urgency: Urgency,
        timer: Option<&Timer>,
    ) -> Option<Outcome> {
        let (timer, span) = (timer?, self.span(clock, urgency)?);
        if matches!(timer.span, Span::Until { .. }) {
            return None; // set by a person
        }
        let own = (self.calendar_of)(&timer.profile);
        if replayed(timer, timer.span, own) != Outcome::of(timer) {
            self.kept += 1;
            return None;
        }
        Some(replayed(timer, span, &self.tried.calendar))
    }
}

fn run(run: &mut Run, outcome: Outcome) {
    (run.due_at, run.missed) = (Some(outcome.due_at), outcome.missed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::figures::city::City;
    use crate::limits::InForce;
    use crate::limits::length::Length;
    use crate::limits::profile::builtin;
    use crate::ticket::Part;
    use crate::time::Stamp;

    fn book(profile: Profile) -> Rulebook {
        InForce::trial(&crate::directory::Directory::of([]), profile)
    }

    fn at(text: &str) -> Stamp {
        Stamp::parse(&format!("2026-03-{text}:00+08:00")).unwrap()
    }

    /// Sent on Monday the 2nd, signed on the 3rd, answered on Friday.
    fn sent(base: &Rulebook) -> Assignment {
        let mut sent = Assignment::sent("wuye".into(), None, Part::Lead, at("02T10:00"));
        for (clock, stop) in [
            (ClockName::Sign, at("03T09:00")),
            (ClockName::Contact, at("03T09:30")),
            (ClockName::Handle, at("06T10:00")),
        ] {
            let span = base.profile.span(clock, Urgency::General);
            let id = base.profile.id();
            let mut timer = Timer::start(clock, span, sent.sent_at, None, &id, &base.calendar);
            timer.stop(stop);
            sent.timers.insert(clock, timer);
        }
        sent
    }

    fn fact(of: &Assignment) -> AssignmentFact {
        let mut city = City::default();
        let due = |clock: ClockName| of.timers.get(&clock).map(|it| it.due_at);
        let stop = |clock: ClockName| of.timers.get(&clock).and_then(|it| it.stopped_at);
        let mut fact = city.lead("wuye").clone();
        fact.sent_at = of.sent_at;
        (fact.sign_due_at, fact.signed_at) = (due(ClockName::Sign), stop(ClockName::Sign));
        (fact.contact_due_at, fact.contacted_at) =
            (due(ClockName::Contact), stop(ClockName::Contact));
        fact.handle.due_at = due(ClockName::Handle);
        fact.handle.stopped_at = stop(ClockName::Handle);
        fact
    }

    fn length(text: &str) -> Length {
        Length::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_profile_that_says_the_same_moves_nothing() {
        let base = book(builtin("default").unwrap());
        let calendar_of = |_: &str| &base.calendar;
        let mut same = Replay { base: &base, tried: &base, calendar_of: &calendar_of, kept: 0 };
        assert!(!same.reads_tickets());
        let (of, mut city) = (sent(&base), City::default());
        city.answers("wuye", 3, 5);
        let (before, mut after) = (fact(&of), fact(&of));
        same.assignment(Urgency::General, &of, &mut after);
        assert_eq!((before.handle, before.sign_due_at), (after.handle, after.sign_due_at));
        let untouched = format!("{:?}", city.facts);
        same.facts(&mut city.facts);
        assert_eq!(format!("{:?}", city.facts), untouched);
        assert_eq!(same.kept, 0);
    }

    #[test]
    fn shorter_limits_are_counted_from_where_they_began() {
        let base = book(builtin("default").unwrap());
        let mut profile = base.profile.clone();
        profile.clocks.handle.general = length("3 workdays");
        profile.clocks.contact.general = length("12h");
        let tried = book(profile);
        let calendar_of = |_: &str| &base.calendar;
        let mut replay = Replay { base: &base, tried: &tried, calendar_of: &calendar_of, kept: 0 };
        assert!(replay.reads_tickets() && replay.moves_limits());
        let of = sent(&base);
        let mut after = fact(&of);
        replay.assignment(Urgency::General, &of, &mut after);
        let due = after.handle.due_at.unwrap();
        assert_eq!((due.plus_millis(1), after.handle.missed), (at("06T00:00"), true));
        assert_eq!(after.contact_due_at, Some(at("02T22:00")));
        assert_eq!(after.sign_due_at, fact(&of).sign_due_at, "both say the same of it");
        // Another urgency's limits are as they were.
        let mut other = fact(&of);
        replay.assignment(Urgency::Complex, &of, &mut other);
        assert_eq!(other.handle, fact(&of).handle);
    }

    #[test]
    fn a_limit_that_its_own_rule_does_not_give_again_is_left_and_counted() {
        let base = book(builtin("default").unwrap());
        let mut profile = base.profile.clone();
        profile.clocks.handle.general = length("3 workdays");
        let tried = book(profile);
        let calendar_of = |_: &str| &base.calendar;
        let mut replay = Replay { base: &base, tried: &tried, calendar_of: &calendar_of, kept: 0 };
        let mut of = sent(&base);
        let handle = of.timers.get_mut(&ClockName::Handle).unwrap();
        handle.due_at = handle.due_at.plus_millis(1);
        let mut after = fact(&of);
        replay.assignment(Urgency::General, &of, &mut after);
        assert_eq!((after.handle, replay.kept), (fact(&of).handle, 1));
    }

    #[test]
    fn what_left_for_a_reason_that_is_not_known_comes_back() {
        let base = book(builtin("default").unwrap());
        let mut profile = base.profile.clone();
        profile.assessment.exclusions.retain(|it| it.code != "force_majeure");
        let tried = book(profile);
        let calendar_of = |_: &str| &base.calendar;
        let mut replay = Replay { base: &base, tried: &tried, calendar_of: &calendar_of, kept: 0 };
        let mut city = City::default();
        let [gone, stays] =
            ["force_majeure", "vexatious"].map(|code| city.facts.names.intern(code));
        city.ticket("a").excluded = gone;
        city.ticket("a").excluded = stays;
        city.lead("a").excluded = gone;
        replay.facts(&mut city.facts);
        let tickets: Vec<Sym> = city.facts.tickets.iter().map(|it| it.excluded).collect();
        assert_eq!(
            (tickets, city.facts.assignments[0].excluded),
            (vec![Sym::NONE, stays], Sym::NONE)
        );
    }
}
