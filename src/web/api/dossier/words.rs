//! Web, dossier: codes in words. Its rule: names of the directory and of closed lists alone; what somebody typed goes
//! through the ticket's masks.

use serde::Serialize;

use crate::directory::{Directory, UnitCode};
use crate::identity::Actor;
use crate::lifecycle::Rules;
use crate::limits::Timer;
use crate::papers::when;
use crate::ticket::overlay::Attempt;
use crate::ticket::sight::{Sight, sees_attachment, sight};
use crate::ticket::{Assignment, Ticket};
use crate::time::Stamp;

/// A ticket's codes in words.
#[derive(Serialize)]
pub struct Named {
    kind: &'static str,
    channel: &'static str,
    urgency: &'static str,
    state: &'static str,
    category: Option<String>,
    region: Option<String>,
    estate: Option<String>,
    company: Option<String>,
    lead: Option<String>,
    received: String,
    ended: Option<String>,
    class: &'static str,
    assignments: Vec<Work>,
    surveys: Vec<Survey>,
    exclusion: Option<Exclusion>,
    supervisions: Vec<Supervision>,
    ledgers: Vec<Ledger>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct Work {
    id: String,
    unit: String,
    part: &'static str,
    state: &'static str,
    designated: bool,
    sent: String,
    extensions: Vec<String>,
    contacts: Vec<String>,
    reply: Option<String>,
}

#[derive(Serialize)]
struct Survey {
    /// 首次, 末次
    which: &'static str,
    at: String,
    way: &'static str,
    contacted: &'static str,
    solved: &'static str,
    satisfied: &'static str,
    bottom_line: Vec<&'static str>,
    comment: Option<String>,
}

#[derive(Serialize)]
struct Exclusion {
    reason: &'static str,
    stage: &'static str,
    asked: String,
    evidence: Option<String>,
    decision: Option<String>,
    appeal: Option<String>,
}

#[derive(Serialize)]
struct Supervision {
    step: &'static str,
    opened: String,
    unit: Option<String>,
    due: Option<String>,
    text: Option<String>,
    answer: Option<String>,
    /// Of a joint one.
    others: Vec<Joined>,
    result: Option<String>,
}

#[derive(Serialize)]
struct Joined {
    unit: String,
    answer: Option<String>,
}

#[derive(Serialize)]
struct Ledger {
    stage: &'static str,
    promised: String,
    grounds: Option<String>,
    plan: Option<String>,
}

#[derive(Serialize)]
struct File {
    kind: &'static str,
    name: String,
    at: String,
    by: String,
    gone: Option<&'static str>,
}

/// The name of a unit.
pub fn unit(directory: &Directory, code: &UnitCode) -> String {
    directory.unit(code).map_or_else(|| code.to_string(), |it| it.name.clone())
}

/// How a limit stands.
pub fn stands(timer: &Timer, now: Stamp) -> &'static str {
    match (timer.missed || timer.overdue(now), timer.stopped_at) {
        (true, Some(_)) => "超时完成",
        (true, None) => "已超时",
        (false, Some(_)) => "按时完成",
        (false, None) if timer.is_paused() => "暂停计时",
        (false, None) => "未到期",
    }
}

/// The ticket in words, as `actor` may see it.
pub fn named(ticket: &Ticket, rules: &Rules, (actor, now): (&Actor, Stamp)) -> Named {
    let directory = &rules.directory;
    let seen = sight(ticket, actor, directory);
    let said = Said { ticket, rules, is_copy: seen == Sight::HandlingCopy };
    let category = ticket.category.as_ref().and_then(|code| directory.category(code));
    let estate = ticket.estate().and_then(|code| directory.estate(code));
    let region = ticket.region().and_then(|code| directory.region(code));
    let company = ticket.company.as_ref().and_then(|code| directory.company(code));
    let files = ticket.attachments.iter().filter(|(_, one)| sees_attachment(seen, actor, one));
    let file = |(k, one): (&u32, &crate::ticket::Attachment)| File {
        kind: one.kind.zh(),
        name: crate::web::api::attached::name_of(ticket, *k, one),
        at: said.at(one.at),
        by: one.by.clone(),
        gone: one.gone.map(|why| why.zh()),
    };
    let work = |(k, one): (&u32, &Assignment)| said.work(*k, one);
    // The rest stands on the page from the ticket itself.
    Named {
        kind: ticket.kind.zh(),
        channel: ticket.channel.zh(),
        urgency: ticket.urgency.zh(),
        state: ticket.state.name().zh(),
        category: category.map(|it| it.name.clone()),
        region: region.map(|it| it.name.clone()),
        estate: estate.map(|it| it.name.clone()),
        company: company.map(|it| it.name.clone()),
        lead: ticket.final_lead().map(|(_, lead)| unit(directory, &lead.unit)),
        received: said.at(ticket.received_at),
        ended: ticket.ended_at().filter(|at| *at <= now).map(|at| said.at(at)),
        class: ticket.class.class.zh(),
        assignments: ticket.assignments.iter().map(work).collect(),
        surveys: said.surveys(),
        exclusion: said.exclusion(),
        supervisions: said.supervisions(),
        ledgers: said.ledgers(),
        files: files.map(file).collect(),
    }
}

struct Said<'a> {
    ticket: &'a Ticket,
    rules: &'a Rules,
    /// What was typed about the case is not for a handling copy.
    is_copy: bool,
}

impl Said<'_> {
    fn at(&self, at: Stamp) -> String {
        when::instant(at, self.rules.profile.zone)
    }

    fn text(&self, text: &str) -> Option<String> {
        (!self.is_copy).then(|| self.ticket.masked(text))
    }

    fn work(&self, k: u32, one: &Assignment) -> Work {
        let extension = |it: &crate::ticket::assignment::ExtensionRequest| {
            format!("申请延至{}，{}", when::date(it.until), it.stage.zh())
        };
        let contact = |it: &crate::ticket::assignment::Contact| {
            format!("{} {}", self.at(it.at), it.outcome.zh())
        };
        let contacts = one.contacts.iter().filter(|_| !self.is_copy);
        Work {
            id: self.ticket.assignment_id(k),
            unit: unit(&self.rules.directory, &one.unit),
            part: one.part.zh(),
            state: one.work.name().zh(),
            designated: one.designated,
            sent: self.at(one.sent_at),
            extensions: one.extensions.iter().map(extension).collect(),
            contacts: contacts.map(contact).collect(),
            reply: one.reply.as_ref().map(|text| self.ticket.masked(text)),
        }
    }

    fn surveys(&self) -> Vec<Survey> {
        let (first, last) = self.ticket.valid_surveys();
        let both = [("首次", first), ("末次", last.filter(|_| last != first))];
        let shown = |(which, attempt): (&'static str, Option<&Attempt>)| {
            let attempt = attempt?;
            let (contacted, solved, satisfied) = attempt.answers()?;
            Some(Survey {
                which,
                at: self.at(attempt.at),
                way: attempt.way.zh(),
                contacted: contacted.zh(),
                solved: solved.zh(),
                satisfied: satisfied.zh(),
                bottom_line: attempt.bottom_line.iter().map(|flag| flag.zh()).collect(),
                comment: attempt.comment.as_ref().and_then(|text| self.text(text)),
            })
        };
        both.into_iter().filter_map(shown).collect()
    }

    fn exclusion(&self) -> Option<Exclusion> {
        let asked = self.ticket.exclusion.as_ref()?;
        Some(Exclusion {
            reason: asked.reason.zh(),
            stage: asked.stage.zh(),
            asked: self.at(asked.asked_at),
            evidence: self.text(&asked.evidence),
            decision: asked.decision.as_ref().and_then(|text| self.text(text)),
            appeal: asked.appeal.as_ref().and_then(|text| self.text(text)),
        })
    }

    fn supervisions(&self) -> Vec<Supervision> {
        let joined = |one: &crate::ticket::overlay::Joined| Joined {
            unit: unit(&self.rules.directory, &one.unit),
            answer: one.answer.as_ref().and_then(|it| self.text(&it.text)),
        };
        let shown = |one: &crate::ticket::overlay::Supervision| Supervision {
            step: one.step.zh(),
            opened: self.at(one.opened_at),
            unit: one.unit.as_ref().map(|code| unit(&self.rules.directory, code)),
            due: one.due_at.map(|at| self.at(at)),
            text: self.text(&one.text),
            answer: one.answer.as_ref().and_then(|it| self.text(&it.text)),
            others: one.others.iter().map(joined).collect(),
            result: one.result.as_ref().and_then(|it| self.text(&it.text)),
        };
        self.ticket.supervisions.values().map(shown).collect()
    }

    fn ledgers(&self) -> Vec<Ledger> {
        let shown = |one: &crate::ticket::overlay::Ledger| Ledger {
            stage: one.stage.zh(),
            promised: when::date(one.promised_on),
            grounds: self.text(&one.grounds),
            plan: self.text(&one.plan),
        };
        self.ticket.ledgers.iter().map(shown).collect()
    }
}
