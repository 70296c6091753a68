//! Reports 专报: the month as leaders read it (domain.md §7). Its rule: a report is a document that was made once and
//! kept, beside the facts that its figures were made of.
//!
//! [`take`](take()) reads a [`material`], and [`contents`] says it, section by section; each figure is asked in the words
//! of a [`frame`], and so is its drill-down. [`state`] says what may be done to a report when, [`making`] and [`desk`] do
//! it, [`packed`] and [`frozen`] keep it, [`drill`] finds the tickets of a cell, and [`differ`] says what a restatement
//! changed. What people say to a report, units in its check period and leaders afterwards, is in [`said`]; what that
//! means for the live figures of the same window, in [`live`].

pub mod ahead;
mod contents;
pub mod creating;
pub mod cutoff;
pub mod desk;
pub mod differ;
pub mod document;
pub mod drill;
pub mod extras;
pub mod frame;
pub mod frozen;
pub mod kinds;
pub mod listing;
pub mod live;
pub mod mailing;
pub mod making;
pub mod material;
pub mod packed;
pub mod print;
pub mod said;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod scope;
pub mod sight;
pub mod site;
pub mod state;
pub mod store;
pub mod take;
pub mod wording;

pub use creating::Creating;
pub use desk::{Aim, Changes, Desk, Seen};
pub use document::Document;
pub use drill::Spot;
pub use frame::Frame;
pub use frozen::Drawer;
pub use mailing::{DOCX, Mailing, XLSX};
pub use making::{Attempt, MOVED, Previewing, Ready};
pub use said::task::Task;
pub use schedule::Schedule;
pub use sight::Reads;
pub use site::Site;
pub use state::{State, Step};
pub use take::{Asked, Scope, Taken, take};
pub use wording::Sentences;
