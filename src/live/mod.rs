//! Live 动态: which tickets change while people look at them, and who is at work on which. Its rule: each node follows
//! the database by itself; what is told is a ticket's number, and who may know it is asked where it is told.

pub mod hub;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::db::{Conn, Tx};
use crate::error::Result;

/// More changes at once than anybody is told one by one: an import, a calendar that moved every limit.
const MOST: i64 = 2_000;
/// How long somebody counts as at work on a ticket after their page last said so.
pub const AT_WORK: TimeDelta = TimeDelta::seconds(50);

/// What has changed since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The numbers of these tickets.
    Tickets(BTreeSet<String>),
    /// More than are told one by one.
    Many,
}

impl Changed {
    /// Whether anything has.
    pub fn is_any(&self) -> bool {
        *self != Self::Tickets(BTreeSet::new())
    }

    /// Whether one of `numbers` is among them, or may be.
    pub fn touches(&self, numbers: &[String]) -> bool {
        match self {
            Self::Tickets(changed) => numbers.iter().any(|no| changed.contains(no)),
            Self::Many => !numbers.is_empty(),
        }
    }
}

/// Who is at work on which ticket, by its number: accounts with the names that colleagues call them.
pub type AtWork = BTreeMap<String, BTreeMap<i64, String>>;

/// Follows the events that wait for a seal, and the seals: between them no change is missed, and nothing has to be kept
/// for anybody who follows (decision 0022).
#[derive(Debug, Default)]
pub struct Follower {
    /// Where the last look ended; nothing before the first.
    last: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    seal: i64,
    /// The newest event of each ticket that waits for a seal.
    waiting: BTreeMap<i64, i32>,
}

impl Follower {
    /// What has changed since the last look; at the first nothing has.
    ///
    /// # Errors
    /// As the database says; the next look then tells of it.
    pub fn look(&mut self, conn: &mut Conn) -> Result<Changed> {
        let waiting = store::waiting(conn, MOST)?;
        let seal = store::last_seal(conn)?;
        let Some(last) = &self.last else {
            self.last = Some(Seen { seal, waiting: newest(&waiting) });
            return Ok(Changed::Tickets(BTreeSet::new()));
        };
        let sealed = store::sealed(conn, (last.seal, seal), MOST)?;
        let is_full = |rows: &[(i64, i32)]| i64::try_from(rows.len()).is_ok_and(|it| it >= MOST);
        let changed = if is_full(&waiting) || is_full(&sealed) {
            Changed::Many
        } else {
            let all = waiting.iter().chain(&sealed);
            let newer = all.filter(|(id, seq)| last.waiting.get(id).is_none_or(|it| it < seq));
            let ids: BTreeSet<i64> = newer.map(|(id, _)| *id).collect();
            Changed::Tickets(store::numbers(conn, &ids)?)
        };
        self.last = Some(Seen { seal, waiting: newest(&waiting) });
        Ok(changed)
    }
}

fn newest(events: &[(i64, i32)]) -> BTreeMap<i64, i32> {
    let mut newest = BTreeMap::new();
    for (id, seq) in events {
        let there = newest.entry(*id).or_insert(*seq);
        *there = (*there).max(*seq);
    }
    newest
}

/// Remembers for a while that the account `user` is at work on the ticket `no`.
///
/// # Errors
/// As the database says.
pub fn attend(tx: &mut Tx<'_>, no: &str, user: i64) -> Result<()> {
    let until = tx.now.plus(AT_WORK);
    store::put(tx, no, user, until)
}

/// Forgets it at once: the page was left.
///
/// # Errors
/// As the database says.
pub fn leave(tx: &mut Tx<'_>, no: &str, user: i64) -> Result<()> {
    store::drop_one(tx, no, user)
}

/// Forgets everybody whose page has said nothing for long; answers how many those were.
///
/// # Errors
/// As the database says.
pub fn forget(tx: &mut Tx<'_>) -> Result<usize> {
    let now = tx.now;
    store::drop_past(tx, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_changes_everybody_with_a_ticket_is_told_and_nobody_else() {
        let one = ["2026-000001".to_owned()];
        assert!(Changed::Many.touches(&one) && !Changed::Many.touches(&[]));
        let changed = Changed::Tickets(BTreeSet::from(["2026-000002".to_owned()]));
        assert!(changed.is_any() && !changed.touches(&one));
        assert!(!Changed::Tickets(BTreeSet::new()).is_any());
    }

    #[test]
    fn of_a_tickets_events_the_newest_counts() {
        assert_eq!(newest(&[(1, 3), (2, 1), (1, 2)]), BTreeMap::from([(1, 3), (2, 1)]));
    }
}
