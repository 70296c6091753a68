//! The city's 12345 platform: what it tells us, what we owe it, and that both sides agree in the end.

mod assessed;
mod backfills;
mod erased;
mod feed;
mod mock;
mod order;
mod reconcile;
mod sheet;
mod simulation;
mod web;

use std::sync::Arc;

use jiesu::config::Config;
use jiesu::db::Db;
use jiesu::directory::Cached;
use jiesu::jobs::Crew;
use jiesu::outward::Outward;
use jiesu::upstream::store::listing::{self, Filter};
use jiesu::upstream::{Backfill, Carrier, JOB};
use serde_json::{Value, json};

use crate::support::city::{City, draft_with};

/// The carrier of a city's hotline, as `keys` configure it.
fn carrier(city: &City, keys: &[(String, String)]) -> Carrier {
    let config = Config::from_environment(keys.to_vec()).unwrap();
    let house = (city.hotline.db.clone(), city.hotline.keys.clone(), Cached::default());
    let outward = Outward::of(&config.outward).unwrap();
    Carrier::of(&config.upstream, outward, house, config.site.zone).unwrap()
}

/// Whoever carries answers, and nothing else.
fn crew(db: &Db, carrier: &Carrier) -> Crew {
    let carrier = Arc::new(carrier.clone());
    Crew::new(db.clone()).does(JOB, move |job| Ok(carrier.carry(job.body()?)?))
}

/// Every answer of the ticket numbered `no`, in order.
fn owed(city: &City, no: &str) -> Vec<Backfill> {
    let filter = Filter { ticket_no: Some(no.to_owned()), ..Filter::default() };
    let now = city.now();
    let read = |conn: &mut _| listing::page(conn, &filter, now, None, 100);
    let (mut all, _) = city.hotline.db.read(read).unwrap();
    all.sort_by_key(|owed| owed.revision);
    all
}

/// What the platform usually sends, under its number `no`.
fn from_platform(city: &City, no: &str) -> Value {
    let at = city.now().to_string();
    draft_with(&json!({
        "channel": "platform", "dispatch": "hold", "upstream": { "no": no, "received_at": at }
    }))
}

/// A ticket of the platform's, registered.
fn given(city: &City, no: &str) -> String {
    city.person("platform").registers(from_platform(city, no))
}
