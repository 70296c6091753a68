//! Notices: the outbox as an administrator sees it. Its rule: newest first, in pages; numbers and
//! codes only, neither an address nor a word of the case.

use diesel::prelude::*;

use super::plan::Occasion;
use super::store::{Letter, LetterState};
use crate::db::Conn;
use crate::db::schema::{account, letter, tickets};
use crate::error::Result;

/// Which letters; all that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<LetterState>,
    pub occasion: Option<Occasion>,
    /// The last letter of the page before.
    pub after: Option<i64>,
}

/// A letter with the ticket's number and the login name of whoever gets it.
pub type Listed = (Letter, Option<String>, Option<String>);

/// At most `limit` letters that `filter` lets through, newest first.
///
/// # Errors
/// As the database says.
pub fn page(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Listed>> {
    let mut query = letter::table
        .left_join(tickets::table.on(tickets::id.nullable().eq(letter::ticket_id)))
        .left_join(account::table.on(account::id.eq(letter::account_id)))
        .into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(letter::state.eq(state.as_str()));
    }
    if let Some(occasion) = filter.occasion {
        query = query.filter(letter::occasion.eq(occasion.as_str()));
    }
    if let Some(after) = filter.after {
        query = query.filter(letter::id.lt(after));
    }
    Ok(query
        .order(letter::id.desc())
        .limit(limit)
        .select((letter::all_columns, tickets::no.nullable(), account::name.nullable()))
        .load(conn)?)
}

/// How many letters there are in each state.
///
/// # Errors
/// As the database says.
pub fn counts(conn: &mut Conn) -> Result<Vec<(LetterState, i64)>> {
    use diesel::dsl::count_star;
    let found: Vec<(LetterState, i64)> =
        letter::table.group_by(letter::state).select((letter::state, count_star())).load(conn)?;
    Ok(found)
}
