//! Ground: the two databases behind one door. Its rule: everything that changes goes through
//! `Db::write` (one transaction, one instant), everything that asks goes through `Db::read`.

mod address;
pub mod conn;
pub mod dump;
mod failure;
mod file;
mod gate;
mod group;
mod id;
mod member;
pub mod migrate;
pub mod number;
pub mod page;
mod postgres;
mod queue;
pub mod schema;
mod sqlite;
mod turn;
mod watch;
mod wipe;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

pub use conn::Conn;
pub(crate) use conn::each;
pub use failure::is_duplicate;
pub use file::WRITER_PRAGMAS;
pub use turn::{Hands, Turn};
pub use watch::{Patience, Watch};
pub use wipe::{Scrubbed, thoroughly};

use crate::error::{Error, Kind, Result};
use crate::time::{Clock, Stamp};

/// The door to the database; clones share it.
#[derive(Clone)]
pub struct Db(Arc<House>);

struct House {
    engine: Engine,
    /// What every write needs beside its connection.
    desk: Arc<Desk>,
    numbers: number::Blocks,
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// The clock and the identifiers of this node.
struct Desk {
    clock: Arc<dyn Clock>,
    ids: id::Ids,
    transactions: AtomicU64,
}

impl Desk {
    /// A number for a transaction that begins; no other of this process has it.
    fn transaction(&self) -> u64 {
        self.transactions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// A write in progress: its connection and its one instant.
pub struct Tx<'a> {
    pub conn: &'a mut Conn,
    /// The instant of everything this write does.
    pub now: Stamp,
    ids: &'a id::Ids,
    transaction: u64,
}

impl Tx<'_> {
    /// Which transaction of this process it is part of: on SQLite, writes of one group share it, and
    /// what one of them asked of the database need not be asked again by the next.
    pub fn transaction(&self) -> u64 {
        self.transaction
    }

    /// A new identifier: larger than every one before on this node, and in the order of time
    /// over all nodes to about a millisecond. Not a secret. Larger than 2^53.
    pub fn id(&self) -> i64 {
        self.ids.next(self.now)
    }
}

/// Where the database is and how it is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite://PATH`, `sqlite://:memory:` or `postgres://…` (several hosts allowed).
    pub url: String,
    /// How many connections are kept: readers on SQLite, all on PostgreSQL.
    pub connections: u32,
    /// How many writes may wait on SQLite before one is turned away.
    pub queue: usize,
    /// The certificate authority that PostgreSQL's certificate must come from (a PEM file): with
    /// it, the connection is encrypted and the host's name is checked, unless the URL's own
    /// `sslmode` says otherwise.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 16, queue: 1_024, ca_file: None }
    }
}

impl Db {
    /// Opens the database of `url` (`sqlite://PATH`, `sqlite://:memory:` or `postgres://…`).
    ///
    /// # Errors
    /// An unknown scheme, or a file that cannot be opened. A PostgreSQL that is away is no error
    /// here: reads and writes say so, and it heals by itself.
    pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(&Settings::new(url), clock)
    }

    /// The same with every setting.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_with(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let desk = Arc::new(Desk {
            clock,
            ids: id::Ids::begin(rand::random()),
            transactions: AtomicU64::new(0),
        });
        let url = settings.url.as_str();
        let engine = if let Some(path) = url.strip_prefix("sqlite://") {
            Engine::Sqlite(sqlite::Sqlite::open(path, settings, &desk)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(postgres::Postgres::open(settings, &desk))
        } else {
            return Err(Error::internal("database.url must begin with sqlite:// or postgres://"));
        };
        Ok(Self(Arc::new(House { engine, desk, numbers: number::Blocks::default() })))
    }

    /// Runs `change` in one transaction at one instant. It may run again (it must only use its
    /// `tx`, and must hand on every database error); its answer is given only after it is on disk.
    ///
    /// # Errors
    /// What `change` says; `unavailable` where the database is away or too many writes wait;
    /// `full` where the disk is. Nothing of the write is kept then. Where a connection is lost at
    /// the very end, nobody knows: that is `unavailable` too, and an idempotency key settles it.
    pub fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.take_node_number()?;
        self.write_as_is(change)
    }

    /// The same, and how it went is told to `tell`, which must not wait for anything: on SQLite this
    /// comes back at once, so that no thread stands by while the one writer writes; on PostgreSQL the
    /// caller's own thread writes.
    ///
    /// `tell` hears what [`Db::write`] would have answered, and nothing only where the database is
    /// closed meanwhile.
    pub fn write_then<T, F, D>(&self, change: F, tell: D)
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        D: FnOnce(Result<T>) + Send + 'static,
    {
        if let Err(error) = self.take_node_number() {
            return tell(Err(error));
        }
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write_then(change, tell),
            Engine::Postgres(postgres) => tell(postgres.write(change)),
        }
    }

    /// The threads that make writes ready, as many as there are turns; none on PostgreSQL, where any
    /// thread may.
    pub fn hands(&self) -> Option<&Hands> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => Some(sqlite.hands()),
            Engine::Postgres(_) => None,
        }
    }

    /// `count` identifiers for rows that are made ready before the write that keeps them (what is
    /// sealed is bound to its row's identifier). Unused ones harm nobody.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn ids(&self, count: usize) -> Result<Vec<i64>> {
        self.take_node_number()?;
        let desk = &self.0.desk;
        Ok((0..count).map(|_| desk.ids.next(desk.clock.now())).collect())
    }

    fn write_as_is<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.write(change),
            Engine::Postgres(postgres) => postgres.write(change),
        }
    }

    /// Asks without changing anything; everything asked in one call is of one instant.
    ///
    /// # Errors
    /// What `ask` says; `unavailable` where the database is away.
    pub fn read<T>(&self, ask: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.read(ask),
            Engine::Postgres(postgres) => postgres.read(ask),
        }
    }

    /// Whether somebody who reads may have another thread read beside: a database in memory has one connection.
    pub fn has_others(&self) -> bool {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.place().is_some(),
            Engine::Postgres(_) => true,
        }
    }

    /// The turn to make a write ready by work of one's own, to be dropped before the write itself:
    /// on SQLite only as many have one at once as leave the writing thread its core.
    pub fn turn(&self) -> Turn<'_> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.turn(),
            Engine::Postgres(_) => Turn::of_nobody(),
        }
    }

    /// How many groups of writes the embedded database has committed; 0 on PostgreSQL.
    pub fn commits(&self) -> u64 {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.commits(),
            Engine::Postgres(_) => 0,
        }
    }

    /// The present instant, for reads that need one.
    pub fn now(&self) -> Stamp {
        self.0.desk.clock.now()
    }

    /// The first write of a process takes the node's number, in a write of its own.
    fn take_node_number(&self) -> Result<()> {
        let ids = &self.0.desk.ids;
        if ids.numbered() {
            return Ok(());
        }
        let taken = self.write_as_is(|tx| {
            use schema::node_start::dsl::{next, node_start};
            diesel::update(node_start).set(next.eq(next + 1)).execute(tx.conn)?;
            Ok(node_start.select(next).first::<i64>(tx.conn)?)
        });
        match taken {
            Ok(start) => ids.number(start),
            Err(error)
                if matches!(error.kind(), Kind::Unavailable | Kind::Full)
                    && !failure::is_crowded(&error) =>
            {
                return Err(error);
            }
            // Before the first migration there is no table; among many that start at once this
            // one may lose. The number stays one by chance until the next write.
            Err(_) => {}
        }
        Ok(())
    }
}
