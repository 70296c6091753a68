//! Proactive: what a campaign is made of. Its rule: plain data, kept as it was agreed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code_enum;
use crate::directory::UnitCode;
use crate::time::Stamp;

code_enum! {
    /// How far a campaign has come.
    pub enum CampaignState { Open = "open" "进行中", Closed = "closed" "已结束" }
}

/// What a unit has to do by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub what: String,
    #[schema(value_type = String)]
    pub unit: UnitCode,
    pub due_on: NaiveDate,
    /// What shows that it is done: words, or the number of an attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub done_at: Option<Stamp>,
    /// The login name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_by: Option<String>,
}
