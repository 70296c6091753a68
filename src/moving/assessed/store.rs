//! Moving, assessed: the numbers of our tickets, the city's beside ours. Its rule: it only reads.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::assessment::facts::{Keys, Standing, Sym, TicketFact};
use crate::assessment::reconcile::Ours;
use crate::db::Conn;
use crate::db::schema::tickets;
use crate::error::Result;
use crate::ticket::store::rows::TicketRow;

/// Numbers of one question to the database.
const SOME: usize = 900;

/// Of each id our number and the city's.
pub(super) fn numbers(
    conn: &mut Conn,
    ids: &[i64],
) -> Result<HashMap<i64, (String, Option<String>)>> {
    let mut numbers = HashMap::new();
    for some in ids.chunks(SOME) {
        let found: Vec<(i64, String, Option<String>)> = tickets::table
            .filter(tickets::id.eq_any(some.to_vec()))
            .select((tickets::id, tickets::no, tickets::upstream_no))
            .load(conn)?;
        numbers.extend(found.into_iter().map(|(id, no, upstream)| (id, (no, upstream))));
    }
    Ok(numbers)
}

/// The tickets under these numbers, ours or the city's, that are of another window: they count in none of this one.
pub(super) fn elsewhere(conn: &mut Conn, numbers: &[&str]) -> Result<Vec<Ours>> {
    let mut ours = Vec::new();
    for some in numbers.chunks(SOME) {
        let some: Vec<String> = some.iter().map(|number| (*number).to_owned()).collect();
        let found: Vec<TicketRow> = tickets::table
            .filter(tickets::no.eq_any(some.clone()).or(tickets::upstream_no.eq_any(some)))
            .select(TicketRow::as_select())
            .load(conn)?;
        ours.extend(found.into_iter().map(|row| Ours {
            fact: fact(&row),
            no: row.no,
            upstream_no: row.upstream_no,
        }));
    }
    Ok(ours)
}

/// As much of a ticket as a window that it is not of needs.
fn fact(row: &TicketRow) -> TicketFact {
    TicketFact {
        id: row.id,
        standing: Standing::from(row.state),
        received_at: row.received_at,
        ended_at: row.ended_at,
        gaps: Box::default(),
        keys: Keys::default(),
        kind: row.kind,
        class: row.assessment_class,
        excluded: Sym::NONE,
        direct: row.direct,
        first_solved: row.first_solved,
        survey: None,
        handled_ms: row.handled_ms,
        earlier_at: None,
        flagged: row.flagged,
    }
}
