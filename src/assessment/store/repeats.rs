//! Assessment: which tickets repeat an earlier one. Its rule: `ticket::again` says what the same is. It is
//! found out when it is asked for and kept in no row: another ticket's amendment would change it, and a new
//! ticket would have to look for its caller before it is written (decision 0011).

use std::collections::HashMap;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use crate::assessment::facts::Facts;
use crate::db::schema::tickets;
use crate::db::{Conn, each};
use crate::error::Result;
use crate::ticket::again::{self, About};
use crate::ticket::listing;
use crate::time::Stamp;

/// When a caller brought a matter last, and last before that instant.
#[derive(Clone, Copy)]
struct Last {
    at: Stamp,
    before: Option<Stamp>,
}

/// Fills in `earlier_at` of what was received within `[start, end)`, looking back `reach` days.
pub(super) fn load(
    conn: &mut Conn,
    start: Stamp,
    end: Stamp,
    reach: i64,
    facts: &mut Facts,
) -> Result<()> {
    type Line = (i64, Stamp, Option<String>, Option<String>, Option<String>, Option<String>);
    let from = again::since(start, reach);
    // Of the days before, only who called within the period too: of most months that is few.
    let within = diesel::alias!(tickets as within);
    let at = within.field(tickets::received_at);
    let callers = within
        .filter(at.ge(start.millis()).and(at.lt(end.millis())))
        .select(within.field(tickets::phone_hash));
    let mut last: HashMap<(String, About), Last> = HashMap::new();
    let mut earlier: HashMap<i64, Stamp> = HashMap::new();
    // Line by line: a quarter's lines are many.
    let mut see = |line: QueryResult<Line>| -> QueryResult<()> {
        let (id, at, caller, category, estate, region) = line?;
        let (Some(caller), Some(about)) = (caller, About::of(category, estate, region)) else {
            return Ok(());
        };
        let seen = last.entry((caller, about)).or_insert(Last { at, before: None });
        if seen.at < at {
            *seen = Last { at, before: Some(seen.at) };
        }
        if let Some(before) = seen.before
            && at >= start
        {
            earlier.insert(id, before);
        }
        Ok(())
    };
    each!(conn, c => tickets::table
        .filter(tickets::received_at.ge(from.millis()).and(tickets::received_at.lt(end.millis())))
        .filter(tickets::phone_hash.eq_any(callers).and(tickets::category.is_not_null()))
        .order((tickets::received_at, tickets::id))
        .select((
            tickets::id,
            tickets::received_at,
            tickets::phone_hash,
            tickets::category,
            tickets::estate,
            tickets::region,
        ))
        .load_iter::<Line, DefaultLoadingMode>(c)?
        .try_for_each(&mut see))?;
    for fact in &mut facts.tickets {
        fact.earlier_at = earlier.get(&fact.id).copied();
    }
    Ok(())
}

/// A ticket's mark: the same caller brought the same matter before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// The number of the latest earlier one.
    pub of: String,
    /// How many earlier ones there are within the days.
    pub count: usize,
}

/// What a ticket of the caller with the phone hash `caller`, about `about` and received `at`, repeats within
/// `days` natural days: exactly where [`load`] finds an earlier one so near.
pub fn repeat_of(
    conn: &mut Conn,
    caller: &str,
    about: &About,
    at: Stamp,
    days: i64,
) -> Result<Option<Repeat>> {
    let near = listing::brought_by(conn, caller, about, again::since(at, days), at)?;
    let near: Vec<_> = near.into_iter().filter(|(_, it)| again::repeats(at, *it, days)).collect();
    Ok(near.last().map(|(no, _)| Repeat { of: no.clone(), count: near.len() }))
}
