//! What the tests stand on. Its rule: nothing of it decides anything about the trade.

pub mod badges;
pub mod city;
pub mod databases;
pub mod desk;
pub mod door;
pub mod folder;
pub mod form;
pub mod histories;
pub mod mailroom;
pub mod office;
pub mod oracle;
pub mod photo;
pub mod plan;
pub mod postgres;
pub mod program;
pub mod record;
pub mod server;
pub mod smtp;
pub mod town;
pub mod tree;
pub mod watch;
