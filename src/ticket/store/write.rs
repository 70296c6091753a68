//! Ticket: the statements that keep its rows. Its rule: only what changed is written.

use diesel::prelude::*;

use super::attached;
use super::callers::{self, CallerRow};
use super::fresh::Fresh;
use super::rows::{AssignmentRow, ContactRow, LedgerRow, Rows, TicketRow, WhistleRow, in_order};
use super::trails;
use crate::db::schema::{
    assignment, contact, event, ledger, ticket_body, tickets, unsealed, whistle,
};
use crate::db::{Conn, Tx, each};
use crate::error::{Error, Kind, Result};
use crate::time::Stamp;

/// A row of `event`.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = event, treat_none_as_default_value = false)]
pub(super) struct EventRow {
    pub ticket_id: i64,
    pub seq: i32,
    pub at: Stamp,
    pub sealed: Vec<u8>,
    pub hash: Vec<u8>,
}

/// `ticket` and the other rows of it, row by row: a statement of one row is prepared once for a
/// connection's life, one of several each time anew.
pub(super) fn insert_rows(tx: &mut Tx<'_>, rows: &Rows) -> Result<()> {
    each!(tx.conn, c => {
        Fresh(&rows.ticket).execute(c).map_err(taken)?;
        for row in &rows.assignments {
            diesel::insert_into(assignment::table).values(row).execute(c)?;
        }
        for row in &rows.contacts {
            diesel::insert_into(contact::table).values(row).execute(c)?;
        }
        for row in &rows.whistles {
            diesel::insert_into(whistle::table).values(row).execute(c)?;
        }
        for row in &rows.ledgers {
            diesel::insert_into(ledger::table).values(row).execute(c)?;
        }
    });
    attached::replace(tx, &[], &rows.attachments)?;
    if let Some(row) = &rows.trail {
        trails::insert(tx, row)?;
    }
    callers::insert(tx.conn, &rows.callers)
}

/// A number that is there already is a conflict that the caller can understand.
fn taken(error: diesel::result::Error) -> Error {
    use diesel::result::DatabaseErrorKind::UniqueViolation;
    match error {
        diesel::result::Error::DatabaseError(UniqueViolation, _) => {
            Error::new(Kind::Refused, "ticket.number_known")
        }
        other => other.into(),
    }
}

pub(super) fn insert_body(
    tx: &mut Tx<'_>,
    id: i64,
    record_key: &[u8],
    doc: &[u8],
    head: &[u8],
) -> Result<()> {
    let values = (
        ticket_body::ticket_id.eq(id),
        ticket_body::record_key.eq(record_key),
        ticket_body::doc.eq(doc),
        ticket_body::head.eq(head),
    );
    each!(tx.conn, c => diesel::insert_into(ticket_body::table).values(values).execute(c)?);
    Ok(())
}

pub(super) fn update_body(tx: &mut Tx<'_>, id: i64, doc: Vec<u8>, head: Vec<u8>) -> Result<()> {
    let values = (ticket_body::doc.eq(doc), ticket_body::head.eq(head));
    each!(tx.conn, c => diesel::update(ticket_body::table.find(id)).set(values).execute(c)?);
    Ok(())
}

/// Events, and the mark that no seal covers them yet.
pub(super) fn insert_events(tx: &mut Tx<'_>, rows: &[EventRow]) -> Result<()> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
    let mark = (
        unsealed::ticket_id.eq(last.ticket_id),
        unsealed::seq.eq(last.seq),
        unsealed::since.eq(first.seq),
    );
    each!(tx.conn, c => {
        for row in rows {
            diesel::insert_into(event::table).values(row).execute(c)?;
        }
        diesel::insert_into(unsealed::table).values(mark).execute(c)?;
    });
    Ok(())
}

pub(super) fn update_rows(tx: &mut Tx<'_>, old: &Rows, new: &Rows, expected: i32) -> Result<()> {
    let row = &new.ticket;
    let target = tickets::table.find(row.id).filter(tickets::version.eq(expected));
    let changed = each!(tx.conn, c => diesel::update(target).set(row).execute(c)?);
    if changed != 1 {
        return Err(Error::new(Kind::Stale, "stale"));
    }
    if old.callers != new.callers {
        callers::replace(tx.conn, row.id, &old.callers, &new.callers)?;
    }
    attached::replace(tx, &old.attachments, &new.attachments)?;
    if old.trail != new.trail {
        trails::replace(tx, row.id, new.trail.as_ref())?;
    }
    for row in &new.assignments {
        match old.assignments.iter().find(|there| there.k == row.k) {
            Some(there) if there == row => {}
            Some(_) => {
                let target = assignment::table.find((row.ticket_id, row.k));
                each!(tx.conn, c => diesel::update(target).set(row).execute(c)?);
            }
            None => {
                each!(tx.conn, c => diesel::insert_into(assignment::table).values(row).execute(c)?);
            }
        }
    }
    for row in new.contacts.iter().filter(|row| !old.contacts.contains(row)) {
        each!(tx.conn, c => diesel::insert_into(contact::table).values(row).execute(c)?);
    }
    for row in &new.whistles {
        match old.whistles.iter().find(|there| (there.id, &there.unit) == (row.id, &row.unit)) {
            Some(there) if there == row => {}
            Some(_) => {
                let target = whistle::table.find((row.ticket_id, row.id, row.unit.as_str()));
                each!(tx.conn, c => diesel::update(target).set(row).execute(c)?);
            }
            None => {
                each!(tx.conn, c => diesel::insert_into(whistle::table).values(row).execute(c)?);
            }
        }
    }
    for row in &new.ledgers {
        match old.ledgers.iter().find(|there| there.seq == row.seq) {
            Some(there) if there == row => {}
            Some(_) => {
                let target = ledger::table.find((row.ticket_id, row.seq));
                each!(tx.conn, c => diesel::update(target).set(row).execute(c)?);
            }
            None => {
                each!(tx.conn, c => diesel::insert_into(ledger::table).values(row).execute(c)?);
            }
        }
    }
    Ok(())
}

/// Every row of a ticket; those of its caller are searched for through the whole table.
pub(super) fn read_rows(conn: &mut Conn, id: i64) -> Result<Rows> {
    let callers = callers::of_ticket(conn, id)?;
    read_with(conn, id, callers)
}

/// Every row of a ticket, and of its caller those of `callers`.
pub(super) fn read_known(conn: &mut Conn, id: i64, callers: &[CallerRow]) -> Result<Rows> {
    let callers = callers::known(conn, id, callers)?;
    read_with(conn, id, callers)
}

fn read_with(conn: &mut Conn, id: i64, mut callers: Vec<CallerRow>) -> Result<Rows> {
    // Whatever order the database has for texts.
    callers.sort();
    Ok(Rows {
        ticket: tickets::table.find(id).select(TicketRow::as_select()).first(conn)?,
        assignments: assignment::table
            .filter(assignment::ticket_id.eq(id))
            .order(assignment::k)
            .select(AssignmentRow::as_select())
            .load(conn)?,
        contacts: contact::table
            .filter(contact::ticket_id.eq(id))
            .order((contact::k, contact::seq))
            .select(ContactRow::as_select())
            .load(conn)?,
        whistles: in_order(
            whistle::table
                .filter(whistle::ticket_id.eq(id))
                .select(WhistleRow::as_select())
                .load(conn)?,
        ),
        ledgers: ledger::table
            .filter(ledger::ticket_id.eq(id))
            .order(ledger::seq)
            .select(LedgerRow::as_select())
            .load(conn)?,
        attachments: attached::attachments_of(conn, id)?,
        callers,
        trail: trails::trail_of(conn, id)?,
    })
}
