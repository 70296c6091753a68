//! Reports: what the report of a window says to those who look at the live figures of it. Its rule: whatever a freeze
//! would leave out is left out of a look ahead at it; nobody learns here of a report that is not there for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::said::objection;
use super::scope::{Scope, mark_upheld};
use super::sight::Reads;
use super::state::State;
use super::store::{self, ReportRow};
use crate::assessment::facts::Facts;
use crate::db::Conn;
use crate::error::Result;
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

/// `facts` of `[start, end)` as a freeze of the whole bureau's report would count them: what was upheld is marked.
///
/// # Errors
/// What the database says.
pub fn as_frozen(
    conn: &mut Conn,
    window: (Stamp, Stamp),
    mut facts: Arc<Facts>,
) -> Result<Arc<Facts>> {
    let upheld = upheld_in(conn, window, None)?;
    if !upheld.is_empty() {
        mark_upheld(Arc::make_mut(&mut facts), &upheld);
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
