//! Handling: hard cases with a plan and a promised day 挂账. Its rule: the clocks pause from the
//! approval; a missed promise lets them run again and opens a supervision (domain.md §3, §4).

use chrono::Months;

use super::reply::{check_ready, submit};
use crate::directory::Urgency;
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::Role;
use crate::limits::{ClockName, PauseReason, Span, Timer};
use crate::ticket::command::{Decide, LedgerBody, Reasoned, Spoken, WriteOff};
use crate::ticket::overlay::{Ledger, LedgerStage, Said, Step, Supervision};
use crate::ticket::sight::is_at_work;
use crate::ticket::state::{State, WorkName};
use crate::ticket::{Assignment, Reply, Scene, Ticket};
use crate::time::Stamp;

/// The unit asks for the ledger, with grounds, a plan and a promised day.
pub fn ask(ticket: &mut Ticket, scene: &Scene<'_>, body: &LedgerBody) -> Result<()> {
    check(scene, body)?;
    if current(ticket).is_some() {
        return Err(Error::refused("ledger.pending"));
    }
    if is_disputed(ticket) {
        return Err(Error::refused("ledger.disputed"));
    }
    let by_head = scene.actor.has(Role::UnitHead);
    ticket.ledgers.push(Ledger {
        grounds: body.grounds.to_string(),
        plan: body.plan.to_string(),
        promised_on: body.promised_at.0,
        asked_at: scene.now,
        asked_by: scene.actor.user,
        endorsed_by: None,
        stage: if by_head { LedgerStage::ToDecide } else { LedgerStage::ToEndorse },
        opened_at: None,
        ended_at: None,
        missed_at: None,
        timer: None,
        progress_timer: None,
        progress: Vec::new(),
        proof: None,
    });
    Ok(())
}

/// The promised day lies ahead, and not too far.
pub fn check(scene: &Scene<'_>, body: &LedgerBody) -> Result<()> {
    let today = scene.now.day(scene.calendar.zone());
    let latest = today + Months::new(scene.profile.ledger.max_months);
    if body.promised_at.0 <= today {
        return Err(Error::field("/promised_at", "field.in_past"));
    }
    if body.promised_at.0 > latest {
        let latest = latest.to_string();
        let wrong = FieldError::with("/promised_at", "ledger.too_long", &[("latest", &latest)]);
        return Err(Error::invalid(vec![wrong]));
    }
    Ok(())
}

/// The reviewer decides, who is nobody of a unit whose clocks it would stop, nor below one.
pub fn decide(ticket: &mut Ticket, scene: &Scene<'_>, body: &Decide) -> Result<()> {
    let State::InUnits { lead } = ticket.state else { return Err(Error::not_found()) };
    let is_own = is_at_work(ticket, scene.actor, scene.directory);
    if let Some(ledger) = current(ticket) {
        scene.actor.require_other_than(ledger.asked_by)?;
        ledger.endorsed_by.map_or(Ok(()), |head| scene.actor.require_other_than(head))?;
        if is_own {
            return Err(Error::new(Kind::Forbidden, "ledger.own_unit"));
        }
    }
    super::extension::require_reason(body)?;
    let Some(ledger) = current(ticket) else { return Err(Error::refused("ledger.none")) };
    if ledger.stage == LedgerStage::ToEndorse {
        return Err(Error::refused("request.not_endorsed"));
    }
    if !body.approve {
        ledger.stage = LedgerStage::Refused;
        return Ok(());
    }
    let promised_on = ledger.promised_on;
    if promised_on < scene.now.day(scene.calendar.zone()) {
        return Err(Error::refused("ledger.promise_over"));
    }
    if is_disputed(ticket) {
        return Err(Error::refused("ledger.disputed"));
    }
    let Some(ledger) = current(ticket) else { return Err(Error::refused("ledger.none")) };
    let until = Span::Until { at: Stamp::end_of(promised_on, scene.calendar.zone()) };
    ledger.stage = LedgerStage::Running;
    ledger.opened_at = Some(scene.now);
    ledger.timer = Some(scene.start_span(ClockName::Ledger, until, scene.now, None));
    ledger.progress_timer = next_progress(ledger, scene);
    for_paused_clocks(ticket, |timer| timer.pause(scene.now, PauseReason::Ledger));
    ticket.state = State::OnLedger { lead, promised_on };
    Ok(())
}

/// What happened since; due every 30 days ⚙.
pub fn progress(ticket: &mut Ticket, scene: &Scene<'_>, body: &Spoken) -> Result<()> {
    let Some(ledger) = current(ticket) else { return Err(Error::refused("ledger.none")) };
    let by = scene.actor.name.clone();
    ledger.progress.push(Said { at: scene.now, by, text: body.text.to_string() });
    if ledger.stage == LedgerStage::Running {
        ledger.progress_timer = next_progress(ledger, scene);
    }
    Ok(())
}

/// The limit of the next word about it, from now on; none where the promise is due before, or was missed.
fn next_progress(ledger: &Ledger, scene: &Scene<'_>) -> Option<Timer> {
    let span = scene.profile.span(ClockName::Progress, Urgency::General);
    let timer = scene.start_span(ClockName::Progress, span, scene.now, None);
    let promise = ledger.timer.as_ref().filter(|_| ledger.missed_at.is_none())?.due_at;
    (timer.due_at > scene.now && timer.due_at < promise).then_some(timer)
}

/// Both limits of it stop: nothing more is owed about it.
fn stop(ledger: &mut Ledger, at: Stamp) {
    let both = ledger.timer.iter_mut().chain(&mut ledger.progress_timer);
    both.filter(|timer| timer.is_open()).for_each(|timer| timer.stop(at));
}

/// The unit proves that it is done; the reviewer's pass writes it off.
pub fn write_off(ticket: &mut Ticket, scene: &Scene<'_>, body: &WriteOff) -> Result<()> {
    let State::OnLedger { lead, .. } = ticket.state else { return Err(Error::not_found()) };
    if let Some(assignment) = ticket.assignments.get(&lead) {
        check_ready(assignment, scene)?;
    }
    resume(ticket, scene);
    let Some(ledger) = current(ticket) else { return Err(Error::refused("ledger.none")) };
    ledger.stage = LedgerStage::ProvenDone;
    ledger.proof = Some(body.proof.to_string());
    stop(ledger, scene.now);
    if let Some(assignment) = ticket.assignments.get_mut(&lead) {
        submit(assignment, scene);
        assignment.reply = Some(body.proof.to_string());
        assignment.replied_by = Some(scene.actor.user);
    }
    ticket.reply = Some(Reply {
        at: scene.now,
        by: scene.actor.user,
        text: body.proof.to_string(),
        assists_summary: None,
        promise: None,
        cited: Vec::new(),
    });
    ticket.state = State::Replied { lead };
    Ok(())
}

/// Back to ordinary work: the clocks run again.
pub fn cancel(ticket: &mut Ticket, scene: &Scene<'_>, _body: &Reasoned) -> Result<()> {
    let State::OnLedger { lead, .. } = ticket.state else { return Err(Error::not_found()) };
    resume(ticket, scene);
    if let Some(ledger) = current(ticket) {
        ledger.stage = LedgerStage::Cancelled;
        ledger.ended_at = Some(scene.now);
        stop(ledger, scene.now);
    }
    ticket.state = State::InUnits { lead };
    Ok(())
}

/// The promised day has passed: the clocks resume and a supervision opens; the ticket stays on
/// the ledger. Found by the sweep.
pub fn promise_missed(ticket: &mut Ticket, scene: &Scene<'_>) -> Result<()> {
    let State::OnLedger { lead, .. } = ticket.state else { return Err(Error::not_found()) };
    let Some(ledger) = current(ticket) else { return Err(Error::refused("ledger.none")) };
    let due_at = ledger.timer.as_ref().map_or(Stamp::MAX, |timer| timer.due_at);
    if ledger.missed_at.is_some() || scene.now <= due_at {
        return Err(Error::refused("ledger.not_missed"));
    }
    ledger.missed_at = Some(scene.now);
    resume(ticket, scene);
    let unit = ticket.assignments.get(&lead).map(|a| a.unit.clone());
    let id = ticket.supervisions.keys().next_back().map_or(1, |last| last + 1);
    ticket.supervisions.insert(
        id,
        Supervision {
            step: Step::Supervise,
            text: crate::error::sentence("ledger.promise_missed", &[]),
            opened_at: scene.now,
            opened_by: scene.actor.user,
            unit,
            due_at: super::supervision::answer_due(scene, Step::Supervise),
            answer: None,
            others: Vec::new(),
            result: None,
        },
    );
    Ok(())
}

fn resume(ticket: &mut Ticket, scene: &Scene<'_>) {
    for_paused_clocks(ticket, |timer| timer.resume(scene.now, scene.calendar));
}

/// The clocks that a ledger pauses: overall, and the handle clock of every unit still at work.
fn for_paused_clocks(ticket: &mut Ticket, mut change: impl FnMut(&mut Timer)) {
    let overall = ticket.timers.get_mut(&ClockName::Overall);
    let units = ticket.assignments.values_mut().filter(|a| a.is_live());
    overall
        .into_iter()
        .chain(units.filter_map(Assignment::running_handle))
        .filter(|timer| timer.is_open())
        .for_each(&mut change);
}

/// Whether the lead says that the ticket is not its own.
fn is_disputed(ticket: &Ticket) -> bool {
    let lead = ticket.live_lead().and_then(|k| ticket.assignments.get(&k));
    lead.is_some_and(|lead| lead.is(WorkName::Disputed))
}

/// The ledger entry that is asked for or running.
fn current(ticket: &mut Ticket) -> Option<&mut Ledger> {
    ticket.ledgers.iter_mut().find(|ledger| {
        matches!(
            ledger.stage,
            LedgerStage::ToEndorse | LedgerStage::ToDecide | LedgerStage::Running
        )
    })
}
