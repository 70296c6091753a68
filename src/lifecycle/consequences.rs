//! Lifecycle: what else is written with a change of a ticket, in the same transaction. Its rule: each
//! door that must hear of a change has one line in [`follow`]; it writes rows and calls nobody, and
//! for a change that is not its business it costs neither a query nor a row.

use super::rules::Rules;
use crate::assessment::exclusion;
use crate::audit::{self, Entry};
use crate::bottomline;
use crate::db::Tx;
use crate::error::Result;
use crate::followup;
use crate::handling;
use crate::identity::Actor;
use crate::intake::incident;
use crate::knowledge;
use crate::notify::outbox;
use crate::notify::webhook::{self, Occurred};
use crate::places;
use crate::sealing::MasterKey;
use crate::ticket::Ticket;
use crate::upstream::{self, Moved};

/// A change of a ticket that has just been written.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The ticket's id in the database.
    pub id: i64,
    /// Its version after the change.
    pub version: i32,
    /// As it was; nothing where it has just come to be.
    pub before: Option<&'a Ticket>,
    pub after: &'a Ticket,
    /// Who made it: a user's id, 0 for the program and for citizens.
    pub by: i64,
    /// What the event is called: the command, `register`, `limits`, `merge/child` …
    pub label: &'a str,
}

/// Writes what follows from `change`. Histories that are moved in never come here (contract.md,
/// "History file").
///
/// # Errors
/// As the database says; then the change itself is not made either.
pub fn follow(tx: &mut Tx<'_>, rules: &Rules, change: &Change<'_>) -> Result<()> {
    let Change { id, version, before, after, by, label } = *change;
    outbox::tell(tx, &rules.calendar, id, before, after)?;
    if let Some(before) = before {
        // 地址: what was put aside by another place is looked at again.
        if before.place != after.place {
            places::queue::take_back(tx, id)?;
        }
        // 知识库: an article was used, or none was.
        knowledge::follow::follow(tx, id, before, after)?;
        // 触碰底线: a flag, or a reply that says nothing.
        let cause = bottomline::follow::Cause { ticket: id, before, after, by, label };
        bottomline::follow::follow(tx, (&rules.profile, &rules.calendar), &cause)?;
        // 预约回访: when the citizen asked to be rung again.
        followup::store::follow(tx, id, before, after)?;
        // 督办: what is supervised.
        handling::store::follow(tx, id, Some(before), after)?;
        // 事件: others were merged into it, or are no more.
        incident::linked::follow(tx, id, Some(before), after)?;
        // 回填: what the city's platform is owed for it.
        let moved = Moved { id, version, before, after };
        upstream::follow(tx, &rules.profile, &rules.calendar, &moved)?;
    }
    let occurred = Occurred { version, before, after, label };
    webhook::follow(tx, &rules.hooks, &rules.directory, rules.profile.zone, &occurred)
}

/// Draws the surveys that somebody else hears again 重听.
///
/// # Errors
/// As the database says; then the change itself is not made either.
pub fn draw(tx: &mut Tx<'_>, keys: &MasterKey, rules: &Rules, change: &Change<'_>) -> Result<()> {
    let Some(before) = change.before else { return Ok(()) };
    followup::store::draw(tx, (keys, &rules.profile), change.id, (before, change.after))
}

/// Notes for the auditor, who sees no ticket, what `actor` did about leaving the assessment: who, when, for which coded
/// reason, and none of the words.
///
/// # Errors
/// As the database says; then the change itself is not made either.
pub fn note(tx: &mut Tx<'_>, actor: &Actor, change: &Change<'_>) -> Result<()> {
    let before = change.before.and_then(|before| before.exclusion.as_ref());
    let after = change.after.exclusion.as_ref();
    let Some((action, asked)) = exclusion::done(before, after).zip(after) else { return Ok(()) };
    let entry = Entry::new((actor.user, &actor.name), action, ("ticket", &change.after.no));
    audit::record(tx, &entry.detailed(format!("reason={}", asked.reason)))
}
