//! Reports: cases of the bottom line out of their table. Its rule: of a report about some, those of its units, else those
//! whose ticket is about them; a test call belongs to its unit alone.

use diesel::prelude::*;

use crate::assessment::GroupBy;
use crate::bottomline::{CaseState, Source};
use crate::db::schema::{bottom_case, tickets};
use crate::db::{Conn, each};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::reports::extras::BottomCase;
use crate::reports::frame::Frame;
use crate::ticket::overlay::BottomLine;

/// The cases that were opened in the window of `frame`, as they stand now, the oldest first.
pub fn cases(conn: &mut Conn, frame: &Frame) -> Result<Vec<BottomCase>> {
    type Keys = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);
    type Line = (String, BottomLine, Source, CaseState, Keys);
    let (start, end) = (frame.window.start.millis(), frame.window.end.min(frame.now).millis());
    let lines: Vec<Line> = each!(conn, c => bottom_case::table
        .left_join(tickets::table.on(tickets::id.nullable().eq(bottom_case::ticket_id)))
        .filter(bottom_case::opened_at.ge(start).and(bottom_case::opened_at.lt(end)))
        .order(bottom_case::id)
        .select((
            bottom_case::unit,
            bottom_case::flag,
            bottom_case::source,
            bottom_case::state,
            (
                tickets::lead_head.nullable(),
                tickets::category.nullable(),
                tickets::estate.nullable(),
                tickets::company.nullable(),
                tickets::region.nullable(),
            ),
        ))
        .load::<Line>(c))?;
    let scope = frame.inside();
    let mut found = Vec::new();
    for (unit, flag, source, state, (head, category, estate, company, region)) in lines {
        let key = |by: GroupBy| match by {
            GroupBy::Unit => Some(&unit),
            GroupBy::Head => head.as_ref(),
            GroupBy::Category => category.as_ref(),
            GroupBy::Estate => estate.as_ref(),
            GroupBy::Company => company.as_ref(),
            GroupBy::Region => region.as_ref(),
            GroupBy::Channel => None,
        };
        if scope.is_none_or(|(by, inside)| key(by).is_some_and(|key| inside.contains(key))) {
            found.push(BottomCase { unit: UnitCode::new(unit), flag, source, state });
        }
    }
    Ok(found)
}
