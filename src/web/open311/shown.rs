//! Web, Open311: a ticket as it is shown at this door. Its rule: category, state, days, the estate and
//! the agency; what the citizen typed, and where they stood, is not even read (decision 0020).

use super::node::Node;
use super::offered::path;
use crate::directory::{Directory, Estate, UnitCode, UnitKind};
use crate::error::sentence;
use crate::ticket::StateName;
use crate::ticket::store::public::PublicTicket;

/// One request of the answer.
pub fn request(ticket: &PublicTicket, directory: &Directory) -> Node {
    let estate = ticket.estate.as_ref().and_then(|code| directory.estate(code));
    let category = directory.category(&ticket.category);
    let description = path(directory, &ticket.category);
    let agency = ticket.lead_unit.as_ref().and_then(|unit| agency(unit, directory));
    let status = if ticket.ended_at.is_some() { "closed" } else { "open" };
    Node::Fields(vec![
        ("service_request_id", Node::text(&ticket.no)),
        ("status", Node::text(status)),
        ("status_notes", Node::text(&sentence(code(ticket.state), &[]))),
        ("service_name", Node::some(category.map(|category| &*category.name))),
        ("service_code", Node::text(ticket.category.as_str())),
        ("description", Node::text(&description)),
        ("agency_responsible", Node::some(agency)),
        ("service_notice", Node::Nothing),
        ("requested_datetime", Node::instant(ticket.received_at)),
        ("updated_datetime", Node::instant(ticket.changed_at)),
        ("expected_datetime", ticket.due_at.map_or(Node::Nothing, Node::instant)),
        ("address", Node::text(&address(ticket, estate, directory))),
        ("address_id", Node::some(estate.map(|estate| estate.code.as_str()))),
        ("zipcode", Node::Nothing),
        ("lat", Node::Nothing),
        ("long", Node::Nothing),
        ("media_url", Node::Nothing),
    ])
}

/// What the public is told of a state. Whether duty is disputed or a reply was sent back is the
/// house's own affair.
const fn code(state: StateName) -> &'static str {
    match state {
        StateName::Accepted | StateName::Consulting => "open311.state.accepted",
        StateName::InUnits | StateName::Replied => "open311.state.in_units",
        StateName::OnLedger => "open311.state.on_ledger",
        StateName::Surveying => "open311.state.surveying",
        StateName::Withdrawn => "open311.state.withdrawn",
        StateName::Merged => "open311.state.merged",
        StateName::Closed | StateName::Declined | StateName::Diverted => "open311.state.closed",
    }
}

/// The unit's name, where it is public: a property company is no agency.
fn agency<'a>(unit: &UnitCode, directory: &'a Directory) -> Option<&'a str> {
    let public = directory.unit(unit).filter(|unit| unit.kind != UnitKind::Company)?;
    (!directory.is_company(unit)).then_some(public.name.as_str())
}

/// The estate and the regions around it, the smallest first, as the specification wants it; never the
/// building, the address or the point.
fn address(ticket: &PublicTicket, estate: Option<&Estate>, directory: &Directory) -> String {
    let region = ticket.region.as_ref().or(estate.map(|estate| &estate.region));
    let regions = region.map(|code| directory.region_path(code)).unwrap_or_default();
    let names: Vec<&str> = estate
        .map(|estate| estate.name.as_str())
        .into_iter()
        .chain(regions.iter().map(|region| region.name.as_str()))
        .collect();
    if names.is_empty() { sentence("open311.nowhere", &[]) } else { names.join(", ") }
}
