//! Directory: its journal in the database. Its rule: rows are added, never changed; the version row
//! rises in the same transaction.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{directory_entry, directory_version};
use crate::db::{Conn, Tx, each};
use crate::directory::entry::{Entry, Noun};
use crate::directory::snapshot::Directory;
use crate::error::{Error, Result};
use crate::time::Stamp;

/// Rows of one INSERT: 7 values each, well below what either database binds at once.
const ROWS_AT_ONCE: usize = 500;

/// Which directory this is: its version and the instant of the change that made it. The instant
/// tells a version apart from one of the same number that was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub version: i64,
    pub changed_at: Stamp,
}

#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = directory_entry, treat_none_as_default_value = false)]
struct Row {
    noun: Noun,
    code: String,
    revision: i32,
    since_on: String,
    body: String,
    recorded_at: Stamp,
    recorded_by: String,
}

/// One entry on its way into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub since_on: NaiveDate,
    /// 1 for the thing's first description.
    pub revision: i32,
    pub entry: Entry,
}

/// The directory's present version: one small query.
pub fn mark(conn: &mut Conn) -> Result<Mark> {
    let row = directory_version::table
        .select((directory_version::version, directory_version::changed_at))
        .filter(directory_version::id.eq(1));
    let (version, changed_at) = each!(conn, c => row.first(c))?;
    Ok(Mark { version, changed_at })
}

/// Reads the whole journal and folds it.
pub fn load(conn: &mut Conn) -> Result<Directory> {
    let version = mark(conn)?.version;
    let rows: Vec<(String, String)> = directory_entry::table
        .select((directory_entry::since_on, directory_entry::body))
        .order((directory_entry::noun, directory_entry::code, directory_entry::revision))
        .load(conn)?;
    let mut journal = Vec::with_capacity(rows.len());
    for (since_on, body) in rows {
        let day: NaiveDate = since_on.parse().map_err(Error::internal)?;
        journal.push((day, serde_json::from_str(&body).map_err(Error::internal)?));
    }
    Ok(Directory::build(version, journal))
}

/// A description in the journal, with who recorded it when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub since_on: NaiveDate,
    pub entry: Entry,
    pub recorded_at: Stamp,
    pub recorded_by: String,
}

/// Every description of one thing, in the order recorded.
pub fn said_of(conn: &mut Conn, noun: Noun, code: &str) -> Result<Vec<Said>> {
    let rows: Vec<(String, String, Stamp, String)> = directory_entry::table
        .filter(directory_entry::noun.eq(noun))
        .filter(directory_entry::code.eq(code))
        .order(directory_entry::revision)
        .select((
            directory_entry::since_on,
            directory_entry::body,
            directory_entry::recorded_at,
            directory_entry::recorded_by,
        ))
        .load(conn)?;
    let said = |(since_on, body, recorded_at, recorded_by): (String, String, Stamp, String)| {
        Ok(Said {
            since_on: since_on.parse().map_err(Error::internal)?,
            entry: serde_json::from_str(&body).map_err(Error::internal)?,
            recorded_at,
            recorded_by,
        })
    };
    rows.into_iter().map(said).collect()
}

/// Adds entries to the journal under the name of who recorded them; answers the new version.
pub fn append(tx: &mut Tx<'_>, recorded_by: &str, entries: &[Recorded]) -> Result<i64> {
    // The version first: two changes at once meet here, and one of them runs again.
    diesel::update(directory_version::table.filter(directory_version::id.eq(1)))
        .set((
            directory_version::version.eq(directory_version::version + 1),
            directory_version::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    let rows: Vec<Row> =
        entries.iter().map(|it| row(it, tx.now, recorded_by)).collect::<Result<_>>()?;
    for some in rows.chunks(ROWS_AT_ONCE) {
        each!(tx.conn, c => diesel::insert_into(directory_entry::table).values(some).execute(c))?;
    }
    Ok(mark(tx.conn)?.version)
}

fn row(recorded: &Recorded, recorded_at: Stamp, recorded_by: &str) -> Result<Row> {
    Ok(Row {
        noun: recorded.entry.noun(),
        code: recorded.entry.code(),
        revision: recorded.revision,
        since_on: recorded.since_on.to_string(),
        body: serde_json::to_string(&recorded.entry).map_err(Error::internal)?,
        recorded_at,
        recorded_by: recorded_by.to_owned(),
    })
}
