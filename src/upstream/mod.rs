//! Upstream 上级平台: what we owe the city's 12345 platform and how it gets there 回填. Its rule: an answer
//! is owed by a row in the write of its cause, says the same on each try under the same message id, and
//! is settled only by the platform's word or by a person's name.

pub mod carry;
pub mod desk;
pub mod facts;
pub mod form;
pub mod owed;
pub mod platform;
pub mod reconcile;
pub mod sheet;
pub mod store;

use crate::code_enum;
use crate::limits::Light;
use crate::time::Stamp;

pub use carry::{Carrier, JOB};
pub use form::Form;
pub use owed::{Moved, follow};
pub use platform::Platform;
pub use reconcile::compare;

code_enum! {
    /// Why an answer is owed.
    pub enum Cause {
        Reply = "reply" "答复审核通过",
        Answer = "answer" "直接答复",
        Survey = "survey" "回访结果",
        Close = "close" "办结",
        Decline = "decline" "不予受理",
        Divert = "divert" "转紧急",
        Withdraw = "withdraw" "撤单",
        /// The citizen did not mean a withdrawal that was asked for.
        Kept = "kept" "撤单未确认",
        Merge = "merge" "并单答复",
        Rework = "rework" "重办",
        Reopen = "reopen" "重新受理",
    }
}

code_enum! {
    /// Where an answer stands.
    pub enum BackfillState {
        /// It has not left the house for certain.
        Waiting = "waiting" "待回填",
        /// It may have arrived: no answer came back.
        Sent = "sent" "已发送待确认",
        Acknowledged = "acknowledged" "已确认",
        /// The platform does not want it as it is; a person must look.
        Refused = "refused" "被退回",
        /// The platform could not be reached for too long; a person must look.
        Dead = "dead" "发送失败",
        /// A person entered it on the platform's own pages.
        ByHand = "by_hand" "人工回填",
        /// A later answer arrived where this one did not.
        Superseded = "superseded" "已由后续回填取代",
        /// This city's platform takes no such answer ⚙.
        LeftOut = "left_out" "无需回填",
    }
}

impl BackfillState {
    /// Still owed: somebody or something has to act.
    pub const OPEN: [Self; 4] = [Self::Waiting, Self::Sent, Self::Refused, Self::Dead];

    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Whether the program still tries by itself.
    pub const fn is_tried(self) -> bool {
        matches!(self, Self::Waiting | Self::Sent)
    }
}

code_enum! {
    /// Where a ticket stands, as the platform is told.
    pub enum Stage {
        Handling = "handling" "办理中",
        Answered = "answered" "已答复",
        Closed = "closed" "已办结",
        Declined = "declined" "不予受理",
        Diverted = "diverted" "转紧急",
        Withdrawn = "withdrawn" "已撤单",
        Merged = "merged" "并单答复",
    }
}

/// One answer that is or was owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    pub id: i64,
    pub ticket_id: i64,
    pub ticket_no: String,
    pub upstream_no: String,
    /// 1, 2, … within its ticket; the latest is what counts on both sides.
    pub revision: i32,
    pub cause: Cause,
    /// The ticket that holds the answer: its own, or the one it was merged into …
    pub source_id: i64,
    /// … as it was after so many events.
    pub version: i32,
    pub caused_at: Stamp,
    pub soon_at: Stamp,
    pub due_at: Stamp,
    pub state: BackfillState,
    /// From when on the time until it is given up is counted.
    pub asked_at: Stamp,
    pub next_at: Option<Stamp>,
    pub tries: i32,
    /// When it left first.
    pub sent_at: Option<Stamp>,
    pub settled_at: Option<Stamp>,
    /// The code of the last failure or refusal.
    pub why: Option<String>,
    pub done_by: Option<String>,
}

impl Backfill {
    /// The same on each try, so that the platform can drop repeats.
    pub fn message_id(&self) -> String {
        message_id(self.id)
    }

    /// How its own clock stands: red when it was late, or is.
    pub fn light(&self, now: Stamp) -> Light {
        let at = self.settled_at.filter(|_| !self.state.is_open()).unwrap_or(now);
        if at > self.due_at {
            Light::Red
        } else if self.state.is_open() && now >= self.soon_at {
            Light::Yellow
        } else {
            Light::Green
        }
    }
}

/// The message id of the answer with this id.
pub fn message_id(id: i64) -> String {
    format!("jiesu-{id}")
}

code_enum! {
    /// In what both sides differ.
    pub enum What {
        /// The platform has sent us a ticket that we do not have.
        MissingHere = "missing_here" "本系统缺少",
        /// We have a ticket of the platform's that its list does not name.
        MissingThere = "missing_there" "上级平台缺少",
        /// The platform has lost an answer that it had acknowledged; it is sent again.
        Lost = "lost" "回填丢失",
        /// Our latest answer has not arrived yet.
        Outstanding = "outstanding" "尚未回填",
        /// The platform has a later answer than we have given.
        Ahead = "ahead" "上级平台版本较新",
        /// Same answer, another state.
        Stage = "stage" "状态不一致",
    }
}

/// One difference between both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub upstream_no: String,
    pub what: What,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}
