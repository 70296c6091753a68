//! Notices: what a letter may say to whom. Its rule: staff read numbers, codes and masked words, and a
//! handling copy not even those; only the citizen reads the reply and the six digits.

use chrono::Datelike;

use super::letter::{Due, Facts, Promised, Source};
use super::plan::{self, Occasion};
use super::settings::Settings;
use super::store::Letter;
use crate::directory::{Directory, Urgency};
use crate::error::sentence;
use crate::limits::ClockName;
use crate::sealing::mask_text;
use crate::ticket::assignment::DisputeOutcome;
use crate::ticket::sight::gets_handling_copy;
use crate::ticket::{Assignment, Cited, Noted, Ticket};
use crate::time::Stamp;

/// A ticket as letters speak of it.
pub struct Case<'a> {
    pub ticket: &'a Ticket,
    /// The ticket it was merged into, whose reply answers it too.
    pub parent: Option<&'a Ticket>,
    pub directory: &'a Directory,
    pub settings: &'a Settings,
}

/// Whoever gets a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// In whose place.
    pub principal: Option<String>,
}

impl Case<'_> {
    /// What a letter to a member of staff may say.
    pub fn to_staff(&self, letter: &Letter, person: &Person) -> Facts {
        let (ticket, directory) = (self.ticket, self.directory);
        let k = letter.assignment.and_then(|k| u32::try_from(k).ok());
        let assignment = k.and_then(|k| ticket.assignments.get(&k));
        let unit = letter.unit.as_ref();
        let is_copy = unit.is_some_and(|unit| gets_handling_copy(ticket, unit, directory));
        let title = (!is_copy && !ticket.is_sealed())
            .then(|| mask_text(&ticket.title, &ticket.names()))
            .filter(|title| !title.is_empty());
        let mut facts = self.plain(letter.occasion, person);
        if letter.occasion == Occasion::Warning {
            return self.of_warning(facts, letter);
        }
        facts.title = title;
        facts.unit = unit.map(|unit| self.unit_name(unit));
        facts.part = assignment.map_or_else(String::new, |it| it.part.zh().to_owned());
        facts.upheld = assignment
            .and_then(|it| it.disputes.last())
            .is_some_and(|dispute| dispute.outcome == DisputeOutcome::Upheld);
        self.limits_of(&mut facts, letter, assignment);
        facts.link = format!("{}/tickets/{}", self.settings.url, ticket.no);
        facts
    }

    /// A warning is about a place and a matter: no title, and no ticket that its receiver may not know.
    fn of_warning(&self, facts: Facts, letter: &Letter) -> Facts {
        let rule = letter.limit_name.as_deref().unwrap_or_default();
        Facts {
            limit: Some(sentence(&format!("warning.rule.{rule}"), &[])),
            unit: letter.unit.as_ref().map(|unit| self.unit_name(unit)),
            link: format!("{}/warnings", self.settings.url),
            ..facts
        }
    }

    /// What a letter to whoever asked may say. Who wants secrecy gets no words of the case by mail,
    /// and not the digits that show them.
    pub fn to_citizen(&self, occasion: Occasion, survey_link: Option<String>) -> Facts {
        let ticket = self.ticket;
        let name = ticket.caller.name.as_ref().map(|name| name.as_str().to_owned());
        let name = name.filter(|_| !ticket.caller.anonymous);
        let person = Person { name: name.unwrap_or_else(|| "市民".to_owned()), principal: None };
        let mut facts = self.plain(occasion, &person);
        let overall = ticket.timers.get(&ClockName::Overall);
        facts.due = overall.map(|timer| self.instant(timer.due_at));
        facts.survey_link = survey_link;
        // Mail is read by whoever shares the box: with the digits they would see all of the case.
        if ticket.caller.confidential {
            return facts;
        }
        facts.code = ticket.code.as_ref().map(|code| code.say().to_owned());
        facts.tail = ticket.lent_tail().map(str::to_owned);
        let source = self.parent.unwrap_or(ticket);
        let answer = source.answer();
        // Another caller's answer may name that caller: theirs are masked in it.
        let told = |text: &str| match self.parent {
            Some(parent) => mask_text(text, &parent.names()),
            None => text.to_owned(),
        };
        facts.reply = answer.map(|answer| told(answer.text));
        facts.promise = answer.and_then(|answer| answer.promise).map(|promise| Promised {
            what: told(&promise.what),
            on: format!("{}月{}日", promise.on.month(), promise.on.day()),
        });
        let cited = answer.map(|answer| answer.cited).unwrap_or_default();
        let source_of =
            |it: &Cited| Some(Source { title: it.title.clone()?, no: it.policy_no.clone() });
        facts.sources = cited.iter().filter_map(source_of).collect();
        let lead = source.final_lead().map(|(_, lead)| &lead.unit);
        facts.unit = lead.map(|unit| self.unit_name(unit));
        facts
    }

    fn plain(&self, occasion: Occasion, person: &Person) -> Facts {
        let (ticket, directory) = (self.ticket, self.directory);
        let category = ticket.category.as_ref().and_then(|code| directory.category(code));
        let estate = ticket.estate().and_then(|code| directory.estate(code));
        Facts {
            site: self.settings.site.clone(),
            name: person.name.clone(),
            principal: person.principal.clone(),
            occasion: occasion.zh().to_owned(),
            no: ticket.no.clone(),
            kind: ticket.kind.zh().to_owned(),
            urgency: ticket.urgency.zh().to_owned(),
            serious: ticket.urgency == Urgency::Emergency || occasion == Occasion::Overdue,
            category: category.map(|it| it.name.clone()),
            estate: estate.map(|it| it.name.clone()),
            received: self.instant(ticket.received_at),
            urges: ticket.urges.len(),
            ..Facts::default()
        }
    }

    /// The limit a letter is about, or those that a unit has to keep, signing first.
    fn limits_of(&self, facts: &mut Facts, letter: &Letter, assignment: Option<&Assignment>) {
        if let Some(limit) = &letter.limit_name {
            if let Some(rung) = plan::rung(self.ticket, limit) {
                facts.limit = Some(rung.step.zh().to_owned());
                facts.due = rung.due_at.map(|due| self.instant(due));
                return;
            }
            let mut copy = self.ticket.clone();
            let every = copy.every_limit();
            if let Some(named) = every.iter().find(|named| named.limit == *limit) {
                facts.limit = Some(named.timer.clock.zh().to_owned());
                facts.due = Some(self.instant(named.timer.due_at));
                let told = self.ticket.noted.get(limit).map(|told| told.what);
                facts.serious |= told == Some(Noted::Overdue);
            }
            return;
        }
        let Some(assignment) = assignment else { return };
        let of = |clock: ClockName| assignment.timers.get(&clock).filter(|timer| timer.is_open());
        let rework = assignment.reworks.last().map(|rework| &rework.timer);
        for clock in [ClockName::Sign, ClockName::Contact, ClockName::Handle] {
            let timer = match rework {
                Some(rework) if clock == ClockName::Handle => Some(rework),
                _ => of(clock),
            };
            if let Some(timer) = timer {
                let name = timer.clock.zh().to_owned();
                facts.limits.push(Due { name, due: self.instant(timer.due_at) });
            }
        }
        let first = match letter.occasion {
            Occasion::Dispatched | Occasion::Designated => facts.limits.first(),
            _ => facts.limits.last(),
        };
        facts.due = first.map(|due| due.due.clone());
    }

    fn unit_name(&self, unit: &crate::directory::UnitCode) -> String {
        self.directory.unit(unit).map_or_else(|| unit.to_string(), |it| it.name.clone())
    }

    fn instant(&self, at: Stamp) -> String {
        instant(at, self.settings)
    }
}

/// `11月9日17时30分`; the end of a day is said as the day.
pub fn instant(at: Stamp, settings: &Settings) -> String {
    let there = at.in_zone(settings.zone);
    let time = there.format("%H:%M").to_string();
    let day = format!("{}年{}月{}日", there.year(), there.month(), there.day());
    if time == "23:59" { format!("{day}24时") } else { format!("{day}{time}") }
}
