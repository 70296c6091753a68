//! Follow-up 回访: asking the citizen, triaging a bad answer, reopening, and ending well.

pub mod reopen;
pub mod survey;
