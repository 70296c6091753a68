//! Bottom line 触碰底线: what a unit may never do: a dead phone, a bad attitude, not knowing the policy. Its rule: every
//! flag becomes a case in the write of its cause; the unit answers it, and nobody of the unit decides.

pub mod case;
pub mod figures;
pub mod follow;
pub mod hours;
pub mod plan;
pub mod store;
pub mod testing;

use crate::code_enum;

pub use case::Desk;
pub use store::{CaseRow, TestCallRow};

code_enum! {
    /// Where a case comes from.
    pub enum Source {
        Survey = "survey" "回访",
        Report = "report" "反映",
        TestCall = "test_call" "拨测",
        EmptyReply = "empty_reply" "空泛答复",
    }
}

code_enum! {
    /// How far a case has come.
    pub enum CaseState {
        Open = "open" "待单位说明",
        Answered = "answered" "待审核",
        Upheld = "upheld" "成立",
        Dismissed = "dismissed" "不成立",
    }
}

impl CaseState {
    /// Whether nobody has decided yet: it counts until then.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Open | Self::Answered)
    }
}

code_enum! {
    /// What came of ringing a unit's published phone.
    pub enum Rang {
        Answered = "answered" "已接听",
        Busy = "busy" "占线",
        NoAnswer = "no_answer" "无人接听",
        Dead = "dead" "空号或停机",
        OutOfHours = "out_of_hours" "非公布的接听时间",
    }
}

impl Rang {
    /// Whether the caller did not get through, and another try is owed before anything is said.
    pub const fn in_vain(self) -> bool {
        matches!(self, Self::Busy | Self::NoAnswer)
    }
}
