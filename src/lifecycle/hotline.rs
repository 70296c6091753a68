//! Lifecycle: the one way a ticket comes to be and is changed. Its rule: load, see (404), be allowed
//! (403), be well formed (422), be possible (409), decide, record: one transaction, one instant.

use std::sync::Arc;

use serde_json::{Value, json};

use super::consequences::{self, Change};
use super::decide::{decide, with_state};
use super::rules::{RuleBook, Rules};
use super::table;
use crate::db::{Conn, Db, Tx};
use crate::error::{Error, Kind, Result};
use crate::identity::Actor;
use crate::intake::duplicate;
use crate::knowledge::guard;
use crate::sealing::MasterKey;
use crate::ticket::command::{Command, CommandName, Parser, Target};
use crate::ticket::event::{self, Event};
use crate::ticket::listing;
use crate::ticket::sight::{Sight, scope, sight};
use crate::ticket::store::{self, Stored, Vault};
use crate::ticket::{CitizenCode, Mode, Scene, State, Ticket};
use crate::time::Stamp;

/// The hotline of one node: database, keys and rules.
pub struct Hotline {
    pub db: Db,
    pub keys: Arc<MasterKey>,
    pub rules: RuleBook,
}

/// A ticket and what the citizen is told once.
pub struct Registered {
    pub stored: Stored,
    pub code: CitizenCode,
}

impl Rules {
    /// The scene of a decision by `actor` at `now`.
    pub fn scene<'a>(&'a self, actor: &'a Actor, now: Stamp, mode: Mode) -> Scene<'a> {
        Scene {
            now,
            actor,
            profile: &self.profile,
            calendar: &self.calendar,
            directory: &self.directory,
            mode,
        }
    }

    /// What storing needs, with `keys`.
    pub fn vault<'a>(&'a self, keys: &'a MasterKey) -> Vault<'a> {
        Vault { keys }
    }
}

impl Hotline {
    /// What a ticket follows is a ticket that its giver sees, and no other word.
    pub(super) fn see_previous(
        &self,
        conn: &mut Conn,
        rules: &Rules,
        actor: &Actor,
        no: &str,
    ) -> Result<()> {
        match self.see(conn, rules, actor, no) {
            Err(error) if error.kind() == Kind::NotFound => {
                Err(Error::field("/previous", "field.unknown_code"))
            }
            seen => seen.map(drop),
        }
    }

    /// The ticket numbered `no`, as far as `actor` may see it at all.
    ///
    /// # Errors
    /// 404 where it is absent or not for this reader's eyes; `ticket.erased` where this reader sees
    /// in lists that it was there.
    pub fn see(&self, conn: &mut Conn, rules: &Rules, actor: &Actor, no: &str) -> Result<Stored> {
        let Some(stored) = store::load(conn, rules.vault(&self.keys), no)? else {
            let erased = listing::has(conn, &scope(actor), no)?;
            let told = Error::new(Kind::NotFound, "ticket.erased");
            return Err(if erased { told } else { Error::not_found() });
        };
        if sight(&stored.ticket, actor, &rules.directory) == Sight::Nothing {
            return Err(Error::not_found());
        }
        Ok(stored)
    }

    /// Gives the command `name` with `body` to the ticket numbered `no`.
    ///
    /// # Errors
    /// In this order: 404, 403, 412 (`expected` names another version), 422, 409.
    pub fn command<P: Parser>(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        order: &Order<'_>,
        body: &P,
    ) -> Result<Stored> {
        let (rules, stored, command) = self.read_order(tx.conn, tx.now, actor, order, body)?;
        if let Command::Merge(merge) = &command {
            return self.merge(tx, &rules, actor, &stored, &merge.into, &command);
        }
        self.perform(tx, &rules, actor, &stored, &command, order.target)
    }

    /// Whether [`Hotline::command`] would do it at `now`, by the same decision; nothing is written.
    /// Answers the ticket's present version.
    ///
    /// # Errors
    /// As [`Hotline::command`].
    pub fn rehearse<P: Parser>(
        &self,
        conn: &mut Conn,
        now: Stamp,
        actor: &Actor,
        order: &Order<'_>,
        body: &P,
    ) -> Result<i32> {
        let (rules, stored, command) = self.read_order(conn, now, actor, order, body)?;
        let scene = rules.scene(actor, now, Mode::Live);
        if let Command::Merge(merge) = &command {
            self.check_merge(conn, &rules, &stored, &merge.into, &scene)?;
        }
        decide(&stored.ticket, &command, order.target, &scene)?;
        Ok(stored.version)
    }

    /// What was ordered of which ticket by which rules, as far as it can be said before deciding.
    fn read_order<P: Parser>(
        &self,
        conn: &mut Conn,
        now: Stamp,
        actor: &Actor,
        order: &Order<'_>,
        body: &P,
    ) -> Result<(Arc<Rules>, Stored, Command)> {
        let rules = self.rules.current(conn, now)?;
        let stored = self.see(conn, &rules, actor, order.no)?;
        let scene = rules.scene(actor, now, Mode::Live);
        check_target(&stored.ticket, order.target)?;
        table::require(&stored.ticket, &scene, order.name, order.target)?;
        (order.expected)(stored.version)?;
        let command = Command::parse(order.name, body)?;
        let command = super::cite::with_sources(conn, (&rules, now), actor, command)?;
        // What goes to the citizen; an assist's words go to the lead, who writes the reply.
        let said = match &command {
            Command::Reply(reply) => Some((&reply.text, &reply.acknowledge)),
            Command::Answer(answer) => Some((&answer.text, &answer.acknowledge)),
            _ => None,
        };
        if let Some((text, acknowledged)) = said {
            let ticket = (stored.id, &stored.ticket);
            let found = guard::examine_all(conn, ticket, text, &rules.directory)?;
            guard::demand(&found, acknowledged)?;
        }
        Ok((rules, stored, command))
    }

    /// Decides and records one command on a loaded ticket, and what follows on its relatives.
    pub fn perform(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        stored: &Stored,
        command: &Command,
        target: Target,
    ) -> Result<Stored> {
        let scene = rules.scene(actor, tx.now, Mode::Live);
        let after = decide(&stored.ticket, command, target, &scene)?;
        let body = command.body().map_err(Error::internal)?;
        let before = stored.ticket.clone();
        let label = command.name().wire();
        let kept = self.keep(tx, rules, actor, stored, after, label, body, target)?;
        self.relatives(tx, rules, &before, &kept.ticket)?;
        Ok(kept)
    }

    /// Records `after` as made by `label`, and what follows from it.
    #[expect(clippy::too_many_arguments, reason = "one recording function, all its facts named")]
    pub fn keep(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        before: &Stored,
        after: Ticket,
        label: &str,
        body: Value,
        target: Target,
    ) -> Result<Stored> {
        let kept = self.record(tx, rules, actor, before, after, label, body, target)?;
        let change = Change {
            id: kept.id,
            version: kept.version,
            before: Some(&before.ticket),
            after: &kept.ticket,
            label,
        };
        consequences::follow(tx, rules, &change)?;
        Ok(kept)
    }

    /// Records `after` as made by `label`, and nothing else: what is moved in happened long ago, and
    /// nobody is told of it. The only caller of `store::save`.
    #[expect(clippy::too_many_arguments, reason = "as `keep`")]
    pub fn record(
        &self,
        tx: &mut Tx<'_>,
        rules: &Rules,
        actor: &Actor,
        before: &Stored,
        after: Ticket,
        label: &str,
        body: Value,
        target: Target,
    ) -> Result<Stored> {
        let patch = event::patch(&to_value(&before.ticket)?, &to_value(&after)?);
        let mut event = Event::by(actor, tx.now, label, body, patch);
        event.assignment = target.assignment;
        event.side = target.side;
        store::save(tx, rules.vault(&self.keys), before, after, &event)
    }

    /// What a change of one ticket means for those merged with it.
    fn relatives(
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
        // A passed reply or a direct answer is an answer to every caller.
        if duplicate::is_answered(after) && !duplicate::is_answered(before) {
            for child in &after.children {
                self.change_other(tx, rules, child, "merge/answered", |child, now| {
                    let scene = rules.scene(&system, now, Mode::Live);
                    duplicate::answered_with_parent(child, &scene);
                })?;
            }
        }
        Ok(())
    }

    /// Merges `child` into the ticket numbered `into`; its own children move along.
    fn merge(
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
    fn check_merge(
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

/// A command on its way: to which ticket, of which version, aimed where.
pub struct Order<'a> {
    pub no: &'a str,
    pub name: CommandName,
    pub target: Target,
    /// Whether the caller meant this version (`If-Match`).
    pub expected: &'a dyn Fn(i32) -> Result<()>,
}

pub(super) fn to_value(ticket: &Ticket) -> Result<Value> {
    serde_json::to_value(ticket).map_err(Error::internal)
}

fn check_target(ticket: &Ticket, target: Target) -> Result<()> {
    match target.assignment {
        Some(k) if !ticket.assignments.contains_key(&k) => Err(Error::not_found()),
        _ => Ok(()),
    }
}
