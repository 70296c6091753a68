//! 派单 Routing: which units get a ticket.

pub mod catalogue;
pub mod corrections;
pub mod dispatch;
pub mod dispute;
pub mod dry_run;
