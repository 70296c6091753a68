//! Upstream: the rows of owed answers. Its rule: whoever settles one says from which states; what a
//! person or a later answer has settled meanwhile stays settled.

pub mod differences;
pub mod listing;

use diesel::dsl::max;
use diesel::prelude::*;

use super::{Backfill, BackfillState, Cause};
use crate::db::schema::{backfill, tickets};
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::ticket::StateName;
use crate::time::Stamp;

/// A row of `backfill`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = backfill, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: i64,
    ticket_id: i64,
    ticket_no: String,
    upstream_no: String,
    revision: i32,
    cause: Cause,
    source_id: i64,
    version: i32,
    caused_at: Stamp,
    soon_at: Stamp,
    due_at: Stamp,
    state: BackfillState,
    asked_at: Stamp,
    next_at: Option<Stamp>,
    tries: i32,
    sent_at: Option<Stamp>,
    settled_at: Option<Stamp>,
    why: Option<String>,
    done_by: Option<String>,
}

impl From<Row> for Backfill {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            ticket_id: row.ticket_id,
            ticket_no: row.ticket_no,
            upstream_no: row.upstream_no,
            revision: row.revision,
            cause: row.cause,
            source_id: row.source_id,
            version: row.version,
            caused_at: row.caused_at,
            soon_at: row.soon_at,
            due_at: row.due_at,
            state: row.state,
            asked_at: row.asked_at,
            next_at: row.next_at,
            tries: row.tries,
            sent_at: row.sent_at,
            settled_at: row.settled_at,
            why: row.why,
            done_by: row.done_by,
        }
    }
}

/// The ticket that an answer is about.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub id: i64,
    pub no: &'a str,
    pub upstream_no: &'a str,
}

/// The revision of the ticket's latest answer, 0 where none was owed yet.
pub fn last_revision(conn: &mut Conn, ticket_id: i64) -> Result<i32> {
    let last: Option<i32> = backfill::table
        .filter(backfill::ticket_id.eq(ticket_id))
        .select(max(backfill::revision))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}

/// Writes an answer down as owed since `tx.now`; gives its id.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    own: &Owner<'_>,
    revision: i32,
    cause: Cause,
    (source_id, version): (i64, i32),
    (soon_at, due_at): (Stamp, Stamp),
) -> Result<i64> {
    let id = tx.id();
    let row = Row {
        id,
        ticket_id: own.id,
        ticket_no: own.no.to_owned(),
        upstream_no: own.upstream_no.to_owned(),
        revision,
        cause,
        source_id,
        version,
        caused_at: tx.now,
        soon_at,
        due_at,
        state: BackfillState::Waiting,
        asked_at: tx.now,
        next_at: Some(tx.now),
        tries: 0,
        sent_at: None,
        settled_at: None,
        why: None,
        done_by: None,
    };
    diesel::insert_into(backfill::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Id, number and upstream's number of those of `numbers` that are merged and came from upstream.
pub(super) fn upstream_of(conn: &mut Conn, numbers: &[&str]) -> Result<Vec<(i64, String, String)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<(i64, String, Option<String>)> = tickets::table
        .filter(tickets::no.eq_any(numbers.to_vec()))
        .filter(tickets::state.eq(StateName::Merged.as_str()))
        .filter(tickets::upstream_no.is_not_null())
        .order(tickets::id)
        .select((tickets::id, tickets::no, tickets::upstream_no))
        .load(conn)?;
    Ok(found.into_iter().filter_map(|(id, no, upstream)| Some((id, no, upstream?))).collect())
}

/// One answer.
pub fn one(conn: &mut Conn, id: i64) -> Result<Option<Backfill>> {
    let row: Option<Row> =
        backfill::table.find(id).select(Row::as_select()).first(conn).optional()?;
    Ok(row.map(Backfill::from))
}

/// The ticket's oldest answer that the program still tries to send.
pub(super) fn first_tried(conn: &mut Conn, ticket_id: i64) -> Result<Option<i64>> {
    Ok(backfill::table
        .filter(backfill::ticket_id.eq(ticket_id))
        .filter(backfill::state.eq_any([BackfillState::Waiting, BackfillState::Sent]))
        .order(backfill::revision)
        .select(backfill::id)
        .first(conn)
        .optional()?)
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Went {
    pub state: BackfillState,
    pub next_at: Option<Stamp>,
    pub why: Option<String>,
}

/// Writes down how a try went; false where somebody had settled the answer meanwhile.
pub(super) fn went(tx: &mut Tx<'_>, before: &Backfill, went: &Went) -> Result<bool> {
    let left = went.state != BackfillState::Waiting && went.state != BackfillState::LeftOut;
    let sent_at = before.sent_at.or(left.then_some(tx.now));
    let settled_at = (!went.state.is_tried()).then_some(tx.now);
    let tried = [BackfillState::Waiting, BackfillState::Sent];
    let changed =
        diesel::update(backfill::table.find(before.id).filter(backfill::state.eq_any(tried)))
            .set((
                backfill::state.eq(went.state),
                backfill::next_at.eq(went.next_at),
                backfill::tries.eq(backfill::tries + 1),
                backfill::sent_at.eq(sent_at),
                backfill::settled_at.eq(settled_at),
                backfill::why.eq(went.why.clone()),
            ))
            .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Marks earlier answers that never arrived as replaced by the one that did.
pub(super) fn supersede(tx: &mut Tx<'_>, arrived: &Backfill) -> Result<()> {
    diesel::update(
        backfill::table
            .filter(backfill::ticket_id.eq(arrived.ticket_id))
            .filter(backfill::revision.lt(arrived.revision))
            .filter(backfill::state.eq_any(BackfillState::OPEN)),
    )
    .set((
        backfill::state.eq(BackfillState::Superseded),
        backfill::next_at.eq(None::<Stamp>),
        backfill::settled_at.eq(Some(tx.now)),
    ))
    .execute(tx.conn)?;
    Ok(())
}

/// Sends it anew from now on, if it is in one of the states `from`; false where it is not.
pub(super) fn ask_again(tx: &mut Tx<'_>, id: i64, from: &[BackfillState]) -> Result<bool> {
    let row = backfill::table.find(id).filter(backfill::state.eq_any(from.to_vec()));
    let changed = diesel::update(row)
        .set((
            backfill::state.eq(BackfillState::Waiting),
            backfill::asked_at.eq(tx.now),
            backfill::next_at.eq(Some(tx.now)),
            backfill::tries.eq(0),
            backfill::settled_at.eq(None::<Stamp>),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Settles it without a try of ours: by a person's hand (`by`), or by the platform's own list.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: i64,
    state: BackfillState,
    by: Option<&str>,
) -> Result<()> {
    diesel::update(backfill::table.find(id))
        .set((
            backfill::state.eq(state),
            backfill::next_at.eq(None::<Stamp>),
            backfill::settled_at.eq(Some(tx.now)),
            backfill::done_by.eq(by),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Answers that nothing will wake: they waited while no interface was configured, or were to be tried before
/// `long_ago` and were not, although no other of their ticket goes first: their job is dead.
pub(super) fn asleep(conn: &mut Conn, long_ago: Stamp, most: i64) -> Result<Vec<i64>> {
    let tried = [BackfillState::Waiting, BackfillState::Sent];
    let earlier = diesel::alias!(backfill as earlier);
    let goes_first = earlier
        .filter(earlier.field(backfill::ticket_id).eq(backfill::ticket_id))
        .filter(earlier.field(backfill::revision).lt(backfill::revision))
        .filter(earlier.field(backfill::state).eq_any(tried));
    let overdue =
        backfill::next_at.lt(long_ago).and(diesel::dsl::not(diesel::dsl::exists(goes_first)));
    Ok(backfill::table
        .filter(backfill::state.eq_any(tried))
        .filter(backfill::next_at.is_null().or(overdue))
        .order(backfill::id)
        .limit(most)
        .select(backfill::id)
        .load(conn)?)
}

/// Says when it is tried next.
pub(super) fn wake_at(tx: &mut Tx<'_>, id: i64, at: Option<Stamp>) -> Result<()> {
    diesel::update(backfill::table.find(id)).set(backfill::next_at.eq(at)).execute(tx.conn)?;
    Ok(())
}
