//! Identity: actors, roles, credentials and sessions.

pub mod actor;

pub use actor::{Actor, Role};
