//! Assessment: whose last survey came late. Its rule: found by when it was given, which lies beside the ticket; the
//! answers before it are in the document alone.

use diesel::prelude::*;

use crate::db::schema::{tickets, trail};
use crate::db::{Conn, each};
use crate::error::Result;
use crate::limits::Window;
use crate::time::Stamp;

/// The tickets received in `window`, by id, whose last valid survey was at `from` or later.
///
/// # Errors
/// What the database says.
pub fn surveyed_from(conn: &mut Conn, window: &Window, from: Stamp) -> Result<Vec<i64>> {
    let (start, end) = (window.start.millis(), window.end.millis());
    Ok(each!(conn, c => tickets::table
        .inner_join(trail::table.on(trail::ticket_id.eq(tickets::id)))
        .filter(tickets::received_at.ge(start).and(tickets::received_at.lt(end)))
        .filter(trail::survey_at.ge(from.millis()).assume_not_null())
        .order(tickets::id)
        .select(tickets::id)
        .load::<i64>(c))?)
}
