//! Ticket: one responsible unit's part of it (子单): what the unit did, and its own clocks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::state::{Part, Work, WorkName};
use crate::code_enum;
use crate::directory::UnitCode;
use crate::limits::{ClockName, Timer};
use crate::time::Stamp;

code_enum! {
    /// What came of ringing the citizen's number.
    pub enum ContactOutcome {
        Spoke = "spoke" "已通话",
        MessageLeft = "message_left" "已留言",
        NoAnswer = "no_answer" "无人接听",
        DeadNumber = "dead_number" "空号",
    }
}

/// One try to reach the citizen. `at` is when it was recorded; a typed time is information only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub at: Stamp,
    pub outcome: ContactOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// 落到点位上: a place with an owner, a day and proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub place: String,
    pub owner: String,
    pub due_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// What the unit noted on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub at: Stamp,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Point>,
}

code_enum! {
    /// How far a request has come: a handler's is endorsed by the unit head before it is decided.
    pub enum RequestStage {
        ToEndorse = "to_endorse" "待负责人签批",
        ToDecide = "to_decide" "待审核",
        Approved = "approved" "已同意",
        Refused = "refused" "未同意",
    }
}

/// A request for a later limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtensionRequest {
    pub until: NaiveDate,
    pub grounds: String,
    pub asked_at: Stamp,
    pub asked_by: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endorsed_by: Option<i64>,
    pub stage: RequestStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Stamp>,
}

/// A dispute that was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisputeRecord {
    pub asked_at: Stamp,
    pub decided_at: Stamp,
    pub outcome: DisputeOutcome,
    pub reason: String,
}

code_enum! {
    pub enum DisputeOutcome {
        Upheld = "upheld" "成立",
        Rejected = "rejected" "不成立",
    }
}

/// One time the lead was sent back to work after a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rework {
    pub at: Stamp,
    pub timer: Timer,
}

/// A unit's part of a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    pub unit: UnitCode,
    /// The unit's head 一把手 when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    pub part: Part,
    pub work: Work,
    pub sent_at: Stamp,
    /// A designated assignment cannot be disputed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub designated: bool,
    /// The assignment that passed this work down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Its clocks: sign, contact, handle, dispute window and review.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<ClockName, Timer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub progress: Vec<Progress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Who answered the lead for it; somebody else accepts the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_by: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionRequest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<DisputeRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reworks: Vec<Rework>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub urges: u32,
    /// Whether a handle limit was missed up to the first passed review.
    #[serde(default, skip_serializing_if = "is_false")]
    pub handle_missed: bool,
}

impl Assignment {
    /// A fresh assignment, sent at `sent_at`.
    pub fn sent(unit: UnitCode, head: Option<String>, part: Part, sent_at: Stamp) -> Self {
        Self {
            unit,
            head,
            part,
            work: Work::Sent {},
            sent_at,
            designated: false,
            parent: None,
            timers: BTreeMap::new(),
            contacts: Vec::new(),
            progress: Vec::new(),
            reply: None,
            replied_by: None,
            extensions: Vec::new(),
            disputes: Vec::new(),
            reworks: Vec::new(),
            urges: 0,
            handle_missed: false,
        }
    }

    pub fn is(&self, name: WorkName) -> bool {
        self.work.name() == name
    }
    pub fn is_live(&self) -> bool {
        self.work.name().is_live()
    }
    /// The handle clock that runs now: the last rework's where there is one.
    pub fn running_handle(&mut self) -> Option<&mut Timer> {
        match self.reworks.last_mut() {
            Some(rework) => Some(&mut rework.timer),
            None => self.timers.get_mut(&ClockName::Handle),
        }
    }
    /// Every clock of this assignment, reworks last.
    pub fn all_timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values().chain(self.reworks.iter().map(|rework| &rework.timer))
    }
    /// Its clocks that run now, while it is somebody's work. The window of a dispute is none: it is a right.
    pub fn running(&self) -> impl Iterator<Item = &Timer> {
        let is_live = self.is_live();
        let owed = move |timer: &&Timer| timer.clock != ClockName::DisputeWindow && is_live;
        self.all_timers().filter(|timer| timer.runs()).filter(owed)
    }
    /// Those of them that its unit owes: to sign, to speak with the citizen, to reply. The review of a dispute is another's.
    pub fn owed(&self) -> impl Iterator<Item = &Timer> {
        self.running().filter(|timer| timer.clock != ClockName::DisputeReview)
    }
    /// Clocks that still run are taken away: the work they measured is no longer owed. A rework
    /// stays: that it was ordered is a fact, and the ticket may have two of them.
    pub fn drop_open_timers(&mut self) {
        self.timers.retain(|_, timer| timer.stopped_at.is_some());
    }
    /// A later limit may have mended a miss of the first round: the handle clock says so.
    pub fn judge_again(&mut self) {
        if let Some(handle) = self.timers.get(&ClockName::Handle) {
            self.handle_missed &= handle.missed;
        }
    }
    /// The reply has passed: nothing more is to be decided here. What was owed to the citizen until
    /// then, signing and the first contact, stays owed: it counts once it is due (domain.md §6).
    pub fn end_with_the_reply(&mut self) {
        self.timers.retain(|clock, timer| {
            !timer.is_open() || matches!(clock, ClockName::Sign | ClockName::Contact)
        });
    }
    /// The ticket ended without a reply at `at`: what was overdue by then stays missed, the rest is
    /// no longer owed.
    pub fn let_go(&mut self, at: Stamp) {
        // That a rework was ordered is a fact: its clock ends here and stays.
        let in_first_round = self.reworks.is_empty();
        if let Some(timer) = self.running_handle()
            && (!in_first_round || timer.overdue(at))
        {
            timer.stop(at);
        }
        self.timers.retain(|clock, timer| {
            let owed = matches!(clock, ClockName::Sign | ClockName::Contact);
            !timer.is_open() || (owed && timer.overdue(at))
        });
    }
    /// The open request for an extension, if any.
    pub fn open_extension(&mut self) -> Option<&mut ExtensionRequest> {
        self.extensions.iter_mut().find(|request| {
            matches!(request.stage, RequestStage::ToEndorse | RequestStage::ToDecide)
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
pub(super) fn is_false(value: &bool) -> bool {
    !*value
}
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
pub(super) fn is_zero(value: &u32) -> bool {
    *value == 0
}
