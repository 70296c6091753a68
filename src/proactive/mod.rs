//! Proactive 未诉先办: acting before the complaint: warnings and campaigns. Its rule: a warning rests on tickets that
//! anyone may count again, has somebody who answers for it, and ends with a result or with one word: not real.
//!
//! The rules (domain.md §8) are pure and are the same for the sweep, which looks at what has just changed, and for
//! the replay, which looks at a history day by day (decision 0028).

pub mod campaign;
pub mod chance;
pub mod city;
pub mod cluster;
pub mod desk;
pub mod dissatisfied;
pub mod earlier;
pub mod estate;
pub mod finding;
pub mod owner;
pub mod point;
pub mod reading;
pub mod repeat;
pub mod replay;
pub mod round;
pub mod season;
pub mod seen;
pub mod sensitive;
pub mod settings;
pub mod sight;
#[cfg(test)]
mod simulation;
pub mod store;

pub use earlier::Earlier;
pub use finding::{Finding, Grade, Rule};
pub use round::Watchman;
pub use seen::Seen;
pub use settings::Settings;
