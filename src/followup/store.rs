//! Follow-up: the rows of appointments. Its rule: as the ticket's document says, written with it; only so that a queue
//! finds them without opening every document.

use diesel::prelude::*;

use super::appointment;
use crate::db::schema::survey_appointment;
use crate::db::{Conn, Tx};
use crate::error::Result;
use crate::ticket::Ticket;

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
