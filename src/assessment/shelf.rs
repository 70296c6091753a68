//! Assessment: the facts of periods that were asked for, kept for the next question about them. Its
//! rule: they are given out only while the database says that nothing has changed since.
//!
//! A page of a drill-down, the other edition, another grouping: all are made from the same facts.

use std::sync::{Arc, Mutex, PoisonError};

use super::facts::Facts;
use super::store::{self, Mark};
use crate::db::Conn;
use crate::error::Result;
use crate::time::Stamp;

/// A month, the one before and the one a year ago.
const PERIODS: usize = 3;
/// No more facts are kept in all; a month of 100 000 tickets has about 400 000.
const MOST: usize = 1_500_000;

struct Kept {
    start: Stamp,
    end: Stamp,
    reach: i64,
    mark: Mark,
    facts: Arc<Facts>,
}

impl Kept {
    const fn asked(&self) -> (Stamp, Stamp, i64) {
        (self.start, self.end, self.reach)
    }
}

/// What one process keeps, the latest first.
#[derive(Default)]
pub struct Shelf(Mutex<Vec<Kept>>);

impl Shelf {
    /// Every fact that a question about `[start, end)` needs, as `conn` sees them; `reach` as
    /// [`store::load`] takes it.
    ///
    /// # Errors
    /// What the database says.
    pub fn facts(
        &self,
        conn: &mut Conn,
        (start, end): (Stamp, Stamp),
        reach: i64,
    ) -> Result<Arc<Facts>> {
        let mark = store::mark(conn)?;
        if let Some(facts) = self.find((start, end, reach), &mark) {
            return Ok(facts);
        }
        let facts = Arc::new(store::load(conn, start, end, reach)?);
        self.put(Kept { start, end, reach, mark, facts: facts.clone() });
        Ok(facts)
    }

    fn find(&self, asked: (Stamp, Stamp, i64), mark: &Mark) -> Option<Arc<Facts>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|it| it.asked() == asked && it.mark == *mark)?;
        let found = kept.remove(place);
        let facts = found.facts.clone();
        kept.insert(0, found);
        Some(facts)
    }

    fn put(&self, new: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|there| there.asked() != new.asked());
        kept.insert(0, new);
        kept.truncate(PERIODS);
        let mut count = 0;
        kept.retain(|there| {
            count += there.facts.count();
            count <= MOST
        });
    }
}
