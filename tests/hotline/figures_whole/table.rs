//! One answer of `/rates` beside what the lines say. Its rule: every row, every metric, every field
//! of a cell; a row or a metric too many or too few is as wrong as a number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::{Expected, Question};
use crate::support::oracle::{Figures, Sum, composite};
use crate::support::town::{city, codes, peers};

/// domain.md §6 by the kind of number; `composite`, `handling_time` and `bottom_line` are alone.
pub const COUNTS: [&str; 13] = [
    "received",
    "declined",
    "diverted",
    "withdrawn",
    "merged",
    "finished",
    "carried_over",
    "whistles",
    "ledger",
    "ledger_opening",
    "ledger_new",
    "ledger_written_off",
    "ledger_cancelled",
];
pub const RATES: [&str; 17] = [
    "direct_rate",
    "response_rate",
    "resolution_rate",
    "satisfaction_rate",
    "first_resolution_rate",
    "contact_rate",
    "sign_rate",
    "on_time_rate",
    "assist_on_time_rate",
    "rework_on_time_rate",
    "return_rate",
    "rework_rate",
    "urge_rate",
    "extension_rate",
    "withdrawal_rate",
    "repeat_rate",
    "report_in_rate",
];
const ALONE: [&str; 3] = ["composite", "handling_time", "bottom_line"];

/// Half milliseconds of an hour.
const HOUR: f64 = 7_200_000.0;
/// domain.md §6 rule 3.
const SMALL: i64 = 10;

/// How much was compared.
#[derive(Default)]
pub struct Met {
    pub rows: usize,
    pub metrics: usize,
    /// Cells that something was added to.
    pub cells: usize,
}

/// The rows that stand there whether or not anything happened.
fn listed(group_by: &str) -> BTreeSet<String> {
    let (codes, city) = (codes(), city());
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match group_by {
        "unit" => codes.units.into_iter().collect(),
        "head" => city.heads.into_values().flatten().filter_map(|term| term.1).collect(),
        "category" => codes.categories.into_iter().chain(["K".into(), "K1".into()]).collect(),
        "estate" => codes.places.into_iter().filter_map(|place| place.1).collect(),
        "company" => (0..6).map(|i| format!("company{i}")).collect(),
        "region" => codes
            .places
            .into_iter()
            .map(|place| place.0)
            .chain(["d1", "d2"].map(str::to_owned))
            .collect(),
        _ => named(&["phone", "web", "app", "wechat", "letter", "visit", "platform", "open311"]),
    }
}

/// With whom a listed row is ranked.
fn group(group_by: &str, key: &str) -> Option<&'static str> {
    match group_by {
        "unit" => Some(peers(key)),
        "head" => Some("head"),
        "estate" => Some("estates"),
        "company" => Some("companies"),
        _ => None,
    }
}

pub fn keys(question: &Question) -> BTreeSet<String> {
    let Expected { figures, excluded } = &question.expected;
    let there = figures.keys().chain(excluded.keys().map(String::as_str));
    let there = there.filter(|key| !key.is_empty()).map(str::to_owned);
    listed(question.group_by).into_iter().chain(there).collect()
}

pub fn compare(answer: &Value, question: &Question, met: &mut Met) {
    let what = &question.words;
    assert_eq!(answer["group_by"], question.group_by, "{what}");
    assert_eq!(answer["edition"], if question.assessed { "assessed" } else { "all" }, "{what}");
    let rows = answer["rows"].as_array().unwrap();
    let there: Vec<&str> = rows.iter().map(|row| row["key"].as_str().unwrap()).collect();
    let expected = keys(question);
    assert_eq!(
        there.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>(),
        expected,
        "{what}"
    );
    assert_eq!(there.len(), expected.len(), "a row twice: {what}");
    let ranks = ranks(question, &expected);
    for row in rows {
        let key = row["key"].as_str().unwrap();
        compare_row(row, key, question, met);
        let rank = ranks.get(key).map_or(Value::Null, |rank| (*rank).into());
        assert_eq!(row["rank"], rank, "rank of {key}: {what}");
    }
    let total = &answer["total"];
    assert!(total.get("key").is_none() && total["rank"].is_null(), "{what}");
    compare_row(total, "", question, met);
    for metric in answer["definitions"].as_object().unwrap().keys() {
        assert!(is_known(metric), "{metric}: {what}");
    }
}

fn is_known(metric: &str) -> bool {
    COUNTS.contains(&metric) || RATES.contains(&metric) || ALONE.contains(&metric)
}

fn compare_row(row: &Value, key: &str, question: &Question, met: &mut Met) {
    let Expected { figures, excluded } = &question.expected;
    let place = format!("{key:?} of {}", question.words);
    let n = figures.of(key, "response_rate").den;
    assert_eq!(row["n"], n, "{place}");
    assert_eq!(row["flagged"], n < SMALL, "{place}");
    let reasons: BTreeMap<String, i64> = serde_json::from_value(row["excluded"].clone()).unwrap();
    assert_eq!(reasons, excluded.get(key).cloned().unwrap_or_default(), "{place}");
    let cells = row["metrics"].as_object().unwrap();
    assert_eq!(cells.len(), COUNTS.len() + RATES.len() + ALONE.len(), "{place}");
    for (metric, cell) in cells {
        let place = format!("{metric} of {place}: {cell}");
        assert_eq!(cell["definition"], format!("{metric}@1"), "{place}");
        let sum = figures.of(key, metric);
        met.metrics += 1;
        met.cells += usize::from(sum.num + sum.den != 0);
        match metric.as_str() {
            "composite" => compare_score(cell, composite(figures, key), &place),
            "handling_time" => compare_times(cell, &sum, &place),
            "bottom_line" => compare_part(cell, &sum, &place),
            count if COUNTS.contains(&count) => {
                near(&cell["num"], Some(sum.num as f64 / 1000.0), &place);
                near(&cell["value"], Some(sum.num as f64 / 1000.0), &place);
                empty(cell, &["den", "low", "high"], &place);
            }
            rate => {
                assert!(RATES.contains(&rate), "{place}");
                compare_part(cell, &sum, &place);
                let interval = wilson(&sum);
                near(&cell["low"], interval.map(|it| it.0), &place);
                near(&cell["high"], interval.map(|it| it.1), &place);
            }
        }
        if metric != "handling_time" {
            empty(cell, &["median", "p90"], &place);
        }
        if !RATES.contains(&metric.as_str()) {
            empty(cell, &["low", "high"], &place);
        }
    }
    met.rows += 1;
}

/// A numerator in thousandths over a denominator; no value where that is zero.
fn compare_part(cell: &Value, sum: &Sum, place: &str) {
    let num = sum.num as f64 / 1000.0;
    near(&cell["num"], Some(num), place);
    assert_eq!(cell["den"], sum.den, "{place}");
    near(&cell["value"], (sum.den > 0).then(|| num / sum.den as f64), place);
}

fn compare_score(cell: &Value, points: Option<f64>, place: &str) {
    empty(cell, &["num", "den"], place);
    near(&cell["value"], points, place);
}

fn compare_times(cell: &Value, sum: &Sum, place: &str) {
    let hours = |half_ms: f64| half_ms / HOUR;
    near(&cell["num"], Some(hours(2.0 * sum.num as f64)), place);
    assert_eq!(cell["den"], sum.den, "{place}");
    let mean = (sum.den > 0).then(|| hours(2.0 * sum.num as f64) / sum.den as f64);
    near(&cell["value"], mean, place);
    let middle = sum.middle_and_p90();
    near(&cell["median"], middle.map(|it| hours(it.0 as f64)), place);
    near(&cell["p90"], middle.map(|it| hours(it.1 as f64)), place);
}

/// The same number but for the last digits of a division; null where there is none.
fn near(there: &Value, expected: Option<f64>, place: &str) {
    match (there.as_f64(), expected) {
        (Some(there), Some(expected)) => {
            let apart = (there - expected).abs() / expected.abs().max(1.0);
            assert!(apart < 1e-12, "{there} instead of {expected}: {place}");
        }
        (None, None) => assert!(there.is_null(), "{place}"),
        (_, expected) => panic!("{there} instead of {expected:?}: {place}"),
    }
}

fn empty(cell: &Value, fields: &[&str], place: &str) {
    for field in fields {
        assert!(cell.get(field).is_none_or(Value::is_null), "{field}: {place}");
    }
}

/// Wilson's interval at 95 % as the centre and the half-width of the score test.
fn wilson(sum: &Sum) -> Option<(f64, f64)> {
    if sum.den == 0 {
        return None;
    }
    let (z, n, p) = (1.959_964_f64, sum.den as f64, sum.num as f64 / (1000 * sum.den) as f64);
    let scale = 1.0 / (1.0 + z.powi(2) / n);
    let centre = scale * (p + z.powi(2) / (2.0 * n));
    let width = scale * (z / (2.0 * n)) * (4.0 * n * p * (1.0 - p) + z.powi(2)).max(0.0).sqrt();
    Some(((centre - width).max(0.0), (centre + width).min(1.0)))
}

/// 1-2-2-4 among the listed rows of a group that are not flagged, by the composite exactly.
fn ranks(question: &Question, keys: &BTreeSet<String>) -> HashMap<String, u32> {
    let (figures, by) = (&question.expected.figures, question.group_by);
    let listed = listed(by);
    let scored: Vec<_> = keys
        .iter()
        .filter(|key| listed.contains(*key))
        .filter_map(|key| Some((key, group(by, key)?, score(figures, key)?)))
        .collect();
    let better = |a: (i128, i128), b: (i128, i128)| a.0 * b.1 > b.0 * a.1;
    let rank = |group: &str, score| {
        1 + scored.iter().filter(|other| other.1 == group && better(other.2, score)).count()
    };
    scored
        .iter()
        .map(|(key, group, score)| ((*key).clone(), u32::try_from(rank(group, *score)).unwrap()))
        .collect()
}

/// 10 response + 50 resolution + 40 satisfaction over one denominator, of a row that is ranked.
fn score(figures: &Figures, key: &str) -> Option<(i128, i128)> {
    let sums =
        ["response_rate", "resolution_rate", "satisfaction_rate"].map(|m| figures.of(key, m));
    if sums[0].den < SMALL || sums.iter().any(|sum| sum.den == 0) {
        return None;
    }
    let [first, second, third] = sums.map(|sum| (i128::from(sum.num), i128::from(sum.den)));
    let points = 10 * first.0 * second.1 * third.1
        + 50 * second.0 * first.1 * third.1
        + 40 * third.0 * first.1 * second.1;
    Some((points, first.1 * second.1 * third.1))
}
