//! Ticket: the states of a ticket and of an assignment, each carrying what lives only in it
//! (domain.md §2, §3).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::code_enum;
use crate::directory::UnitCode;
use crate::time::Stamp;

code_enum! {
    /// The name of a ticket's state, as on the wire.
    pub enum StateName {
        Accepted = "accepted" "已受理",
        Consulting = "consulting" "会商",
        InUnits = "in_units" "承办中",
        Replied = "replied" "待审",
        OnLedger = "on_ledger" "挂账",
        Surveying = "surveying" "回访中",
        Closed = "closed" "办结",
        Declined = "declined" "不予受理",
        Diverted = "diverted" "转紧急",
        Withdrawn = "withdrawn" "撤单",
        Merged = "merged" "并单",
    }
}

impl StateName {
    /// Accepted, consulting, in_units, replied, on_ledger, surveying.
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Accepted
                | Self::Consulting
                | Self::InUnits
                | Self::Replied
                | Self::OnLedger
                | Self::Surveying
        )
    }
}

code_enum! {
    /// Why a ticket is closed.
    pub enum Closing {
        Answered = "answered" "直接答复",
        Surveyed = "surveyed" "回访完成",
        Exhausted = "exhausted" "回访未果",
        NoneDue = "none_due" "无需回访",
        AsItStands = "as_it_stands" "维持结果",
        Imported = "imported" "历史导入",
    }
}

code_enum! {
    /// Why a ticket is not accepted.
    pub enum DeclineReason {
        LegalOrPetition = "legal_or_petition" "已进入司法或信访程序",
        NoNewFact = "no_new_fact" "无新的事实",
        SecretOrPrivacy = "secret_or_privacy" "涉密或涉隐私",
        BeyondGovernment = "beyond_government" "非政府职责",
        Unlawful = "unlawful" "诉求违法",
    }
}

code_enum! {
    /// What a ticket in `surveying` waits for.
    pub enum Awaits {
        Answer = "answer" "等待回访",
        Triage = "triage" "等待研判",
    }
}

code_enum! {
    /// The emergency service a caller is diverted to.
    pub enum Service {
        Police = "110" "公安",
        Fire = "119" "消防",
        Ambulance = "120" "急救",
        Traffic = "122" "交通事故",
    }
}

/// Where a ticket stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum State {
    Accepted {},
    Consulting { units: Vec<UnitCode>, since: Stamp },
    InUnits { lead: u32 },
    Replied { lead: u32 },
    OnLedger { lead: u32, promised_on: NaiveDate },
    Surveying { awaits: Awaits },
    Closed { how: Closing },
    Declined { reason: DeclineReason, told: String },
    Diverted { service: Service, at: Stamp },
    Withdrawn { reason: String },
    Merged { into: String },
}

impl State {
    pub const fn name(&self) -> StateName {
        match self {
            Self::Accepted {} => StateName::Accepted,
            Self::Consulting { .. } => StateName::Consulting,
            Self::InUnits { .. } => StateName::InUnits,
            Self::Replied { .. } => StateName::Replied,
            Self::OnLedger { .. } => StateName::OnLedger,
            Self::Surveying { .. } => StateName::Surveying,
            Self::Closed { .. } => StateName::Closed,
            Self::Declined { .. } => StateName::Declined,
            Self::Diverted { .. } => StateName::Diverted,
            Self::Withdrawn { .. } => StateName::Withdrawn,
            Self::Merged { .. } => StateName::Merged,
        }
    }

    pub const fn is_live(&self) -> bool {
        self.name().is_live()
    }
}

code_enum! {
    /// A unit's part in a ticket.
    pub enum Part {
        Lead = "lead" "主办",
        Assist = "assist" "协办",
        Copy = "copy" "抄送",
    }
}

code_enum! {
    /// The name of an assignment's state, as on the wire.
    pub enum WorkName {
        Sent = "sent" "已派出",
        Signed = "signed" "已签收",
        Handling = "handling" "办理中",
        Submitted = "submitted" "已提交",
        Done = "done" "已完成",
        Disputed = "disputed" "异议中",
        Returned = "returned" "已退回",
        Recalled = "recalled" "已收回",
    }
}

impl WorkName {
    /// Still somebody's work: neither done nor void.
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Sent | Self::Signed | Self::Handling | Self::Submitted | Self::Disputed
        )
    }
    /// Void: out of all rates (but the return rate).
    pub const fn is_void(self) -> bool {
        matches!(self, Self::Returned | Self::Recalled)
    }
}

/// Where an assignment stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    Sent {},
    Signed {},
    Handling {},
    Submitted {},
    Done {
        at: Stamp,
    },
    /// The unit said "not ours"; a rejected dispute puts it back to `from`.
    Disputed {
        from: WorkName,
        reason: String,
        grounds: String,
        asked_by: i64,
    },
    Returned {
        at: Stamp,
    },
    Recalled {
        at: Stamp,
        reason: String,
    },
}

impl Work {
    pub const fn name(&self) -> WorkName {
        match self {
            Self::Sent {} => WorkName::Sent,
            Self::Signed {} => WorkName::Signed,
            Self::Handling {} => WorkName::Handling,
            Self::Submitted {} => WorkName::Submitted,
            Self::Done { .. } => WorkName::Done,
            Self::Disputed { .. } => WorkName::Disputed,
            Self::Returned { .. } => WorkName::Returned,
            Self::Recalled { .. } => WorkName::Recalled,
        }
    }

    /// The state a rejected dispute goes back to.
    pub const fn back_from_dispute(from: WorkName) -> Self {
        match from {
            WorkName::Signed => Self::Signed {},
            WorkName::Handling => Self::Handling {},
            _ => Self::Sent {},
        }
    }
}
