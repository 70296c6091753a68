//! Reports, contents: a figure as sentences ask for it. Its rule: what is not known is `none`, never a zero.

use serde_json::{Value, json};

use super::figure::Figures;
use crate::assessment::likewise::Against;
use crate::assessment::{Metric, Row};

/// A figure for sentences: `value`, `num`, `den`, `low`, `high`, and of each earlier window `value`, `by` and `growth`, `none`
/// where it is not known.
pub fn figure(figures: &Figures, row: &Row, metric: Metric) -> Value {
    let cell = row.cell(metric);
    let then = |against| {
        let earlier = figures.then(row, metric, against);
        let change = figures.change(row, metric, against);
        json!({
            "value": earlier.and_then(|it| it.value),
            "by": change.and_then(|it| it.by),
            "growth": change.and_then(|it| it.growth),
        })
    };
    json!({
        "value": cell.value,
        "num": cell.num,
        "den": cell.den,
        "low": cell.low,
        "high": cell.high,
        "previous": then(Against::Previous),
        "year": then(Against::Year),
    })
}
