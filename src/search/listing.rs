//! Search: the rows of kept searches. Its rule: each ask names its owner.

use diesel::prelude::*;

use super::kept::{Kept, Plan};
use crate::db::schema::kept_search;
use crate::db::{Conn, Tx, each};
use crate::error::Result;

/// Those of `owner`, by name.
pub fn all(conn: &mut Conn, owner: i64) -> Result<Vec<Kept>> {
    let rows: Vec<(i64, String, String)> = kept_search::table
        .filter(kept_search::owner.eq(owner))
        .order(kept_search::name)
        .select((kept_search::id, kept_search::name, kept_search::asked))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, name, q)| Kept { id, name, q }).collect())
}

pub(super) fn insert(tx: &mut Tx<'_>, owner: i64, plan: &Plan) -> Result<i64> {
    let id = tx.id();
    let row = (
        kept_search::id.eq(id),
        kept_search::owner.eq(owner),
        kept_search::name.eq(&plan.name),
        kept_search::asked.eq(&plan.q),
    );
    each!(tx.conn, c => diesel::insert_into(kept_search::table).values(row).execute(c))?;
    Ok(id)
}

/// Whether there was such a row.
pub(super) fn update(tx: &mut Tx<'_>, owner: i64, id: i64, plan: &Plan) -> Result<bool> {
    let own = kept_search::table.find(id).filter(kept_search::owner.eq(owner));
    let to = (kept_search::name.eq(&plan.name), kept_search::asked.eq(&plan.q));
    Ok(diesel::update(own).set(to).execute(tx.conn)? > 0)
}

/// Whether there was such a row.
pub(super) fn delete(tx: &mut Tx<'_>, owner: i64, id: i64) -> Result<bool> {
    let own = kept_search::table.find(id).filter(kept_search::owner.eq(owner));
    Ok(diesel::delete(own).execute(tx.conn)? > 0)
}
