//! Web: the tickets that something else names (a figure, a cell of a report, a warning), as lines of the list. Its rule:
//! those alone that stand in the reader's own lists, found by one statement for a page of them.

use std::collections::BTreeMap;

use super::line::{LineView, line};
use crate::error::Result;
use crate::identity::Actor;
use crate::lifecycle::Hotline;
use crate::ticket::Mode;
use crate::ticket::listing;
use crate::ticket::sight::scope;

/// Those of the tickets `numbers` that `actor`'s lists show, by number, each as a list tells it.
///
/// # Errors
/// The database's own.
pub fn lines_of(
    hotline: &Hotline,
    actor: &Actor,
    numbers: &[String],
) -> Result<BTreeMap<String, LineView>> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let rows = listing::named(conn, &scope(actor), numbers)?;
        let scene = rules.scene(actor, now, Mode::Live);
        Ok(rows.iter().map(|row| (row.no.clone(), line(row, &scene))).collect())
    })
}
