//! Ticket: proving the tombstones of tickets that were taken back. Its rule: numbered without a gap, genuine,
//! over exactly their events; what is gone without one was stolen.

use diesel::prelude::*;

use super::proof::{Fault, Proof};
use super::removed::{Found, read};
use crate::db::Conn;
use crate::db::schema::{removal, removed_event};
use crate::error::Result;
use crate::ticket::seal::Leaf;

/// Removals that one read of a proof looks at.
const PAGE: i64 = 100;

impl Proof<'_> {
    /// The next tombstones: numbered without a gap, genuine, over exactly their events. Answers
    /// whether there are more to look at. Asked after the seals, so that a ticket taken back
    /// meanwhile has its tombstone proven too.
    pub fn removals(&mut self, conn: &mut Conn) -> Result<bool> {
        let some: Vec<Found> = removal::table
            .filter(removal::no.gt(self.last_removal.0))
            .order(removal::no)
            .limit(PAGE)
            .load(conn)?;
        let more = !some.is_empty();
        for removal in some.into_iter().map(read) {
            let events: Vec<(i64, i32, Vec<u8>)> = removed_event::table
                .filter(removed_event::removal_no.eq(removal.no))
                .order((removed_event::ticket_id, removed_event::seq))
                .select((removed_event::ticket_id, removed_event::seq, removed_event::head))
                .load(conn)?;
            let leaf = |(ticket_id, seq, head)| Leaf { ticket_id, seq, head };
            let events: Vec<Leaf> = events.into_iter().map(leaf).collect();
            let (last, before) = &self.last_removal;
            let follows = removal.no == last + 1;
            if !follows || !removal.holds(self.keys, before, &events) {
                self.about_seal(Fault::RemovalForged, removal.no, None);
            }
            self.last_removal = (removal.no, removal.mac);
        }
        if !more {
            let stray = removed_event::table
                .filter(removed_event::removal_no.gt(self.last_removal.0))
                .select(removed_event::ticket_id);
            let stray: Option<i64> = stray.first(conn).optional()?;
            if let Some(id) = stray {
                self.about(Fault::RemovalForged, id, None);
            }
        }
        Ok(more)
    }
}
