//! Reports: the list of reports. Its rule: who may not read a report is not told of it, which is part of the query.

use diesel::prelude::*;

use super::sight::Reads;
use super::state::State;
use super::store::ReportRow;
use crate::db::Conn;
use crate::db::schema::report;
use crate::error::Result;

/// At most `most` reports before the id `before`, the newest first, as far as whoever `reads` may know of them; of
/// one state, where that is asked.
///
/// # Errors
/// What the database says.
pub fn page(
    conn: &mut Conn,
    reads: &Reads,
    state: Option<State>,
    before: Option<i64>,
    most: i64,
) -> Result<Vec<ReportRow>> {
    let mut query = report::table.filter(report::id.lt(before.unwrap_or(i64::MAX))).into_boxed();
    match reads {
        Reads::Nothing => return Ok(Vec::new()),
        Reads::Everything => {}
        Reads::Own(_) => {
            let shown: Vec<&str> = State::ALL
                .iter()
                .filter(|it| it.is_shown_to_units())
                .map(|it| it.as_str())
                .collect();
            query = query.filter(report::state.eq_any(shown));
        }
    }
    if let Some(state) = state {
        query = query.filter(report::state.eq(state.as_str()));
    }
    Ok(query.order(report::id.desc()).limit(most).select(ReportRow::as_select()).load(conn)?)
}
