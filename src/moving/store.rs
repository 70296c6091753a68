//! Moving: what was imported before, by number and keyed hash of its line.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::imported;
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::store::known;

/// What is known of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Imported from a line with this hash.
    Imported(Vec<u8>),
    /// It came to be here.
    Native,
}

/// Which of `numbers` are there.
pub(super) fn look_up(conn: &mut Conn, numbers: &[&str]) -> Result<HashMap<String, Known>> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut there: HashMap<String, Known> =
        known(conn, numbers)?.into_iter().map(|no| (no, Known::Native)).collect();
    if !there.is_empty() {
        let hashes: Vec<(String, Vec<u8>)> = imported::table
            .filter(imported::no.eq_any(numbers.to_vec()))
            .select((imported::no, imported::hash))
            .load(conn)?;
        there.extend(hashes.into_iter().map(|(no, hash)| (no, Known::Imported(hash))));
    }
    Ok(there)
}

/// Notes that ticket `ticket_id`, numbered `no`, came in by the run `batch`.
pub(super) fn note(
    tx: &mut Tx<'_>,
    no: &str,
    ticket_id: i64,
    batch: i64,
    hash: &[u8],
) -> Result<()> {
    let values = (
        imported::no.eq(no),
        imported::ticket_id.eq(ticket_id),
        imported::batch.eq(batch),
        imported::hash.eq(hash),
    );
    each!(tx.conn, c => diesel::insert_into(imported::table).values(values).execute(c)?);
    Ok(())
}
