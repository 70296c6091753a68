//! Handling 办理: the unit signs, rings the citizen, works, replies; the reviewer passes it.

pub mod contact;
pub mod extension;
pub mod ladder;
pub mod ledger;
pub mod reply;
pub mod store;
pub mod supervision;
pub mod whistle;
