//! Ticket: who called about the same thing before. Its rule: same caller = same phone hash; same
//! matter = same leaf category and same estate, else same region (domain.md §1).

use diesel::prelude::*;

use super::rows::TicketRow;
use crate::db::schema::tickets;
use crate::db::{Conn, Tx, each};
use crate::directory::{CategoryCode, EstateCode, RegionCode};
use crate::error::Result;
use crate::time::Stamp;

/// Caller and matter of a row, where both are known.
fn matter(
    row: &TicketRow,
) -> Option<(&str, &CategoryCode, Option<&EstateCode>, Option<&RegionCode>)> {
    let caller = row.phone_hash.as_deref()?;
    let category = row.category.as_ref()?;
    match (&row.estate, &row.region) {
        (Some(estate), _) => Some((caller, category, Some(estate), None)),
        (None, Some(region)) => Some((caller, category, None, Some(region))),
        (None, None) => None,
    }
}

/// Whether the two rows stand for different callers, matters or times of receipt.
pub(super) fn matter_differs(old: &TicketRow, new: &TicketRow) -> bool {
    matter(old) != matter(new) || old.received_at != new.received_at
}

/// What a new ticket is to the others of its caller.
pub(super) struct Kin {
    /// When the latest earlier one about the same matter was received.
    pub earlier_at: Option<Stamp>,
    /// Whether any was received later: this one comes from the past, or before its turn.
    pub has_later: bool,
}

/// The others of the caller of `row`, which is not kept yet. Most callers have none, and one small
/// question says so.
pub(super) fn kin_of(conn: &mut Conn, row: &TicketRow) -> Result<Kin> {
    let Some((caller, ..)) = matter(row) else {
        return Ok(Kin { earlier_at: None, has_later: false });
    };
    let others = tickets::table
        .filter(tickets::phone_hash.eq(caller))
        .order(tickets::received_at.desc())
        .select(tickets::received_at);
    let newest: Option<i64> = each!(conn, c => others.first(c).optional())?;
    let has_later = newest.is_some_and(|at| at > row.received_at.millis());
    let earlier_at = if newest.is_some() { earlier_of(conn, row)? } else { None };
    Ok(Kin { earlier_at, has_later })
}

/// When the latest earlier ticket of the same caller and matter was received.
pub(super) fn earlier_of(conn: &mut Conn, row: &TicketRow) -> Result<Option<Stamp>> {
    let Some((caller, category, estate, region)) = matter(row) else { return Ok(None) };
    let before = tickets::table
        .filter(tickets::phone_hash.eq(caller))
        .filter(tickets::category.eq(category.as_str()))
        .filter(tickets::received_at.lt(row.received_at.millis()))
        .filter(tickets::id.ne(row.id))
        .order(tickets::received_at.desc())
        .select(tickets::received_at);
    let found: Option<i64> = match (estate, region) {
        (Some(estate), _) => {
            let there = before.filter(tickets::estate.eq(estate.as_str()));
            each!(conn, c => there.first(c).optional())?
        }
        (None, Some(region)) => {
            let there = before
                .filter(tickets::estate.is_null())
                .filter(tickets::region.eq(region.as_str()));
            each!(conn, c => there.first(c).optional())?
        }
        (None, None) => None,
    };
    Ok(found.map(Stamp::from_millis))
}

/// Later tickets of the caller whose earlier one this change touched are looked up again: after an
/// amendment, or when a ticket is received in the past.
pub(super) fn refresh_later(
    tx: &mut Tx<'_>,
    old: Option<&TicketRow>,
    new: &TicketRow,
) -> Result<()> {
    for row in old.into_iter().chain([new]) {
        let Some((caller, category, ..)) = matter(row) else { continue };
        let of_caller = tickets::table
            .filter(tickets::phone_hash.eq(caller))
            .filter(tickets::category.eq(category.as_str()))
            .filter(tickets::received_at.gt(row.received_at.millis()))
            .order(tickets::received_at);
        let later: Vec<TicketRow> =
            each!(tx.conn, c => of_caller.select(TicketRow::as_select()).load(c))?;
        for there in later {
            let earlier = earlier_of(tx.conn, &there)?;
            if earlier != there.earlier_at {
                diesel::update(tickets::table.find(there.id))
                    .set(tickets::earlier_at.eq(earlier.map(Stamp::millis)))
                    .execute(tx.conn)?;
            }
        }
    }
    Ok(())
}
