//! Ground: the rows of later work. Its rule: whoever's claim is no longer on the row changes
//! nothing, so a node that slept through its lease does no harm.

use chrono::TimeDelta;
use diesel::dsl::{count_star, min};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
};
use serde::Serialize;

use super::Job;
use crate::db::schema::{job, schedule};
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::time::Stamp;

/// Puts a job to be done at once; it exists if and only if this transaction does.
///
/// # Errors
/// As the database says.
pub fn put(tx: &mut Tx<'_>, kind: &str, body: &impl Serialize) -> Result<i64> {
    let now = tx.now;
    put_at(tx, kind, body, now)
}

/// Puts a job to be done at `due_at` or soon after.
///
/// # Errors
/// As the database says.
pub fn put_at(tx: &mut Tx<'_>, kind: &str, body: &impl Serialize, due_at: Stamp) -> Result<i64> {
    let id = tx.id();
    let body = serde_json::to_string(body).map_err(Error::internal)?;
    diesel::insert_into(job::table)
        .values((
            job::id.eq(id),
            job::kind.eq(kind),
            job::body.eq(body),
            job::created_at.eq(tx.now),
            job::due_at.eq(due_at),
            job::tries.eq(0),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// A job that will not be tried again unless somebody revives it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Dead {
    pub id: i64,
    pub kind: String,
    pub tries: i32,
    /// The code of the last failure.
    pub why: Option<String>,
    pub created_at: Stamp,
    pub dead_at: Option<Stamp>,
}

/// The dead jobs, latest first.
///
/// # Errors
/// As the database says.
pub fn dead(conn: &mut Conn, limit: i64) -> Result<Vec<Dead>> {
    Ok(job::table
        .filter(job::dead_at.is_not_null())
        .order((job::dead_at.desc(), job::id.desc()))
        .limit(limit)
        .select((job::id, job::kind, job::tries, job::why, job::created_at, job::dead_at))
        .load(conn)?)
}

/// Gives a dead job a new life, from the first try.
///
/// # Errors
/// `not_found` where no such job is dead.
pub fn revive(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let revived = diesel::update(job::table.find(id).filter(job::dead_at.is_not_null()))
        .set((job::dead_at.eq(None::<Stamp>), job::due_at.eq(tx.now), job::tries.eq(0)))
        .execute(tx.conn)?;
    if revived == 0 { Err(Error::not_found()) } else { Ok(()) }
}

/// How much later work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Not done yet, those of the future included.
    pub waiting: i64,
    pub dead: i64,
    /// When the one that waits longest was due; a running one counts from the end of its lease.
    pub oldest_due_at: Option<Stamp>,
}

/// How much later work there is: for health and metrics.
///
/// # Errors
/// As the database says.
pub fn counts(conn: &mut Conn) -> Result<Counts> {
    let (waiting, oldest_due_at) = job::table
        .filter(job::dead_at.is_null())
        .select((count_star(), min(job::due_at)))
        .first::<(i64, Option<Stamp>)>(conn)?;
    let dead = job::table.filter(job::dead_at.is_not_null()).count().get_result(conn)?;
    Ok(Counts { waiting, dead, oldest_due_at })
}

/// Claims up to `most` due jobs of `kinds` until `lease` has passed. The claim's number goes with
/// each later word about them.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    kinds: &[&'static str],
    most: i64,
    lease: TimeDelta,
) -> Result<(i64, Vec<Job>)> {
    let due = job::table
        .filter(job::dead_at.is_null().and(job::due_at.le(tx.now)))
        .filter(job::kind.eq_any(kinds))
        .order((job::due_at, job::id))
        .limit(most)
        .select((job::id, job::kind, job::body, job::created_at, job::tries));
    // Two nodes that ask at once get different ones; SQLite has one writer anyway.
    let due: Vec<(i64, String, String, Stamp, i32)> = match tx.conn {
        Conn::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        Conn::Sqlite(conn) => due.load(conn)?,
    };
    let claim = tx.id();
    let ids: Vec<i64> = due.iter().map(|row| row.0).collect();
    if !ids.is_empty() {
        diesel::update(job::table.filter(job::id.eq_any(ids)))
            .set((
                job::claim.eq(Some(claim)),
                job::due_at.eq(tx.now.plus(lease)),
                job::tries.eq(job::tries + 1),
            ))
            .execute(tx.conn)?;
    }
    let jobs = due
        .into_iter()
        .map(|(id, kind, body, created_at, tries)| Job {
            id,
            kind,
            body,
            created_at,
            tries: tries + 1,
        })
        .collect();
    Ok((claim, jobs))
}

/// Renews the claim on one job until `lease` has passed; says whether it was still good.
pub(super) fn renew(tx: &mut Tx<'_>, id: i64, claim: i64, lease: TimeDelta) -> Result<bool> {
    let renewed = diesel::update(job::table.find(id).filter(job::claim.eq(claim)))
        .set(job::due_at.eq(tx.now.plus(lease)))
        .execute(tx.conn)?;
    Ok(renewed == 1)
}

/// The job is done.
pub(super) fn finish(tx: &mut Tx<'_>, id: i64, claim: i64) -> Result<()> {
    diesel::delete(job::table.find(id).filter(job::claim.eq(claim))).execute(tx.conn)?;
    Ok(())
}

/// The job is tried again at `due_at`.
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    id: i64,
    claim: i64,
    due_at: Stamp,
    why: &str,
) -> Result<()> {
    diesel::update(job::table.find(id).filter(job::claim.eq(claim)))
        .set((job::due_at.eq(due_at), job::claim.eq(None::<i64>), job::why.eq(why)))
        .execute(tx.conn)?;
    Ok(())
}

/// The job waits for so long, and this was no try.
pub(super) fn hold_back(
    tx: &mut Tx<'_>,
    id: i64,
    claim: i64,
    after: TimeDelta,
    why: &str,
) -> Result<()> {
    diesel::update(job::table.find(id).filter(job::claim.eq(claim)))
        .set((
            job::due_at.eq(tx.now.plus(after)),
            job::claim.eq(None::<i64>),
            job::why.eq(why),
            job::tries.eq(job::tries - 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The job is not tried again.
pub(super) fn bury(tx: &mut Tx<'_>, id: i64, claim: i64, why: &str) -> Result<()> {
    diesel::update(job::table.find(id).filter(job::claim.eq(claim)))
        .set((job::dead_at.eq(Some(tx.now)), job::claim.eq(None::<i64>), job::why.eq(why)))
        .execute(tx.conn)?;
    Ok(())
}

/// Claims a schedule if it is due and nobody is at it; gives the claim's number.
pub(super) fn claim_schedule(tx: &mut Tx<'_>, name: &str, lease: TimeDelta) -> Result<Option<i64>> {
    let row = schedule::table
        .find(name)
        .select((schedule::next_at, schedule::claimed_until))
        .first::<(Stamp, Stamp)>(tx.conn)
        .optional()?;
    let claim = tx.id();
    let until = tx.now.plus(lease);
    match row {
        Some((next_at, claimed_until)) if next_at > tx.now || claimed_until > tx.now => Ok(None),
        Some(_) => {
            diesel::update(schedule::table.find(name))
                .set((schedule::claim.eq(Some(claim)), schedule::claimed_until.eq(until)))
                .execute(tx.conn)?;
            Ok(Some(claim))
        }
        None => {
            diesel::insert_into(schedule::table)
                .values((
                    schedule::name.eq(name),
                    schedule::next_at.eq(tx.now),
                    schedule::claim.eq(Some(claim)),
                    schedule::claimed_until.eq(until),
                ))
                .execute(tx.conn)?;
            Ok(Some(claim))
        }
    }
}

/// The schedule has run; `why` where it failed.
pub(super) fn release_schedule(
    tx: &mut Tx<'_>,
    name: &str,
    claim: i64,
    every: TimeDelta,
    why: Option<&str>,
) -> Result<()> {
    diesel::update(schedule::table.find(name).filter(schedule::claim.eq(claim)))
        .set((
            schedule::next_at.eq(tx.now.plus(every)),
            schedule::claim.eq(None::<i64>),
            schedule::claimed_until.eq(tx.now),
            schedule::ran_at.eq(Some(tx.now)),
            schedule::why.eq(why),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whether there is a due job of `kinds`.
pub(super) fn any_due(conn: &mut Conn, kinds: &[&'static str], now: Stamp) -> Result<bool> {
    let one = job::table
        .filter(job::dead_at.is_null().and(job::due_at.le(now)))
        .filter(job::kind.eq_any(kinds))
        .select(job::id)
        .first::<i64>(conn)
        .optional()?;
    Ok(one.is_some())
}

/// Whether a schedule is due and nobody is at it; one that never ran is.
pub(super) fn schedule_due(conn: &mut Conn, name: &str, now: Stamp) -> Result<bool> {
    let row = schedule::table
        .find(name)
        .select((schedule::next_at, schedule::claimed_until))
        .first::<(Stamp, Stamp)>(conn)
        .optional()?;
    Ok(row.is_none_or(|(next_at, claimed_until)| next_at <= now && claimed_until <= now))
}
