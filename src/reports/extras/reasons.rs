//! Reports: why it is not solved, and which bottom line was touched. Its rule: as the ticket itself says, since no
//! column does; only the few tickets of a window that say so are opened.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessment::facts::{Facts, Satisfied, Solved, TicketFact};
use crate::db::Conn;
use crate::error::Result;
use crate::limits::Window;
use crate::ticket::Ticket;
use crate::ticket::overlay::{BottomLine, Why};
use crate::ticket::store::{Vault, load_many};

/// Tickets opened at once.
const AT_ONCE: usize = 500;

/// What a ticket says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason {
    /// Of its latest triage; nothing where there was none yet, or it was sent back by itself.
    pub why: Option<Why>,
    pub flags: BTreeSet<BottomLine>,
}

impl Reason {
    fn of(ticket: &Ticket) -> Self {
        let asked = ticket.attempts.iter().flat_map(|attempt| attempt.bottom_line.iter().copied());
        Self {
            why: ticket.triages.last().and_then(|triage| triage.why),
            flags: asked.chain(ticket.flags.iter().map(|flag| flag.flag)).collect(),
        }
    }
}

/// The reasons of what was received in `window`; an erased ticket has none.
///
/// # Errors
/// What the database says.
pub fn load(
    conn: &mut Conn,
    vault: Vault<'_>,
    window: &Window,
    facts: &Facts,
) -> Result<BTreeMap<i64, Reason>> {
    let asked = facts.tickets.iter().filter(|it| window.contains(it.received_at) && speaks(it));
    let ids: Vec<i64> = asked.map(|it| it.id).collect();
    let mut reasons = BTreeMap::new();
    for some in ids.chunks(AT_ONCE) {
        let tickets = load_many(conn, vault, some)?;
        reasons.extend(tickets.into_iter().map(|(id, ticket)| (id, Reason::of(&ticket))));
    }
    Ok(reasons)
}

/// Whether there is a reason to look for.
fn speaks(fact: &TicketFact) -> bool {
    let bad = fact.survey.is_some_and(|survey| {
        survey.solved == Solved::Unsolved || survey.satisfied == Satisfied::Dissatisfied
    });
    bad || fact.flagged
}
