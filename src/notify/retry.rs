//! Notices: a letter that failed gets a new life, because a person says so. Its rule: to whom it goes
//! is looked up anew; one that had nobody to go to becomes a notice again, and never the citizen's.

use super::outbox::{LETTER, NOTICE, Notice};
use super::plan::{Addressee, Owed, desk_of};
use super::store::{self, Letter, LetterState, NOBODY};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::jobs;
use crate::time::Stamp;

/// Letters that one write gives a new life.
const AT_ONCE: i64 = 200;

/// Gives a dead letter a new life, from the first try.
///
/// # Errors
/// `not_found` where no such letter is dead.
pub fn retry(tx: &mut Tx<'_>, id: i64) -> Result<()> {
    let found = store::find(tx.conn, id)?;
    let dead = found.filter(|letter| letter.state == LetterState::Dead);
    again(tx, &dead.ok_or_else(Error::not_found)?)
}

/// Does so with some of those that died of `why` up to `until`; answers with how many.
///
/// # Errors
/// As the database says.
pub fn retry_some(tx: &mut Tx<'_>, why: &str, until: Stamp) -> Result<usize> {
    let dead = store::dead_of(tx.conn, why, until, AT_ONCE)?;
    for letter in &dead {
        again(tx, letter)?;
    }
    Ok(dead.len())
}

fn again(tx: &mut Tx<'_>, letter: &Letter) -> Result<()> {
    // A task of a leader's instruction, and what is like it, is about no ticket.
    let apart = letter.occasion.has_no_ticket();
    match letter.ticket_id.or(apart.then_some(0)) {
        Some(ticket_id) if letter.account_id == NOBODY => {
            let why = letter.why.as_deref();
            store::set_state(tx, letter.id, LetterState::Dropped, why, letter.tries)?;
            jobs::put(tx, NOTICE, &Notice { ticket_id, owed: owed_again(letter) }).map(drop)
        }
        _ => {
            store::revive(tx, letter.id)?;
            jobs::put(tx, LETTER, &letter.id).map(drop)
        }
    }
}

/// What was owed when nobody was found. Without a unit it was some desk's, which its limit tells.
fn owed_again(letter: &Letter) -> Owed {
    let limit = letter.limit_name.clone();
    let addressee = match &letter.unit {
        Some(unit) => Addressee::Unit(unit.clone()),
        None => Addressee::Role(desk_of(limit.as_deref().unwrap_or_default())),
    };
    let assignment = letter.assignment.and_then(|k| u32::try_from(k).ok());
    Owed { occasion: letter.occasion, addressee, assignment, limit }
}
