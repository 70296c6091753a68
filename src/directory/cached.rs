//! Directory: one snapshot shared by all who ask. Its rule: each ask looks at the version row; the
//! journal is read again only when that has changed.

use std::sync::Arc;

use crate::db::Conn;
use crate::directory::snapshot::Directory;
use crate::directory::store::{self, Mark};
use crate::error::Result;
use crate::held::Held;

/// The snapshot held in memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cached(Held<Mark, Directory>);

impl Cached {
    /// The directory as the database has it now, in the eyes of `conn`.
    pub fn current(&self, conn: &mut Conn) -> Result<Arc<Directory>> {
        let mark = store::mark(conn)?;
        self.0.get(mark, || store::load(conn))
    }
}
