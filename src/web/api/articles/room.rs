//! Web: what a request about articles looks at. Its rule: the articles and the directory are of one reading.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::app::App;
use crate::directory::Directory;
use crate::error::Result;
use crate::knowledge::listing::{Used, used};
use crate::knowledge::{ArticleCode, Library};

/// The articles and the directory as they are now, in one reading.
pub(super) struct Room {
    pub directory: Arc<Directory>,
    pub library: Arc<Library>,
    pub today: NaiveDate,
    /// What use was made of the articles that are shown.
    pub used: BTreeMap<ArticleCode, Used>,
}

impl Room {
    pub fn with_use_of(mut self, app: &App, codes: &[ArticleCode]) -> Result<Self> {
        self.used = app.db.read(|conn| used(conn, codes))?;
        Ok(self)
    }
}

pub(super) fn room(app: &App) -> Result<Room> {
    let (directory, library) = app.db.read(|conn| {
        Ok((app.directory.current(conn)?, app.hotline.rules.library.current(conn)?))
    })?;
    let (today, used) = (app.db.now().day(app.config.site.zone), BTreeMap::new());
    Ok(Room { directory, library, today, used })
}
