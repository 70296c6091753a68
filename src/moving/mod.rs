//! Moving 迁移: ticket histories in and out, one line a ticket (contract.md "History file"), or one row of a
//! sheet. Its rule: what happened is taken as it is; limits and figures come from the same code as live ones.

pub mod assessed;
pub mod batch;
pub mod demo;
pub mod export;
mod facts;
pub mod history;
pub mod import;
mod make;
mod order;
pub mod reference;
pub mod rejects;
pub mod replay;
pub mod sheets;
mod store;
mod whole;

pub use batch::{Batch, Undone, batches, undo};
pub use export::export;
pub use import::{Run, Summary, import, import_file};
pub use sheets::{export_sheet, import_sheet};
