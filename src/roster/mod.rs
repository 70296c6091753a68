//! Roster 值班: who is on duty at a unit, day by day (decision 0036). Its rule: one plan a unit and day, put whole; a
//! shift that ends no later than it begins ends on the next morning; what nobody covers is told, not guessed.

pub mod change;
pub mod cover;
pub mod demo;
pub mod plan;
pub mod sheet;
pub mod store;

pub use change::{may_put, put, sees};
pub use cover::{Office, gaps, on_duty};
pub use plan::{NEVER_PUT, NewPlan, NewTurn, Plan, Shift, Turn};
