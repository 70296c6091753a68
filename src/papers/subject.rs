//! Papers: what in a ticket a paper is about. Its rule: pure; where a ticket has nothing that the paper could say,
//! there is no paper.

use super::PaperKind;
use crate::ticket::assignment::{ExtensionRequest, RequestStage};
use crate::ticket::{Assignment, Part, State, Ticket};

/// The assignment or the supervision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject {
    pub assignment: Option<u32>,
    /// Of supervisions.
    pub side: Option<u32>,
}

/// What a paper of `kind` about `ticket` would speak of, as far as it was said already; `answered` is whether a reply
/// may be told.
pub fn subject(
    kind: PaperKind,
    (ticket, answered): (&Ticket, Option<Answered>),
    said: Subject,
) -> Option<Subject> {
    let there = match kind {
        PaperKind::Assign => {
            let lead = || ticket.live_lead().or_else(|| ticket.final_lead().map(|(k, _)| k));
            let k = said.assignment.or_else(lead)?;
            let assignment = ticket.assignments.get(&k)?;
            let is_work = assignment.part != Part::Copy && !assignment.work.name().is_void();
            is_work.then_some(Subject { assignment: Some(k), side: None })?
        }
        PaperKind::Supervise => {
            let last = || ticket.supervisions.keys().next_back().copied();
            let side = said.side.or_else(last)?;
            ticket.supervisions.get(&side)?.unit.as_ref()?;
            Subject { assignment: None, side: Some(side) }
        }
        PaperKind::Extend => {
            let k = said.assignment.or_else(|| extended(ticket))?;
            decided(ticket.assignments.get(&k)?)?;
            Subject { assignment: Some(k), side: None }
        }
        PaperKind::Decline => match ticket.state {
            State::Declined { .. } => Subject::default(),
            _ => return None,
        },
        PaperKind::Reply => answered.map(|_| Subject::default())?,
        PaperKind::Ledger => Subject::default(),
    };
    Some(there)
}

/// That there is an answer that may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered;

/// The lead whose extension was decided, else whoever's was, the last first.
fn extended(ticket: &Ticket) -> Option<u32> {
    let was = |part: Option<Part>| {
        let mut all = ticket.assignments.iter().rev();
        all.find(|(_, a)| part.is_none_or(|part| a.part == part) && decided(a).is_some())
            .map(|(k, _)| *k)
    };
    was(Some(Part::Lead)).or_else(|| was(None))
}

/// The last request of a unit that a reviewer decided.
pub fn decided(assignment: &Assignment) -> Option<&ExtensionRequest> {
    assignment.extensions.iter().rev().find(|request| {
        let over = matches!(request.stage, RequestStage::Approved | RequestStage::Refused);
        over && request.decided_at.is_some()
    })
}
