//! Lifecycle: an intake taken back by whoever made it, before anybody was written to. Its rule: within the minute that
//! notices wait, and only as long as nobody else has touched it; the ticket stays, withdrawn, with all its events.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Hotline;
use super::decide::with_state;
use crate::audit::{self, Entry};
use crate::db::Tx;
use crate::error::{Error, Result, sentence};
use crate::identity::{Actor, Role};
use crate::intake::settle;
use crate::notify::outbox::GRACE;
use crate::ticket::command::Target;
use crate::ticket::event::Event;
use crate::ticket::state::StateName;
use crate::ticket::store::{self, Stored};
use crate::ticket::{Mode, Text};

/// Why it is taken back.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// A sentence of the house where nothing is said.
    #[serde(default)]
    pub reason: Option<Text>,
}

impl Hotline {
    /// Takes back the ticket `no` that `actor` has just taken in: no unit has it any more, and nobody is told of it.
    ///
    /// # Errors
    /// 404; 403 for whoever did not take it in; 412 as `expected` says; 422; 409 `undo.over` once notices may have left,
    /// `undo.begun` where somebody else has touched it, or it has ended.
    pub fn undo(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (no, expected): (&str, &dyn Fn(i32) -> Result<()>),
        read: impl FnOnce() -> Result<Undo>,
    ) -> Result<Stored> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let stored = self.see(tx.conn, &rules, actor, no)?;
        actor.require(&[Role::Agent])?;
        let story = store::load_events(tx.conn, &stored)?;
        if !story.first().is_some_and(|first| is_intake_of(first, actor)) {
            return Err(Error::forbidden());
        }
        expected(stored.version)?;
        let reason = read()?.reason;
        let scene = rules.scene(actor, tx.now, Mode::Live);
        let told = |error| with_state(error, &stored.ticket, Target::default(), &scene);
        if tx.now >= stored.ticket.registered_at.plus(GRACE) {
            return Err(told(Error::refused("undo.over")));
        }
        let state = stored.ticket.state.name();
        let is_touched = story.iter().any(|event| !is_of(event, actor));
        // What the city sent is the city's to withdraw: its platform would hear of it at once.
        let is_the_citys = stored.ticket.upstream.is_some();
        if is_touched || is_the_citys || !matches!(state, StateName::Accepted | StateName::InUnits)
        {
            return Err(told(Error::refused("undo.begun")));
        }
        audit::record(tx, &Entry::new((actor.user, &actor.name), "ticket.undo", ("ticket", no)))?;
        let reason = reason.map_or_else(|| sentence("undo.reason", &[]), |it| it.to_string());
        let mut after = stored.ticket.clone();
        settle::undo(&mut after, &scene, &reason);
        let body = json!({ "reason": reason });
        self.keep(tx, &rules, actor, &stored, after, "undo", body, Target::default())
    }
}

fn is_intake_of(event: &Event, actor: &Actor) -> bool {
    event.command == "register" && event.actor == actor.name
}

/// By the actor, or by the catalogue for them.
fn is_of(event: &Event, actor: &Actor) -> bool {
    event.actor == actor.name || event.actor == Actor::system().name
}
