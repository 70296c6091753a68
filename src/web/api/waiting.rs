//! Web: what waits in tickets for a reader: the frame of lists that people work off. Its rule: a ticket is opened once,
//! and what it says depends on how much of it the reader may see.

use crate::db::Conn;
use crate::error::Result;
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store::rows::TicketRow;
use crate::ticket::store::{Vault, load_many};
use crate::ticket::{Scene, Ticket};

/// What `told` says of each of the tickets with these rows, in their order; those that cannot be opened are left out.
///
/// # Errors
/// The database's own; a document that cannot be opened.
pub fn told_of<T>(
    conn: &mut Conn,
    vault: Vault<'_>,
    scene: &Scene<'_>,
    rows: &[TicketRow],
    told: impl Fn(&TicketRow, &Ticket, Sight) -> Vec<T>,
) -> Result<Vec<T>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let tickets = load_many(conn, vault, &ids)?;
    let there = rows.iter().filter_map(|row| Some((row, tickets.get(&row.id)?)));
    let seen = |ticket: &Ticket| sight(ticket, scene.actor, scene.directory);
    Ok(there.flat_map(|(row, ticket)| told(row, ticket, seen(ticket))).collect())
}
