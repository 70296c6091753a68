//! jiesu (接诉): a housing bureau's citizen hotline, from the call to the monthly rates.

#[doc = include_str!("ARCHITECTURE.md")]
pub mod architecture {}

pub mod app;
pub mod assessment;
pub mod attachment;
pub mod audit;
pub mod backup;
pub mod bench;
pub mod calls;
pub mod citizen;
pub mod code;
pub mod config;
pub mod db;
pub mod directory;
pub mod doctor;
pub mod error;
pub mod feed;
pub mod followup;
pub mod handling;
pub mod held;
pub mod identity;
pub mod intake;
pub mod jobs;
pub mod knowledge;
pub mod learning;
pub mod lifecycle;
pub mod limits;
pub mod moving;
pub mod notify;
pub mod outward;
pub mod papers;
pub mod places;
pub mod privacy;
pub mod proactive;
pub mod reports;
pub mod routing;
pub mod sealing;
pub mod search;
pub mod sheet;
pub mod ticket;
pub mod time;
pub mod tls;
pub mod upstream;
pub mod web;
pub mod worker;
