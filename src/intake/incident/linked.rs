//! Intake: tickets that others were merged into: an incident that nobody declared. Its rule: counted in the write that
//! merges, and asked for by nothing else than that count.

pub mod store;

use crate::db::Tx;
use crate::error::Result;
use crate::ticket::Ticket;

pub use store::{LinkedRow, count, page};

/// Keeps how many are merged into a ticket that has changed.
///
/// # Errors
/// The database's own.
pub fn follow(tx: &mut Tx<'_>, id: i64, before: &Ticket, after: &Ticket) -> Result<()> {
    if after.children.is_empty() {
        return if before.children.is_empty() { Ok(()) } else { store::forget(tx, id) };
    }
    store::keep(tx, id, i32::try_from(after.children.len()).unwrap_or(i32::MAX))
}
