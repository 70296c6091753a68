//! Web: a ticket in a list. Its rule: what its row holds, which is nothing personal; the whole ticket is
//! `view`'s.

use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::{CategoryCode, Channel, EstateCode, Kind, RegionCode, UnitCode, Urgency};
use crate::limits::Light;
use crate::ticket::Scene;
use crate::ticket::state::StateName;
use crate::ticket::store::rows::TicketRow;

/// A line of a list.
#[derive(Serialize, ToSchema)]
pub struct LineView {
    no: String,
    version: i32,
    state: StateName,
    kind: Kind,
    channel: Channel,
    urgency: Urgency,
    category: Option<CategoryCode>,
    title: String,
    region: Option<RegionCode>,
    estate: Option<EstateCode>,
    lead: Option<UnitCode>,
    light: Light,
    due_at: Option<String>,
    received_at: String,
    closed_at: Option<String>,
}

/// The line of `row` in a list at the instant of `scene`.
pub fn line(row: &TicketRow, scene: &Scene<'_>) -> LineView {
    let zone = scene.profile.zone;
    let light = Light::of(row.yellow_at, row.red_at, scene.now);
    LineView {
        no: row.no.clone(),
        version: row.version,
        state: row.state,
        kind: row.kind,
        channel: row.channel,
        urgency: row.urgency,
        category: row.category.clone(),
        title: row.title.clone(),
        region: row.region.clone(),
        estate: row.estate.clone(),
        lead: row.lead_unit.clone(),
        light,
        due_at: row.red_at.map(|at| at.rfc3339(zone)),
        received_at: row.received_at.rfc3339(zone),
        closed_at: row.ended_at.map(|at| at.rfc3339(zone)),
    }
}
