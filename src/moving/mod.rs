//! Moving 迁移: ticket histories in and out, one line a ticket (contract.md "History file"). Its
//! rule: what happened is taken as it is; limits and figures come from the same code as live ones.

pub mod demo;
pub mod export;
mod facts;
pub mod history;
pub mod import;
mod make;
mod order;
pub mod rejects;
pub mod replay;
mod store;
mod whole;

pub use export::export;
pub use import::{Run, Summary, import, import_file};
