//! Assessment 考核: what counts, and how much (domain.md §6). Its rule: a figure is made from plain
//! facts by one pure pass, and drills down by the same pass to exactly the facts it was made from.
//!
//! [`facts`] say what happened, [`shares`] what each adds to which [`metrics`], [`figures`] add up,
//! [`ranking`] compares, [`drill`] lists, [`likewise`] says what to set beside a window, and [`signals`] what does not
//! look honest.

mod cut;
pub mod daily;
pub mod drill;
pub mod exclusion;
pub mod facts;
pub mod figures;
pub mod fraction;
pub mod interval;
pub mod late;
pub mod likewise;
pub mod listed;
pub mod metrics;
mod names;
pub mod projection;
pub mod ranking;
pub mod reconcile;
pub mod remap;
pub mod rules;
pub mod samemix;
pub mod shares;
pub mod shelf;
pub mod signals;
pub mod store;

pub use drill::{Behind, Item, Place, Side};
pub use facts::{Edition, Facts, GroupBy};
pub use figures::{Cell, Depth, Dim, Rates, Row, Table};
pub use metrics::{Definition, Metric};
pub use ranking::List;
pub use remap::{Categories, Remap};
pub use rules::Rules;
pub use shares::Question;
pub use shelf::Shelf;
