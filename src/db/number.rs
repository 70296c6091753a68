//! Ground: numbers that people read, such as `2026-000123`. Its rule: never one twice; a node takes
//! a block at a time, so that no row is fought over.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use super::file::lock;
use super::schema::number_lease::dsl::{number_lease, series as of_series, taken};
use super::{Db, Tx};
use crate::error::{Error, Kind, Result};

/// How many numbers a node takes at once.
const BLOCK: i64 = 100;

/// The blocks this node has taken and not used up.
#[derive(Debug, Default)]
pub(super) struct Blocks(Mutex<BTreeMap<String, Range<i64>>>);

impl Db {
    /// The next number of `year`: `2026-000001`, six digits or as many as it takes.
    ///
    /// It is drawn before the write that uses it, in a short write of its own every 100 numbers.
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
        if let Some(given) = blocks.get_mut(series).and_then(Iterator::next) {
            return Ok(given);
        }
        let name = series.to_owned();
        let mut block = self.write(move |tx| lease(tx, &name))?;
        let given = block.next().ok_or_else(|| Error::new(Kind::Internal, "internal"))?;
        blocks.insert(series.to_owned(), block);
        Ok(given)
    }
}

impl Tx<'_> {
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

fn lease(tx: &mut Tx<'_>, name: &str) -> Result<Range<i64>> {
    let row = number_lease.find(name);
    let before = row.select(taken).first::<i64>(tx.conn).optional()?;
    let upto = before.unwrap_or_default() + BLOCK;
    if before.is_some() {
        diesel::update(row).set(taken.eq(upto)).execute(tx.conn)?;
    } else {
        diesel::insert_into(number_lease)
            .values((of_series.eq(name), taken.eq(upto)))
            .execute(tx.conn)?;
    }
    Ok(upto - BLOCK + 1..upto + 1)
}
