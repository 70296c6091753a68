//! Ground: numbers that people read, such as `2026-000123`. Its rule: never one twice; a node takes
//! a block at a time, so that no row is fought over.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use super::file::lock;
use super::schema::number_lease::dsl::{number_lease, series as of_series, taken};
use super::{Conn, Db, Tx};
use crate::error::{Error, Kind, Result};

/// How many numbers a node takes at once.
const BLOCK: i64 = 100;
/// How many where the last block lasted no longer than [`RUSH`]: else all would wait for leases.
const LARGE_BLOCK: i64 = 2_000;
const RUSH: Duration = Duration::from_secs(2);

/// The blocks this node has taken and not used up.
#[derive(Debug, Default)]
pub(super) struct Blocks(Mutex<BTreeMap<String, Block>>);

#[derive(Debug)]
struct Block {
    left: Range<i64>,
    taken_at: Instant,
}

impl Db {
    /// The next number of `year`: `2026-000001`, six digits or as many as it takes.
    ///
    /// It is drawn before the write that uses it, in a short write of its own every 100 numbers (2 000 in a rush).
    /// So numbers of one node rise, those of several nodes interleave by blocks, and there are
    /// gaps: where a write was refused, and where a node ended with part of its block unused.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn number(&self, year: i32) -> Result<String> {
        let given = self.next_of(&year.to_string())?;
        Ok(format!("{year}-{given:06}"))
    }

    /// The next number of a series of any name, from 1.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn next_of(&self, series: &str) -> Result<i64> {
        let mut blocks = lock(&self.0.numbers.0);
        let last = blocks.get_mut(series);
        let rush = last.as_ref().is_some_and(|block| block.taken_at.elapsed() < RUSH);
        if let Some(given) = last.and_then(|block| block.left.next()) {
            return Ok(given);
        }
        let name = series.to_owned();
        let count = if rush { LARGE_BLOCK } else { BLOCK };
        let mut left = self.write(move |tx| lease(tx, &name, count))?;
        let given = left.next().ok_or_else(|| Error::new(Kind::Internal, "internal"))?;
        blocks.insert(series.to_owned(), Block { left, taken_at: Instant::now() });
        Ok(given)
    }
}

/// Leaves a gap of `count` in every series: after a restore, for numbers that people were told since the
/// backup was made.
///
/// # Errors
/// As the database says.
pub fn leave_gap(conn: &mut Conn, count: i64) -> Result<()> {
    diesel::update(number_lease).set(taken.eq(taken + count)).execute(conn)?;
    Ok(())
}

impl Tx<'_> {
    /// The next number of `series`, without a gap: it is given with this write, and where the write is not kept
    /// neither is the number. Writes that draw from one series wait for each other: for what is rare. A series is
    /// drawn from so or by [`Db::next_of`], never by both.
    ///
    /// # Errors
    /// As the database says.
    pub fn next_of(&mut self, series: &str) -> Result<i64> {
        Ok(lease(self, series, 1)?.start)
    }

    /// Numbers of `series` up to `upto` came from elsewhere: none of them is given from now on,
    /// except from a block that some node has taken already.
    pub fn skip_numbers(&mut self, series: &str, upto: i64) -> Result<()> {
        let row = number_lease.find(series);
        match row.select(taken).first::<i64>(self.conn).optional()? {
            Some(before) if before >= upto => {}
            Some(_) => {
                diesel::update(row).set(taken.eq(upto)).execute(self.conn)?;
            }
            None => {
                diesel::insert_into(number_lease)
                    .values((of_series.eq(series), taken.eq(upto)))
                    .execute(self.conn)?;
            }
        }
        Ok(())
    }
}

fn lease(tx: &mut Tx<'_>, name: &str, count: i64) -> Result<Range<i64>> {
    let row = number_lease.find(name);
    let before = row.select(taken).first::<i64>(tx.conn).optional()?;
    let upto = before.unwrap_or_default() + count;
    if before.is_some() {
        diesel::update(row).set(taken.eq(upto)).execute(tx.conn)?;
    } else {
        diesel::insert_into(number_lease)
            .values((of_series.eq(name), taken.eq(upto)))
            .execute(tx.conn)?;
    }
    Ok(upto - count + 1..upto + 1)
}
