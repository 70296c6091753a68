//! Ticket: what the citizen said: who, what and where (domain.md §10). Everything here that names
//! a person lives only inside the sealed document.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::code_enum;
use crate::directory::{CategoryCode, EstateCode, RegionCode};
use crate::time::Stamp;

code_enum! {
    pub enum Party { Person = "person" "个人", Firm = "firm" "单位" }
}

/// Who called. At most 100 characters a field; phones are checked for form only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_phone: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    #[serde(default)]
    pub anonymous: bool,
    #[serde(default)]
    pub confidential: bool,
    #[serde(default = "yes")]
    pub reply_wanted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_hour: Option<Text>,
    #[serde(default)]
    pub do_not_call: bool,
}

const fn yes() -> bool {
    true
}

impl Caller {
    /// A unit owes a first contact when the caller wants a reply and has a number to ring.
    pub fn is_owed_contact(&self) -> bool {
        self.reply_wanted && self.phone.is_some() && !self.do_not_call
    }
    /// Somebody who can be asked at all: by phone or by mail.
    pub fn is_reachable(&self) -> bool {
        (self.phone.is_some() && !self.do_not_call) || self.email.is_some()
    }
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    pub content: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<crate::directory::Urgency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub event_time: Option<Stamp>,
    /// The accused party: a unit's code, or a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accused: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
}

/// A place on the map (WGS 84 degrees).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MapPoint {
    pub lat: f64,
    pub lng: f64,
}

/// Where it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estate: Option<EstateCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub building: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<MapPoint>,
}

/// The number and times the city's platform gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub no: Text,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Stamp>,
}

/// The call it came by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallRef {
    pub call_id: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_id: Option<Text>,
}
