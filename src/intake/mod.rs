//! Intake 受理: a call becomes a numbered ticket, or is answered, declined, diverted or merged.

pub mod amend;
pub mod duplicate;
pub mod incident;
pub mod known;
pub mod register;
pub mod settle;
pub mod similar;
pub mod slip;
pub mod suggest;
pub mod vexatious;

pub use register::{DispatchMode, Draft, register};
