//! Ground: brings a database to this program's schema. Its rule: all or nothing, and several
//! nodes may start at once.

use diesel::migration::{Migration, MigrationSource};
use diesel::{QueryDsl, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Db, Engine, dump};
use crate::error::{Error, Kind, Result};

diesel::table! {
    /// diesel's own note of what was applied.
    #[sql_name = "__diesel_schema_migrations"]
    schema_versions (version) {
        version -> Text,
    }
}

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
            Engine::Postgres(postgres) => postgres.change_schema(up),
        }
    }

    /// Fills an empty database: brings it to the schema of `versions`, lets `fill` put the rows there,
    /// and then to this program's schema. All of it is one transaction.
    ///
    /// # Errors
    /// `restore.not_empty` where there is any table; `db.newer` where a version is none of this
    /// program's; else as `fill` and the database say.
    pub fn refill<F>(&self, versions: Vec<String>, fill: F) -> Result<Vec<String>>
    where
        F: Fn(&mut Conn) -> Result<()> + Send + 'static,
    {
        let all = move |conn: &mut Conn| {
            if !dump::is_empty(conn)? {
                return Err(Error::refused("restore.not_empty"));
            }
            bring(conn, Some(&versions))?;
            fill(conn)?;
            up(conn)
        };
        match &self.0.engine {
            Engine::Sqlite(_) => self.write_as_is(move |tx| all(tx.conn)),
            Engine::Postgres(postgres) => postgres.change_schema(all),
        }
    }

    /// Takes the whole schema away again, newest first: for tests of the way back.
    ///
    /// # Errors
    /// As [`Db::migrate`].
    pub fn unmigrate(&self) -> Result<Vec<String>> {
        match &self.0.engine {
            Engine::Sqlite(_) => self.write_as_is(|tx| down(tx.conn)),
            Engine::Postgres(postgres) => postgres.change_schema(down),
        }
    }

    /// The migrations that this program has and the database has not: none when ready.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        self.read(|conn| {
            let there = schema_versions::table
                .select(schema_versions::version)
                .load::<String>(conn)
                .map_err(Error::from);
            let there = match there {
                Err(error) if error.kind() == Kind::Unavailable => return Err(error),
                // Before the first migration there is no table of versions.
                there => there.unwrap_or_default(),
            };
            match conn {
                Conn::Sqlite(_) => missing::<diesel::sqlite::Sqlite>(&SQLITE, &there),
                Conn::Postgres(_) => missing::<diesel::pg::Pg>(&POSTGRES, &there),
            }
        })
    }
}

fn up(conn: &mut Conn) -> Result<Vec<String>> {
    bring(conn, None)
}

/// Applies what is missing: all of it, or only what is among `versions`.
fn bring(conn: &mut Conn, versions: Option<&[String]>) -> Result<Vec<String>> {
    match conn {
        Conn::Sqlite(conn) => run(conn, &SQLITE, versions),
        Conn::Postgres(conn) => run(conn, &POSTGRES, versions),
    }
}

/// The versions that were applied to this database.
///
/// # Errors
/// As the database says; before the first migration there is no table of them.
pub fn versions(conn: &mut Conn) -> Result<Vec<String>> {
    let all = schema_versions::table.select(schema_versions::version);
    Ok(all.order(schema_versions::version).load(conn)?)
}

fn down(conn: &mut Conn) -> Result<Vec<String>> {
    let gone = match conn {
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE),
        Conn::Postgres(conn) => conn.revert_all_migrations(POSTGRES),
    };
    Ok(gone.map_err(said)?.iter().map(ToString::to_string).collect())
}

fn run<C, DB>(
    conn: &mut C,
    source: &EmbeddedMigrations,
    versions: Option<&[String]>,
) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(said)?;
    let there = conn.applied_migrations().map_err(said)?;
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    let is_ours =
        |version: &&String| ours.iter().any(|m| m.name().version().to_string() == **version);
    let asked = there.iter().chain(versions.unwrap_or_default());
    if let Some(version) = asked.into_iter().find(|version| !is_ours(version)) {
        return Err(Error::with(Kind::Refused, "db.newer", &[("version", version)]));
    }
    let mut applied = Vec::new();
    for migration in &ours {
        let version = migration.name().version().to_string();
        let wanted = versions.is_none_or(|versions| versions.contains(&version));
        if wanted && !there.contains(&version) {
            conn.run_migration(migration).map_err(said)?;
            applied.push(migration.name().to_string());
        }
    }
    Ok(applied)
}

fn missing<DB>(source: &EmbeddedMigrations, there: &[String]) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(said)?;
    let names = ours.iter().map(|migration| migration.name());
    Ok(names
        .filter(|name| !there.contains(&name.version().to_string()))
        .map(ToString::to_string)
        .collect())
}

fn said(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<diesel::result::Error>() {
        Ok(known) => (*known).into(),
        Err(other) => Error::internal(other),
    }
}
