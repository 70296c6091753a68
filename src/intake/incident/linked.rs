//! Intake: tickets that others were merged into: an incident that nobody declared. Its rule: counted in the write that
//! merges, moves in or takes back, and asked for by nothing else than that count.

pub mod store;

use crate::db::Tx;
use crate::error::Result;
use crate::ticket::Ticket;

pub use store::{LinkedRow, count, forget, page};

/// Keeps how many are merged into a ticket that has changed, or has just come to be.
///
/// # Errors
/// The database's own.
pub fn follow(tx: &mut Tx<'_>, id: i64, before: Option<&Ticket>, after: &Ticket) -> Result<()> {
    if after.children.is_empty() {
        let had = before.is_some_and(|before| !before.children.is_empty());
        return if had { store::forget(tx, &[id]) } else { Ok(()) };
    }
    store::keep(tx, id, i32::try_from(after.children.len()).unwrap_or(i32::MAX))
}
