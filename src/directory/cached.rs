//! Directory: one snapshot shared by all who ask. Its rule: each ask looks at the version row; the
//! journal is read again only when that has changed.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::db::Conn;
use crate::directory::snapshot::Directory;
use crate::directory::store::{self, Mark};
use crate::directory::wording::Laid;
use crate::error::Result;
use crate::held::Held;
use crate::time::Stamp;

/// The snapshot held in memory, and which of its sentences are said; clones share both.
#[derive(Debug, Clone, Default)]
pub struct Cached {
    held: Held<Mark, Directory>,
    laid: Arc<Laid>,
}

impl Cached {
    /// The directory as the database has it now, in the eyes of `conn`.
    pub fn current(&self, conn: &mut Conn) -> Result<Arc<Directory>> {
        let mark = store::mark(conn)?;
        self.held.get(mark, || store::load(conn))
    }

    /// Says from now on what the site says today in its own words.
    pub fn speak(&self, conn: &mut Conn, now: Stamp, zone: Tz) -> Result<()> {
        let directory = self.current(conn)?;
        self.laid.lay(directory.wordings_on(now.day(zone)));
        Ok(())
    }

    /// The same where nobody has looked for a second: for whoever has a connection anyway. So each node follows, and a
    /// new day is one too.
    pub fn keep_speaking(&self, conn: &mut Conn, now: Stamp, zone: Tz) -> Result<()> {
        if self.laid.is_due(now) { self.speak(conn, now, zone) } else { Ok(()) }
    }
}
