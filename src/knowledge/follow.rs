//! Knowledge: what a change of a ticket means here: an article was used, or a caller was answered without one. Its
//! rule: rows and nothing else, and none of it names the ticket; every other change costs nothing.

use super::gaps::GapSource;
use super::listing::{note_gap, note_use};
use crate::db::Tx;
use crate::error::Result;
use crate::ticket::Ticket;

/// Writes down what `after` rests on that `before` did not.
///
/// # Errors
/// As the database says.
pub fn follow(tx: &mut Tx<'_>, before: &Ticket, after: &Ticket) -> Result<()> {
    let known = before.cited();
    for new in after.cited().iter().filter(|it| known.iter().all(|old| old.code != it.code)) {
        note_use(tx, new)?;
    }
    let answered = after.direct.is_some() && before.direct != after.direct;
    if answered && after.cited().is_empty() {
        let category = after.category.as_ref().map_or("-", |category| category.as_str());
        note_gap(tx, GapSource::Answer, category)?;
    }
    Ok(())
}
