//! Ticket 工单: what one citizen asked, once: the aggregate that everything above decides about.
//! Its rule: it changes only through `record::record` (row, projections, event, mark; one
//! transaction, one instant).

pub mod advice;
pub mod again;
pub mod answer;
pub mod asks;
pub mod assignment;
pub mod attachment;
pub mod cited;
pub mod citizen;
pub mod citizen_code;
pub mod clocks;
pub mod command;
pub mod event;
pub mod link;
pub mod listing;
pub mod notice;
pub mod overlay;
pub mod removal;
pub mod scene;
pub mod seal;
pub mod sight;
pub mod state;
pub mod store;
pub mod text;
pub mod trail;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use answer::Answer;
pub use assignment::Assignment;
pub use attachment::Attachment;
pub use cited::Cited;
pub use citizen::{CallRef, Caller, Matter, Place, Upstream};
pub use citizen_code::CitizenCode;
pub use notice::Notice;
pub use scene::{Mode, Scene};
pub use sight::Sight;
pub use state::{Part, State, StateName, Work, WorkName};
pub use text::Text;
pub use words::Words;

use crate::directory::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
use crate::limits::{ClockName, Light, Timer};
use crate::time::Stamp;
use overlay::{
    Attempt, Exclusion, ExclusionStage, Flag, Ledger, Note, Promise, Supervision, Suspended,
    Triage, Whistle, Withdrawal,
};

/// One ending of a ticket, and its reopening where there was one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    pub at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Stamp>,
}

/// A ticket, whole, as it is kept sealed in its row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub no: String,
    pub kind: Kind,
    pub channel: Channel,
    pub urgency: Urgency,
    pub state: State,
    pub received_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_reason: Option<Text>,
    /// When the number was issued.
    pub registered_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallRef>,
    pub caller: Caller,
    /// Names the caller went by before a correction: what was typed by then still holds them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<Text>,
    /// When the caller's number was last changed after a dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_changed_at: Option<Stamp>,
    pub title: String,
    pub content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accused: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
    pub place: Place,
    /// The estate's property company at `received_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyCode>,
    /// The profile its clocks follow: `name@version`.
    pub profile: String,
    #[serde(default)]
    pub class: Class,
    /// The six digits told to the citizen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CitizenCode>,
    /// Their keyed hash instead, on tickets taken in before decision 0014.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<String>,
    /// By its place in the ticket: 1, 2, … The public id is `{no}-{k}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assignments: BTreeMap<u32, Assignment>,
    /// The ticket's own clocks: dispatch, overall, survey.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<ClockName, Timer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<Direct>,
    /// The lead's composite reply, its summary of open assists, and the promise in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_passed_at: Option<Stamp>,
    /// Working milliseconds from receipt to the first passed review or the direct answer, less
    /// those on the ledger; counted then, by the calendar and the hours in force then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triages: Vec<Triage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledgers: Vec<Ledger>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusion: Option<Exclusion>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supervisions: BTreeMap<u32, Supervision>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub whistles: BTreeMap<u32, Whistle>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Its files, by their place in the ticket: 1, 2, … The public id is `{no}-{k}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attachments: BTreeMap<u32, Attachment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urges: Vec<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspended>,
    /// What was suggested to whoever took it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<advice::Advice>,
    /// Why the catalogue chose whom it chose, each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
    /// Tickets merged into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
    /// Which limits were already told of, by their names (see [`notice`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub noted: BTreeMap<String, notice::Told>,
    /// The earlier ticket that this one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// The assessment class, and whether a person chose it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub class: AssessmentClass,
    /// Set by `classify`; the defaults by kind no longer apply.
    #[serde(default, skip_serializing_if = "assignment::is_false")]
    pub chosen: bool,
}

impl Default for Class {
    fn default() -> Self {
        Self { class: AssessmentClass::None, chosen: false }
    }
}

crate::code_enum! {
    /// What the sweep has told about a limit.
    pub enum Noted { Soon = "soon" "即将到期", Overdue = "overdue" "已超期" }
}

/// An answer given by the agent at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Direct {
    pub at: Stamp,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<Cited>,
}

/// The lead's composite reply to the citizen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub at: Stamp,
    pub by: i64,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assists_summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Promise>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<Cited>,
}

impl Ticket {
    /// The key of the one live lead, if there is one.
    pub fn live_lead(&self) -> Option<u32> {
        self.assignments.iter().find(|(_, a)| a.part == Part::Lead && a.is_live()).map(|(k, _)| *k)
    }

    /// The lead that the figures belong to: the last by `sent_at` that is not returned or recalled
    /// (domain.md §6, attribution).
    pub fn final_lead(&self) -> Option<(u32, &Assignment)> {
        self.assignments
            .iter()
            .filter(|(_, a)| a.part == Part::Lead && !a.work.name().is_void())
            .max_by_key(|(k, a)| (a.sent_at, **k))
            .map(|(k, a)| (*k, a))
    }

    /// The next free key for an assignment.
    pub fn next_assignment(&self) -> u32 {
        self.assignments.keys().next_back().map_or(1, |last| last + 1)
    }

    /// The public id of assignment `k`.
    pub fn assignment_id(&self, k: u32) -> String {
        format!("{}-{k}", self.no)
    }

    /// Whether it was ever sent to a unit.
    pub fn was_dispatched(&self) -> bool {
        self.assignments.values().any(|a| a.part == Part::Lead)
    }

    /// When it ended, where it has ended and was not reopened.
    pub fn ended_at(&self) -> Option<Stamp> {
        self.endings.last().filter(|ending| ending.reopened_at.is_none()).map(|ending| ending.at)
    }

    /// The last valid survey counts; the first is kept beside it.
    pub fn valid_surveys(&self) -> (Option<&Attempt>, Option<&Attempt>) {
        let mut valid = self.attempts.iter().filter(|attempt| attempt.answers().is_some());
        let first = valid.next();
        (first, valid.next_back().or(first))
    }

    /// Whether a citizen has answered for it and `class` is in fewer of the rates than its own.
    pub fn would_count_less(&self, class: AssessmentClass) -> bool {
        self.valid_surveys().1.is_some() && class.rates() < self.class.class.rates()
    }

    /// Consults and callers without any way to be reached get no survey (domain.md §5).
    pub fn survey_is_due(&self) -> bool {
        self.kind != Kind::Consult && self.caller.is_reachable()
    }

    /// Whether an approved exclusion keeps it out of the assessed edition.
    pub fn is_excluded(&self) -> bool {
        self.exclusion.as_ref().is_some_and(|e| e.stage == ExclusionStage::Approved)
    }

    /// How often the lead was sent back after a survey.
    pub fn reworks(&self) -> u32 {
        let count: usize = self
            .assignments
            .values()
            .filter(|a| a.part == Part::Lead)
            .map(|a| a.reworks.len())
            .sum();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Which round of asking the citizen it is: each rework and each reopening begins one.
    pub fn round(&self) -> u32 {
        let reopened = self.endings.iter().filter(|ending| ending.reopened_at.is_some()).count();
        self.reworks() + u32::try_from(reopened).unwrap_or(u32::MAX)
    }

    /// The live assignments to which assignment `k` passed work down, directly or further on.
    pub fn below(&self, k: u32) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        // Work is passed down to a later key, so one walk in their order finds every generation.
        for (below, assignment) in &self.assignments {
            let from_there = |parent: u32| parent == k || found.contains(&parent);
            if assignment.is_live() && assignment.parent.is_some_and(from_there) {
                found.push(*below);
            }
        }
        found
    }

    /// A whistle lasts as long as the street's part in it: once the street's work was taken back it
    /// calls nobody any more, and nobody of it sees what was left open. A street whose work was
    /// returned, is done (the ticket ended) or was merged still closes its own: the called may still
    /// come.
    pub fn close_whistles_of_the_gone(&mut self, scene: &Scene<'_>) {
        let gone = |street: &UnitCode| {
            let own = scene.directory.subtree(street);
            !self
                .assignments
                .values()
                .any(|a| a.part != Part::Copy && !a.is(WorkName::Recalled) && own.contains(&a.unit))
        };
        let open = self.whistles.iter().filter(|(_, whistle)| whistle.closed.is_none());
        let over: Vec<u32> =
            open.filter(|(_, whistle)| gone(&whistle.by_unit)).map(|(id, _)| *id).collect();
        for (_, whistle) in self.whistles.iter_mut().filter(|(id, _)| over.contains(id)) {
            let text = crate::error::sentence("whistle.street_gone", &[]);
            let by = scene.actor.name.clone();
            whistle.closed = Some(overlay::Said { at: scene.now, by, text });
        }
    }

    /// A request for the ledger that nobody decided yet falls with the work it was asked for: a
    /// reply was given, or another unit leads.
    pub fn drop_ledger_request(&mut self, at: Stamp) {
        use overlay::LedgerStage;
        for ledger in &mut self.ledgers {
            if matches!(ledger.stage, LedgerStage::ToEndorse | LedgerStage::ToDecide) {
                ledger.stage = LedgerStage::Cancelled;
                ledger.ended_at = Some(at);
            }
        }
    }

    /// Whether the unit clocks stand still: on the ledger, until its promise is missed.
    pub fn ledger_stands_still(&self) -> bool {
        matches!(self.state, State::OnLedger { .. })
            && self.ledgers.last().is_none_or(|ledger| ledger.missed_at.is_none())
    }

    /// The worst light of overall and its lead's handle clock.
    pub fn light(&self, now: Stamp) -> Light {
        let overall = self.timers.get(&ClockName::Overall);
        let lead = self.live_lead().and_then(|k| self.assignments.get(&k));
        let handle = lead.and_then(|a| match a.reworks.last() {
            Some(rework) => Some(&rework.timer),
            None => a.timers.get(&ClockName::Handle),
        });
        overall
            .into_iter()
            .chain(handle)
            .filter(|timer| timer.stopped_at.is_none())
            .map(|timer| timer.light(now))
            .max()
            .unwrap_or(Light::Green)
    }

    /// Whether the case must be hidden from the accused and from property companies (domain.md §11).
    pub fn is_sealed(&self) -> bool {
        matches!(self.kind, Kind::Complaint | Kind::Report) || self.caller.confidential
    }

    /// The names of its caller, now and before: what is masked in every text of it.
    pub fn names(&self) -> Vec<&str> {
        self.caller.name.iter().chain(&self.former_names).map(Text::as_str).collect()
    }

    /// The region that stands for it: its own.
    pub fn region(&self) -> Option<&RegionCode> {
        self.place.region.as_ref()
    }
    pub fn estate(&self) -> Option<&EstateCode> {
        self.place.estate.as_ref()
    }

    /// Units that work on it now or have worked on it (not returned, not recalled).
    pub fn units(&self) -> impl Iterator<Item = &UnitCode> {
        self.assignments.values().filter(|a| !a.work.name().is_void()).map(|a| &a.unit)
    }

    /// Marks it as ended at `at`.
    pub fn end(&mut self, state: State, at: Stamp) {
        self.state = state;
        self.endings.push(Ending { at, reopened_at: None });
    }
}
