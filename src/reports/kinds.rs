//! Reports: the closed lists of codes in their rows. Its rule: codes alone, no conduct.

use crate::code_enum;

code_enum! {
    /// What sort of report it is.
    pub enum ReportKind {
        /// The monthly analysis of property management.
        Property = "property" "物业管理专报",
    }
}

code_enum! {
    /// What became of an objection.
    pub enum Decision {
        /// The ticket leaves the edition `assessed` of this report.
        Upheld = "upheld" "采纳",
        Rejected = "rejected" "不采纳",
    }
}

code_enum! {
    /// How a unit stands in the check period.
    pub enum CheckState {
        Confirmed = "confirmed" "已确认",
        Objected = "objected" "有异议",
        /// At the end it counts as a confirmation.
        Silent = "silent" "未反馈",
    }
}

code_enum! {
    /// Who said it.
    pub enum Part { Objection = "objection" "异议", Answer = "answer" "裁定理由" }
}

code_enum! {
    /// How far a task of an instruction has come.
    pub enum TaskState {
        /// The unit owes an answer.
        Open = "open" "待答复",
        /// The answer waits for the leader's office.
        Answered = "answered" "待审核",
        Accepted = "accepted" "已办结",
    }
}

code_enum! {
    /// What is done to a task, as in the URL.
    pub enum TaskStep {
        Answer = "answer" "答复",
        Accept = "accept" "审核通过",
        SendBack = "send-back" "退回",
    }
}

impl TaskStep {
    /// The state in which alone it is done.
    pub const fn from(self) -> TaskState {
        match self {
            Self::Answer => TaskState::Open,
            Self::Accept | Self::SendBack => TaskState::Answered,
        }
    }

    /// The state that it leads to.
    pub const fn leads_to(self) -> TaskState {
        match self {
            Self::Answer => TaskState::Answered,
            Self::Accept => TaskState::Accepted,
            Self::SendBack => TaskState::Open,
        }
    }
}
