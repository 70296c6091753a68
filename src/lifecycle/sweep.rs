//! Lifecycle: the sweep: limits about to run out, limits that have, promises that were missed. Its
//! rule: it finds its work by asking, and every small write looks again: any number of nodes may
//! sweep at once, and nothing is told twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::Hotline;
use crate::db::Tx;
use crate::error::{Error, Kind, Result};
use crate::handling::ledger;
use crate::identity::Actor;
use crate::jobs::Bell;
use crate::ticket::command::Target;
use crate::ticket::{Mode, Noted, Notice, Ticket, store};
use crate::time::Stamp;

/// How many tickets are asked for at once.
const HANDFUL: i64 = 200;
/// After so many writes in a row that the database turned away, the rest is left to the next round.
const PATIENCE: u32 = 3;

impl Hotline {
    /// Tells of every limit that is due to be told of, until `bell` stops it; answers of how many
    /// tickets. After a downtime a ticket's several notices make one event.
    ///
    /// # Errors
    /// `unavailable` or `full` where the database is; what is wrong with a single ticket is logged
    /// and holds nobody up.
    pub fn sweep(self: &Arc<Self>, bell: &Bell) -> Result<usize> {
        let now = self.db.now();
        let (mut told, mut turned_away) = (0, 0);
        let mut place = (Stamp::MIN, i64::MIN);
        loop {
            let due = self.db.read(|conn| store::due_for_notice(conn, now, place, HANDFUL))?;
            let Some(last) = due.last() else { return Ok(told) };
            place = *last;
            for (_, id) in due {
                if bell.stopped() {
                    return Ok(told);
                }
                let hotline = Arc::clone(self);
                match self.db.write(move |tx| hotline.tell(tx, id)) {
                    Ok(some) => {
                        told += usize::from(some);
                        turned_away = 0;
                    }
                    Err(error) if is_the_databases(&error) => {
                        turned_away += 1;
                        if turned_away == PATIENCE {
                            return Err(error);
                        }
                    }
                    Err(error) => {
                        let (code, cause) = (error.code(), error.cause());
                        tracing::error!(ticket_id = id, code, ?cause, "a ticket cannot be swept");
                    }
                }
            }
        }
    }

    /// Tells what is due on one ticket, if anything still is.
    fn tell(&self, tx: &mut Tx<'_>, id: i64) -> Result<bool> {
        let rules = self.rules.current(tx.conn, tx.now)?;
        let Some(stored) = store::load_by_id(tx.conn, rules.vault(&self.keys), id)? else {
            return Ok(false);
        };
        let system = Actor::system();
        let mut after = stored.ticket.clone();
        let mut told = BTreeMap::new();
        while let Some(notice) = after.notice_due(tx.now) {
            after.remember(&notice);
            if is_missed_promise(&notice) {
                let scene = rules.scene(&system, tx.now, Mode::Live);
                miss_promise(&mut after, &scene)?;
            }
            // Of one limit the last word counts: whoever was away is told that it is overdue.
            told.insert(notice.limit.clone(), notice);
        }
        if told.is_empty() {
            return Ok(false);
        }
        let told: Vec<Notice> = told.into_values().collect();
        let body = json!({ "told": told });
        self.keep(tx, &rules, &system, &stored, after, "limits", body, Target::default())?;
        // Letters about `told` belong here: jobs put in this same write, so that they exist if and
        // only if the event does.
        Ok(true)
    }
}

fn is_the_databases(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::Full)
}

fn is_missed_promise(notice: &Notice) -> bool {
    notice.what == Noted::Overdue && notice.limit.starts_with("ledger/")
}

/// The clocks run again and a supervision opens; a ledger that is no longer waiting stays as it is.
fn miss_promise(ticket: &mut Ticket, scene: &crate::ticket::Scene<'_>) -> Result<()> {
    match ledger::promise_missed(ticket, scene) {
        Err(error) if !matches!(error.kind(), Kind::Refused | Kind::NotFound) => Err(error),
        _ => Ok(()),
    }
}
