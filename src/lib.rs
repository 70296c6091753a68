//! jiesu (接诉): a housing bureau's citizen hotline, from the call to the monthly rates.

#[doc = include_str!("ARCHITECTURE.md")]
pub mod architecture {}

pub mod app;
pub mod assessment;
pub mod audit;
pub mod bench;
pub mod citizen;
pub mod code;
pub mod config;
pub mod db;
pub mod directory;
pub mod doctor;
pub mod error;
pub mod followup;
pub mod handling;
pub mod identity;
pub mod intake;
pub mod jobs;
pub mod lifecycle;
pub mod limits;
pub mod moving;
pub mod notify;
pub mod outward;
pub mod routing;
pub mod sealing;
pub mod ticket;
pub mod time;
pub mod web;
pub mod worker;
