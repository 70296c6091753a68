//! Web, `/rates`: what each column means. Its rule: the definition in force, with the profile's weights filled in.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::Metric;
use crate::assessment::rules::Rules as Scoring;

/// What a metric means.
#[derive(Serialize, ToSchema)]
pub struct DefinitionView {
    definition: String,
    name: &'static str,
    formula: String,
}

/// What every metric means under these rules.
pub(super) fn definitions(scoring: &Scoring) -> BTreeMap<&'static str, DefinitionView> {
    definitions_of(Metric::ALL, scoring)
}

/// What some of them mean.
pub(super) fn definitions_of(
    metrics: &[Metric],
    scoring: &Scoring,
) -> BTreeMap<&'static str, DefinitionView> {
    metrics
        .iter()
        .map(|metric| {
            let definition = metric.define(scoring);
            let view = DefinitionView {
                definition: definition.id,
                name: definition.name,
                formula: definition.formula,
            };
            (metric.as_str(), view)
        })
        .collect()
}
