//! Papers: the kinds, and who makes which. Its rule: a kind says here whether it goes to a citizen; making or printing
//! one that does is a reveal.

use crate::code_enum;
use crate::identity::Role;

code_enum! {
    /// What sort of paper it is.
    pub enum PaperKind {
        Assign = "assign" "交办单",
        Supervise = "supervise" "督办单",
        Extend = "extend" "延期告知书",
        Decline = "decline" "不予受理告知书",
        Reply = "reply" "复函",
        Ledger = "ledger" "台账",
    }
}

impl PaperKind {
    /// Who makes and prints it; heads of units only what their own units have.
    pub const fn roles(self) -> &'static [Role] {
        use Role::{Agent, Dispatcher, Leader, Reviewer, UnitHead};
        match self {
            Self::Assign | Self::Supervise => &[Dispatcher, Reviewer, Leader],
            Self::Extend | Self::Decline | Self::Reply => &[Agent, Dispatcher, Reviewer],
            Self::Ledger => &[UnitHead, Dispatcher, Reviewer, Leader],
        }
    }

    /// Whether it carries the citizen's name, since it goes to the citizen.
    pub const fn is_to_citizen(self) -> bool {
        matches!(self, Self::Extend | Self::Decline | Self::Reply)
    }

    /// Whether it goes to a unit, which may print what it was sent.
    pub const fn is_to_unit(self) -> bool {
        matches!(self, Self::Assign | Self::Supervise)
    }

    /// Its character in a number.
    pub const fn character(self) -> &'static str {
        match self {
            Self::Assign => "交",
            Self::Supervise => "督",
            Self::Extend => "延",
            Self::Decline => "不",
            Self::Reply => "函",
            Self::Ledger => "台",
        }
    }

    /// The number as it is printed: `接诉交〔2026〕12号`.
    pub fn no(self, mark: &str, year: i32, number: i64) -> String {
        format!("{mark}{}〔{year}〕{number}号", self.character())
    }

    /// Where its numbers of a year are drawn from.
    pub fn series(self, year: i32) -> String {
        format!("paper.{self}.{year}")
    }
}
