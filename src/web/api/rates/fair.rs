//! Web, `/rates?same_mix=true`: beside a row's raw rates what others get with the same matters (domain.md §6
//! rule 9). Its rule: compared with the whole site, whatever of it the reader may see; of others only sums are said.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, RatesQuery};
use crate::assessment::facts::Facts;
use crate::assessment::samemix::{Fair, Three, same_mix};
use crate::assessment::{GroupBy, Metric};
use crate::error::{Error, Result};

/// One rate beside what the same mix brings others; from 0 to 1.
#[derive(Serialize, ToSchema)]
pub struct FairView {
    observed: f64,
    pub(super) expected: f64,
    /// Observed less expected, and between which ends it lies at 95 %.
    pub(super) difference: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    n: i64,
}

impl From<Fair> for FairView {
    fn from(fair: Fair) -> Self {
        let Fair { observed, expected, difference, low, high, n } = fair;
        Self { observed, expected, difference, low, high, n }
    }
}

/// The three rates of a row; null where the row or all others have no answer.
pub type MixView = BTreeMap<&'static str, Option<FairView>>;

/// The same-mix rates of every row; of none where nobody asked.
pub(super) struct Mix(Option<BTreeMap<String, Three>>);

impl Mix {
    /// What `query` wants: of the reader's facts `mine`, against `all`.
    ///
    /// # Errors
    /// 422 at `/same_mix` where rows are neither units, heads nor companies.
    pub fn of(asked: &Asked, query: &RatesQuery, all: &Facts, mine: &Facts) -> Result<Self> {
        if query.same_mix != Some(true) {
            return Ok(Self(None));
        }
        if !matches!(asked.by, GroupBy::Unit | GroupBy::Head | GroupBy::Company) {
            return Err(Error::field("/same_mix", "rates.same_mix_by"));
        }
        Ok(Self(Some(same_mix(all, mine, &asked.question(), (&asked.dims, asked.depth)))))
    }

    /// The row of `key`; nothing for the total, which has nobody beside it.
    pub fn row(&self, key: Option<&str>) -> Option<MixView> {
        let (rows, key) = (self.0.as_ref()?, key?);
        let three = rows.get(key).copied().unwrap_or([None; 3]);
        let named = Metric::THREE.into_iter().zip(three);
        Some(named.map(|(metric, fair)| (metric.as_str(), fair.map(FairView::from))).collect())
    }
}
