//! Ground: brings a database to this program's schema. Its rule: all or nothing, and several
//! nodes may start at once.

use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Db, Engine};
use crate::error::{Error, Kind, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

impl Db {
    /// Brings the schema up to date and names what was applied (nothing, where it was already).
    /// All of it is one transaction; of several nodes that start at once, one does it and the
    /// others wait.
    ///
    /// # Errors
    /// `db.newer` where a newer program has migrated this database; else as [`Db::write`].
    pub fn migrate(&self) -> Result<Vec<String>> {
        match &self.0.engine {
            Engine::Sqlite(_) => self.write_as_is(|tx| up(tx.conn)),
        }
    }

    /// Takes the whole schema away again, newest first: for tests of the way back.
    ///
    /// # Errors
    /// As [`Db::migrate`].
    pub fn unmigrate(&self) -> Result<Vec<String>> {
        match &self.0.engine {
            Engine::Sqlite(_) => self.write_as_is(|tx| down(tx.conn)),
        }
    }

    /// The migrations that this program has and the database has not: none when ready.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        self.read(|conn| match conn {
            Conn::Sqlite(conn) => pending(conn, &SQLITE),
            Conn::Postgres(conn) => pending(conn, &POSTGRES),
        })
    }
}

fn up(conn: &mut Conn) -> Result<Vec<String>> {
    match conn {
        Conn::Sqlite(conn) => run(conn, &SQLITE),
        Conn::Postgres(conn) => run(conn, &POSTGRES),
    }
}

fn down(conn: &mut Conn) -> Result<Vec<String>> {
    let gone = match conn {
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE),
        Conn::Postgres(conn) => conn.revert_all_migrations(POSTGRES),
    };
    Ok(gone.map_err(said)?.iter().map(ToString::to_string).collect())
}

fn run<C, DB>(conn: &mut C, source: &EmbeddedMigrations) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(said)?;
    let there = conn.applied_migrations().map_err(said)?;
    if let Some(strange) = there.iter().find(|v| !ours.iter().any(|m| m.name().version() == **v)) {
        let version = strange.to_string();
        return Err(Error::with(Kind::Refused, "db.newer", &[("version", &version)]));
    }
    let mut applied = Vec::new();
    for migration in &ours {
        if !there.contains(&migration.name().version()) {
            conn.run_migration(migration).map_err(said)?;
            applied.push(migration.name().to_string());
        }
    }
    Ok(applied)
}

fn pending<C, DB>(conn: &mut C, source: &EmbeddedMigrations) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB> + diesel::connection::SimpleConnection,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(said)?;
    // A reader may not make the table of versions, so its absence is asked first.
    let begun =
        conn.batch_execute("SELECT version FROM __diesel_schema_migrations LIMIT 1").is_ok();
    let there = if begun { conn.applied_migrations().map_err(said)? } else { Vec::new() };
    Ok(ours
        .iter()
        .filter(|m| !there.contains(&m.name().version()))
        .map(|m| m.name().to_string())
        .collect())
}

fn said(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<diesel::result::Error>() {
        Ok(known) => (*known).into(),
        Err(other) => Error::internal(other),
    }
}
