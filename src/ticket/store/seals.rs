//! Ticket: seals in the database. Its rule: a seal, its leaves and the marks it covers change in
//! one write; events are immutable, so what to seal is read outside it.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::schema::{event, seal, seal_leaf, unsealed};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::sealing::MasterKey;
use crate::ticket::seal::{Leaf, Seal};
use crate::time::Stamp;

/// Leaves of one INSERT.
const ROWS_AT_ONCE: usize = 500;

type Found = (i64, Stamp, i32, Vec<u8>, Vec<u8>);

fn read((no, at, leaves, root, mac): Found) -> Seal {
    Seal { no, at, leaves, root, mac }
}

/// The heads of chains that grew since they were sealed, by ticket, from up to `most` marks.
pub fn unsealed_heads(conn: &mut Conn, most: i64) -> Result<Vec<Leaf>> {
    let on = event::ticket_id.eq(unsealed::ticket_id).and(event::seq.eq(unsealed::seq));
    let marks: Vec<(i64, i32, Vec<u8>)> = unsealed::table
        .inner_join(event::table.on(on))
        .order((unsealed::ticket_id, unsealed::seq))
        .limit(most)
        .select((unsealed::ticket_id, unsealed::seq, event::hash))
        .load(conn)?;
    let last: BTreeMap<i64, Leaf> = marks
        .into_iter()
        .map(|(ticket_id, seq, head)| (ticket_id, Leaf { ticket_id, seq, head }))
        .collect();
    Ok(last.into_values().collect())
}

/// How many events wait for a seal.
pub fn count_unsealed(conn: &mut Conn) -> Result<i64> {
    Ok(unsealed::table.count().get_result(conn)?)
}

/// The newest seal.
pub fn last_seal(conn: &mut Conn) -> Result<Option<Seal>> {
    let found: Option<Found> = seal::table.order(seal::no.desc()).first(conn).optional()?;
    Ok(found.map(read))
}

/// Seals after the number `after`, in their order.
pub fn seals_after(conn: &mut Conn, after: i64, most: i64) -> Result<Vec<Seal>> {
    let found: Vec<Found> =
        seal::table.filter(seal::no.gt(after)).order(seal::no).limit(most).load(conn)?;
    Ok(found.into_iter().map(read).collect())
}

/// Seals `leaves` (by ticket, each once) and takes their marks away.
pub fn insert_seal(tx: &mut Tx<'_>, keys: &MasterKey, leaves: &[Leaf]) -> Result<Seal> {
    let before = last_seal(tx.conn)?;
    let (no, mac) = before.map_or((1, Vec::new()), |seal| (seal.no + 1, seal.mac));
    let made = Seal::make(keys, no, tx.now, leaves, &mac);
    let values = (
        seal::no.eq(no),
        seal::at.eq(made.at),
        seal::leaves.eq(made.leaves),
        seal::root.eq(&made.root),
        seal::mac.eq(&made.mac),
    );
    each!(tx.conn, c => diesel::insert_into(seal::table).values(values).execute(c)?);
    for some in leaves.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|leaf| {
                (
                    seal_leaf::seal_no.eq(no),
                    seal_leaf::ticket_id.eq(leaf.ticket_id),
                    seal_leaf::seq.eq(leaf.seq),
                    seal_leaf::head.eq(&leaf.head),
                )
            })
            .collect();
        each!(tx.conn, c => diesel::insert_into(seal_leaf::table).values(&rows).execute(c)?);
    }
    // Few numbers, many tickets: a statement a number.
    let mut covered: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for leaf in leaves {
        covered.entry(leaf.seq).or_default().push(leaf.ticket_id);
    }
    for (seq, ids) in covered {
        let marks =
            unsealed::table.filter(unsealed::ticket_id.eq_any(ids)).filter(unsealed::seq.le(seq));
        diesel::delete(marks).execute(tx.conn)?;
    }
    Ok(made)
}
