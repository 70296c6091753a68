//! Test databases. Its rule: one sentence is tested on every database there is, and the run says
//! on which.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use jiesu::db::Db;
use jiesu::time::{HandClock, Stamp};

pub use super::folder::Folder;
use super::postgres::Cluster;

/// Makes of one sentence two tests: `…::on_sqlite` and `…::on_postgres`.
///
/// `on_each_database! { fn a_refused_write_leaves_nothing(test: &TestDb) { … } }`
macro_rules! on_each_database {
    ($($(#[$meta:meta])* fn $name:ident($test:ident: &TestDb) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            fn sentence($test: &$crate::support::databases::TestDb) $body

            #[test]
            fn on_sqlite() {
                sentence(&$crate::support::databases::TestDb::sqlite());
            }

            #[test]
            fn on_postgres() {
                if let Some(test) = $crate::support::databases::TestDb::postgres() {
                    sentence(&test);
                }
            }
        }
    )+};
}
pub(crate) use on_each_database;

/// A migrated database of one test, gone when the test is.
pub struct TestDb {
    pub db: Db,
    pub url: String,
    pub clock: Arc<HandClock>,
    _folder: Option<Folder>,
}

/// 2026-10-01T08:00:00+08:00, where every test's clock begins.
pub const START: &str = "2026-10-01T08:00:00+08:00";

pub fn start() -> Stamp {
    Stamp::parse(START).unwrap()
}

impl TestDb {
    /// A new SQLite file.
    pub fn sqlite() -> Self {
        static SAID: Once = Once::new();
        SAID.call_once(|| say("SQLite: its tests (…on_sqlite) run, compiled in"));
        let folder = Folder::new();
        let url = format!("sqlite://{}", folder.path().join("jiesu.db").display());
        let test = Self::open(url, Some(folder));
        test.db.migrate().unwrap();
        test
    }

    /// A new database on the tests' PostgreSQL; `None` where there is none.
    pub fn postgres() -> Option<Self> {
        let server = Server::the_one()?;
        Some(Self::open(server.new_database(), None))
    }

    /// The same without a single table.
    pub fn bare_postgres() -> Option<Self> {
        let test = Self::postgres()?;
        test.db.unmigrate().unwrap();
        Some(test)
    }

    fn open(url: String, folder: Option<Folder>) -> Self {
        let clock = Arc::new(HandClock::at(start()));
        let db = Db::open(&url, clock.clone()).unwrap();
        Self { db, url, clock, _folder: folder }
    }

    /// The same database as another node sees it, with the same clock.
    pub fn another_node(&self) -> Db {
        Db::open(&self.url, self.clock.clone()).unwrap()
    }
}

/// The tests' PostgreSQL: `JIESU_TEST_POSTGRES` (the URL of a database whose user may create
/// others), else one made for this run.
struct Server {
    admin: Mutex<PgConnection>,
    address: Address,
}

enum Address {
    Ours(Cluster),
    Given(String),
}

impl Server {
    fn the_one() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        let server = SERVER.get_or_init(|| {
            let address = match std::env::var("JIESU_TEST_POSTGRES") {
                Ok(url) if !url.is_empty() => Address::Given(url),
                _ => Address::Ours(Cluster::start("")?),
            };
            Some(Self::prepare(address))
        });
        static SAID: Once = Once::new();
        SAID.call_once(|| match server.as_ref().map(|server| &server.address) {
            Some(Address::Ours(cluster)) => {
                say(&format!("PostgreSQL {}: its tests (…on_postgres) run", cluster.version));
            }
            Some(Address::Given(_)) => {
                say("PostgreSQL of JIESU_TEST_POSTGRES: its tests (…on_postgres) run");
            }
            None => say("PostgreSQL: its tests (…on_postgres) were NOT run: no initdb found, and \
                 JIESU_TEST_POSTGRES is not set"),
        });
        assert!(
            server.is_some() || std::env::var_os("JIESU_TEST_NEEDS_POSTGRES").is_none(),
            "JIESU_TEST_NEEDS_POSTGRES is set, but there is no PostgreSQL"
        );
        server.as_ref()
    }

    /// Makes the template by the real migrations.
    fn prepare(address: Address) -> Self {
        let admin = match &address {
            Address::Ours(cluster) => cluster.url("postgres"),
            Address::Given(url) => url.clone(),
        };
        let mut admin = PgConnection::establish(&admin).unwrap();
        let template = name("template");
        admin.batch_execute(&format!("CREATE DATABASE {template}")).unwrap();
        let server = Self { admin: Mutex::new(admin), address };
        let db = Db::open(&server.url(&template), Arc::new(HandClock::at(start()))).unwrap();
        db.migrate().unwrap();
        server
    }

    fn new_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = name(&COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        let template = name("template");
        let mut admin = self.admin.lock().unwrap();
        let plain = format!("CREATE DATABASE {database} TEMPLATE {template}");
        // Known from version 15 on; older ones copy files anyway.
        if admin.batch_execute(&format!("{plain} STRATEGY = FILE_COPY")).is_err() {
            admin.batch_execute(&plain).unwrap();
        }
        self.url(&database)
    }

    fn url(&self, database: &str) -> String {
        match &self.address {
            Address::Ours(cluster) => cluster.url(database),
            Address::Given(url) => {
                let (before, query) = url.split_once('?').unwrap_or((url, ""));
                let server = match before.rsplit_once('/') {
                    Some((server, _)) if !server.ends_with('/') => server,
                    _ => before,
                };
                format!("{server}/{database}?{query}")
            }
        }
    }
}

fn name(end: &str) -> String {
    format!("jiesu_test_{}_{end}", std::process::id())
}

/// Past the capturing of test output: a run must not hide what it left out.
pub fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "[databases] {line}"));
}
