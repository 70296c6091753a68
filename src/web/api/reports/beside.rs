//! Web, `/reports`: what is shown beside a report: how units stand in its check period, the cases it offers. Its rule: ids
//! as text, instants in the site's zone.

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::UnitCode;
use crate::reports::kinds::CheckState;
use crate::reports::said::cases::Candidate;
use crate::reports::said::confirmation::Checked;

/// How a unit stands in the check period.
#[derive(Serialize, ToSchema)]
pub struct CheckView {
    unit: UnitCode,
    state: CheckState,
    /// When it confirmed or objected last.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    objections: usize,
    upheld: usize,
}

impl CheckView {
    pub(super) fn of(it: Checked, zone: Tz) -> Self {
        let Checked { unit, state, at, by, objections, upheld } = it;
        Self { unit, state, at: at.map(|at| at.rfc3339(zone)), by, objections, upheld }
    }
}

/// A typical case that a report offers.
#[derive(Serialize, ToSchema)]
pub struct CaseView {
    no: String,
    topic: String,
    kind: String,
    text: String,
    /// Whether the report shows it.
    shown: bool,
}

impl CaseView {
    pub(super) fn of(it: Candidate) -> Self {
        let Candidate { no, topic, kind, text, shown } = it;
        Self { no, topic, kind, text, shown }
    }
}
