//! Ticket: taking tickets back. Its rule: every row of a ticket goes in one write, in which the tombstone
//! over its events is laid; nothing readable of it stays.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::rows::{Lens, project};
use super::{Stored, Vault, callers};
use crate::db::schema::{
    assignment, attachment, contact, event, ledger, removal, removed_event, ticket_body, tickets,
    trail, unsealed, whistle,
};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::removal::Removal;
use crate::ticket::seal::Leaf;
use crate::time::Stamp;

/// Rows of one INSERT.
const ROWS_AT_ONCE: usize = 500;

pub(super) type Found = (i64, Stamp, i64, i32, Vec<u8>, Vec<u8>);

pub(super) fn read((no, at, batch, tickets, root, mac): Found) -> Removal {
    Removal { no, at, batch, tickets, root, mac }
}

/// Takes `gone`, brought by the import `batch`, out of every table, and lays a tombstone.
///
/// # Errors
/// The database's own: another room still has rows that name one of them.
pub fn remove(tx: &mut Tx<'_>, vault: Vault<'_>, batch: i64, gone: &[Stored]) -> Result<Removal> {
    let ids: Vec<i64> = gone.iter().map(|stored| stored.id).collect();
    let heads: Vec<(i64, i32, Vec<u8>)> = event::table
        .filter(event::ticket_id.eq_any(ids.clone()))
        .order((event::ticket_id, event::seq))
        .select((event::ticket_id, event::seq, event::hash))
        .load(tx.conn)?;
    let events: Vec<Leaf> =
        heads.into_iter().map(|(ticket_id, seq, head)| Leaf { ticket_id, seq, head }).collect();
    for stored in gone {
        let lens = Lens { id: stored.id, version: stored.version, keys: vault.keys };
        callers::replace(tx.conn, stored.id, &project(&stored.ticket, &lens).callers, &[])?;
    }
    macro_rules! empty {
        ($($table:ident)+) => {$(
            let rows = $table::table.filter($table::ticket_id.eq_any(ids.clone()));
            diesel::delete(rows).execute(tx.conn)?;
        )+};
    }
    empty!(unsealed event contact attachment assignment whistle ledger trail ticket_body);
    diesel::delete(tickets::table.filter(tickets::id.eq_any(ids))).execute(tx.conn)?;
    lay(tx, vault, batch, gone.len(), &events)
}

fn lay(
    tx: &mut Tx<'_>,
    vault: Vault<'_>,
    batch: i64,
    count: usize,
    events: &[Leaf],
) -> Result<Removal> {
    let last: Option<Found> = removal::table.order(removal::no.desc()).first(tx.conn).optional()?;
    let (no, before) = last.map(read).map_or((1, Vec::new()), |last| (last.no + 1, last.mac));
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let made = Removal::make(vault.keys, (no, tx.now, batch, count), events, &before);
    let values = (
        removal::no.eq(no),
        removal::at.eq(made.at),
        removal::batch.eq(batch),
        removal::tickets.eq(count),
        removal::root.eq(&made.root),
        removal::mac.eq(&made.mac),
    );
    each!(tx.conn, c => diesel::insert_into(removal::table).values(values).execute(c)?);
    for some in events.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|leaf| {
                (
                    removed_event::ticket_id.eq(leaf.ticket_id),
                    removed_event::seq.eq(leaf.seq),
                    removed_event::removal_no.eq(no),
                    removed_event::head.eq(&leaf.head),
                )
            })
            .collect();
        each!(tx.conn, c => diesel::insert_into(removed_event::table).values(&rows).execute(c)?);
    }
    Ok(made)
}

/// What tombstones say of the events of `ids`.
pub(super) fn heads(conn: &mut Conn, ids: &[i64]) -> Result<BTreeMap<(i64, i32), Vec<u8>>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(i64, i32, Vec<u8>)> = removed_event::table
        .filter(removed_event::ticket_id.eq_any(ids.to_vec()))
        .select((removed_event::ticket_id, removed_event::seq, removed_event::head))
        .load(conn)?;
    Ok(found.into_iter().map(|(id, seq, head)| ((id, seq), head)).collect())
}
