//! Follow-up: the rows of appointments and of surveys that are heard again. Its rule: written with the change of the
//! ticket that they follow from, so that a list finds them without opening every document.

use diesel::prelude::*;

use super::appointment;
use super::drawn::{Difference, Finding, Heard, Stage, is_drawn, month, reached};
use crate::db::schema::{relisten, survey_appointment};
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::limits::Profile;
use crate::sealing::MasterKey;
use crate::ticket::Ticket;
use crate::time::Stamp;

/// Writes down when the citizen is to be rung, where the change says something new of it.
///
/// # Errors
/// As the database says.
pub fn follow(tx: &mut Tx<'_>, id: i64, before: &Ticket, after: &Ticket) -> Result<()> {
    let (was, is) = (appointment::of(before), appointment::of(after));
    if was == is {
        return Ok(());
    }
    diesel::delete(survey_appointment::table.find(id)).execute(tx.conn)?;
    if let Some(at) = is {
        diesel::insert_into(survey_appointment::table)
            .values((survey_appointment::ticket_id.eq(id), survey_appointment::at.eq(at)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The tickets with an appointment, the earliest first, at most `most`.
///
/// # Errors
/// As the database says.
pub fn agreed(conn: &mut Conn, most: i64) -> Result<Vec<i64>> {
    Ok(survey_appointment::table
        .order((survey_appointment::at, survey_appointment::ticket_id))
        .select(survey_appointment::ticket_id)
        .limit(most)
        .load(conn)?)
}

/// A row of `relisten`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = relisten)]
pub struct RelistenRow {
    pub id: i64,
    pub ticket_id: i64,
    /// Which survey of the ticket.
    pub asked_at: Stamp,
    /// As 2026-11.
    pub month: String,
    /// The account that asked.
    pub surveyor: i64,
    pub finding: Option<Finding>,
    pub reason: Option<Difference>,
    pub heard_at: Option<Stamp>,
    pub heard_by: Option<i64>,
}

/// Draws among the surveys that a change of the ticket `id` brought.
///
/// # Errors
/// As the database says.
pub fn draw(
    tx: &mut Tx<'_>,
    (keys, profile): (&MasterKey, &Profile),
    id: i64,
    (before, after): (&Ticket, &Ticket),
) -> Result<()> {
    for attempt in reached(before, after) {
        let month = month(attempt.at, profile.zone);
        if is_drawn(keys, id, &month, profile.survey.relisten_percent) {
            let row = tx.id();
            diesel::insert_into(relisten::table)
                .values((
                    relisten::id.eq(row),
                    relisten::ticket_id.eq(id),
                    relisten::asked_at.eq(attempt.at),
                    relisten::month.eq(month),
                    relisten::surveyor.eq(attempt.by),
                ))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}

/// The drawn survey with this id.
pub(super) fn drawn(conn: &mut Conn, id: i64) -> Result<Option<RelistenRow>> {
    Ok(relisten::table.find(id).select(RelistenRow::as_select()).first(conn).optional()?)
}

/// Writes down what the account `by` found.
pub(super) fn note(tx: &mut Tx<'_>, id: i64, by: i64, heard: &Heard) -> Result<()> {
    diesel::update(relisten::table.find(id))
        .set((
            relisten::finding.eq(Some(heard.finding)),
            relisten::reason.eq(heard.reason),
            relisten::heard_at.eq(Some(tx.now)),
            relisten::heard_by.eq(Some(by)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Which drawn surveys are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    pub stage: Stage,
    /// Of this month alone.
    pub month: Option<&'a str>,
    /// Not those that this account asked: nobody hears, or learns of, their own.
    pub not_of: i64,
}

/// At most `most` drawn surveys after the row `after`, the oldest first.
///
/// # Errors
/// As the database says.
pub fn list(conn: &mut Conn, which: Which<'_>, after: i64, most: i64) -> Result<Vec<RelistenRow>> {
    let mut query = relisten::table
        .filter(relisten::id.gt(after))
        .filter(relisten::surveyor.ne(which.not_of))
        .into_boxed();
    if let Some(month) = which.month {
        query = query.filter(relisten::month.eq(month.to_owned()));
    }
    query = match which.stage {
        Stage::Open => query.filter(relisten::heard_at.is_null()),
        Stage::Heard => query.filter(relisten::heard_at.is_not_null()),
        Stage::Differs => query.filter(relisten::finding.eq(Finding::Differs.as_str())),
    };
    Ok(query.order(relisten::id).limit(most).select(RelistenRow::as_select()).load(conn)?)
}

/// Who asked each survey that was drawn in `month`, and what was found.
///
/// # Errors
/// As the database says.
pub fn found(conn: &mut Conn, month: &str) -> Result<Vec<(i64, Option<Finding>)>> {
    Ok(relisten::table
        .filter(relisten::month.eq(month))
        .order((relisten::surveyor, relisten::id))
        .select((relisten::surveyor, relisten::finding))
        .load(conn)?)
}
