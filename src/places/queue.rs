//! Places: the queue of tickets whose place stayed free text. Its rule: the queue is a query, so that it costs an ordinary
//! write nothing, and each look offers what today's directory knows; what was put aside comes back with a new offer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Row};
use super::{Aside, Gazetteer, Resolved, WHO};
use crate::audit::{self, Entry};
use crate::db::page::{key_at, read_key_at};
use crate::db::{Conn, Tx};
use crate::directory::{EstateCode, RegionCode};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::sealing::{MasterKey, mask_address};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{Stored, Vault, load_many};
use crate::ticket::{Place, Text, Ticket};

/// Tickets that are looked into at once, and for one page.
const CHUNK: usize = 200;
const LOOKED_AT: usize = 2_000;

/// What somebody says of a place in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// The estate that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    /// Or the region, where there is no estate: the ticket then leaves the queue as one in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
}

/// Why somebody puts a place aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutAside {
    pub why: Aside,
}

/// By which names and on which day the queue is looked at.
#[derive(Clone, Copy)]
pub struct Lamp<'a> {
    pub gazetteer: &'a Gazetteer,
    pub keys: &'a MasterKey,
    pub today: NaiveDate,
    /// From this score on a candidate may be certain.
    pub certain: f64,
}

/// A ticket that waits for its place.
#[derive(Debug)]
pub struct Waiting {
    pub row: TicketRow,
    /// Masked.
    pub address: String,
    /// Without the building: a household is not for a list.
    pub resolved: Resolved,
    /// It was put aside for this reason, and something new is offered.
    pub was_aside: Option<Aside>,
}

impl Lamp<'_> {
    /// What the address of `ticket` may mean; nothing where it needs no place.
    fn offers<'t>(&self, ticket: &'t Ticket) -> Option<(&'t Text, Resolved)> {
        let place = &ticket.place;
        let address = place.address.as_ref().filter(|_| place.estate.is_none())?;
        let about = (self.today, self.certain);
        let mut resolved = self.gazetteer.resolve(address, place.region.as_ref(), about);
        resolved.building = None;
        // A region that the ticket has already is no offer.
        resolved
            .candidates
            .retain(|one| one.estate.is_some() || place.region.as_ref() != Some(&one.region));
        Some((address, resolved))
    }

    /// A page of the queue, the longest waiting first, and the key to go on from. It may be shorter than `limit` and still go
    /// on: only so many tickets are opened for one page.
    ///
    /// # Errors
    /// 403 for whoever neither takes calls nor dispatches; 422 at `/after` for a key that no page gave.
    pub fn page(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Waiting>, Option<String>)> {
        actor.require(&WHO)?;
        let version = self.gazetteer.directory().version();
        let mut key = after.map(read_key_at).transpose()?;
        let mut found = Vec::new();
        for _ in 0..LOOKED_AT / CHUNK {
            let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
            let rows = store::placeless(conn, version, key, most)?;
            let is_last = rows.len() < CHUNK;
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            let opened = load_many(conn, Vault { keys: self.keys }, &ids)?;
            let asides = store::asides(conn, &ids)?;
            let asides: BTreeMap<i64, Row> =
                asides.into_iter().map(|row| (row.ticket_id, row)).collect();
            for row in rows {
                key = Some((row.received_at, row.id));
                let ticket = opened.get(&row.id);
                found.extend(ticket.and_then(|it| self.waiting(row, it, &asides)));
                if found.len() == limit {
                    return Ok((found, key.map(key_at)));
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, key.map(key_at)))
    }

    fn waiting(
        &self,
        row: TicketRow,
        ticket: &Ticket,
        asides: &BTreeMap<i64, Row>,
    ) -> Option<Waiting> {
        let (address, resolved) = self.offers(ticket)?;
        let aside = asides.get(&row.id);
        let is_new = |aside: &Row| {
            let before: BTreeSet<&str> = aside.offered.split(',').collect();
            estates(&resolved).any(|estate| !before.contains(estate))
        };
        if aside.is_some_and(|aside| !is_new(aside)) {
            return None;
        }
        let address = mask_address(address);
        Some(Waiting { row, address, resolved, was_aside: aside.map(|aside| aside.why) })
    }

    /// Takes `stored` out of the queue until something new can be offered.
    ///
    /// # Errors
    /// The database's own.
    pub fn put_aside(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        stored: &Stored,
        why: Aside,
    ) -> Result<()> {
        let offered = self.offers(&stored.ticket).map(|(_, resolved)| resolved);
        let offered = offered.unwrap_or_default();
        let row = Row {
            ticket_id: stored.id,
            why,
            offered: estates(&offered).collect::<Vec<_>>().join(","),
            directory_version: self.gazetteer.directory().version(),
            by_id: actor.user,
            at: tx.now,
        };
        store::put_aside(tx, &row)?;
        let subject = ("ticket", stored.ticket.no.as_str());
        let entry = Entry::new((actor.user, &actor.name), "place.aside", subject);
        audit::record(tx, &entry.for_purpose(why.as_str()))
    }
}

/// Forgets that the ticket was put aside.
///
/// # Errors
/// The database's own.
pub fn take_back(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    store::take_back(tx, id)
}

/// The estates on offer.
fn estates(resolved: &Resolved) -> impl Iterator<Item = &str> {
    resolved.candidates.iter().filter_map(|one| one.estate.as_ref()).map(AsRef::as_ref)
}

/// The place of `ticket` as `settlement` says it: its address, building and point stay. A region alone means that
/// there is no estate.
///
/// # Errors
/// 422 where neither or both are named, or one that the directory does not have, or one that has ended.
pub fn settled(lamp: &Lamp<'_>, ticket: &Ticket, settlement: &Settlement) -> Result<Place> {
    let directory = lamp.gazetteer.directory();
    let before = ticket.place.clone();
    match (&settlement.estate, &settlement.region) {
        (Some(code), None) => {
            let unknown = || Error::field("/estate", "field.unknown_code");
            let estate = directory.estate(code).ok_or_else(unknown)?;
            if estate.span.has_ended(lamp.today) {
                return Err(Error::field("/estate", "place.gone"));
            }
            let region = Some(estate.region.clone());
            Ok(Place { estate: Some(code.clone()), region, ..before })
        }
        (None, Some(code)) => {
            let unknown = || Error::field("/region", "field.unknown_code");
            let region = directory.region(code).ok_or_else(unknown)?;
            if region.span.has_ended(lamp.today) {
                return Err(Error::field("/region", "place.gone"));
            }
            Ok(Place { region: Some(code.clone()), ..before })
        }
        _ => Err(Error::field("/estate", "place.one_of")),
    }
}
