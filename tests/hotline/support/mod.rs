//! What the tests stand on. Its rule: nothing of it decides anything about the trade.

pub mod databases;
pub mod postgres;
pub mod server;
