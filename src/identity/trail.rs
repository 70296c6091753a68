//! Identity: who may read the audit trail. Its rule: the auditor, and nobody else; reading it is
//! itself noted, once a day.

use chrono::NaiveDate;

use super::actor::{Actor, Role};
use crate::audit::{self, Entry, Filter, Line};
use crate::db::Db;
use crate::error::Result;

/// At most `limit` lines of the trail, newest first. `day` is today where the site is.
///
/// # Errors
/// `forbidden`.
pub fn read_trail(
    db: &Db,
    actor: &Actor,
    filter: &Filter,
    limit: i64,
    day: NaiveDate,
) -> Result<Vec<Line>> {
    note(db, actor, day)?;
    db.read(|conn| audit::page(conn, filter, limit))
}

/// How many lines the trail has for a reader who takes it whole, page by page.
///
/// # Errors
/// `forbidden`.
pub fn count_trail(db: &Db, actor: &Actor, filter: &Filter, day: NaiveDate) -> Result<i64> {
    note(db, actor, day)?;
    db.read(|conn| audit::count(conn, filter))
}

/// That it was read, once a day.
fn note(db: &Db, actor: &Actor, day: NaiveDate) -> Result<()> {
    actor.require(&[Role::Auditor])?;
    let (user, name) = (actor.user, actor.name.clone());
    db.write(move |tx| {
        audit::record_once(tx, &Entry::new((user, &name), "audit.read", ("audit", "")), day)
    })
    .map(drop)
}
