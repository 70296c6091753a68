//! Live: the rows of what changed and of who is at work. Its rule: codes, numbers and times alone.

use std::collections::BTreeSet;

use diesel::dsl::max;
use diesel::prelude::*;

use super::AtWork;
use crate::db::schema::{account, at_work, seal, seal_leaf, tickets, unsealed};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::time::Stamp;

/// Rows of one question by id.
const AT_ONCE: usize = 500;

/// Events that wait for a seal, those of the latest tickets first: ticket and place in it.
pub(super) fn waiting(conn: &mut Conn, most: i64) -> Result<Vec<(i64, i32)>> {
    Ok(unsealed::table
        .order((unsealed::ticket_id.desc(), unsealed::seq.desc()))
        .limit(most)
        .select((unsealed::ticket_id, unsealed::seq))
        .load(conn)?)
}

/// The number of the newest seal; 0 before the first.
pub(super) fn last_seal(conn: &mut Conn) -> Result<i64> {
    let last: Option<i64> = seal::table.select(max(seal::no)).first(conn)?;
    Ok(last.unwrap_or_default())
}

/// What lies under the seals after the first number up to the second: ticket and place in it.
pub(super) fn sealed(
    conn: &mut Conn,
    (after, to): (i64, i64),
    most: i64,
) -> Result<Vec<(i64, i32)>> {
    if to <= after {
        return Ok(Vec::new());
    }
    Ok(seal_leaf::table
        .filter(seal_leaf::seal_no.gt(after))
        .filter(seal_leaf::seal_no.le(to))
        .limit(most)
        .select((seal_leaf::ticket_id, seal_leaf::seq))
        .load(conn)?)
}

/// What the tickets `ids` are called, as far as there are such.
pub(super) fn numbers(conn: &mut Conn, ids: &BTreeSet<i64>) -> Result<BTreeSet<String>> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut found = BTreeSet::new();
    for some in ids.chunks(AT_ONCE) {
        let these = tickets::table.filter(tickets::id.eq_any(some.to_vec()));
        found.extend(these.select(tickets::no).load::<String>(conn)?);
    }
    Ok(found)
}

/// Who is at work at `now`.
///
/// # Errors
/// As the database says.
pub fn at_work_now(conn: &mut Conn, now: Stamp) -> Result<AtWork> {
    let rows: Vec<(String, i64)> = at_work::table
        .filter(at_work::until_at.gt(now))
        .select((at_work::ticket_no, at_work::account_id))
        .load(conn)?;
    if rows.is_empty() {
        return Ok(AtWork::new());
    }
    let people: BTreeSet<i64> = rows.iter().map(|(_, user)| *user).collect();
    let people: Vec<i64> = people.into_iter().collect();
    let mut names = std::collections::BTreeMap::new();
    for some in people.chunks(AT_ONCE) {
        let these = account::table.filter(account::id.eq_any(some.to_vec()));
        let found = these.select((account::id, account::display_name));
        names.extend(found.load::<(i64, String)>(conn)?);
    }
    let mut all = AtWork::new();
    for (no, user) in rows {
        if let Some(name) = names.get(&user) {
            all.entry(no).or_default().insert(user, name.clone());
        }
    }
    Ok(all)
}

pub(super) fn put(tx: &mut Tx<'_>, no: &str, user: i64, until: Stamp) -> Result<()> {
    let row =
        (at_work::ticket_no.eq(no), at_work::account_id.eq(user), at_work::until_at.eq(until));
    each!(tx.conn, c => diesel::insert_into(at_work::table)
        .values(row)
        .on_conflict((at_work::ticket_no, at_work::account_id))
        .do_update()
        .set(at_work::until_at.eq(until))
        .execute(c)?);
    Ok(())
}

pub(super) fn drop_one(tx: &mut Tx<'_>, no: &str, user: i64) -> Result<()> {
    diesel::delete(at_work::table.find((no.to_owned(), user))).execute(tx.conn)?;
    Ok(())
}

pub(super) fn drop_past(tx: &mut Tx<'_>, now: Stamp) -> Result<usize> {
    Ok(diesel::delete(at_work::table.filter(at_work::until_at.le(now))).execute(tx.conn)?)
}
