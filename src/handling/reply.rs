//! Handling: the answers of assists and lead, and the reviewer's word on them. Its rule: one
//! composite reply; time between submitting and being sent back is a pause (domain.md §3, §4).

use crate::error::{Error, Kind, Result};
use crate::limits::{ClockName, PauseReason, Timer};
use crate::ticket::command::{Reasoned, ReplyBody, Review, Spoken};
use crate::ticket::overlay::LedgerStage;
use crate::ticket::sight::is_at_work;
use crate::ticket::state::{Awaits, Closing, Part, State, Work, WorkName};
use crate::ticket::{Assignment, Mode, Reply, Scene, Ticket};

/// The lead answers the citizen for all units.
pub fn reply(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &ReplyBody) -> Result<()> {
    let open_assists = ticket
        .assignments
        .values()
        .any(|a| a.part == Part::Assist && a.parent.is_none() && a.is_live());
    if open_assists && body.assists_summary.is_none() && scene.mode == Mode::Live {
        return Err(Error::field("/assists_summary", "reply.assists_open"));
    }
    check(scene, body)?;
    let Some(lead) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    check_ready(lead, scene)?;
    submit(lead, scene);
    lead.replied_by = Some(scene.actor.user);
    lead.reply = Some(body.text.to_string());
    ticket.reply = Some(Reply {
        at: scene.now,
        by: scene.actor.user,
        text: body.text.to_string(),
        assists_summary: body.assists_summary.as_ref().map(ToString::to_string),
        promise: body.promise.clone(),
        cited: body.cited.clone(),
    });
    ticket.drop_ledger_request(scene.now);
    ticket.state = State::Replied { lead: k };
    Ok(())
}

/// A promise is about a day to come.
pub fn check(scene: &Scene<'_>, body: &ReplyBody) -> Result<()> {
    let today = scene.now.day(scene.calendar.zone());
    let past = body.promise.as_ref().is_some_and(|promise| promise.on < today);
    if past && scene.mode == Mode::Live {
        return Err(Error::field("/promise/on", "field.in_past"));
    }
    Ok(())
}

/// Signed for, and the citizen was reached where that is owed.
pub fn check_ready(lead: &Assignment, scene: &Scene<'_>) -> Result<()> {
    if scene.mode == Mode::History {
        return Ok(());
    }
    match lead.work.name() {
        WorkName::Signed | WorkName::Handling => {}
        WorkName::Disputed => return Err(Error::refused("reply.disputed")),
        _ => return Err(Error::refused("reply.not_signed")),
    }
    let owed = lead.timers.get(&ClockName::Contact).is_some_and(|t| t.stopped_at.is_none());
    if owed {
        return Err(Error::refused("reply.no_contact"));
    }
    Ok(())
}

/// Hands in the work: its running clock stops, and the clock keeps a miss (an extension that was
/// asked in time and granted later may still mend it).
pub fn submit(assignment: &mut Assignment, scene: &Scene<'_>) {
    if let Some(timer) = assignment.running_handle() {
        timer.stop(scene.now);
    }
    assignment.work = Work::Submitted {};
}

/// Gives the work back: the clock runs on, later by the time it waited.
pub fn give_back(assignment: &mut Assignment, scene: &Scene<'_>) {
    if let Some(timer) = assignment.running_handle() {
        timer.run_on(scene.now, scene.calendar);
    }
    assignment.work = Work::Handling {};
}

/// An assist answers the lead.
pub fn assist_reply(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, body: &Spoken) -> Result<()> {
    let Some(assist) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if assist.part != Part::Assist {
        return Err(Error::refused("reply.not_an_assist"));
    }
    submit(assist, scene);
    assist.reply = Some(body.text.to_string());
    assist.replied_by = Some(scene.actor.user);
    Ok(())
}

/// The lead accepts an assist's answer; what the assist had passed down ends with it.
pub fn accept(ticket: &mut Ticket, scene: &Scene<'_>, k: u32) -> Result<()> {
    let Some(assist) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if assist.part != Part::Assist {
        return Err(Error::refused("reply.not_an_assist"));
    }
    if let Some(author) = assist.replied_by {
        scene.actor.require_other_than(author)?;
    }
    assist.work = Work::Done { at: scene.now };
    for below in ticket.below(k) {
        if let Some(assignment) = ticket.assignments.get_mut(&below) {
            submit(assignment, scene);
            assignment.drop_open_timers();
            assignment.work = Work::Done { at: scene.now };
        }
    }
    Ok(())
}

/// The lead sends an assist's answer back; on the ledger its clock stands still like the others.
pub fn send_back(ticket: &mut Ticket, scene: &Scene<'_>, k: u32, _body: &Reasoned) -> Result<()> {
    let Some(assist) = ticket.assignments.get_mut(&k) else { return Err(Error::not_found()) };
    if assist.part != Part::Assist {
        return Err(Error::refused("reply.not_an_assist"));
    }
    give_back(assist, scene);
    if ticket.ledger_stands_still()
        && let Some(timer) = ticket.assignments.get_mut(&k).and_then(Assignment::running_handle)
    {
        timer.pause(scene.now, PauseReason::Ledger);
    }
    Ok(())
}

/// The reviewer passes the composite reply or sends it back with a reason; nobody of a unit whose work would pass with
/// it, nor below one.
pub fn review(ticket: &mut Ticket, scene: &Scene<'_>, body: &Review) -> Result<()> {
    let State::Replied { lead } = ticket.state else { return Err(Error::not_found()) };
    if let Some(reply) = &ticket.reply {
        scene.actor.require_other_than(reply.by)?;
    }
    if is_at_work(ticket, scene.actor, scene.directory) {
        return Err(Error::new(Kind::Forbidden, "reply.own_unit"));
    }
    check_review(scene, body)?;
    if body.pass {
        pass(ticket, scene, lead);
        return Ok(());
    }
    if let Some(assignment) = ticket.assignments.get_mut(&lead) {
        give_back(assignment, scene);
    }
    if let Some(ledger) = proven(ticket) {
        ledger.stage = LedgerStage::Cancelled;
        ledger.ended_at = Some(scene.now);
    }
    ticket.state = State::InUnits { lead };
    Ok(())
}

/// A reply is not sent back without a reason.
pub fn check_review(scene: &Scene<'_>, body: &Review) -> Result<()> {
    if !body.pass && body.reason.is_none() && scene.mode == Mode::Live {
        return Err(Error::field("/reason", "field.required"));
    }
    Ok(())
}

fn pass(ticket: &mut Ticket, scene: &Scene<'_>, lead: u32) {
    ticket.stop_clock(ClockName::Overall, scene.now);
    ticket.first_passed_at.get_or_insert(scene.now);
    for (k, assignment) in &mut ticket.assignments {
        if assignment.is_live() {
            if *k != lead {
                submit(assignment, scene);
            }
            assignment.end_with_the_reply();
            assignment.work = Work::Done { at: scene.now };
        }
    }
    if let Some(ledger) = proven(ticket) {
        ledger.stage = LedgerStage::WrittenOff;
        ledger.ended_at = Some(scene.now);
    }
    ticket.note_handling_time(scene);
    // A history says by its closed_at whether anybody was asked.
    if ticket.survey_is_due() || scene.mode == Mode::History {
        ticket.timers.insert(ClockName::Survey, survey_timer(ticket, scene));
        ticket.state = State::Surveying { awaits: Awaits::Answer };
    } else {
        ticket.end(State::Closed { how: Closing::NoneDue }, scene.now);
    }
}

/// The survey clock; a promise moves its start to after the promised day.
fn survey_timer(ticket: &Ticket, scene: &Scene<'_>) -> Timer {
    let promised = ticket.reply.as_ref().and_then(|reply| reply.promise.as_ref());
    let starts_at = match promised {
        Some(promise) => {
            crate::time::Stamp::end_of(promise.on, scene.calendar.zone()).max(scene.now)
        }
        None => scene.now,
    };
    scene.start(ClockName::Survey, ticket.urgency, starts_at)
}

fn proven(ticket: &mut Ticket) -> Option<&mut crate::ticket::overlay::Ledger> {
    ticket.ledgers.iter_mut().find(|ledger| ledger.stage == LedgerStage::ProvenDone)
}
