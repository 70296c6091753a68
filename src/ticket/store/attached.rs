//! Ticket: the rows that say which files are a ticket's. Its rule: they follow from the document like
//! every row beside it; nothing of what a file shows or is called stands in them.

use diesel::prelude::*;

use crate::db::schema::{attachment, ticket_body};
use crate::db::{Conn, Tx, each};
use crate::error::Result;
use crate::ticket::Ticket;

/// A row of `attachment`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = attachment, primary_key(ticket_id, k), treat_none_as_default_value = false)]
pub struct AttachmentRow {
    pub ticket_id: i64,
    pub k: i32,
    /// SHA-256 over the sealed file, in hexadecimal digits.
    pub hash: String,
    /// The length of what is sealed in it.
    pub bytes: i64,
    /// Whether its file is not kept.
    pub gone: bool,
}

pub(super) fn attachment_rows(ticket: &Ticket, ticket_id: i64) -> Vec<AttachmentRow> {
    let row = |(k, one): (&u32, &crate::ticket::Attachment)| AttachmentRow {
        ticket_id,
        k: i32::try_from(*k).unwrap_or(i32::MAX),
        hash: one.hash.clone(),
        bytes: i64::try_from(one.bytes).unwrap_or(i64::MAX),
        gone: one.gone.is_some(),
    };
    ticket.attachments.iter().map(row).collect()
}

/// Writes what changed.
pub(super) fn replace(tx: &mut Tx<'_>, old: &[AttachmentRow], new: &[AttachmentRow]) -> Result<()> {
    for row in new {
        match old.iter().find(|there| there.k == row.k) {
            Some(there) if there == row => {}
            Some(_) => {
                let target = attachment::table.find((row.ticket_id, row.k));
                each!(tx.conn, c => diesel::update(target).set(row).execute(c)?);
            }
            None => {
                each!(tx.conn, c => diesel::insert_into(attachment::table).values(row).execute(c)?);
            }
        }
    }
    Ok(())
}

/// Every row of one ticket, in order.
pub fn attachments_of(conn: &mut Conn, ticket_id: i64) -> Result<Vec<AttachmentRow>> {
    Ok(attachment::table
        .filter(attachment::ticket_id.eq(ticket_id))
        .order(attachment::k)
        .select(AttachmentRow::as_select())
        .load(conn)?)
}

/// The rows after the place `after`, up to `most`, in order; of each whether its ticket was erased.
pub fn attachments_after(
    conn: &mut Conn,
    after: (i64, i32),
    most: i64,
) -> Result<Vec<(AttachmentRow, bool)>> {
    let (id, k) = after;
    let later =
        attachment::ticket_id.gt(id).or(attachment::ticket_id.eq(id).and(attachment::k.gt(k)));
    Ok(attachment::table
        .left_join(ticket_body::table.on(ticket_body::ticket_id.eq(attachment::ticket_id)))
        .filter(later)
        .order((attachment::ticket_id, attachment::k))
        .limit(most)
        .select((AttachmentRow::as_select(), ticket_body::record_key.nullable().is_null()))
        .load(conn)?)
}

/// Which files of a ticket are still needed, by their hashes: none where it was erased.
pub fn needed_files(conn: &mut Conn, ticket_id: i64) -> Result<Vec<String>> {
    Ok(attachment::table
        .inner_join(ticket_body::table.on(ticket_body::ticket_id.eq(attachment::ticket_id)))
        .filter(attachment::ticket_id.eq(ticket_id))
        .filter(attachment::gone.eq(false))
        .filter(ticket_body::record_key.is_not_null())
        .select(attachment::hash)
        .load(conn)?)
}
