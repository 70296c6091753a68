//! Lifecycle: the one way a ticket comes to be and is changed. Its rule: load, see (404), be allowed
//! (403), be well formed (422), be possible (409), decide, record: one transaction, one instant.

use std::sync::Arc;

use serde_json::Value;

use super::consequences::{self, Change};
use super::decide::decide;
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
use crate::ticket::{CitizenCode, Mode, Scene, Ticket};
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
        let house = (&*rules.directory, &rules.profile.bottom_line.empty);
        guard::guard(conn, (stored.id, &stored.ticket), &command, house)?;
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
        let mut after = decide(&stored.ticket, command, target, &scene)?;
        if duplicate::sets_free(&stored.ticket, &after) {
            after.children.clear();
        }
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
            by: actor.user,
            label,
        };
        consequences::note(tx, actor, &change)?;
        consequences::follow(tx, rules, &change)?;
        consequences::draw(tx, &self.keys, rules, &change)?;
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
