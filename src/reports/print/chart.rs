//! Reports, printing: a chart as a picture (SVG) within a page. Its rule: it says nothing that its table does not say; in
//! grey and to eyes that see no colours, series differ by dash, marker and hatching.
//!
//! Why not a crate (read 2026-11): `plotters` takes a text's length from its bytes, so that Chinese names run out of
//! their place, paints fixed colours (no dark page, no class for a style), draws a dash as many lines and knows
//! neither `<title>` nor `<desc>`; `charts-rs` brings fonts and fontdue; `poloto` has no lying bars and one style sheet
//! a picture. What is needed is lines and bars with an axis.

use serde::Serialize;

use super::axis::{Axis, Start, number};
use super::drawing::Drawing;
use super::template::fill;
use super::{bars, lines, words};
use crate::error::Result;
use crate::reports::document::{Chart, ChartKind};

const TEMPLATE: &str = include_str!("../../../config/reports/chart.svg");

#[derive(Serialize)]
struct Picture {
    /// Unique in the page.
    name: String,
    title: String,
    desc: String,
    drawing: Drawing,
}

/// The picture of `chart` as an SVG element for a page; `number` makes its names unique there.
///
/// # Errors
/// `internal`.
pub fn svg(chart: &Chart, number: usize) -> Result<String> {
    let drawing = match chart.kind {
        ChartKind::Line => lines::draw(chart),
        ChartKind::Bar => bars::draw(chart),
    };
    let name = words::anchor("c", &number.to_string());
    fill(
        TEMPLATE,
        &Picture { name, title: words::one_line(&chart.title), desc: description(chart), drawing },
    )
}

/// The picture in words: each series with its least, greatest and last value.
fn description(chart: &Chart) -> String {
    let kind = match chart.kind {
        ChartKind::Line => "折线图",
        ChartKind::Bar => "条形图",
    };
    let labels: Vec<String> = chart.labels.iter().map(|it| words::one_line(it)).collect();
    let axis = Axis::of(&chart.series, chart.format, Start::Zero);
    let mut said = format!("{kind}，共{}项", labels.len());
    if let ([first, .., last], ChartKind::Line) = (labels.as_slice(), chart.kind) {
        said += &format!("，从{first}到{last}");
    }
    said += "。";
    for series in &chart.series {
        let points = labels.iter().enumerate();
        let points = points.filter_map(|(at, label)| Some((number(series, at)?, label)));
        let points: Vec<(f64, &String)> = points.collect();
        let least = points.iter().min_by(|a, b| a.0.total_cmp(&b.0));
        let most = points.iter().max_by(|a, b| a.0.total_cmp(&b.0));
        said += &words::one_line(&series.name);
        let (Some(least), Some(most)) = (least, most) else {
            said += "：无数据。";
            continue;
        };
        let point = |it: &(f64, &String)| format!("{}（{}）", axis.written(it.0), it.1);
        said += &format!("：最低{}，最高{}。", point(least), point(most));
    }
    said
}
