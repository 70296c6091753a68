//! Web: the rows that only the web needs: answers kept for repeated requests. Its rule: nothing is
//! decided here.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::idempotency;
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::time::Stamp;

/// A kept answer, sealed.
#[derive(Debug, Queryable)]
pub(super) struct Kept {
    pub body: String,
    pub answer: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = idempotency, treat_none_as_default_value = false)]
struct Row<'a> {
    key: &'a str,
    body: &'a str,
    answer: &'a [u8],
    made_at: Stamp,
}

pub(super) fn kept_answer(conn: &mut Conn, key: &str) -> Result<Option<Kept>> {
    let found = each!(conn, c => idempotency::table
        .find(key)
        .select((idempotency::body, idempotency::answer))
        .first::<Kept>(c)
        .optional())?;
    Ok(found)
}

pub(super) fn keep_answer(tx: &mut Tx<'_>, key: &str, body: &str, answer: &[u8]) -> Result<()> {
    let row = Row { key, body, answer, made_at: tx.now };
    each!(tx.conn, c => diesel::insert_into(idempotency::table).values(&row).execute(c))?;
    Ok(())
}

/// Puts another answer in the place of the one that this write has kept.
pub(super) fn correct_answer(tx: &mut Tx<'_>, key: &str, answer: &[u8]) -> Result<()> {
    let kept = diesel::update(idempotency::table.find(key));
    kept.set(idempotency::answer.eq(answer)).execute(tx.conn)?;
    Ok(())
}

pub(super) fn forget_answers(tx: &mut Tx<'_>, before: Stamp) -> Result<usize> {
    let gone = diesel::delete(idempotency::table.filter(idempotency::made_at.lt(before)));
    Ok(gone.execute(tx.conn)?)
}

/// The database server's clock; None where the database is a file of ours.
pub(super) fn database_clock(conn: &mut Conn) -> Result<Option<Stamp>> {
    const ASK: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(conn) => {
            Ok(Some(diesel::select(diesel::dsl::sql::<BigInt>(ASK)).get_result::<Stamp>(conn)?))
        }
    }
}
