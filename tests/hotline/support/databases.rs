//! Test databases. Its rule: one sentence is tested on every database there is, and the run says
//! on which.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use jiesu::db::Db;
use jiesu::time::{HandClock, Stamp};

/// A migrated database of one test, gone when the test is.
pub struct TestDb {
    pub db: Db,
    pub url: String,
    pub clock: Arc<HandClock>,
    _folder: Folder,
}

/// 2026-10-01T08:00:00+08:00, where every test's clock begins.
pub const START: &str = "2026-10-01T08:00:00+08:00";

pub fn start() -> Stamp {
    Stamp::parse(START).unwrap()
}

impl TestDb {
    /// A new SQLite file.
    pub fn sqlite() -> Self {
        let folder = Folder::new();
        let url = format!("sqlite://{}", folder.path().join("jiesu.db").display());
        Self::open(url, folder)
    }

    fn open(url: String, folder: Folder) -> Self {
        let clock = Arc::new(HandClock::at(start()));
        let db = Db::open(&url, clock.clone()).unwrap();
        db.migrate().unwrap();
        Self { db, url, clock, _folder: folder }
    }

    /// The same database as another node sees it, with the same clock.
    pub fn another_node(&self) -> Db {
        Db::open(&self.url, self.clock.clone()).unwrap()
    }

    pub fn forward(&self, by: TimeDelta) {
        self.clock.forward(by);
    }
}

/// A folder of one test, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("jiesu-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
