//! Ticket: what anybody may know of one (domain.md §11). Its rule: read from the narrow row alone; the
//! sealed document stays shut, so that nothing a citizen typed can get out this way.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{event, tickets};
use crate::directory::{CategoryCode, EstateCode, Kind, RegionCode, UnitCode};
use crate::error::Result;
use crate::ticket::state::StateName;
use crate::time::Stamp;

/// Kinds that are sealed anyway; named here too, so that one slip does not open both locks.
const HIDDEN: [Kind; 2] = [Kind::Complaint, Kind::Report];

/// What the house did not take up is nobody's business: the reason may be a secret, or an emergency.
const UNTOLD: [StateName; 2] = [StateName::Declined, StateName::Diverted];

/// A ticket as the public sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicTicket {
    pub no: String,
    pub state: StateName,
    pub category: CategoryCode,
    pub region: Option<RegionCode>,
    pub estate: Option<EstateCode>,
    /// The live or final lead.
    pub lead_unit: Option<UnitCode>,
    pub received_at: Stamp,
    pub ended_at: Option<Stamp>,
    /// The next limit that is owed; none while it is paused or when it is over.
    pub due_at: Option<Stamp>,
    /// When something last happened to it.
    pub changed_at: Stamp,
}

/// Whether a ticket has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    Ended,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These numbers, whenever they came.
    Numbers(Vec<String>),
    /// Whatever was received in `[from, before)`.
    Received {
        from: Stamp,
        before: Stamp,
        /// Empty: of any category.
        categories: Vec<CategoryCode>,
        standing: Option<Standing>,
    },
}

type Found = (
    (String, StateName, Option<CategoryCode>, Option<RegionCode>, Option<EstateCode>),
    (Option<UnitCode>, Stamp, Option<Stamp>, Option<Stamp>, Option<Stamp>),
);

/// At most `most` public tickets, the newest first: neither sealed nor of a kind that is, classified,
/// and taken up. A walk down the index of receipt, bounded by the span that is asked for.
pub fn find(conn: &mut Conn, wanted: &Wanted, most: i64) -> Result<Vec<PublicTicket>> {
    let last = event::ticket_id.eq(tickets::id).and(event::seq.eq(tickets::version));
    let mut query = tickets::table
        .left_join(event::table.on(last))
        .filter(tickets::sealed.eq(false))
        .filter(tickets::kind.ne_all(HIDDEN.map(Kind::as_str)))
        .filter(tickets::state.ne_all(UNTOLD.map(StateName::as_str)))
        .filter(tickets::category.is_not_null())
        .into_boxed();
    match wanted {
        Wanted::Numbers(numbers) => query = query.filter(tickets::no.eq_any(numbers.clone())),
        Wanted::Received { from, before, categories, standing } => {
            query = query
                .filter(tickets::received_at.ge(from.millis()))
                .filter(tickets::received_at.lt(before.millis()));
            if !categories.is_empty() {
                let codes: Vec<String> = categories.iter().map(ToString::to_string).collect();
                query = query.filter(tickets::category.eq_any(codes));
            }
            match standing {
                None => {}
                Some(Standing::Open) => query = query.filter(tickets::ended_at.is_null()),
                Some(Standing::Ended) => query = query.filter(tickets::ended_at.is_not_null()),
            }
        }
    }
    let found: Vec<Found> = query
        .order((tickets::received_at.desc(), tickets::id.desc()))
        .limit(most)
        .select((
            (tickets::no, tickets::state, tickets::category, tickets::region, tickets::estate),
            (
                tickets::lead_unit,
                tickets::received_at,
                tickets::ended_at,
                tickets::red_at,
                event::at.nullable(),
            ),
        ))
        .load(conn)?;
    Ok(found.into_iter().filter_map(public).collect())
}

fn public(found: Found) -> Option<PublicTicket> {
    let (
        (no, state, category, region, estate),
        (lead_unit, received_at, ended_at, due_at, last_at),
    ) = found;
    Some(PublicTicket {
        no,
        state,
        category: category?,
        region,
        estate,
        lead_unit,
        received_at,
        ended_at,
        due_at: due_at.filter(|_| ended_at.is_none()),
        changed_at: ended_at.or(last_at).unwrap_or(received_at),
    })
}
