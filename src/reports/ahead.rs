//! Reports: the facts of the earlier windows, read while those of the window itself are. Its rule: on another connection
//! that sees exactly the same, or not at all.
//!
//! A month is compared with two others, and each takes as long to read as the month itself; a machine has more than one
//! core, and so has the database's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::Frame;
use crate::assessment::facts::Facts;
use crate::assessment::likewise::{Against, Earlier};
use crate::assessment::store::{self, Mark};
use crate::db::{Conn, Db, Watch};
use crate::error::Result;
use crate::time::Stamp;

/// The facts by the first instant of their window and the first after it.
pub type Windows = BTreeMap<(Stamp, Stamp), Facts>;

/// What is to be read beside.
pub struct Ahead<'a> {
    db: &'a Db,
    mark: Mark,
    windows: Vec<(Stamp, Stamp)>,
    reach: i64,
    /// Who waits for it.
    watch: Option<Arc<Watch>>,
}

impl<'a> Ahead<'a> {
    /// The earlier windows of `frame` that are known, `first` being when the site's first ticket was received; to be read
    /// as `conn` sees them.
    ///
    /// # Errors
    /// What the database says.
    pub fn of(conn: &mut Conn, db: &'a Db, frame: &Frame, first: Option<Stamp>) -> Result<Self> {
        let earlier = [Against::Previous, Against::Year];
        let earlier = earlier.iter().filter_map(|it| Earlier::of(*it, &frame.window, frame.now));
        let known = earlier.filter(|it| it.is_known(first));
        let mut windows: Vec<_> = known.map(|it| (it.whole.start, it.whole.end)).collect();
        // Of a year both are the same.
        windows.dedup();
        let (mark, reach) = (store::mark(conn)?, frame.scoring.repeat_days);
        Ok(Self { db, mark, windows, reach, watch: Watch::here() })
    }

    /// What there is to be had of them: nothing where there is no other connection, it sees something else or fails.
    pub fn read(&self) -> Windows {
        if self.windows.is_empty() || !self.db.has_others() {
            return Windows::new();
        }
        let read = || self.db.read(|conn| self.from(conn)).unwrap_or_default();
        match &self.watch {
            Some(watch) => watch.over(read).unwrap_or_default(),
            None => read(),
        }
    }

    fn from(&self, conn: &mut Conn) -> Result<Windows> {
        let mut all = Windows::new();
        if store::mark(conn)? == self.mark {
            for (start, end) in &self.windows {
                all.insert((*start, *end), store::load(conn, *start, *end, self.reach)?);
            }
        }
        Ok(all)
    }
}
