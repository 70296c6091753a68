//! Directory: one snapshot shared by all who ask. Its rule: each ask looks at the version row; the
//! journal is read again only when that has changed.

use std::sync::{Arc, PoisonError, RwLock};

use crate::db::Conn;
use crate::directory::snapshot::Directory;
use crate::directory::store::{self, Mark};
use crate::error::Result;

/// The snapshot held in memory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cached(Arc<RwLock<Option<Held>>>);

type Held = (Mark, Arc<Directory>);

impl Cached {
    /// The directory as the database has it now, in the eyes of `conn`.
    pub fn current(&self, conn: &mut Conn) -> Result<Arc<Directory>> {
        let mark = store::mark(conn)?;
        if let Some((held, directory)) = &*self.0.read().unwrap_or_else(PoisonError::into_inner)
            && *held == mark
        {
            return Ok(Arc::clone(directory));
        }
        let directory = Arc::new(store::load(conn)?);
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some((mark, Arc::clone(&directory)));
        Ok(directory)
    }
}
