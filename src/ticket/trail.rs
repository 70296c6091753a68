//! Ticket: what the signals of honesty ask of it beside its figures (domain.md §9). Its rule: derived from the
//! document alone; instants and counts, never a word or a number of anybody's.

use super::Ticket;
use super::assignment::{Contact, ContactOutcome};
use crate::time::Stamp;

/// What was done around the citizen of one ticket, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trail {
    /// When the final lead first wrote down that it spoke with the citizen.
    pub spoke_at: Option<Stamp>,
    /// When the last valid survey was answered.
    pub survey_at: Option<Stamp>,
    /// When a valid survey was first bad.
    pub bad_at: Option<Stamp>,
    /// When it was last asked to leave the assessment.
    pub exclusion_at: Option<Stamp>,
    /// When the caller's number was last changed after a dispatch.
    pub phone_at: Option<Stamp>,
    /// How often the citizen was asked, whatever came of it.
    pub asked: u32,
    /// Whether anybody had asked the citizen for a good answer; nothing where no survey says.
    pub prompted: Option<bool>,
}

impl Trail {
    /// What `ticket` says; nothing while it says nothing of all this.
    pub fn of(ticket: &Ticket) -> Option<Self> {
        let contacts = ticket.final_lead().map(|(_, lead)| lead.contacts.as_slice());
        let spoke = |contact: &&Contact| contact.outcome == ContactOutcome::Spoke;
        let spoken = contacts.unwrap_or_default().iter().find(spoke);
        let said = ticket.attempts.iter().filter_map(|one| one.prompted);
        let trail = Self {
            spoke_at: spoken.map(|contact| contact.at),
            survey_at: ticket.valid_surveys().1.map(|attempt| attempt.at),
            bad_at: ticket.attempts.iter().find(|one| one.is_bad()).map(|one| one.at),
            exclusion_at: ticket.exclusion.as_ref().map(|exclusion| exclusion.asked_at),
            phone_at: ticket.phone_changed_at,
            asked: u32::try_from(ticket.attempts.len()).unwrap_or(u32::MAX),
            prompted: said.reduce(|one, other| one || other),
        };
        (trail != Self::default()).then_some(trail)
    }
}
