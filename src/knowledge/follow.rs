//! Knowledge: what a change of a ticket means here: an article was used, a caller was answered without one, a reply
//! was given that another may copy. Its rule: rows and nothing else; every other change costs nothing.

use super::gaps::GapSource;
use super::listing::{note_gap, note_print, note_use};
use super::prints::Print;
use crate::db::Tx;
use crate::error::Result;
use crate::ticket::Ticket;

/// Writes down what `after` rests on that `before` did not.
///
/// # Errors
/// As the database says.
pub fn follow(tx: &mut Tx<'_>, id: i64, before: &Ticket, after: &Ticket) -> Result<()> {
    let known = before.cited();
    for new in after.cited().iter().filter(|it| known.iter().all(|old| old.code != it.code)) {
        note_use(tx, new)?;
    }
    if before.reply != after.reply
        && let Some(print) = after.reply.as_ref().and_then(|reply| Print::of(&reply.text))
    {
        note_print(tx, id, print)?;
    }
    let answered = after.direct.is_some() && before.direct != after.direct;
    if answered && after.cited().is_empty() {
        let category = after.category.as_ref().map_or("-", |category| category.as_str());
        note_gap(tx, GapSource::Answer, category)?;
    }
    Ok(())
}
