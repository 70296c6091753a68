//! Ticket: what tickets were about and who got them, in codes alone. Its rule: nothing of a case is
//! read here, so that whoever keeps the catalogue may be shown it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{assignment, tickets};
use crate::directory::{CategoryCode, EstateCode, RegionCode, UnitCode};
use crate::error::Result;
use crate::ticket::state::{Part, WorkName};
use crate::time::Stamp;

/// A ticket as the dispatch catalogue sees it, and the units that had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    pub no: String,
    pub category: Option<CategoryCode>,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    /// Whether some units get a handling copy only.
    pub sealed: bool,
    /// As [`super::rows::accused_key`] writes it.
    pub accused: Option<String>,
    /// The last lead that was neither returned nor recalled.
    pub lead: Option<UnitCode>,
    /// Assists that were neither returned nor recalled, without what units passed down.
    pub assists: BTreeSet<UnitCode>,
}

/// The tickets received in `[from, to)`, in the order of receipt.
pub fn dispatched(conn: &mut Conn, from: Stamp, to: Stamp) -> Result<Vec<Dispatched>> {
    type Codes = (Option<CategoryCode>, Option<RegionCode>, Option<EstateCode>);
    type Line = (i64, String, Codes, (bool, Option<String>), Option<UnitCode>);
    let received = tickets::received_at.ge(from.millis()).and(tickets::received_at.lt(to.millis()));
    let lines: Vec<Line> = tickets::table
        .filter(received)
        .order((tickets::received_at, tickets::id))
        .select((
            tickets::id,
            tickets::no,
            (tickets::category, tickets::region, tickets::estate),
            (tickets::sealed, tickets::accused),
            tickets::lead_unit,
        ))
        .load(conn)?;
    let void = [WorkName::Returned.as_str(), WorkName::Recalled.as_str()];
    let assists: Vec<(i64, UnitCode)> = assignment::table
        .inner_join(tickets::table.on(tickets::id.eq(assignment::ticket_id)))
        .filter(received)
        .filter(assignment::part.eq(Part::Assist.as_str()))
        .filter(assignment::is_sub.eq(false))
        .filter(assignment::state.ne_all(void))
        .select((assignment::ticket_id, assignment::unit))
        .load(conn)?;
    let mut of: BTreeMap<i64, BTreeSet<UnitCode>> = BTreeMap::new();
    for (ticket, unit) in assists {
        of.entry(ticket).or_default().insert(unit);
    }
    let dispatched = |(id, no, codes, (sealed, accused), lead): Line| {
        let (category, region, estate) = codes;
        let assists = of.remove(&id).unwrap_or_default();
        Dispatched { no, category, region, estate, sealed, accused, lead, assists }
    };
    Ok(lines.into_iter().map(dispatched).collect())
}

/// A ticket that its lead rightly returned, and who leads it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub no: String,
    pub category: Option<CategoryCode>,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    pub refused: UnitCode,
    pub lead: UnitCode,
}

/// The leads' assignments sent since `since` and returned, where another unit leads the ticket now.
pub fn returned(conn: &mut Conn, since: Stamp) -> Result<Vec<Returned>> {
    type Codes = (Option<CategoryCode>, Option<RegionCode>, Option<EstateCode>);
    type Line = (String, Codes, UnitCode, Option<UnitCode>);
    let lines: Vec<Line> = assignment::table
        .inner_join(tickets::table.on(tickets::id.eq(assignment::ticket_id)))
        .filter(tickets::received_at.ge(since))
        .filter(assignment::sent_at.ge(since))
        .filter(assignment::part.eq(Part::Lead.as_str()))
        .filter(assignment::state.eq(WorkName::Returned.as_str()))
        .filter(tickets::lead_unit.is_not_null())
        .order((tickets::id, assignment::k))
        .select((
            tickets::no,
            (tickets::category, tickets::region, tickets::estate),
            assignment::unit,
            tickets::lead_unit,
        ))
        .load(conn)?;
    let read = |(no, (category, region, estate), refused, lead): Line| {
        Some(Returned { no, category, region, estate, refused, lead: lead? })
    };
    Ok(lines.into_iter().filter_map(read).collect())
}

/// A unit's newest assignments that are looked at for its record.
const LOOKED_AT: i64 = 300;

/// Of the last `most` matters of `category` among the newest assignments of `unit` as the lead: how many it
/// returned, the dispute upheld, and how many there are.
pub fn lately_led(
    conn: &mut Conn,
    unit: &UnitCode,
    category: &CategoryCode,
    most: usize,
) -> Result<(usize, usize)> {
    // In the order of the index: what was taken back was no matter of the unit's.
    let newest: Vec<(WorkName, Part, Option<CategoryCode>)> = assignment::table
        .inner_join(tickets::table.on(tickets::id.eq(assignment::ticket_id)))
        .filter(assignment::unit.eq(unit.as_str().to_owned()))
        .filter(assignment::taken_back.eq(false))
        .order(assignment::ticket_id.desc())
        .limit(LOOKED_AT)
        .select((assignment::state, assignment::part, tickets::category))
        .load(conn)?;
    let led = newest
        .into_iter()
        .filter(|(_, part, of)| *part == Part::Lead && of.as_ref() == Some(category));
    let states: Vec<WorkName> = led.take(most).map(|(state, ..)| state).collect();
    let returned = states.iter().filter(|state| **state == WorkName::Returned).count();
    Ok((returned, states.len()))
}
