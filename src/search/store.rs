//! Search: what the index is made of, as the database has it. Its rule: the index follows the seals, which
//! are numbered without a gap, and the events that wait for one; so it needs no mark of its own, and each
//! node follows by itself (decision 0022).

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{
    assignment, erased, removal, removed_event, seal, seal_leaf, tickets, unsealed,
};
use crate::directory::UnitCode;
use crate::error::{Kind, Result};
use crate::ticket::state::WorkName;
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{Vault, load_many};
use crate::ticket::{Ticket, Words};

/// A ticket at a version, erased or not: a larger number is newer.
pub fn stamp(version: i32, erased: Option<i64>) -> u64 {
    let version = u64::try_from(version).unwrap_or_default();
    version * 2 + u64::from(erased.is_some())
}

/// Tickets and how new they are.
pub type Stamped = Vec<(i64, u64)>;

/// Up to which seal and which removal somebody has followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    pub seal: i64,
    /// The mac of that seal: another history has another.
    pub mac: Vec<u8>,
    pub removal: i64,
    /// Bytes of something erased or taken back may still lie in the index's files.
    #[serde(default)]
    pub purge: bool,
}

/// The newest of both.
pub fn newest(conn: &mut Conn) -> Result<Mark> {
    let last: Option<(i64, Vec<u8>)> =
        seal::table.order(seal::no.desc()).select((seal::no, seal::mac)).first(conn).optional()?;
    let (seal, mac) = last.unwrap_or_default();
    let removal: Option<i64> = removal::table.select(max(removal::no)).first(conn)?;
    Ok(Mark { seal, mac, removal: removal.unwrap_or_default(), purge: false })
}

/// Whether `mark` lies in this database's history.
pub fn knows(conn: &mut Conn, mark: &Mark) -> Result<bool> {
    if mark.seal == 0 {
        return Ok(true);
    }
    let mac: Option<Vec<u8>> =
        seal::table.find(mark.seal).select(seal::mac).first(conn).optional()?;
    Ok(mac.as_ref() == Some(&mark.mac))
}

/// Events that wait for a seal, from the place `after` on.
pub fn waiting(conn: &mut Conn, after: (i64, i32), most: i64) -> Result<Vec<(i64, i32, u64)>> {
    let (id, seq) = after;
    let later =
        unsealed::ticket_id.gt(id).or(unsealed::ticket_id.eq(id).and(unsealed::seq.gt(seq)));
    let found: Vec<(i64, i32, Option<i64>)> = unsealed::table
        .left_join(erased::table.on(erased::ticket_id.eq(unsealed::ticket_id)))
        .filter(later)
        .order((unsealed::ticket_id, unsealed::seq))
        .limit(most)
        .select((unsealed::ticket_id, unsealed::seq, erased::ticket_id.nullable()))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, seq, gone)| (id, seq, stamp(seq, gone))).collect())
}

/// What lies under the seals after `mark`, about `most` tickets of it, and how far that leads.
pub fn sealed_after(conn: &mut Conn, mark: &Mark, most: i64) -> Result<(Stamped, Mark)> {
    let seals: Vec<(i64, i32, Vec<u8>)> = seal::table
        .filter(seal::no.gt(mark.seal))
        .order(seal::no)
        .limit(100)
        .select((seal::no, seal::leaves, seal::mac))
        .load(conn)?;
    let (mut to, mut sum) = (mark.clone(), 0);
    for (no, leaves, mac) in seals {
        sum += i64::from(leaves);
        if sum > most && to.seal > mark.seal {
            break;
        }
        (to.seal, to.mac) = (no, mac);
    }
    if to.seal == mark.seal {
        return Ok((Vec::new(), to));
    }
    let found: Vec<(i64, i32, Option<i64>)> = seal_leaf::table
        .left_join(erased::table.on(erased::ticket_id.eq(seal_leaf::ticket_id)))
        .filter(seal_leaf::seal_no.gt(mark.seal))
        .filter(seal_leaf::seal_no.le(to.seal))
        .select((seal_leaf::ticket_id, seal_leaf::seq, erased::ticket_id.nullable()))
        .load(conn)?;
    Ok((found.into_iter().map(|(id, seq, gone)| (id, stamp(seq, gone))).collect(), to))
}

/// Tickets taken back after `mark`, and how far that leads.
pub fn removed_after(conn: &mut Conn, mark: &Mark, most: i64) -> Result<(BTreeSet<i64>, i64)> {
    let numbers: Vec<i64> = removal::table
        .filter(removal::no.gt(mark.removal))
        .order(removal::no)
        .limit(most)
        .select(removal::no)
        .load(conn)?;
    let Some(last) = numbers.last().copied() else { return Ok((BTreeSet::new(), mark.removal)) };
    let ids: Vec<i64> = removed_event::table
        .filter(removed_event::removal_no.gt(mark.removal))
        .filter(removed_event::removal_no.le(last))
        .select(removed_event::ticket_id)
        .distinct()
        .load(conn)?;
    Ok((ids.into_iter().collect(), last))
}

/// Every ticket after the id `after`, and how new each is.
pub fn every(conn: &mut Conn, after: i64, most: i64) -> Result<Stamped> {
    let found: Vec<(i64, i32, Option<i64>)> = tickets::table
        .left_join(erased::table.on(erased::ticket_id.eq(tickets::id)))
        .filter(tickets::id.gt(after))
        .order(tickets::id)
        .limit(most)
        .select((tickets::id, tickets::version, erased::ticket_id.nullable()))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, version, gone)| (id, stamp(version, gone))).collect())
}

/// How many tickets there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(tickets::table.count().get_result(conn)?)
}

/// A ticket as it is to be found.
#[derive(Debug, Clone)]
pub struct Source {
    pub row: TicketRow,
    pub stamp: u64,
    pub units: Vec<UnitPart>,
    /// None where it was erased, or cannot be read.
    pub ticket: Option<Ticket>,
}

/// What a unit has to do with it.
#[derive(Debug, Clone)]
pub struct UnitPart {
    pub unit: UnitCode,
    pub works: bool,
    pub sees: bool,
}

impl Source {
    /// Whether nothing but its row is left.
    pub const fn is_erased(&self) -> bool {
        self.stamp & 1 == 1
    }

    /// Its words; of an erased one nothing but the line that a list shows.
    pub fn words(&self) -> Words {
        match &self.ticket {
            Some(ticket) => ticket.words(),
            None => Words { title: self.row.title.clone(), ..Words::default() },
        }
    }
}

/// The tickets `ids`, as many as there are.
pub fn sources(conn: &mut Conn, vault: Vault<'_>, ids: &[i64]) -> Result<Vec<Source>> {
    // First the rows, then the documents: what changes in between is newer than the stamp says, and
    // comes once more.
    let rows: Vec<(TicketRow, Option<i64>)> = tickets::table
        .left_join(erased::table.on(erased::ticket_id.eq(tickets::id)))
        .filter(tickets::id.eq_any(ids.to_vec()))
        .order(tickets::id)
        .select((TicketRow::as_select(), erased::ticket_id.nullable()))
        .load(conn)?;
    let mut parts: BTreeMap<i64, Vec<UnitPart>> = BTreeMap::new();
    let found: Vec<(i64, UnitCode, WorkName, bool)> = assignment::table
        .filter(assignment::ticket_id.eq_any(ids.to_vec()))
        .select((
            assignment::ticket_id,
            assignment::unit,
            assignment::state,
            assignment::taken_back,
        ))
        .load(conn)?;
    for (id, unit, state, taken_back) in found {
        let part = UnitPart { unit, works: !state.is_void(), sees: !taken_back };
        parts.entry(id).or_default().push(part);
    }
    let mut documents = readable(conn, vault, ids)?;
    let source = |(row, gone): (TicketRow, Option<i64>)| Source {
        stamp: stamp(row.version, gone),
        units: parts.remove(&row.id).unwrap_or_default(),
        ticket: documents.remove(&row.id),
        row,
    };
    Ok(rows.into_iter().map(source).collect())
}

/// Those of the tickets that can be read. One that is damaged is told in the log and found by its row only; it
/// keeps nobody from finding the others.
fn readable(conn: &mut Conn, vault: Vault<'_>, ids: &[i64]) -> Result<BTreeMap<i64, Ticket>> {
    let all = load_many(conn, vault, ids);
    if !all.as_ref().is_err_and(|error| error.kind() == Kind::Internal) {
        return all;
    }
    let mut found = BTreeMap::new();
    for id in ids {
        match load_many(conn, vault, &[*id]) {
            Ok(one) => found.extend(one),
            Err(error) if error.kind() == Kind::Internal => {
                tracing::error!(target: "jiesu::search", id, "a ticket cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
