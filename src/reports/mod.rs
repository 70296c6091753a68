//! Reports 专报: the month as leaders read it (domain.md §7). Its rule: a report is a document that was made once and
//! kept, beside the facts that its figures were made of.

pub mod document;
pub mod take;

pub use document::Document;
pub use take::{Asked, Scope, Taken, take};
