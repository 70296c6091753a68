//! Web: the rows that only the web needs: answers kept for repeated requests, drafts. Its rule: nothing is
//! decided here.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::{draft, idempotency};
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

/// A draft as it lies: by its writer's clock, by ours, sealed.
#[derive(Debug, Queryable)]
pub(super) struct DraftRow {
    pub name: String,
    pub typed_at: Stamp,
    pub saved_at: Stamp,
    pub sealed: Vec<u8>,
}

pub(super) fn draft_of(conn: &mut Conn, owner: i64, name: &str) -> Result<Option<DraftRow>> {
    let columns = (draft::name, draft::typed_at, draft::saved_at, draft::sealed);
    Ok(draft::table.find((owner, name)).select(columns).first::<DraftRow>(conn).optional()?)
}

/// Those of `owner`, the newest first: name, by their clock, by ours.
pub(super) fn drafts_of(conn: &mut Conn, owner: i64) -> Result<Vec<(String, Stamp, Stamp)>> {
    let own = draft::table.filter(draft::owner.eq(owner));
    let columns = (draft::name, draft::typed_at, draft::saved_at);
    Ok(own.order((draft::saved_at.desc(), draft::name)).select(columns).load(conn)?)
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = draft, primary_key(owner, name))]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
struct NewDraft<'a> {
    owner: i64,
    name: &'a str,
    ticket_no: Option<String>,
    typed_at: Stamp,
    saved_at: Stamp,
    sealed: &'a [u8],
}

/// Puts it in the place of the one of this name, where there is one.
pub(super) fn keep_draft(
    tx: &mut Tx<'_>,
    owner: i64,
    ticket_no: Option<&str>,
    row: &DraftRow,
) -> Result<()> {
    let (name, sealed) = (row.name.as_str(), row.sealed.as_slice());
    let (typed_at, saved_at) = (row.typed_at, row.saved_at);
    let ticket_no = ticket_no.map(str::to_owned);
    let new = NewDraft { owner, name, ticket_no, typed_at, saved_at, sealed };
    each!(tx.conn, c => diesel::insert_into(draft::table)
        .values(&new)
        .on_conflict((draft::owner, draft::name))
        .do_update()
        .set(&new)
        .execute(c)?);
    Ok(())
}

pub(super) fn drop_drafts(tx: &mut Tx<'_>, owner: i64, names: &[String]) -> Result<()> {
    let gone =
        draft::table.filter(draft::owner.eq(owner)).filter(draft::name.eq_any(names.to_vec()));
    diesel::delete(gone).execute(tx.conn)?;
    Ok(())
}

pub(super) fn forget_drafts(tx: &mut Tx<'_>, before: Stamp) -> Result<usize> {
    Ok(diesel::delete(draft::table.filter(draft::saved_at.lt(before))).execute(tx.conn)?)
}
