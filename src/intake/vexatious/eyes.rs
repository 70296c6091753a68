//! Intake: whose eyes a vexatious mark is for. Its rule: whoever works for a unit that the caller was complaining to
//! reads of no mark that rests on it, whatever else they are: neither its reason nor its tickets.

use std::collections::BTreeSet;

use super::store::{self, Listed, MarkRow};
use super::{MarkState, is_of};
use crate::db::Conn;
use crate::directory::{Directory, UnitCode};
use crate::error::Result;
use crate::identity::Actor;
use crate::sealing::MasterKey;
use crate::ticket::Ticket;
use crate::ticket::again::About;
use crate::ticket::state::{Part, State};
use crate::ticket::store::{Vault, load};
use crate::time::Stamp;

/// Who looks, and what is needed to say whose people they are.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    pub actor: &'a Actor,
    pub keys: &'a MasterKey,
    pub directory: &'a Directory,
}

impl Eyes<'_> {
    /// The mark of the caller with this phone hash on this matter that stands at `now`, where these eyes may see it.
    ///
    /// # Errors
    /// The database's own.
    pub fn in_force(
        self,
        conn: &mut Conn,
        (caller, about): (&str, &About),
        now: Stamp,
    ) -> Result<Option<MarkRow>> {
        let Some(mark) = store::in_force(conn, caller, about, now)? else { return Ok(None) };
        Ok(if self.may_see(conn, &mark)? { Some(mark) } else { None })
    }

    /// The first `most` marks in this state after the id `after` that these eyes may see, the oldest first; of those
    /// in force, such as have not ended at `now`.
    ///
    /// # Errors
    /// The database's own.
    pub fn list(
        self,
        conn: &mut Conn,
        which: (MarkState, Stamp),
        mut after: i64,
        most: i64,
    ) -> Result<Vec<Listed>> {
        let wanted = usize::try_from(most).unwrap_or(usize::MAX);
        let mut seen = Vec::new();
        loop {
            let found = store::list(conn, which, after, most)?;
            let is_end = found.len() < wanted;
            for one in found {
                after = one.mark.id;
                if seen.len() < wanted && self.may_see(conn, &one.mark)? {
                    seen.push(one);
                }
            }
            if is_end || seen.len() >= wanted {
                return Ok(seen);
            }
        }
    }

    /// Nothing is looked up for whoever belongs to no unit.
    fn may_see(self, conn: &mut Conn, mark: &MarkRow) -> Result<bool> {
        if self.actor.unit.is_none() {
            return Ok(true);
        }
        let handled = self.handlers(conn, mark)?;
        Ok(!is_of(self.actor, (&handled, self.directory)))
    }

    /// The units that work or have worked on the tickets that `mark` rests on, and on those that these are linked to:
    /// what is linked is handled under the other number.
    ///
    /// # Errors
    /// The database's own.
    pub fn handlers(self, conn: &mut Conn, mark: &MarkRow) -> Result<BTreeSet<UnitCode>> {
        let vault = Vault { keys: self.keys };
        let mut handled = BTreeSet::new();
        for no in mark.tickets() {
            // Of one that is erased by now nobody knows any more who handled it.
            let Some(it) = load(conn, vault, &no)? else { continue };
            handled.extend(units_of(&it.ticket));
            if let State::Merged { into } = &it.ticket.state
                && let Some(parent) = load(conn, vault, into)?
            {
                handled.extend(units_of(&parent.ticket));
            }
        }
        Ok(handled)
    }
}

/// Who got a copy has not worked on it.
fn units_of(ticket: &Ticket) -> impl Iterator<Item = UnitCode> {
    let worked = ticket.assignments.values().filter(|it| it.part != Part::Copy);
    worked.map(|it| it.unit.clone())
}
