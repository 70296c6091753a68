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
    /// Who said it.
    pub enum Part { Objection = "objection" "异议", Answer = "answer" "裁定理由" }
}
