//! Ticket: loading and keeping it. Its rule: `insert_prepared` and `save` are the only writers: row,
//! projections, event and mark go together, in the caller's transaction, at its instant; and `remove`
//! takes all of it away where an import is taken back.

pub mod asked;
mod attached;
mod batch;
pub mod callers;
mod counted;
mod dispatched;
mod erasing;
mod fresh;
pub mod inbox;
pub mod proof;
pub mod public;
mod removed;
pub mod rows;
mod seals;
mod tombstones;
mod traces;
mod trails;
mod write;

use std::collections::BTreeMap;

use diesel::dsl::max;
use diesel::prelude::*;

use super::Ticket;
use super::event::{self, Event};
use crate::db::schema::{event as events, ticket_body, tickets};
use crate::db::{Conn, Tx};
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, RecordKey, entropy, place};
use crate::time::Stamp;
pub use attached::{AttachmentRow, attachments_after, attachments_of, needed_files};
pub use batch::{Place, known, known_upstream, page};
pub use counted::{count_by, counted_by};
pub use dispatched::{Dispatched, Reach, Returned, dispatched, lately_led, reached, returned};
pub use erasing::{
    Erasure, Ground, Grounds, ended_before, erase, erasures_after, of_ticket as erasure_of,
    wrapped_key,
};
pub use removed::remove;
use rows::{Lens, Rows, TicketRow, project};
pub use seals::{count_unsealed, insert_seal, last_seal, seals_after, unsealed_heads};
pub use trails::{TrailRow, write_trails};

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
    key: RecordKey,
    head: Vec<u8>,
}

/// The id behind a number.
pub fn id_of(conn: &mut Conn, no: &str) -> Result<Option<i64>> {
    Ok(tickets::table.filter(tickets::no.eq(no)).select(tickets::id).first(conn).optional()?)
}

/// How many ids are looked up at once: databases limit how many values one question has.
pub const AT_ONCE: usize = 900;

/// The numbers of the tickets with these ids.
pub fn numbers_of(conn: &mut Conn, ids: &[i64]) -> Result<BTreeMap<i64, String>> {
    let mut numbers = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let found = tickets::table.filter(tickets::id.eq_any(some.to_vec()));
        let found: Vec<(i64, String)> = found.select((tickets::id, tickets::no)).load(conn)?;
        numbers.extend(found);
    }
    Ok(numbers)
}

/// The ticket numbered `no`.
pub fn load(conn: &mut Conn, vault: Vault<'_>, no: &str) -> Result<Option<Stored>> {
    let Some(id) = id_of(conn, no)? else { return Ok(None) };
    load_by_id(conn, vault, id)
}

/// The ticket numbered `no`; where there is none, or it was erased, the newest one instead. Both take
/// the same work, so that how long it takes says nothing about `no`.
pub fn load_or_other(conn: &mut Conn, vault: Vault<'_>, no: &str) -> Result<Option<Stored>> {
    let newest: Option<i64> = tickets::table.select(max(tickets::id)).first(conn)?;
    let Some(id) = id_of(conn, no)?.or(newest) else { return Ok(None) };
    match load_by_id(conn, vault, id) {
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        found => found,
    }
}

/// The ticket with this id; one whose key was destroyed is none.
pub fn load_by_id(conn: &mut Conn, vault: Vault<'_>, id: i64) -> Result<Option<Stored>> {
    type Found = (i32, Option<Vec<u8>>, Vec<u8>, Vec<u8>);
    let found: Option<Found> = tickets::table
        .inner_join(ticket_body::table.on(ticket_body::ticket_id.eq(tickets::id)))
        .filter(tickets::id.eq(id))
        .select((tickets::version, ticket_body::record_key, ticket_body::doc, ticket_body::head))
        .first(conn)
        .optional()?;
    let Some((version, wrapped, doc, head)) = found else { return Ok(None) };
    let Some(wrapped) = wrapped else { return Ok(None) };
    let key = RecordKey::unwrap(vault.keys, &wrapped, &place("ticket_body", "record_key", id))?;
    let ticket = open_document(&key, id, &doc)?;
    Ok(Some(Stored { id, version, ticket, key, head }))
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
    let document = as_json(&ticket)?;
    let events = history.iter().map(|event| Ok((event.at, as_json(event)?)));
    let events = events.collect::<Result<Vec<_>>>()?;
    ready(id, vault, ticket, &document, &events)
}

/// The same for a ticket that has only been taken in: `opening` is its one event, and its patch the
/// document, which is made once for both.
pub fn prepare_new(id: i64, vault: Vault<'_>, ticket: Ticket, opening: &Event) -> Result<Prepared> {
    let document = serde_json::value::to_raw_value(&ticket).map_err(Error::internal)?;
    let event = as_json(&opening.opening(&document))?;
    ready(id, vault, ticket, document.get().as_bytes(), &[(opening.at, event)])
}

fn ready(
    id: i64,
    vault: Vault<'_>,
    ticket: Ticket,
    document: &[u8],
    events: &[(Stamp, Vec<u8>)],
) -> Result<Prepared> {
    let key = RecordKey::fresh(&mut entropy());
    let wrapped = key.wrap(vault.keys, &place("ticket_body", "record_key", id))?;
    let version = i32::try_from(events.len()).unwrap_or(i32::MAX);
    let rows = project(&ticket, &Lens { id, version, keys: vault.keys });
    let mut head = event::genesis(id).to_vec();
    let mut links = Vec::with_capacity(events.len());
    for (index, (at, event)) in events.iter().enumerate() {
        let seq = i32::try_from(index + 1).unwrap_or(i32::MAX);
        links.push(link(&key, (id, seq, *at), &mut head, event)?);
    }
    let doc = key.seal(document, &place("ticket_body", "doc", id))?;
    Ok(Prepared { id, ticket, key, head, rows, wrapped, doc, links })
}

/// Keeps what was made ready.
///
/// # Errors
/// `ticket.number_known` where its number, or the upstream's, is taken.
pub fn insert_prepared(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<()> {
    write::insert_rows(tx, &prepared.rows)?;
    write::insert_body(tx, prepared.id, &prepared.wrapped, &prepared.doc, &prepared.head)?;
    write::insert_events(tx, &prepared.links)
}

impl Stored {
    /// The ticket's own key: its files are sealed under it too, so that they go with it.
    pub const fn key(&self) -> &RecordKey {
        &self.key
    }
}

impl Prepared {
    /// How many events it has.
    pub fn version(&self) -> i32 {
        i32::try_from(self.links.len()).unwrap_or(i32::MAX)
    }

    /// The ticket as it would be loaded, once [`insert_prepared`] has kept it.
    pub fn into_stored(self) -> Stored {
        let version = self.version();
        let Self { id, ticket, key, head, .. } = self;
        Stored { id, version, ticket, key, head }
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
    let lens = |version| Lens { id: before.id, version, keys: vault.keys };
    let old = project(&before.ticket, &lens(before.version));
    let new = project(&after, &lens(version));
    let mut head = before.head.clone();
    let place_of_event = (before.id, version, event.at);
    let chained = link(&before.key, place_of_event, &mut head, &as_json(event)?)?;
    let doc = before.key.seal(&as_json(&after)?, &place("ticket_body", "doc", before.id))?;
    write::update_rows(tx, &old, &new, before.version)?;
    write::update_body(tx, before.id, doc, head.clone())?;
    write::insert_events(tx, &[chained])?;
    Ok(Stored { id: before.id, version, ticket: after, key: before.key.clone(), head })
}

/// The next link of a chain: the event, as JSON, sealed for its place.
fn link(
    key: &RecordKey,
    (id, seq, at): (i64, i32, Stamp),
    head: &mut Vec<u8>,
    event: &[u8],
) -> Result<write::EventRow> {
    let sealed = key.seal(event, &event_place(id, seq))?;
    let hash = event::link(head, id, seq, at, &sealed).to_vec();
    head.clone_from(&hash);
    Ok(write::EventRow { ticket_id: id, seq, at, sealed, hash })
}

/// As JSON; most are of this length, and growing to it means copying it.
fn as_json(what: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut json = Vec::with_capacity(4_096);
    serde_json::to_writer(&mut json, what).map_err(Error::internal)?;
    Ok(json)
}

/// The rows of a stored ticket as the database has them, for proofs that they follow from the
/// events.
pub fn rows_on_disk(conn: &mut Conn, id: i64) -> Result<Rows> {
    write::read_rows(conn, id)
}

/// The rows that follow from `ticket`.
pub fn rows_of(stored: &Stored, ticket: &Ticket, vault: Vault<'_>) -> Rows {
    project(ticket, &Lens { id: stored.id, version: stored.version, keys: vault.keys })
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
        .filter(tickets::next_at.ge(at))
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
