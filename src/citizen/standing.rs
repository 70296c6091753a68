//! Citizen: what a citizen may know of a ticket that is theirs: who handles it, what comes next, by
//! when; the words said to them. Its rule: pure, made of what is meant for them alone; no clerk's
//! name, no note between units, nothing of another citizen.

use chrono_tz::Tz;

use super::acts::NAME;
use crate::code_enum;
use crate::directory::Unit;
use crate::error::sentence;
use crate::lifecycle::table;
use crate::limits::ClockName;
use crate::ticket::command::{CommandName, Target};
use crate::ticket::link::survey_window;
use crate::ticket::state::{Awaits, Closing};
use crate::ticket::{Scene, State, StateName, Ticket};
use crate::time::Stamp;

code_enum! {
    /// A day that concerns the citizen.
    pub enum Concern {
        Answer = "answer" "答复期限",
        Promise = "promise" "承诺日期",
        Survey = "survey" "评价截止",
    }
}

code_enum! {
    /// What a citizen may do at the door.
    pub enum Doing {
        Facts = "facts" "补充情况",
        Attachments = "attachments" "补充照片和材料",
        Urge = "urge" "催办",
        Withdraw = "withdraw" "撤回",
        Unsolved = "unsolved" "没解决",
        Survey = "survey" "评价",
    }
}

/// Something said to the citizen, or by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub at: Stamp,
    pub text: String,
    /// Whether the citizen said it.
    pub own: bool,
}

/// How the ticket stands, for its citizen.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    pub state: StateName,
    /// Where it stands, in a sentence; and what comes next.
    pub now: String,
    pub next: String,
    /// The unit that answers for it, with its published phones.
    pub unit: Option<&'a Unit>,
    pub limits: Vec<(Concern, Stamp)>,
    /// What was answered, once it may be said.
    pub reply: Option<Said>,
    pub notes: Vec<Said>,
    pub may: Vec<Doing>,
}

/// How `ticket` stands for its citizen; `scene.actor` is a citizen. `parent` is the one it was merged
/// into: its answer is an answer to everybody.
pub fn standing<'a>(ticket: &Ticket, parent: Option<&Ticket>, scene: &Scene<'a>) -> Standing<'a> {
    let told = parent.unwrap_or(ticket);
    let lead = told.final_lead().map(|(_, lead)| &lead.unit).filter(|_| told.was_dispatched());
    let unit = lead.and_then(|unit| scene.directory.unit(unit));
    let name = unit.map(|unit| unit.name.clone()).unwrap_or_default();
    let zone = scene.profile.zone;
    Standing {
        state: ticket.state.name(),
        now: now(ticket, told, &name),
        next: next(ticket, told, scene.now, zone),
        unit,
        limits: limits(ticket, scene),
        reply: reply(told),
        notes: notes(ticket),
        may: may((ticket, told), scene),
    }
}

fn now(ticket: &Ticket, told: &Ticket, unit: &str) -> String {
    let merged = matches!(ticket.state, State::Merged { .. });
    let word = |code| sentence(code, &[("unit", unit)]);
    match &told.state {
        State::Declined { reason, .. } => {
            sentence("public.now.declined", &[("reason", reason.zh())])
        }
        State::Diverted { service, .. } => sentence(
            "public.now.diverted",
            &[("service", service.zh()), ("number", service.as_str())],
        ),
        _ if merged && reply(told).is_none() => word("public.now.merged"),
        State::Accepted {} => word("public.now.accepted"),
        State::Consulting { .. } => word("public.now.consulting"),
        State::InUnits { .. } => word("public.now.in_units"),
        State::Replied { .. } => word("public.now.replied"),
        State::OnLedger { .. } => word("public.now.on_ledger"),
        State::Surveying { .. } => word("public.now.surveying"),
        State::Closed { .. } => word("public.now.closed"),
        State::Withdrawn { .. } => word("public.now.withdrawn"),
        // A parent is never merged itself.
        State::Merged { .. } => word("public.now.merged"),
    }
}

fn next(ticket: &Ticket, told: &Ticket, now: Stamp, zone: Tz) -> String {
    let word = |code| sentence(code, &[]);
    if ticket.withdrawal.is_some() {
        return word("public.next.withdrawal");
    }
    match &told.state {
        State::OnLedger { promised_on, .. } => {
            sentence("public.next.on_ledger", &[("day", &promised_on.to_string())])
        }
        State::Surveying { awaits: Awaits::Answer } => word("public.next.survey"),
        State::Surveying { awaits: Awaits::Triage } => word("public.next.triage"),
        State::Closed { how: Closing::Exhausted } => word("public.next.exhausted"),
        State::Closed { .. } => word("public.next.closed"),
        State::Declined { .. } | State::Diverted { .. } | State::Withdrawn { .. } => {
            word("public.next.ended")
        }
        _ => match due(ticket) {
            Some(due) if due >= now => {
                let by = due.in_zone(zone).format("%Y年%-m月%-d日%H:%M").to_string();
                sentence("public.next.answer", &[("by", &by)])
            }
            Some(_) => word("public.next.overdue"),
            None => word("public.next.working"),
        },
    }
}

fn due(ticket: &Ticket) -> Option<Stamp> {
    let overall = ticket.timers.get(&ClockName::Overall)?;
    (overall.is_open() && !overall.is_paused()).then_some(overall.due_at)
}

fn limits(ticket: &Ticket, scene: &Scene<'_>) -> Vec<(Concern, Stamp)> {
    let answer = due(ticket).map(|at| (Concern::Answer, at));
    let zone = scene.profile.zone;
    let promise = match ticket.state {
        State::OnLedger { promised_on, .. } => {
            Some((Concern::Promise, Stamp::end_of(promised_on, zone)))
        }
        _ => None,
    };
    let asked = matches!(ticket.state, State::Surveying { awaits: Awaits::Answer });
    let window = survey_window(ticket, scene.profile).filter(|_| asked);
    let survey = window.map(|(_, until)| (Concern::Survey, until));
    answer.into_iter().chain(promise).chain(survey).collect()
}

/// What was answered, as far as it may be said.
fn reply(ticket: &Ticket) -> Option<Said> {
    let answer = ticket.answer()?;
    Some(Said { at: answer.at, text: answer.text.to_owned(), own: false })
}

/// What was written for the citizen, and what the citizen wrote.
fn notes(ticket: &Ticket) -> Vec<Said> {
    let mine = |by: &str| by == NAME;
    let notes = ticket.notes.iter().filter(|note| note.public || mine(&note.by));
    notes.map(|note| Said { at: note.at, text: note.text.clone(), own: mine(&note.by) }).collect()
}

/// What the citizen may do to it; whoever was merged urges `told`, which is worked on.
fn may((ticket, told): (&Ticket, &Ticket), scene: &Scene<'_>) -> Vec<Doing> {
    let urged = table::allowed(told, scene, Target::default());
    let allowed = table::allowed(ticket, scene, Target::default());
    let reopens = ticket.ended_at().is_some_and(|at| {
        let days = i64::from(scene.profile.reopen_days);
        scene.now.millis_since(at) <= days * 86_400_000
    });
    let closed = matches!(ticket.state, State::Closed { .. });
    Doing::ALL
        .iter()
        .copied()
        .filter(|doing| match doing {
            // A photo tells as a fact does.
            Doing::Facts | Doing::Attachments => allowed.contains(&CommandName::Note),
            Doing::Urge => urged.contains(&CommandName::Urge),
            Doing::Withdraw => allowed.contains(&CommandName::Withdraw),
            Doing::Survey => allowed.contains(&CommandName::Survey),
            Doing::Unsolved => closed && reopens || allowed.contains(&CommandName::Survey),
        })
        .collect()
}
