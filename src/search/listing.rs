//! Search: the rows of kept searches. Its rule: each ask names its owner.

use diesel::prelude::*;

use crate::db::schema::kept_search;
use crate::db::{Conn, Tx, each};
use crate::error::Result;

/// Those of `owner`, by name: number, name, what is asked.
pub(super) fn all(conn: &mut Conn, owner: i64) -> Result<Vec<(i64, String, String)>> {
    Ok(kept_search::table
        .filter(kept_search::owner.eq(owner))
        .order(kept_search::name)
        .select((kept_search::id, kept_search::name, kept_search::asked))
        .load(conn)?)
}

pub(super) fn insert(tx: &mut Tx<'_>, owner: i64, (name, asked): (&str, &str)) -> Result<i64> {
    let id = tx.id();
    let row = (
        kept_search::id.eq(id),
        kept_search::owner.eq(owner),
        kept_search::name.eq(name),
        kept_search::asked.eq(asked),
    );
    each!(tx.conn, c => diesel::insert_into(kept_search::table).values(row).execute(c))?;
    Ok(id)
}

/// Whether there was such a row.
pub(super) fn update(
    tx: &mut Tx<'_>,
    owner: i64,
    id: i64,
    (name, asked): (&str, &str),
) -> Result<bool> {
    let own = kept_search::table.find(id).filter(kept_search::owner.eq(owner));
    let to = (kept_search::name.eq(name), kept_search::asked.eq(asked));
    Ok(diesel::update(own).set(to).execute(tx.conn)? > 0)
}

/// Whether there was such a row.
pub(super) fn delete(tx: &mut Tx<'_>, owner: i64, id: i64) -> Result<bool> {
    let own = kept_search::table.find(id).filter(kept_search::owner.eq(owner));
    Ok(diesel::delete(own).execute(tx.conn)? > 0)
}
