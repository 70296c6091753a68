//! Reports: what the report of a window says to those who look at the live figures of it. Its rule: whatever a freeze
//! would leave out is left out of a look ahead at it; nobody learns here of a report that is not there for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cutoff::{Cut, Late};
use super::said::objection;
use super::scope::{Scope, mark_upheld};
use super::sight::Reads;
use super::state::State;
use super::store::{self, ReportRow};
use crate::assessment::facts::Facts;
use crate::db::Conn;
use crate::error::Result;
use crate::lifecycle::Rules;
use crate::limits::Window;
use crate::ticket::store::Vault;
use crate::time::Stamp;

/// The tickets (by id) whose objection was upheld to the latest report about `[start, end)` and this scope; none where
/// there is no such report.
///
/// # Errors
/// What the database says.
pub fn upheld_in(
    conn: &mut Conn,
    window: (Stamp, Stamp),
    scope: Option<&Scope>,
) -> Result<BTreeSet<i64>> {
    let scope = scope.map(|scope| (scope.by, scope.key.as_str()));
    let Some(row) = store::latest_of(conn, window, scope)? else { return Ok(BTreeSet::new()) };
    Ok(objection::upheld(&store::objections(conn, row.root)?))
}

/// What became of late surveys in the latest report about `[start, end)` and this scope; left out where there is none.
pub(super) fn late_in(
    conn: &mut Conn,
    window: (Stamp, Stamp),
    scope: Option<&Scope>,
) -> Result<Late> {
    let scope = scope.map(|scope| (scope.by, scope.key.as_str()));
    let latest = store::latest_of(conn, window, scope)?;
    let is_restated = latest.is_some_and(|row| row.restates.is_some());
    Ok(if is_restated { Late::TakenIn } else { Late::LeftOut })
}

/// `facts` of `window` as a freeze of the whole bureau's report would count them: what was upheld is marked, and late
/// surveys are left out.
///
/// # Errors
/// What the database says.
pub fn as_frozen(
    conn: &mut Conn,
    (vault, rules): (Vault<'_>, &Rules),
    window: &Window,
    mut facts: Arc<Facts>,
) -> Result<Arc<Facts>> {
    let upheld = upheld_in(conn, (window.start, window.end), None)?;
    if !upheld.is_empty() {
        mark_upheld(Arc::make_mut(&mut facts), &upheld);
    }
    let book = rules.of_window(window)?;
    let cut = Cut::find(conn, vault, (window, &book))?;
    if let Some(cut) = cut.filter(Cut::has_late) {
        cut.apply(Arc::make_mut(&mut facts), Late::LeftOut);
    }
    Ok(facts)
}

/// The latest edition of the whole bureau's report about `[start, end)` that is frozen, of those that whoever `reads`
/// knows of.
///
/// # Errors
/// What the database says.
pub fn frozen_of(
    conn: &mut Conn,
    window: (Stamp, Stamp),
    reads: &Reads,
) -> Result<Option<ReportRow>> {
    let frozen = [State::Frozen, State::Signed, State::Published, State::Superseded];
    let known = frozen.into_iter().filter(|state| reads.knows_of(*state));
    store::latest_in(conn, window, &known.collect::<Vec<_>>())
}
