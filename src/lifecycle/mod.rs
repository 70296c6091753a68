//! Lifecycle: which command is allowed in which state to whom, the one pure decision, and the one
//! way a ticket is changed. Above the stations, below every face.

mod advise;
pub mod arrival;
pub mod attach;
pub mod charges;
mod cite;
pub mod consequences;
pub mod decide;
pub mod form;
pub mod hotline;
pub mod locate;
pub mod outage;
pub mod prove;
pub mod recompute;
mod relatives;
pub mod rules;
pub mod sealer;
pub mod subject;
pub mod supervise;
pub mod sweep;
pub mod table;
pub mod trails;
pub mod undo;
mod vexatious;

pub use arrival::Arrival;
pub use decide::decide;
pub use hotline::{Hotline, Order, Registered};
pub use rules::{RuleBook, Rules};
