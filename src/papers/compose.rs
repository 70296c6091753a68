//! Papers: what a paper may say to whom. Its rule: units read masked words, and of a case that is to be kept secret not
//! even those; the citizen reads the own name, the answer, and of another caller's answer the masked words.

use chrono_tz::Tz;

use super::PaperKind;
use super::facts::{Facts, Row, Source};
use super::subject::{Subject, decided};
use super::when::{date, day, instant};
use crate::directory::{Directory, UnitCode};
use crate::identity::Actor;
use crate::limits::{ClockName, Timer};
use crate::sealing::mask_text;
use crate::ticket::assignment::RequestStage;
use crate::ticket::overlay::{LedgerStage, Supervision};
use crate::ticket::sight::gets_handling_copy;
use crate::ticket::{Answer, Assignment, Cited, Part, State, Ticket};
use crate::time::Stamp;

/// A ticket as a paper speaks of it: as it was when the paper was made.
pub struct Case<'a> {
    pub ticket: &'a Ticket,
    /// The ticket it was merged into, whose reply answers it too.
    pub parent: Option<&'a Ticket>,
    /// The same as it is today: a name that was learned since is masked too, and what is kept secret by now is.
    pub present: &'a Ticket,
    pub directory: &'a Directory,
    /// Who reads it: of a letter to several units each reads its own.
    pub reader: &'a Actor,
    pub zone: Tz,
}

impl Case<'_> {
    /// The answer that whoever asked may be told.
    pub fn answer(&self) -> Option<Answer<'_>> {
        self.parent.unwrap_or(self.ticket).answer()
    }

    /// What a paper of `kind` says, without its number. What goes to a unit is masked; what goes to the citizen has the
    /// name in clear: a reveal.
    pub fn facts(&self, kind: PaperKind, subject: Subject, made_at: Stamp) -> Facts {
        let mut facts = self.plain();
        facts.date = day(made_at, self.zone);
        match kind {
            PaperKind::Assign => self.assign(&mut facts, subject),
            PaperKind::Supervise => self.supervise(&mut facts, subject, made_at),
            PaperKind::Extend => self.extend(&mut facts, subject),
            PaperKind::Decline => self.decline(&mut facts),
            PaperKind::Reply => self.reply(&mut facts),
            PaperKind::Ledger => {}
        }
        if kind.is_to_citizen() {
            let caller = &self.ticket.caller;
            let name = caller.name.as_ref().filter(|_| !caller.anonymous);
            facts.name = Some(name.map_or_else(|| "市民".to_owned(), |it| it.as_str().to_owned()));
        }
        facts
    }

    fn plain(&self) -> Facts {
        let (ticket, directory) = (self.ticket, self.directory);
        let category = ticket.category.as_ref().and_then(|code| directory.category(code));
        let estate = ticket.estate().and_then(|code| directory.estate(code));
        let region = ticket.region().and_then(|code| directory.region(code));
        let overall = ticket.timers.get(&ClockName::Overall);
        Facts {
            ticket: ticket.no.clone(),
            upstream: ticket.upstream.as_ref().map(|it| it.no.to_string()),
            kind: ticket.kind.zh().to_owned(),
            channel: ticket.channel.zh().to_owned(),
            urgency: ticket.urgency.zh().to_owned(),
            category: category.map(|it| it.name.clone()),
            estate: estate.map(|it| it.name.clone()),
            region: region.map(|it| it.name.clone()),
            received: instant(ticket.received_at, self.zone),
            received_on: day(ticket.received_at, self.zone),
            overall_due: overall.map(|timer| self.due(timer)),
            urges: ticket.urges.len(),
            ..Facts::default()
        }
    }

    /// Title and content for `unit`, masked: nothing of a case that is sealed, or of which it gets a handling copy.
    fn matter(&self, facts: &mut Facts, unit: &UnitCode) {
        if self.is_secret() || self.gets_copy(unit) {
            return;
        }
        let ticket = self.ticket;
        let told = |text: &str| Some(self.masked(text)).filter(|text| !text.is_empty());
        facts.title = told(&ticket.title);
        facts.content = told(&ticket.content);
    }

    fn assign(&self, facts: &mut Facts, subject: Subject) {
        let ticket = self.ticket;
        let Some(own) = subject.assignment.and_then(|k| ticket.assignments.get(&k)) else { return };
        self.matter(facts, &own.unit);
        facts.unit = Some(self.unit(&own.unit));
        facts.part = Some(own.part.zh().to_owned());
        facts.designated = own.designated;
        facts.sent = Some(instant(own.sent_at, self.zone));
        facts.assists = self.others(own, Part::Assist);
        let due = |clock: ClockName| own.timers.get(&clock).map(|timer| self.due(timer));
        facts.sign_due = due(ClockName::Sign);
        // Whoever gets a handling copy has no citizen to ring.
        facts.contact_due = due(ClockName::Contact).filter(|_| !self.gets_copy(&own.unit));
        let rework = own.reworks.last().map(|rework| self.due(&rework.timer));
        facts.handle_due = rework.or_else(|| due(ClockName::Handle));
    }

    fn supervise(&self, facts: &mut Facts, subject: Subject, made_at: Stamp) {
        let ticket = self.ticket;
        let Some(one) = subject.side.and_then(|id| ticket.supervisions.get(&id)) else { return };
        let Some(unit) = self.own_of(one) else { return };
        self.matter(facts, unit);
        facts.unit = Some(self.unit(unit));
        facts.step = Some(one.step.zh().to_owned());
        // What is typed about a case may repeat it.
        let is_told = !self.is_secret() && !self.gets_copy(unit);
        facts.text = Some(self.masked(&one.text)).filter(|_| is_told);
        facts.answer_due = one.due_at.map(|at| instant(at, self.zone));
        let mut own = ticket.assignments.values().rev();
        if let Some(own) = own.find(|a| a.unit == *unit && a.part != Part::Copy) {
            facts.sent = Some(instant(own.sent_at, self.zone));
            let handle = own.reworks.last().map(|it| &it.timer);
            let handle = handle.or_else(|| own.timers.get(&ClockName::Handle));
            facts.handle_due = handle.map(|timer| self.due(timer));
            facts.overdue = handle.is_some_and(|timer| timer.overdue(made_at));
        }
    }

    /// To which of the units that it is addressed to this letter goes: the reader's own, else one that the reader works
    /// for, else the first.
    fn own_of<'s>(&self, one: &'s Supervision) -> Option<&'s UnitCode> {
        let all = || one.addressed().map(|(unit, _)| unit);
        let own = all().find(|unit| self.reader.unit.as_ref() == Some(*unit));
        let own = own.or_else(|| all().find(|unit| self.reader.works_for(unit)));
        own.or_else(|| all().next())
    }

    fn extend(&self, facts: &mut Facts, subject: Subject) {
        let own = subject.assignment.and_then(|k| self.ticket.assignments.get(&k));
        let Some((own, request)) = own.and_then(|own| Some((own, decided(own)?))) else { return };
        facts.unit = Some(self.unit(&own.unit));
        facts.phones = self.phones(&own.unit);
        facts.granted = request.stage == RequestStage::Approved;
        facts.until = Some(date(request.until));
        facts.grounds = Some(mask_text(&request.grounds, &[]));
        let Some(handle) = own.timers.get(&ClockName::Handle) else { return };
        let before = handle.extensions.first().map(|extension| extension.from_due);
        facts.due_before = Some(day(before.unwrap_or(handle.due_at), self.zone));
    }

    fn decline(&self, facts: &mut Facts) {
        if let State::Declined { reason, .. } = &self.ticket.state {
            facts.reason_code = Some(reason.as_str().to_owned());
            facts.reason = Some(reason.zh().to_owned());
        }
    }

    fn reply(&self, facts: &mut Facts) {
        let Some(answer) = self.answer() else { return };
        // Another caller's answer may name that caller: theirs are masked in it.
        let told = |text: &str| match self.parent {
            Some(parent) => mask_text(text, &parent.names()),
            None => text.to_owned(),
        };
        let reply = told(answer.text);
        let lines = reply.lines().map(str::trim).filter(|line| !line.is_empty());
        facts.reply_lines = lines.map(str::to_owned).collect();
        facts.reply = Some(reply);
        facts.promise = answer.promise.map(|promise| told(&promise.what));
        facts.promise_on = answer.promise.map(|promise| date(promise.on));
        let source =
            |it: &Cited| Some(Source { title: it.title.clone()?, no: it.policy_no.clone() });
        facts.sources = answer.cited.iter().filter_map(source).collect();
        let lead = self.parent.unwrap_or(self.ticket).final_lead().map(|(_, lead)| &lead.unit);
        facts.unit = lead.map(|unit| self.unit(unit));
        facts.phones = lead.map(|unit| self.phones(unit)).unwrap_or_default();
    }

    /// Its line in a register.
    pub fn row(&self, nth: usize) -> Row {
        let (ticket, plain) = (self.ticket, self.plain());
        let lead = ticket.final_lead().map(|(_, lead)| lead);
        let title = (!self.is_secret()).then(|| self.masked(&ticket.title));
        let said = ticket.valid_surveys().1.and_then(|attempt| attempt.answers());
        Row {
            nth,
            ticket: plain.ticket,
            received: plain.received_on,
            channel: plain.channel,
            kind: plain.kind,
            category: plain.category,
            region: plain.region,
            estate: plain.estate,
            title: title.filter(|title| !title.is_empty()),
            lead: lead.map(|lead| self.unit(&lead.unit)),
            assists: lead
                .map(|lead| self.others(lead, Part::Assist))
                .unwrap_or_default()
                .join("、"),
            due: plain.overall_due,
            state: ticket.state.name().zh().to_owned(),
            ended: ticket.ended_at().map(|at| day(at, self.zone)),
            survey: said.map(|(contacted, solved, satisfied)| {
                format!("{}、{}、{}", contacted.zh(), solved.zh(), satisfied.zh())
            }),
            remark: self.remark(),
        }
    }

    fn remark(&self) -> String {
        let ticket = self.ticket;
        let mut remarks = Vec::new();
        if ticket.assignments.values().any(|a| !a.extensions.is_empty()) {
            remarks.push("延期".to_owned());
        }
        let ledger = ticket.ledgers.last().filter(|it| it.stage == LedgerStage::Running);
        if let Some(ledger) = ledger {
            remarks.push(format!("挂账至{}", date(ledger.promised_on)));
        }
        if let Some(one) = ticket.supervisions.values().next_back() {
            remarks.push(one.step.zh().to_owned());
        }
        if ticket.reworks() > 0 {
            remarks.push(format!("重办{}次", ticket.reworks()));
        }
        if ticket.is_excluded() {
            remarks.push("已剔除".to_owned());
        }
        remarks.join("；")
    }

    /// The names of the units beside `own` that work on it.
    fn others(&self, own: &Assignment, part: Part) -> Vec<String> {
        let all = self.ticket.assignments.values();
        let others = all.filter(|a| a.part == part && a.unit != own.unit && a.parent.is_none());
        others.filter(|a| !a.work.name().is_void()).map(|a| self.unit(&a.unit)).collect()
    }

    fn masked(&self, text: &str) -> String {
        let names = [self.ticket.names(), self.present.names()].concat();
        mask_text(text, &names)
    }

    fn is_secret(&self) -> bool {
        self.ticket.is_sealed() || self.present.is_sealed()
    }

    fn gets_copy(&self, unit: &UnitCode) -> bool {
        let both = [self.ticket, self.present];
        both.iter().any(|ticket| gets_handling_copy(ticket, unit, self.directory))
    }

    fn due(&self, timer: &Timer) -> String {
        instant(timer.due_at, self.zone)
    }

    fn unit(&self, unit: &UnitCode) -> String {
        self.directory.unit(unit).map_or_else(|| unit.to_string(), |it| it.name.clone())
    }

    fn phones(&self, unit: &UnitCode) -> Vec<String> {
        let phones = self.directory.unit(unit).map(|it| it.phones.as_slice()).unwrap_or_default();
        phones.iter().map(|phone| phone.number.clone()).collect()
    }
}
