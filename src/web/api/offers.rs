//! Web: what a ticket's page offers beside the commands: a call, files, a repair card. Its rule: asked of the routes' own
//! judges, so that nothing is offered that they refuse.

use serde::Serialize;

use super::cards::may_make;
use super::history::holds_the_call;
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::lifecycle::attach::kinds_for;
use crate::ticket::attachment::AttachmentKind;

/// What a reader may do with a ticket besides commanding.
#[derive(Debug, Serialize)]
pub struct Offers {
    /// Whether it is their task to ring the citizen.
    pub calls: bool,
    /// The kinds of files that they may bring.
    pub files: Vec<AttachmentKind>,
    /// Whether they may make a repair card.
    pub card: bool,
}

/// What `actor` is offered on the ticket numbered `no`.
///
/// # Errors
/// 404 where it is absent or not for their eyes.
pub fn offers_of(hotline: &Hotline, actor: &Actor, no: &str) -> Result<Offers> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let stored = hotline.see(conn, &rules, actor, no)?;
        let ticket = &stored.ticket;
        Ok(Offers {
            calls: holds_the_call(ticket, actor),
            files: kinds_for(ticket, actor),
            card: may_make(ticket, actor, &rules.directory).is_ok(),
        })
    })
}
