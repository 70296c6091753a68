//! Web: a ticket in a list. Its rule: what its row holds, which is nothing personal; the whole ticket is
//! `view`'s.

use serde::Serialize;
use utoipa::ToSchema;

use crate::code_enum;
use crate::directory::{CategoryCode, Channel, EstateCode, Kind, RegionCode, UnitCode, Urgency};
use crate::limits::Light;
use crate::sheet::Cell;
use crate::ticket::Scene;
use crate::ticket::state::StateName;
use crate::ticket::store::rows::TicketRow;
use crate::time::Stamp;

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

code_enum! {
    /// The columns of a list that leaves as a sheet.
    pub enum LineColumn {
        No = "no" "工单编号",
        State = "state" "状态",
        Kind = "kind" "诉求类型",
        Channel = "channel" "受理渠道",
        Urgency = "urgency" "紧急程度",
        Category = "category" "事项分类",
        Title = "title" "标题",
        Region = "region" "区域",
        Estate = "estate" "小区",
        Lead = "lead" "主办单位",
        Light = "light" "灯色",
        DueAt = "due_at" "到期时间",
        ReceivedAt = "received_at" "受理时间",
        ClosedAt = "closed_at" "办结时间",
    }
}

impl LineColumn {
    /// In characters.
    pub const fn width(self) -> u16 {
        match self {
            Self::Title => 40,
            Self::Category | Self::Lead => 22,
            Self::No | Self::Region | Self::Estate => 18,
            Self::DueAt | Self::ReceivedAt | Self::ClosedAt => 20,
            _ => 10,
        }
    }
}

/// The same line as cells, by [`LineColumn`]: codes as people read them, times by the clocks of the site.
pub fn cells(row: &TicketRow, scene: &Scene<'_>) -> Vec<Cell> {
    let directory = scene.directory;
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    let at = |at: Option<Stamp>| {
        at.map_or(Cell::Empty, |at| Cell::Moment(at.in_zone(scene.profile.zone).naive_local()))
    };
    let category = row
        .category
        .as_ref()
        .map_or("", |code| directory.category(code).map_or(code.as_str(), |it| it.name.as_str()));
    let region = row
        .region
        .as_ref()
        .map_or("", |code| directory.region(code).map_or(code.as_str(), |it| it.name.as_str()));
    let estate = row
        .estate
        .as_ref()
        .map_or("", |code| directory.estate(code).map_or(code.as_str(), |it| it.name.as_str()));
    let lead = row
        .lead_unit
        .as_ref()
        .map_or("", |code| directory.unit(code).map_or(code.as_str(), |it| it.name.as_str()));
    let cell = |column: &LineColumn| match column {
        LineColumn::No => text(&row.no),
        LineColumn::State => text(row.state.zh()),
        LineColumn::Kind => text(row.kind.zh()),
        LineColumn::Channel => text(row.channel.zh()),
        LineColumn::Urgency => text(row.urgency.zh()),
        LineColumn::Category => text(category),
        LineColumn::Title => text(&row.title),
        LineColumn::Region => text(region),
        LineColumn::Estate => text(estate),
        LineColumn::Lead => text(lead),
        LineColumn::Light => text(Light::of(row.yellow_at, row.red_at, scene.now).zh()),
        LineColumn::DueAt => at(row.red_at),
        LineColumn::ReceivedAt => at(Some(row.received_at)),
        LineColumn::ClosedAt => at(row.ended_at),
    };
    LineColumn::ALL.iter().map(cell).collect()
}
