//! Lifecycle: open limits counted anew by another calendar (domain.md §4). Its rule: a limit moves
//! later only, and every move is in an event with the calendar that caused it; one that would
//! become earlier stays and says so.
//!
//! What moves the calendar is watched, not hooked: a year loaded, a local day, another profile, or
//! a newer program that brings a new list all show as another version of the calendar in force.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Hotline, Rules};
use crate::db::Tx;
use crate::error::{Kind, Result};
use crate::identity::Actor;
use crate::jobs;
use crate::limits::Recomputed;
use crate::ticket::command::Target;
use crate::ticket::{Ticket, store};
use crate::time::Stamp;

/// How many tickets one job counts anew before it puts the next.
const HANDFUL: i64 = 200;

/// The job: goes on after this ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recompute {
    pub after: i64,
}

impl Recompute {
    /// The kind of the job.
    pub const JOB: &'static str = "limits.recompute";
}

impl Hotline {
    /// Looks whether open limits were counted by another calendar than the one in force; if so,
    /// puts the job that counts them anew, in the same write that remembers the calendar.
    pub fn watch_calendar(self: &Arc<Self>) -> Result<bool> {
        let now = self.db.now();
        let same = self.db.read(|conn| {
            let rules = self.rules.current(conn, now)?;
            Ok(store::counted_by(conn)? == rules.calendar.version())
        })?;
        if same {
            return Ok(false);
        }
        let hotline = Arc::clone(self);
        self.db.write(move |tx| {
            let rules = hotline.rules.current(tx.conn, tx.now)?;
            let moved = store::count_by(tx, rules.calendar.version())?;
            if moved {
                jobs::put(tx, Recompute::JOB, &Recompute { after: i64::MIN })?;
            }
            Ok(moved)
        })
    }

    /// Counts the limits of the next tickets anew and puts the job for those after them. Doing it
    /// twice changes nothing.
    ///
    /// # Errors
    /// The database's own; what is wrong with a single ticket is logged and holds nobody up.
    pub fn recompute(self: &Arc<Self>, job: Recompute) -> Result<()> {
        let ids = self.db.read(|conn| store::running_after(conn, job.after, HANDFUL))?;
        for id in ids.iter().copied() {
            let hotline = Arc::clone(self);
            match self.db.write(move |tx| hotline.count_anew(tx, id)) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Full) => {
                    return Err(error);
                }
                Err(error) => {
                    let (code, cause) = (error.code(), error.cause());
                    tracing::error!(ticket_id = id, code, ?cause, "limits cannot be counted anew");
                }
            }
        }
        if let Some(after) = ids.last().copied() {
            self.db.write(move |tx| jobs::put(tx, Recompute::JOB, &Recompute { after }))?;
        }
        Ok(())
    }

    fn count_anew(&self, tx: &mut Tx<'_>, id: i64) -> Result<bool> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let Some(stored) = store::load_by_id(tx.conn, rules.vault(&self.keys), id)? else {
            return Ok(false);
        };
        let mut after = stored.ticket.clone();
        let body = count_anew(&mut after, &rules, tx.now);
        if after == stored.ticket {
            return Ok(false);
        }
        let (system, none) = (Actor::system(), Target::default());
        self.keep(tx, &rules, &system, &stored, after, "limits/recomputed", body, none)?;
        Ok(true)
    }
}

/// Counts every open limit of `ticket` by the calendar of its profile; answers what the event says.
fn count_anew(ticket: &mut Ticket, rules: &Rules, now: Stamp) -> Value {
    let (mut moved, mut kept) = (Vec::new(), Vec::new());
    for named in ticket.every_limit() {
        let calendar = rules.calendar_of(&named.timer.profile);
        let limit = named.limit;
        match named.timer.recompute_for_new_calendar(calendar, now) {
            Recomputed::Later { from, to } => {
                moved.push(json!({ "limit": limit, "from": from, "to": to }));
            }
            Recomputed::KeptEarlier { would_be } => {
                let due_at = named.timer.due_at;
                kept.push(json!({ "limit": limit, "due_at": due_at, "would_be": would_be }));
            }
            Recomputed::Same => {}
        }
    }
    let calendar = rules.calendar.version();
    json!({ "reason": "calendar", "calendar": calendar, "moved": moved, "kept": kept })
}
