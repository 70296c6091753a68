//! Search: searches that somebody keeps. Its rule: what is kept is what was typed, never what was found; it
//! is counted anew in its owner's scope each time, and nobody's number lies in it.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Names;
use super::asked::Asked;
use super::listing;
use super::query::parse;
use crate::db::{Conn, Tx};
use crate::error::{Error, FieldError, Result};
use crate::identity::Actor;
use crate::sealing::mask::mask_text;

/// Searches of one owner at most: each is counted whenever they are listed.
const MOST: usize = 30;
/// Characters of a name.
const NAME: usize = 40;

/// A search to be kept.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What its owner calls it; 1 to 40 characters.
    pub name: String,
    /// As in `GET /search`. Days may be told from today: `received:7d`, `received:今天`.
    pub q: String,
}

/// A search that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    pub name: String,
    pub q: String,
}

impl Kept {
    /// What it asks on `today`.
    ///
    /// # Errors
    /// 422 at `/q` where it means nothing any more; 400 `search.too_costly`.
    pub fn asked(&self, names: &Names, (zone, today): (Tz, NaiveDate)) -> Result<Asked> {
        names.read(parse(&self.q)?, (zone, today))
    }
}

impl Plan {
    /// The same without spaces around, where it can be kept.
    fn checked(&self, names: &Names, days: (Tz, NaiveDate)) -> Result<Self> {
        let (name, q) = (self.name.trim().to_owned(), self.q.trim().to_owned());
        let mut wrong = Vec::new();
        if name.is_empty() || q.is_empty() {
            let at = if name.is_empty() { "/name" } else { "/q" };
            wrong.push(FieldError::new(at, "field.required"));
        }
        if name.chars().count() > NAME || name.chars().any(char::is_control) {
            wrong.push(FieldError::new("/name", "field.format"));
        }
        for (at, text) in [("/name", &name), ("/q", &q)] {
            if mask_text(text, &[]) != *text {
                wrong.push(FieldError::new(at, "search.personal"));
            }
        }
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        names.read(parse(&q)?, days)?;
        Ok(Self { name, q })
    }
}

/// What `actor` keeps, by name.
///
/// # Errors
/// The database's own.
pub fn all(conn: &mut Conn, actor: &Actor) -> Result<Vec<Kept>> {
    let rows = listing::all(conn, actor.user)?;
    Ok(rows.into_iter().map(|(id, name, q)| Kept { id, name, q }).collect())
}

/// Keeps a search for `actor`.
///
/// # Errors
/// 409 `search.kept_too_many`, `search.name_taken`; 422 as [`Kept::asked`] says, and `search.personal`.
pub fn keep(
    tx: &mut Tx<'_>,
    actor: &Actor,
    plan: &Plan,
    names: &Names,
    days: (Tz, NaiveDate),
) -> Result<Kept> {
    let plan = plan.checked(names, days)?;
    let others = all(tx.conn, actor)?;
    if others.len() >= MOST {
        return Err(Error::refused("search.kept_too_many"));
    }
    free(&others, &plan, None)?;
    let id = listing::insert(tx, actor.user, (&plan.name, &plan.q))?;
    Ok(Kept { id, name: plan.name, q: plan.q })
}

/// Puts another in the place of the one called `id`.
///
/// # Errors
/// 404; as [`keep`].
pub fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (id, plan): (i64, &Plan),
    names: &Names,
    days: (Tz, NaiveDate),
) -> Result<Kept> {
    let others = all(tx.conn, actor)?;
    if others.iter().all(|one| one.id != id) {
        return Err(Error::not_found());
    }
    let plan = plan.checked(names, days)?;
    free(&others, &plan, Some(id))?;
    if !listing::update(tx, actor.user, id, (&plan.name, &plan.q))? {
        return Err(Error::not_found());
    }
    Ok(Kept { id, name: plan.name, q: plan.q })
}

/// Keeps it no more.
///
/// # Errors
/// 404.
pub fn remove(tx: &mut Tx<'_>, actor: &Actor, id: i64) -> Result<()> {
    if listing::delete(tx, actor.user, id)? { Ok(()) } else { Err(Error::not_found()) }
}

/// Whether the name is free for the one called `id`, or for a new one.
fn free(others: &[Kept], plan: &Plan, id: Option<i64>) -> Result<()> {
    let is_taken = others.iter().any(|one| one.name == plan.name && Some(one.id) != id);
    if is_taken { Err(Error::refused("search.name_taken")) } else { Ok(()) }
}
