//! Notices 通知: what leaves the house of itself. Its rule: it is a row written with its cause, sent
//! later, tried again, and never twice with another name.

pub mod sms;
pub mod webhook;
