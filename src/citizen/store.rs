//! Citizen: the rows of tries and of words that wait for a person. Its rule: nothing personal in
//! clear.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::word::{WhyKept, WordSettled, WordSource};
use crate::db::schema::{citizen_try, citizen_word};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::time::Stamp;

/// How long the tries on a number that does not exist are remembered, in milliseconds.
const UNKNOWN_FOR: i64 = 86_400_000;
/// How long a word is kept after a person has dealt with it, in milliseconds.
const SETTLED_FOR: i64 = 90 * 86_400_000;

/// How many wrong tries there were, and on which ticket, where there was one by then.
pub(super) fn tries(conn: &mut Conn, key: &str) -> Result<Option<(i32, Option<i64>)>> {
    let row = citizen_try::table.find(key);
    Ok(row.select((citizen_try::tries, citizen_try::ticket_id)).first(conn).optional()?)
}

/// Writes down that there were `count`.
pub(super) fn count(tx: &mut Tx<'_>, key: &str, ticket: Option<i64>, count: i32) -> Result<()> {
    let values = (
        citizen_try::key.eq(key),
        citizen_try::ticket_id.eq(ticket),
        citizen_try::tries.eq(count),
        citizen_try::at.eq(tx.now),
    );
    if count == 1 {
        each!(tx.conn, c => diesel::insert_into(citizen_try::table).values(values).execute(c)?);
    } else {
        let row = citizen_try::table.find(key);
        let values = (citizen_try::tries.eq(count), citizen_try::at.eq(tx.now));
        each!(tx.conn, c => diesel::update(row).set(values).execute(c)?);
    }
    Ok(())
}

/// Takes the place of a try without being one: so that on a database where writes run side by side,
/// a right claim comes before or after each wrong one, never beside it.
pub(super) fn queue_up(tx: &mut Tx<'_>, key: &str, tries: Option<i32>) -> Result<()> {
    match tries {
        Some(tries) => {
            let row = citizen_try::table.find(key);
            each!(tx.conn, c => diesel::update(row).set(citizen_try::tries.eq(tries)).execute(c)?);
        }
        None => {
            count(tx, key, None, 1)?;
            forget(tx, key)?;
        }
    }
    Ok(())
}

/// Forgets the tries on one number.
pub(super) fn forget(tx: &mut Tx<'_>, key: &str) -> Result<()> {
    let row = citizen_try::table.find(key);
    each!(tx.conn, c => diesel::delete(row).execute(c)?);
    Ok(())
}

/// Forgets yesterday's tries on numbers that do not exist; answers how many. For the worker.
///
/// # Errors
/// As the database says.
pub fn forget_unknown(tx: &mut Tx<'_>) -> Result<usize> {
    let old = citizen_try::at.lt(tx.now.plus_millis(-UNKNOWN_FOR).millis());
    let gone = citizen_try::table.filter(citizen_try::ticket_id.is_null()).filter(old);
    Ok(diesel::delete(gone).execute(tx.conn)?)
}

/// Forgets words that a person dealt with a season ago; answers how many. For the worker.
///
/// # Errors
/// As the database says.
pub fn forget_settled(tx: &mut Tx<'_>) -> Result<usize> {
    let old = citizen_word::settled_at.lt(tx.now.plus_millis(-SETTLED_FOR).millis());
    Ok(diesel::delete(citizen_word::table.filter(old)).execute(tx.conn)?)
}

/// Forgets every word from before `before` that came from a number whose hash begins as one of `hashes`, whatever
/// ticket it was put to: the person behind them is erased.
///
/// # Errors
/// As the database says.
pub fn forget_callers(tx: &mut Tx<'_>, hashes: &[String], before: Stamp) -> Result<()> {
    for hash in hashes {
        let order = diesel::sql_query(
            "DELETE FROM citizen_word WHERE substr(phone_hash, 1, length($1)) = $1 AND at < $2",
        );
        let order = order.bind::<Text, _>(hash).bind::<BigInt, _>(before.millis());
        each!(tx.conn, c => order.execute(c)?);
    }
    Ok(())
}

/// Every word that came from the number with this hash, the oldest first.
pub(super) fn words_from(conn: &mut Conn, hash: &str) -> Result<Vec<WordRow>> {
    Ok(citizen_word::table
        .filter(citizen_word::phone_hash.eq(hash))
        .order(citizen_word::id)
        .select(WordRow::as_select())
        .load(conn)?)
}

/// A row of `citizen_word`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = citizen_word, treat_none_as_default_value = false)]
pub(super) struct WordRow {
    pub id: i64,
    pub at: Stamp,
    pub source: WordSource,
    pub why: WhyKept,
    pub ticket_no: Option<String>,
    pub phone_hash: Option<String>,
    pub sealed: Vec<u8>,
    pub settled_at: Option<Stamp>,
    pub settled: Option<WordSettled>,
    pub settled_by: Option<i64>,
}

pub(super) fn keep_word(tx: &mut Tx<'_>, row: &WordRow) -> Result<()> {
    each!(tx.conn, c => diesel::insert_into(citizen_word::table).values(row).execute(c)?);
    Ok(())
}

/// Words that nobody has dealt with, the oldest first, after the one with the id `after`.
pub(super) fn open_words(conn: &mut Conn, after: i64, most: i64) -> Result<Vec<WordRow>> {
    Ok(citizen_word::table
        .filter(citizen_word::settled_at.is_null())
        .filter(citizen_word::id.gt(after))
        .order(citizen_word::id)
        .limit(most)
        .select(WordRow::as_select())
        .load(conn)?)
}

pub(super) fn word(conn: &mut Conn, id: i64) -> Result<Option<WordRow>> {
    Ok(citizen_word::table.find(id).select(WordRow::as_select()).first(conn).optional()?)
}

/// Whether a word about this ticket waits already.
pub(super) fn waits(conn: &mut Conn, no: &str, why: WhyKept) -> Result<bool> {
    let waiting = citizen_word::table
        .filter(citizen_word::settled_at.is_null())
        .filter(citizen_word::ticket_no.eq(no))
        .filter(citizen_word::why.eq(why));
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(conn)?)
}

/// Marks a word as dealt with; nothing where it was before.
pub(super) fn settle(tx: &mut Tx<'_>, id: i64, how: WordSettled, by: i64) -> Result<usize> {
    let row = citizen_word::table.find(id).filter(citizen_word::settled_at.is_null());
    let values = (
        citizen_word::settled_at.eq(tx.now),
        citizen_word::settled.eq(how),
        citizen_word::settled_by.eq(by),
    );
    Ok(each!(tx.conn, c => diesel::update(row).set(values).execute(c)?))
}
