//! Learning: models in the database, where every node finds them. Its rule: figures are only added; the one
//! model that was put in service last is kept.

use diesel::prelude::*;

use super::measure::{Figures, Verdict};
use crate::db::schema::{learned, tickets};
use crate::db::{Conn, Tx, each};
use crate::error::{Error, Result};
use crate::ticket::Ticket;
use crate::ticket::store::{Vault, load_many};
use crate::time::Stamp;

/// What came of learning once.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    pub id: i64,
    pub made_at: Stamp,
    pub examples: usize,
    pub labels: usize,
    pub figures: Figures,
    /// What was in service before, measured on the same rows.
    pub before: Option<Figures>,
    pub verdict: Verdict,
}

type Found = (i64, Stamp, i32, i32, String, Option<String>, String);

fn read(found: Found) -> Result<Lesson> {
    let (id, made_at, examples, labels, figures, before, verdict) = found;
    let figures_of = |text: &str| serde_json::from_str(text).map_err(Error::internal);
    Ok(Lesson {
        id,
        made_at,
        examples: usize::try_from(examples).unwrap_or_default(),
        labels: usize::try_from(labels).unwrap_or_default(),
        figures: figures_of(&figures)?,
        before: before.as_deref().map(figures_of).transpose()?,
        verdict: serde_json::from_value(verdict.into()).map_err(Error::internal)?,
    })
}

/// The last lessons, the newest first.
pub fn lessons(conn: &mut Conn, most: i64) -> Result<Vec<Lesson>> {
    let found: Vec<Found> = learned::table
        .order(learned::id.desc())
        .limit(most)
        .select((
            learned::id,
            learned::made_at,
            learned::examples,
            learned::labels,
            learned::figures,
            learned::before,
            learned::verdict,
        ))
        .load(conn)?;
    found.into_iter().map(read).collect()
}

/// The number of the model in service.
pub fn serving(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(learned::table
        .filter(learned::model.is_not_null())
        .order(learned::id.desc())
        .select(learned::id)
        .first(conn)
        .optional()?)
}

/// Up to which ticket the model `id` was made.
pub fn learnt_to(conn: &mut Conn, id: i64) -> Result<i64> {
    Ok(learned::table.find(id).select(learned::newest).first(conn)?)
}

/// The bytes of a model that was put in service.
pub fn bytes(conn: &mut Conn, id: i64) -> Result<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> =
        learned::table.find(id).select(learned::model).first(conn).optional()?;
    Ok(found.flatten())
}

/// Up to which ticket was learnt the last time, and when.
pub fn last(conn: &mut Conn) -> Result<Option<(i64, Stamp)>> {
    let last = learned::table.order(learned::id.desc());
    Ok(last.select((learned::newest, learned::made_at)).first(conn).optional()?)
}

/// Keeps a lesson, with the model where it goes in service.
pub fn keep(tx: &mut Tx<'_>, lesson: &Lesson, newest: i64, model: Option<&[u8]>) -> Result<()> {
    let json = |figures: &Figures| serde_json::to_string(figures).map_err(Error::internal);
    let verdict = serde_json::to_value(lesson.verdict).map_err(Error::internal)?;
    let small = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let values = (
        learned::id.eq(lesson.id),
        learned::made_at.eq(lesson.made_at),
        learned::newest.eq(newest),
        learned::examples.eq(small(lesson.examples)),
        learned::labels.eq(small(lesson.labels)),
        learned::figures.eq(json(&lesson.figures)?),
        learned::before.eq(lesson.before.as_ref().map(json).transpose()?),
        learned::verdict.eq(verdict.as_str().unwrap_or_default().to_owned()),
        learned::model.eq(model.map(<[u8]>::to_vec)),
    );
    if model.is_some() {
        // One serves; what others knew of tickets that are erased since goes with them. Figures stay.
        let older = learned::table.filter(learned::model.is_not_null());
        diesel::update(older).set(learned::model.eq(None::<Vec<u8>>)).execute(tx.conn)?;
    }
    each!(tx.conn, c => diesel::insert_into(learned::table).values(values).execute(c)?);
    Ok(())
}

/// Of the tickets received in `[from, before)` that came with a suggestion: how it was used, and how many
/// tickets so.
pub fn used(conn: &mut Conn, (from, before): (Stamp, Stamp)) -> Result<Vec<(String, usize)>> {
    let rows: Vec<(Option<String>, i64)> = tickets::table
        .filter(tickets::received_at.ge(from).and(tickets::received_at.lt(before)))
        .filter(tickets::advice.is_not_null())
        .group_by(tickets::advice)
        .select((tickets::advice, diesel::dsl::count_star()))
        .load(conn)?;
    let count = |count: i64| usize::try_from(count).unwrap_or_default();
    Ok(rows.into_iter().filter_map(|(code, all)| Some((code?, count(all)))).collect())
}

/// In a row's advice (`ticket::advice::Use`): the program took the first suggestion by itself, and the ticket still has
/// that category. A model that learns from such a row learns what it has said.
const SAID_ITSELF: &str = "%:auto:1:%";

/// Tickets with a category that a person gave or put right, the newest `most` of them, the newest first: the id and
/// the code.
pub fn taught(conn: &mut Conn, most: i64) -> Result<Vec<(i64, String)>> {
    let by_people = tickets::advice.is_null().or(tickets::advice.not_like(SAID_ITSELF));
    Ok(tickets::table
        .filter(tickets::category.is_not_null())
        .filter(by_people)
        .order(tickets::id.desc())
        .limit(most)
        .select((tickets::id, tickets::category.assume_not_null()))
        .load(conn)?)
}

/// The newest of the tickets that teach.
pub fn newest_taught(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(taught(conn, 1)?.first().map(|(id, _)| *id))
}

/// The tickets `ids`, whole; those that were erased are not among them.
pub fn whole(conn: &mut Conn, vault: Vault<'_>, ids: &[i64]) -> Result<Vec<(i64, Ticket)>> {
    Ok(load_many(conn, vault, ids)?.into_iter().collect())
}
