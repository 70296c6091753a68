//! Ticket: loading and keeping it. Its rule: `insert_prepared` and `save` are the only writers: row,
//! projections, event and mark go together, in the caller's transaction, at its instant.

mod batch;
mod counted;
mod dispatched;
mod fresh;
pub mod proof;
mod repeat;
pub mod rows;
mod seals;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

use diesel::prelude::*;

use super::Ticket;
use super::event::{self, Event};
use crate::db::schema::{event as events, ticket_body, tickets};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, RecordKey, entropy, place};
use crate::time::Stamp;
pub use batch::{Place, known, page};
pub use counted::{count_by, counted_by};
pub use dispatched::{Dispatched, dispatched};
use rows::{Lens, Rows, TicketRow, project};
pub use seals::{count_unsealed, insert_seal, last_seal, seals_after, unsealed_heads};

/// The keys that storing needs.
#[derive(Clone, Copy)]
pub struct Vault<'a> {
    pub keys: &'a MasterKey,
}

/// A ticket as it was loaded: to be changed by [`save`] only.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: i64,
    /// How many events it has; the ETag.
    pub version: i32,
    pub ticket: Ticket,
    pub earlier_at: Option<Stamp>,
    key: RecordKey,
    head: Vec<u8>,
}

/// The id behind a number.
pub fn id_of(conn: &mut Conn, no: &str) -> Result<Option<i64>> {
    Ok(tickets::table.filter(tickets::no.eq(no)).select(tickets::id).first(conn).optional()?)
}

/// The ticket numbered `no`.
pub fn load(conn: &mut Conn, vault: Vault<'_>, no: &str) -> Result<Option<Stored>> {
    let Some(id) = id_of(conn, no)? else { return Ok(None) };
    load_by_id(conn, vault, id)
}

/// The ticket with this id.
pub fn load_by_id(conn: &mut Conn, vault: Vault<'_>, id: i64) -> Result<Option<Stored>> {
    type Found = (i32, Option<i64>, Option<Vec<u8>>, Vec<u8>, Vec<u8>);
    let found: Option<Found> = tickets::table
        .inner_join(ticket_body::table.on(ticket_body::ticket_id.eq(tickets::id)))
        .filter(tickets::id.eq(id))
        .select((
            tickets::version,
            tickets::earlier_at.nullable(),
            ticket_body::record_key,
            ticket_body::doc,
            ticket_body::head,
        ))
        .first(conn)
        .optional()?;
    let Some((version, earlier_at, wrapped, doc, head)) = found else { return Ok(None) };
    let wrapped = wrapped.ok_or_else(|| Error::new(Kind::NotFound, "ticket.erased"))?;
    let key = RecordKey::unwrap(vault.keys, &wrapped, &place("ticket_body", "record_key", id))?;
    let ticket = open_document(&key, id, &doc)?;
    let earlier_at = earlier_at.map(Stamp::from_millis);
    Ok(Some(Stored { id, version, ticket, earlier_at, key, head }))
}

fn open_document(key: &RecordKey, id: i64, sealed: &[u8]) -> Result<Ticket> {
    let plain = key.open(sealed, &place("ticket_body", "doc", id))?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// Many whole tickets at once, for lists that show more than the row holds.
pub fn load_many(conn: &mut Conn, vault: Vault<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Ticket>> {
    let found: Vec<(i64, Option<Vec<u8>>, Vec<u8>)> = ticket_body::table
        .filter(ticket_body::ticket_id.eq_any(ids.to_vec()))
        .select((ticket_body::ticket_id, ticket_body::record_key, ticket_body::doc))
        .load(conn)?;
    let mut many = BTreeMap::new();
    for (id, wrapped, doc) in found {
        let Some(wrapped) = wrapped else { continue };
        let at = place("ticket_body", "record_key", id);
        let key = RecordKey::unwrap(vault.keys, &wrapped, &at)?;
        many.insert(id, open_document(&key, id, &doc)?);
    }
    Ok(many)
}

/// Every event of the ticket, oldest first.
pub fn load_events(conn: &mut Conn, stored: &Stored) -> Result<Vec<Event>> {
    let found: Vec<(i32, Vec<u8>)> = events::table
        .filter(events::ticket_id.eq(stored.id))
        .order(events::seq)
        .select((events::seq, events::sealed))
        .load(conn)?;
    found
        .into_iter()
        .map(|(seq, sealed)| {
            let plain = stored.key.open(&sealed, &event_place(stored.id, seq))?;
            serde_json::from_slice(&plain).map_err(Error::internal)
        })
        .collect()
}

fn event_place(id: i64, seq: i32) -> Vec<u8> {
    let mut bytes = place("event", "sealed", id);
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes
}

/// A new ticket with everything that its rows will hold.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub id: i64,
    pub ticket: Ticket,
    key: RecordKey,
    head: Vec<u8>,
    rows: Rows,
    wrapped: Vec<u8>,
    doc: Vec<u8>,
    links: Vec<write::EventRow>,
}

/// Makes `ticket` with its events ready to be kept under `id` (from [`crate::db::Db::ids`]).
pub fn prepare(id: i64, vault: Vault<'_>, ticket: Ticket, history: &[Event]) -> Result<Prepared> {
    let key = RecordKey::fresh(&mut entropy());
    let wrapped = key.wrap(vault.keys, &place("ticket_body", "record_key", id))?;
    let version = i32::try_from(history.len()).unwrap_or(i32::MAX);
    let lens = Lens { id, version, keys: vault.keys, earlier_at: None };
    let rows = project(&ticket, &lens);
    let mut head = event::genesis(id).to_vec();
    let mut links = Vec::with_capacity(history.len());
    for (index, event) in history.iter().enumerate() {
        let seq = i32::try_from(index + 1).unwrap_or(i32::MAX);
        links.push(link(&key, id, seq, &mut head, event)?);
    }
    let doc = seal_document(&key, id, &ticket)?;
    Ok(Prepared { id, ticket, key, head, rows, wrapped, doc, links })
}

/// Keeps what was made ready; answers when the caller's latest earlier ticket about it came in.
///
/// # Errors
/// `ticket.number_known` where its number, or the upstream's, is taken.
pub fn insert_prepared(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<Option<Stamp>> {
    let mut ticket = Cow::Borrowed(&prepared.rows.ticket);
    let kin = repeat::kin_of(tx.conn, &ticket)?;
    if kin.earlier_at.is_some() {
        ticket.to_mut().earlier_at = kin.earlier_at;
    }
    write::insert_rows(tx, &ticket, &prepared.rows)?;
    write::insert_body(tx, prepared.id, &prepared.wrapped, &prepared.doc, &prepared.head)?;
    write::insert_events(tx, &prepared.links)?;
    if kin.has_later {
        repeat::refresh_later(tx, None, &ticket)?;
    }
    Ok(kin.earlier_at)
}

impl Prepared {
    /// How many events it has.
    pub fn version(&self) -> i32 {
        i32::try_from(self.links.len()).unwrap_or(i32::MAX)
    }

    /// The ticket as it would be loaded, once [`insert_prepared`] has kept it and answered
    /// `earlier_at`.
    pub fn into_stored(self, earlier_at: Option<Stamp>) -> Stored {
        let version = self.version();
        let Self { id, ticket, key, head, .. } = self;
        Stored { id, version, ticket, earlier_at, key, head }
    }
}

/// Keeps `after` in place of what was loaded, with the event that made it so.
///
/// # Errors
/// `stale` where somebody changed it meanwhile.
pub fn save(
    tx: &mut Tx<'_>,
    vault: Vault<'_>,
    before: &Stored,
    after: Ticket,
    event: &Event,
) -> Result<Stored> {
    let version = before.version + 1;
    let lens = |version, earlier_at| Lens { id: before.id, version, keys: vault.keys, earlier_at };
    let old = project(&before.ticket, &lens(before.version, before.earlier_at));
    let mut new = project(&after, &lens(version, before.earlier_at));
    if repeat::matter_differs(&old.ticket, &new.ticket) {
        new.ticket.earlier_at = repeat::earlier_of(tx.conn, &new.ticket)?;
    }
    let mut head = before.head.clone();
    let chained = link(&before.key, before.id, version, &mut head, event)?;
    let doc = seal_document(&before.key, before.id, &after)?;
    write::update_rows(tx, &old, &new, before.version)?;
    write::update_body(tx, before.id, doc, head.clone())?;
    write::insert_events(tx, &[chained])?;
    if repeat::matter_differs(&old.ticket, &new.ticket) {
        repeat::refresh_later(tx, Some(&old.ticket), &new.ticket)?;
    }
    let earlier_at = new.ticket.earlier_at;
    let key = before.key.clone();
    Ok(Stored { id: before.id, version, ticket: after, earlier_at, key, head })
}

fn link(
    key: &RecordKey,
    id: i64,
    seq: i32,
    head: &mut Vec<u8>,
    event: &Event,
) -> Result<write::EventRow> {
    let plain = as_json(event)?;
    let sealed = key.seal(&plain, &event_place(id, seq))?;
    let hash = event::link(head, id, seq, event.at, &sealed).to_vec();
    head.clone_from(&hash);
    Ok(write::EventRow { ticket_id: id, seq, at: event.at, sealed, hash })
}

/// As JSON; most are of this length, and growing to it means copying it.
fn as_json(what: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut json = Vec::with_capacity(4_096);
    serde_json::to_writer(&mut json, what).map_err(Error::internal)?;
    Ok(json)
}

fn seal_document(key: &RecordKey, id: i64, ticket: &Ticket) -> Result<Vec<u8>> {
    let plain = as_json(ticket)?;
    key.seal(&plain, &place("ticket_body", "doc", id))
}

/// The rows of a stored ticket as the database has them, for proofs that they follow from the
/// events.
pub fn rows_on_disk(conn: &mut Conn, id: i64) -> Result<Rows> {
    write::read_rows(conn, id)
}

/// The rows that follow from `ticket`.
pub fn rows_of(stored: &Stored, ticket: &Ticket, vault: Vault<'_>) -> Rows {
    let lens = Lens {
        id: stored.id,
        version: stored.version,
        keys: vault.keys,
        earlier_at: stored.earlier_at,
    };
    project(ticket, &lens)
}

/// The list's row of a ticket.
pub fn row_of(conn: &mut Conn, id: i64) -> Result<Option<TicketRow>> {
    Ok(tickets::table.find(id).select(TicketRow::as_select()).first(conn).optional()?)
}

/// Live tickets with a limit that somebody should be told of at `now`, the longest due first: up to
/// `most` after the place `after`, each with the place it stands at.
pub fn due_for_notice(
    conn: &mut Conn,
    now: Stamp,
    after: (Stamp, i64),
    most: i64,
) -> Result<Vec<(Stamp, i64)>> {
    let (at, id) = (after.0.millis(), after.1);
    let later = tickets::next_at.gt(at).or(tickets::next_at.eq(at).and(tickets::id.gt(id)));
    let found: Vec<(Option<i64>, i64)> = tickets::table
        .filter(tickets::next_at.le(now.millis()))
        .filter(later)
        .order((tickets::next_at, tickets::id))
        .limit(most)
        .select((tickets::next_at, tickets::id))
        .load(conn)?;
    Ok(found.into_iter().map(|(at, id)| (Stamp::from_millis(at.unwrap_or_default()), id)).collect())
}

/// Tickets after `after` that have limits which may still run: live ones, and merged ones, whose
/// own clock runs on and whose units' clocks may come back.
pub fn running_after(conn: &mut Conn, after: i64, most: i64) -> Result<Vec<i64>> {
    Ok(tickets::table
        .filter(tickets::id.gt(after))
        .filter(tickets::state.eq_any(running()))
        .order(tickets::id)
        .limit(most)
        .select(tickets::id)
        .load(conn)?)
}

/// Tickets after `after` whose limits may have run within `[from, to)`.
pub fn running_within(
    conn: &mut Conn,
    from: Stamp,
    to: Stamp,
    after: i64,
    most: i64,
) -> Result<Vec<i64>> {
    let still = tickets::state.eq_any(running());
    let ended_later = tickets::ended_at.gt(from.millis());
    Ok(tickets::table
        .filter(tickets::id.gt(after))
        .filter(tickets::received_at.lt(to.millis()))
        .filter(still.or(ended_later))
        .order(tickets::id)
        .limit(most)
        .select(tickets::id)
        .load(conn)?)
}

fn running() -> Vec<&'static str> {
    let states = super::StateName::ALL.iter();
    states
        .filter(|state| state.is_live() || **state == super::StateName::Merged)
        .map(|state| state.as_str())
        .collect()
}
