//! Reports: what a new report is asked for by. Its rule: read once who asks may ask.

use serde::Deserialize;
use utoipa::ToSchema;

use super::take::Scope;
use crate::assessment::{Categories, GroupBy};
use crate::error::{Error, Result};
use crate::lifecycle::Rules;
use crate::limits::Window;

/// A report on its way: about which window, and about whom, where not about the whole bureau.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Creating {
    /// `2026-10`: the profile's window that ends in October.
    pub window: Option<String>,
    /// Instead of a window, for a week or a year: its first day or an RFC 3339 instant, included.
    pub from: Option<String>,
    /// The day or instant after it.
    pub to: Option<String>,
    #[schema(value_type = Option<ScopeBody>)]
    pub scope: Option<Scope>,
    /// `remapped`: by the categories that older ones are counted as on the day it is taken.
    pub categories: Option<Categories>,
}

impl Creating {
    /// The window meant.
    ///
    /// # Errors
    /// 422 at `/window` or `/from`.
    pub fn window(&self, rules: &Rules) -> Result<Window> {
        let (rule, zone) = (rules.profile.window, rules.profile.zone);
        let (window, at) = match (&self.window, &self.from, &self.to) {
            (Some(name), None, None) => (rules.window(name)?, "/window"),
            (None, Some(from), Some(to)) => (rule.from_to(from, to, zone), "/from"),
            _ => (None, "/window"),
        };
        window.ok_or_else(|| Error::field(at, "field.format"))
    }
}

/// Whose report: one unit with all below it, one district, head, estate or company.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct ScopeBody {
    pub by: GroupBy,
    pub key: String,
}
