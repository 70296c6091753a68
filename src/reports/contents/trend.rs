//! Reports, contents: the last twelve windows, the days of this one, and what returns 趋势与预警. Its rule: of windows that
//! were not loaded the same formulas count, and a window of which nothing is known is a gap, not a zero.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use super::acting;
use super::chart;
use super::columns::{Col, Lines, column};
use super::figure::{Figures, ratio};
use super::overview::Editions;
use super::part::{Part, plain, text};
use super::sentences;
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Metric, Rules as Scoring};
use crate::error::Result;
use crate::reports::document::{Block, Cell, ChartKind, Column, Format, Row, Table, Value};
use crate::reports::extras::{Month, Totals};
use crate::reports::material::Material;

/// So many windows in a row make a direction.
const IN_A_ROW: usize = 3;

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn trend(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("trend", "趋势与预警");
    let Editions { all, .. } = Editions::of(material);
    let windows = windows(material, &all);
    let [warned, campaigns] = acting::said(material);
    let said = json!({
        "warned": warned,
        "campaigns": campaigns,
        "windows": material.extras.trend.iter().filter(|it| it.totals.is_some()).count(),
        "falling": falling(material),
        "repeat": sentences::figure(&all, all.total(), Metric::RepeatRate),
        "repeat_days": material.frame.scoring.repeat_days,
    });
    part.extend(material.sentences.paragraph("trend", &said)?);
    let three = ["response_rate", "resolution_rate", "satisfaction_rate"];
    part.push(chart::of(&windows, "近十二个周期三率", ChartKind::Line, &three, 12));
    part.push(Block::Table(windows));
    let days = daily(material, &mut part);
    part.push(chart::of(&days, "每日受理量", ChartKind::Line, &["received"], 62));
    part.push(Block::Table(days));
    part.push(Block::Table(repeats(material, &all)));
    acting::tables(material, &mut part);
    Ok(part)
}

fn windows(material: &Material<'_>, figures: &Figures) -> Table {
    let scoring = &material.frame.scoring;
    let last = material.extras.trend.len().saturating_sub(1);
    let rows = material.extras.trend.iter().enumerate().map(|(place, month)| {
        let label = month.window.label();
        let mut cells = vec![text(label.clone())];
        if place == last {
            let row = figures.total();
            cells.extend(Totals::KNOWN.map(|metric| figures.cell(row, metric)));
            cells.push(figures.cell(row, Metric::Composite));
        } else {
            cells.extend(Totals::KNOWN.map(|metric| cell(month, metric)));
            cells.push(score(month, scoring));
        }
        Row { key: label, level: 0, cells }
    });
    let mut columns = vec![column("name", "周期", Format::Text)];
    columns.extend(Totals::KNOWN.map(|metric| of(metric, scoring)));
    columns.push(of(Metric::Composite, scoring));
    Table {
        id: "trend".to_owned(),
        title: "近十二个周期".to_owned(),
        columns,
        rows: rows.collect(),
        note: Some(format!(
            "口径：全量；以往周期按本期考核办法（{}）和目前已有的回访计算，与当时印发的专报可能不同。",
            scoring.profile
        )),
    }
}

fn of(metric: Metric, scoring: &Scoring) -> Column {
    let definition = metric.define(scoring);
    Column {
        id: metric.to_string(),
        name: metric.zh().to_owned(),
        format: super::figure::format(metric),
        definition: Some(definition.id),
        formula: Some(definition.formula),
    }
}

fn cell(month: &Month, metric: Metric) -> Cell {
    let Some(totals) = &month.totals else { return plain(Value::None) };
    let (num, den) = totals.of(metric);
    plain(match metric {
        Metric::Received => Value::Count(num / metric.scale()),
        _ => ratio(num as f64 / metric.scale() as f64, den),
    })
}

fn score(month: &Month, scoring: &Scoring) -> Cell {
    let score = month.totals.as_ref().and_then(|totals| totals.score(scoring));
    plain(score.map_or(Value::None, Value::Number))
}

/// The rates that fell in each of the last windows, by name.
fn falling(material: &Material<'_>) -> Vec<&'static str> {
    let rate = |month: &Month, metric: Metric| {
        let (num, den) = month.totals.as_ref()?.of(metric);
        (den > 0).then(|| num as f64 / den as f64)
    };
    let fell = |metric: &Metric| {
        let trend = &material.extras.trend;
        let from = trend.len().saturating_sub(IN_A_ROW + 1);
        let values: Vec<Option<f64>> = trend[from..].iter().map(|it| rate(it, *metric)).collect();
        values.len() > IN_A_ROW
            && values.windows(2).all(|pair| matches!(pair, [Some(then), Some(now)] if now < then))
    };
    Metric::THREE.into_iter().filter(fell).map(Metric::zh).collect()
}

/// Every day of the window that has begun, with what was received on it.
fn daily(material: &Material<'_>, part: &mut Part) -> Table {
    let frame = material.frame;
    let first = frame.window.start.day(frame.zone);
    let mut by_day: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
    for day in first.iter_days().take(usize::try_from(frame.days()).unwrap_or_default()) {
        by_day.insert(day, Vec::new());
    }
    for fact in material.received() {
        by_day.entry(fact.received_at.day(frame.zone)).or_default().push(fact.id);
    }
    let rows = by_day.into_iter().map(|(day, ids)| {
        let cells = vec![plain(Value::Day(day)), part.counted(&format!("day.{day}"), ids)];
        Row { key: day.to_string(), level: 0, cells }
    });
    let mut columns = vec![column("name", "日期", Format::Day)];
    columns.push(of(Metric::Received, &frame.scoring));
    Table {
        id: "daily".to_owned(),
        title: "每日受理量".to_owned(),
        rows: rows.collect(),
        columns,
        note: None,
    }
}

fn repeats(material: &Material<'_>, figures: &Figures) -> Table {
    let metric = Metric::RepeatRate;
    let rows = vec![(0, figures.total())];
    let lines = Lines { main: figures, other: None, scoring: &material.frame.scoring, rows };
    let cols = [
        Col::Name("范围"),
        Col::Num(metric),
        Col::Of(metric),
        Col::Then(metric, Previous),
        Col::Change(metric, Previous),
        Col::Then(metric, Year),
        Col::Change(metric, Year),
    ];
    let mut table = lines.table("repeats", "重复诉求", &cols, "");
    "重复诉求件数".clone_into(&mut table.columns[1].name);
    table
}
