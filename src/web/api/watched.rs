//! Web: what of tickets moves while a page shows them. Its rule: nothing but what a line of a list tells, and of
//! tickets of the reader's own lists alone.

use serde::Serialize;

use super::tickets::{ListQuery, filter};
use crate::error::{Error, Result};
use crate::identity::{Actor, Role};
use crate::lifecycle::Hotline;
use crate::limits::Light;
use crate::ticket::command::CommandName;
use crate::ticket::listing;
use crate::ticket::sight::scope;
use crate::ticket::state::StateName;
use crate::ticket::store::asked::{self, Which};

/// A ticket as it stands, without a word of what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moving {
    pub no: String,
    pub version: i32,
    state: StateName,
    state_word: &'static str,
    light: Light,
    light_word: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<String>,
    /// Who works at it is not this reader's to know.
    #[serde(skip)]
    pub is_quiet: bool,
}

/// Those of the tickets `numbers` that `actor`'s lists show, as they stand.
///
/// # Errors
/// The database's own.
pub fn moving_of(hotline: &Hotline, actor: &Actor, numbers: &[String]) -> Result<Vec<Moving>> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        let rows = listing::named(conn, &scope(actor), numbers)?;
        let moving = rows.into_iter().map(|row| {
            let light = Light::of(row.yellow_at, row.red_at, now);
            let is_outside = actor.company || actor.has(Role::Platform);
            Moving {
                is_quiet: !actor.sees_all_tickets() && (is_outside || row.sealed),
                no: row.no,
                version: row.version,
                state: row.state,
                state_word: row.state.zh(),
                light,
                light_word: light.zh(),
                due_at: row.red_at.map(|at| at.rfc3339(rules.profile.zone)),
            }
        });
        Ok(moving.collect())
    })
}

/// More than a page says: `999+`.
const COUNTED: i64 = 1_000;

/// How many tickets the list of `query` has for `actor`, counted up to a thousand.
///
/// # Errors
/// 422 for codes that there are not.
pub fn counted(hotline: &Hotline, actor: &Actor, query: &ListQuery) -> Result<i64> {
    let now = hotline.db.now();
    hotline.db.read(|conn| {
        let rules = hotline.rules.current(conn, now)?;
        listing::count_up_to(conn, &scope(actor), &filter(query, &rules)?, now, COUNTED)
    })
}

/// How many withdrawals wait for an agent, counted up to a thousand.
///
/// # Errors
/// The database's own.
pub fn withdrawals(hotline: &Hotline) -> Result<i64> {
    let most = usize::try_from(COUNTED).unwrap_or(usize::MAX);
    let asked = [CommandName::WithdrawConfirm];
    let (waiting, _) =
        hotline.db.read(|conn| asked::waiting(conn, &asked, Which::default(), most))?;
    Ok(i64::try_from(waiting.len()).unwrap_or(COUNTED))
}

/// Whether `actor`'s lists show the ticket `no`.
///
/// # Errors
/// 404 where they do not.
pub fn shown_to(hotline: &Hotline, actor: &Actor, no: &str) -> Result<()> {
    let is_shown = hotline.db.read(|conn| listing::has(conn, &scope(actor), no))?;
    if is_shown { Ok(()) } else { Err(Error::not_found()) }
}
