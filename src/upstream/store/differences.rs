//! Upstream: what comparing both sides found. Its rule: a difference stays on record after it is gone.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{tickets, upstream_day, upstream_difference};
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::ticket::StateName;
use crate::time::Stamp;
use crate::upstream::{Difference, What};

/// A difference as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Kept {
    pub id: i64,
    pub upstream_no: String,
    pub day: String,
    pub what: What,
    pub ours: Option<String>,
    pub theirs: Option<String>,
    pub found_at: Stamp,
    pub gone_at: Option<Stamp>,
}

impl Kept {
    fn is(&self, other: &Difference) -> bool {
        self.upstream_no == other.upstream_no
            && self.what == other.what
            && self.ours == other.ours
            && self.theirs == other.theirs
    }
}

/// A ticket of ours, as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Ours {
    pub id: i64,
    pub no: String,
    pub state: StateName,
    pub upstream_no: Option<String>,
}

/// The platform's tickets that we received in `[from, to)`, and those among `numbers`.
///
/// # Errors
/// As the database says.
pub fn ours(conn: &mut Conn, (from, to): (Stamp, Stamp), numbers: &[String]) -> Result<Vec<Ours>> {
    let columns = (tickets::id, tickets::no, tickets::state, tickets::upstream_no);
    let mut found: Vec<Ours> = tickets::table
        .filter(tickets::received_at.ge(from.millis()))
        .filter(tickets::received_at.lt(to.millis()))
        .filter(tickets::upstream_no.is_not_null())
        .select(columns)
        .load(conn)?;
    let known: BTreeSet<String> = found.iter().filter_map(|it| it.upstream_no.clone()).collect();
    let rest: Vec<String> = numbers.iter().filter(|no| !known.contains(*no)).cloned().collect();
    if !rest.is_empty() {
        let more: Vec<Ours> =
            tickets::table.filter(tickets::upstream_no.eq_any(rest)).select(columns).load(conn)?;
        found.extend(more);
    }
    Ok(found)
}

/// Everything ever found about `day`.
///
/// # Errors
/// As the database says.
pub fn of_day(conn: &mut Conn, day: NaiveDate) -> Result<Vec<Kept>> {
    Ok(upstream_difference::table
        .filter(upstream_difference::day.eq(day.to_string()))
        .order(upstream_difference::id)
        .load(conn)?)
}

/// When `day` was compared last, and how many tickets there were.
///
/// # Errors
/// As the database says.
pub fn compared(conn: &mut Conn, day: NaiveDate) -> Result<Option<(Stamp, i32)>> {
    Ok(upstream_day::table
        .find(day.to_string())
        .select((upstream_day::compared_at, upstream_day::tickets))
        .first(conn)
        .optional()?)
}

/// Writes down what a comparison of `day` found; what it finds no more is gone.
///
/// # Errors
/// As the database says.
pub fn keep(tx: &mut Tx<'_>, day: NaiveDate, tickets: i32, found: &[Difference]) -> Result<()> {
    let open: Vec<Kept> =
        of_day(tx.conn, day)?.into_iter().filter(|kept| kept.gone_at.is_none()).collect();
    for kept in open.iter().filter(|kept| !found.iter().any(|it| kept.is(it))) {
        diesel::update(upstream_difference::table.find(kept.id))
            .set(upstream_difference::gone_at.eq(Some(tx.now)))
            .execute(tx.conn)?;
    }
    for one in found.iter().filter(|one| !open.iter().any(|kept| kept.is(one))) {
        diesel::insert_into(upstream_difference::table)
            .values((
                upstream_difference::id.eq(tx.id()),
                upstream_difference::upstream_no.eq(&one.upstream_no),
                upstream_difference::day.eq(day.to_string()),
                upstream_difference::what.eq(one.what),
                upstream_difference::ours.eq(&one.ours),
                upstream_difference::theirs.eq(&one.theirs),
                upstream_difference::found_at.eq(tx.now),
                upstream_difference::gone_at.eq(None::<Stamp>),
            ))
            .execute(tx.conn)?;
    }
    let key = day.to_string();
    let changed = diesel::update(upstream_day::table.find(&key))
        .set((upstream_day::compared_at.eq(tx.now), upstream_day::tickets.eq(tickets)))
        .execute(tx.conn)?;
    if changed == 0 {
        diesel::insert_into(upstream_day::table)
            .values((
                upstream_day::day.eq(key),
                upstream_day::compared_at.eq(tx.now),
                upstream_day::tickets.eq(tickets),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}
