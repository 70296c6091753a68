//! Lifecycle: a downtime of the system that was declared (domain.md §4). Its rule: it extends the
//! units' limits that ran in it, and no other; declared again, it changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Hotline, Rules};
use crate::db::Tx;
use crate::error::{Error, Kind, Result};
use crate::identity::{Actor, Role};
use crate::ticket::command::Target;
use crate::ticket::notice::Whose;
use crate::ticket::{Ticket, store};
use crate::time::Stamp;

/// How many tickets are asked for at once.
const HANDFUL: i64 = 200;

/// A downtime `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    pub from: Stamp,
    pub to: Stamp,
}

impl Hotline {
    /// Extends the unit limits that `outage` touched, each with an event; answers on how many
    /// tickets. It goes ticket by ticket: broken off, it is declared again.
    ///
    /// # Errors
    /// 403; 422 where it ends before it begins or has not ended yet; the database's own.
    pub fn declare_outage(self: &Arc<Self>, actor: &Actor, outage: Outage) -> Result<usize> {
        self.may_declare(actor, outage)?;
        let mut extended = 0;
        self.running_in(outage, |id| {
            let (hotline, actor) = (Arc::clone(self), actor.clone());
            match self.db.write(move |tx| hotline.extend_by(tx, &actor, outage, id)) {
                Ok(some) => extended += usize::from(some),
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(())
        })?;
        Ok(extended)
    }

    /// What [`Hotline::declare_outage`] would do, without doing it: each ticket and how many of its limits
    /// would move.
    ///
    /// # Errors
    /// As there.
    pub fn would_extend(&self, actor: &Actor, outage: Outage) -> Result<Vec<(String, usize)>> {
        self.may_declare(actor, outage)?;
        let now = self.db.now();
        let mut found = Vec::new();
        self.running_in(outage, |id| {
            let moved = self.db.read(|conn| {
                let rules = self.rules.current(conn, now)?;
                let stored = store::load_by_id(conn, rules.vault(&self.keys), id)?;
                let moved =
                    stored.map(|stored| (extended(&stored.ticket, &rules, outage).1.len(), stored));
                Ok(moved.map(|(count, stored)| (stored.ticket.no, count)))
            })?;
            found.extend(moved.filter(|(_, count)| *count > 0));
            Ok(())
        })?;
        Ok(found)
    }

    fn may_declare(&self, actor: &Actor, outage: Outage) -> Result<()> {
        actor.require(&[Role::Sysadmin, Role::System])?;
        if outage.from >= outage.to {
            return Err(Error::field("/to", "outage.backwards"));
        }
        if outage.to > self.db.now() {
            return Err(Error::field("/to", "outage.not_over"));
        }
        Ok(())
    }

    /// Hands every ticket to `take` whose limits may have run in `outage`.
    fn running_in(&self, outage: Outage, mut take: impl FnMut(i64) -> Result<()>) -> Result<()> {
        let (Outage { from, to }, mut after) = (outage, i64::MIN);
        loop {
            let ids = self.db.read(|conn| store::running_within(conn, from, to, after, HANDFUL))?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = *last;
            ids.into_iter().try_for_each(&mut take)?;
        }
    }

    fn extend_by(&self, tx: &mut Tx<'_>, actor: &Actor, outage: Outage, id: i64) -> Result<bool> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let Some(stored) = store::load_by_id(tx.conn, rules.vault(&self.keys), id)? else {
            return Ok(false);
        };
        let Outage { from, to } = outage;
        let (mut after, moved) = extended(&stored.ticket, &rules, outage);
        if after == stored.ticket {
            return Ok(false);
        }
        for assignment in after.assignments.values_mut() {
            assignment.judge_again();
        }
        let body = json!({ "from": from, "to": to, "moved": moved });
        let none = Target::default();
        self.keep(tx, &rules, actor, &stored, after, "limits/outage", body, none)?;
        Ok(true)
    }
}

/// `ticket` with the units' limits that ran in `outage` extended, and what moved.
fn extended(ticket: &Ticket, rules: &Rules, outage: Outage) -> (Ticket, Vec<Value>) {
    let mut after = ticket.clone();
    let mut moved = Vec::new();
    for named in after.every_limit() {
        if !matches!(named.whose, Whose::Unit(_) | Whose::Called) {
            continue;
        }
        let before = named.timer.due_at;
        let calendar = rules.calendar_of(&named.timer.profile);
        named.timer.extend_by_outage(outage.from, outage.to, calendar);
        let now = named.timer.due_at;
        if now != before {
            moved.push(json!({ "limit": named.limit, "from": before, "to": now }));
        }
    }
    (after, moved)
}
