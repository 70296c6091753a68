//! Follow-up 回访: asking the citizen, triaging a bad answer, reopening, and ending well.

pub mod appointment;
pub mod drawn;
pub mod rearrange;
pub mod relisten;
pub mod reopen;
pub mod store;
pub mod survey;
