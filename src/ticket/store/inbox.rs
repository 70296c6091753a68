//! Ticket: which parts of tickets lapse next at some units. Its rule: in the order of the instants at which the first
//! clock of each part lapses that its unit owes, out of the index of a unit's parts; pages go on by key.
//!
//! A site has one calendar and one set of working hours in force, so this is the order of the working hours that are
//! left, too: a later instant never leaves fewer of them. Where two leave as many (both lapse between a closing and the
//! next opening), the earlier instant stands first.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::conn::MultiBackend;
use crate::db::page::{cut, one_more};
use crate::db::schema::assignment;
use crate::directory::UnitCode;
use crate::error::{Error, Result};
use crate::time::Stamp;

/// A part of a ticket: the ticket's id and which of its parts.
pub type PartKey = (i64, u32);

type Query<'a> = assignment::BoxedQuery<'a, MultiBackend>;

/// At most `most` parts at `units` of which a clock runs (so none that was taken back), behind the key `after`, and the
/// key to go on from.
///
/// # Errors
/// 422 at `/after` where the key was not given by this list.
pub fn lapsing(
    conn: &mut Conn,
    units: &BTreeSet<UnitCode>,
    after: Option<&str>,
    most: usize,
) -> Result<(Vec<PartKey>, Option<String>)> {
    let codes: Vec<String> = units.iter().map(ToString::to_string).collect();
    let mut query: Query<'_> = assignment::table.into_boxed();
    query =
        query.filter(assignment::unit.eq_any(codes)).filter(assignment::next_due_at.is_not_null());
    if let Some(after) = after {
        let (due, ticket, k) = read_key(after)?;
        // What stands first says nothing new; by it the index is entered at this place and not walked up to it.
        query = query.filter(assignment::next_due_at.ge(due)).filter(
            assignment::next_due_at.gt(due).or(assignment::next_due_at.eq(due).and(
                assignment::ticket_id
                    .gt(ticket)
                    .or(assignment::ticket_id.eq(ticket).and(assignment::k.gt(k))),
            )),
        );
    }
    let rows: Vec<(Option<Stamp>, i64, i32)> = query
        .order((assignment::next_due_at.asc(), assignment::ticket_id.asc(), assignment::k.asc()))
        .select((assignment::next_due_at, assignment::ticket_id, assignment::k))
        .limit(one_more(most))
        .load(conn)?;
    let (rows, next) = cut(rows, most, |(due, ticket, k)| {
        format!("{}.{ticket}.{k}", due.unwrap_or(Stamp::MAX).millis())
    });
    let parts = rows.into_iter().map(|(_, ticket, k)| (ticket, u32::try_from(k).unwrap_or(0)));
    Ok((parts.collect(), next))
}

fn read_key(text: &str) -> Result<(i64, i64, i32)> {
    let mut parts = text.split('.');
    let read = (parts.next(), parts.next(), parts.next(), parts.next());
    let (Some(due), Some(ticket), Some(k), None) = read else { return Err(unread()) };
    match (due.parse(), ticket.parse(), k.parse()) {
        (Ok(due), Ok(ticket), Ok(k)) => Ok((due, ticket, k)),
        _ => Err(unread()),
    }
}

fn unread() -> Error {
    Error::field("/after", "field.format")
}
