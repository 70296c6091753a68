//! Lifecycle: what a change of one ticket means for those merged with it. Its rule: each change of a relative
//! is an event of its own, of the same instant; nobody who was merged is left without an answer or a clock.

use serde_json::json;

use super::Hotline;
use super::decide::{decide, with_state};
use super::rules::Rules;
use super::table;
use crate::db::{Conn, Tx};
use crate::error::{Error, Result};
use crate::identity::Actor;
use crate::intake::{duplicate, settle};
use crate::ticket::command::{Command, CommandName, Spoken, Target};
use crate::ticket::sight::{Sight, sight};
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, Scene, State, Ticket};
use crate::time::Stamp;

impl Hotline {
    /// What a change of one ticket means for those merged with it.
    pub(super) fn relatives(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        before: &Ticket,
        after: &Ticket,
    ) -> Result<()> {
        let system = Actor::system();
        if let (State::Merged { into }, false) =
            (&before.state, matches!(after.state, State::Merged { .. }))
        {
            self.change_other(tx, rules, into, "unmerge/child", |parent, _| {
                parent.children.retain(|child| *child != after.no);
            })?;
        }
        // A passed reply or a direct answer is an answer to every caller, and so is the next one after a rework.
        if duplicate::is_answered(after) && !duplicate::is_answered(before) {
            for child in &after.children {
                self.change_other(tx, rules, child, "merge/answered", |child, now| {
                    let scene = rules.scene(&system, now, Mode::Live);
                    duplicate::answered_with_parent(child, &scene);
                })?;
            }
        }
        // It ended and nobody was answered: each that was merged into it stands for itself again, with its own
        // clocks, and whoever answers, declines or diverts it tells its own caller.
        if duplicate::sets_free(before, after) {
            for child in &before.children {
                self.change_other(tx, rules, child, "unmerge/parent_ended", |child, _| {
                    // One that is not merged any more is left as it is.
                    drop(duplicate::unmerge(child));
                })?;
            }
        }
        Ok(())
    }

    /// The caller of a ticket that may be merged urges: it stands on their own ticket, and whoever leads the
    /// one that is worked on is charged with it. Their words stay with their case.
    ///
    /// # Errors
    /// As the command; 409 as the other ticket would refuse it.
    pub fn urge(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        stored: &Stored,
        said: &Spoken,
    ) -> Result<Stored> {
        let (command, none) = (Command::Urge(said.clone()), Target::default());
        let State::Merged { into } = &stored.ticket.state else {
            return self.perform(tx, rules, actor, stored, &command, none);
        };
        let parent = store::load(tx.conn, rules.vault(&self.keys), into)?;
        let parent = parent.ok_or_else(Error::not_found)?;
        let scene = rules.scene(actor, tx.now, Mode::Live);
        decide(&parent.ticket, &command, none, &scene)?;
        self.change_other(tx, rules, into, "urge/child", |parent, _| settle::charge(parent))?;
        let mut after = stored.ticket.clone();
        settle::urge(&mut after, &scene);
        let body = command.body().map_err(Error::internal)?;
        self.keep(tx, rules, actor, stored, after, "urge", body, none)
    }

    /// Merges `child` into the ticket numbered `into`; its own children move along.
    pub(super) fn merge(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        child: &Stored,
        into: &str,
        command: &Command,
    ) -> Result<Stored> {
        let scene = rules.scene(actor, tx.now, Mode::Live);
        let parent = self.check_merge(tx.conn, rules, child, into, &scene)?;
        // Who comes under a ticket that was answered already is answered by the same words.
        let is_answered = duplicate::is_answered(&parent.ticket);
        let grandchildren = child.ticket.children.clone();
        let mut after = decide(&child.ticket, command, Target::default(), &scene)?;
        after.children.clear();
        if is_answered {
            duplicate::answered_with_parent(&mut after, &scene);
        }
        let body = command.body().map_err(Error::internal)?;
        let none = Target::default();
        let kept = self.keep(tx, rules, actor, child, after, "merge", body, none)?;
        for no in &grandchildren {
            self.change_other(tx, rules, no, "merge/moved", |ticket, _| {
                ticket.state = State::Merged { into: into.to_owned() };
                if is_answered {
                    duplicate::answered_with_parent(ticket, &scene);
                }
            })?;
        }
        self.change_other(tx, rules, into, "merge/child", |parent, _| {
            parent.children.push(child.ticket.no.clone());
            parent.children.extend(grandchildren.iter().cloned());
        })?;
        Ok(kept)
    }

    /// The ticket numbered `into`, where `child` may go under it, as far as that one decides.
    pub(super) fn check_merge(
        &self,
        conn: &mut Conn,
        rules: &Rules,
        child: &Stored,
        into: &str,
        scene: &Scene<'_>,
    ) -> Result<Stored> {
        let parent = self.parent(conn, rules, scene.actor, into)?;
        duplicate::may_merge(&child.ticket.no, &parent.ticket).or_else(|error| {
            table::admit(&child.ticket, scene.actor, CommandName::Merge, Target::default())?;
            Err(with_state(error, &child.ticket, Target::default(), scene))
        })?;
        Ok(parent)
    }

    /// The ticket that another is to go under, for whoever sees it.
    pub(super) fn parent(
        &self,
        conn: &mut Conn,
        rules: &Rules,
        actor: &Actor,
        into: &str,
    ) -> Result<Stored> {
        let unknown = || Error::field("/into", "field.unknown_code");
        let parent = store::load(conn, rules.vault(&self.keys), into)?.ok_or_else(unknown)?;
        let seen = sight(&parent.ticket, actor, &rules.directory);
        if seen == Sight::Nothing { Err(unknown()) } else { Ok(parent) }
    }

    /// Changes a related ticket as the program itself, with an event that says why.
    pub(super) fn change_other(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        no: &str,
        label: &str,
        change: impl FnOnce(&mut Ticket, Stamp),
    ) -> Result<()> {
        let Some(stored) = store::load(tx.conn, rules.vault(&self.keys), no)? else {
            return Ok(());
        };
        let mut after = stored.ticket.clone();
        change(&mut after, tx.now);
        if after != stored.ticket {
            let (system, none) = (Actor::system(), Target::default());
            self.keep(tx, rules, &system, &stored, after, label, json!({}), none)?;
        }
        Ok(())
    }
}
