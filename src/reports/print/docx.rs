//! Reports, printing: a letter as GB/T 9704-2012 lays it out, for Word and WPS. Its rule: fonts by their names alone, so
//! a machine that has them shows the official look and another one its own; every text is escaped.
//!
//! Its parts are templates in `config/reports/docx/`, packed with `zip`. Not `docx-rs` (0.4.22 read, 2026-11): it cannot
//! repeat a table's heading rows (`w:tblHeader`), which the layout asks for, and brings a second quick-xml, zip and
//! base64. Charts: bars as shaded cells; of lines it is said that the page has them.

use serde::Serialize;

use super::axis::{Axis, Start, number};
use super::layout::{Figure, Page, layout};
use super::pack::pack;
use super::template::fill;
use super::widths::{Widths, widths};
use super::{Printed, values, words};
use crate::error::Result;
use crate::reports::Document;
use crate::reports::document::ChartKind;

macro_rules! part {
    ($name:literal) => {
        include_str!(concat!("../../../config/reports/docx/", $name))
    };
}

/// Name in the file, template.
const PARTS: [(&str, &str); 13] = [
    ("[Content_Types].xml", part!("content_types.xml")),
    ("_rels/.rels", part!("rels.xml")),
    ("docProps/core.xml", part!("core.xml")),
    ("docProps/app.xml", part!("app.xml")),
    ("word/document.xml", part!("document.xml")),
    ("word/_rels/document.xml.rels", part!("document_rels.xml")),
    ("word/styles.xml", part!("styles.xml")),
    ("word/settings.xml", part!("settings.xml")),
    ("word/fontTable.xml", part!("fonts.xml")),
    ("word/header1.xml", part!("header.xml")),
    ("word/header2.xml", part!("header.xml")),
    ("word/footer1.xml", part!("footer_odd.xml")),
    ("word/footer2.xml", part!("footer_even.xml")),
];

/// How many cells a bar as long as the axis has.
const BAR: usize = 40;
/// The red head's letters in half points: 小初 at most, and smaller for a long name, which stays on one line.
const HEAD: (usize, usize) = (32, 72);

#[derive(Serialize)]
struct Whole<'a> {
    /// The part's name: a header's shapes are named after it.
    part: &'a str,
    page: &'a Page<'a>,
    /// By the numbers of the tables, from 0.
    widths: &'a [Widths],
    /// By the numbers of the figures, from 0; empty where no bars can be shaded.
    bars: &'a [Vec<Bar>],
    head_size: usize,
    /// How long the watermark is, in points.
    mark_length: usize,
    made: &'a str,
}

/// How many times a narrow table stands beside itself.
const BESIDE: usize = 3;
/// Behind a table that is not whole.
const EXTRACT: &str = "本表为节选，全表见数据表（XLSX）。";

/// A bar of shaded cells.
#[derive(Serialize)]
struct Bar {
    name: String,
    /// Which series, from 0, and whether it is the first of its group.
    series: usize,
    filled: usize,
    rest: usize,
    text: String,
}

/// The letter.
///
/// # Errors
/// `internal`.
pub fn docx(document: &Document, printed: &Printed) -> Result<Vec<u8>> {
    let extract = document.extract(EXTRACT);
    let mut page = layout(&extract, printed);
    page.grids_mut().for_each(|grid| grid.beside(BESIDE));
    let widths: Vec<Widths> = page.grids().map(widths).collect();
    let bars: Vec<Vec<Bar>> = page.figures().map(bars).collect();
    let mark = words::width(page.watermark.as_deref().unwrap_or_default());
    let made = printed.at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut files = Vec::with_capacity(PARTS.len());
    for (name, template) in PARTS {
        let whole = Whole {
            part: name,
            page: &page,
            widths: &widths,
            bars: &bars,
            head_size: head_size(&page.issuer),
            mark_length: (mark * 13).clamp(120, 480),
            made: &made,
        };
        files.push((name, fill(template, &whole)?));
    }
    pack(files.iter().map(|(name, text)| (*name, text.as_bytes())))
}

/// So that the name takes one line of 442 points.
fn head_size(issuer: &str) -> usize {
    let (least, most) = HEAD;
    // Letters stand a twentieth apart.
    (442 * 2 * 2 * 20 / 21 / words::width(issuer).max(1)).clamp(least, most)
}

/// The bars of a figure: none of lines, and none where a value is less than 0.
fn bars(figure: &Figure<'_>) -> Vec<Bar> {
    let chart = figure.chart;
    let axis = Axis::of(&chart.series, chart.format, Start::Zero);
    if chart.kind != ChartKind::Bar || axis.low < 0.0 {
        return Vec::new();
    }
    let mut bars = Vec::new();
    for (at, label) in chart.labels.iter().enumerate() {
        for (series, one) in chart.series.iter().enumerate() {
            let value = number(one, at);
            let part = value.map_or(0.0, |it| axis.part(it));
            let filled = (1..=BAR).rev().find(|it| part * BAR as f64 > *it as f64 - 0.5);
            let filled = filled.unwrap_or(usize::from(part > 0.0));
            let name =
                if series == 0 { words::cut(&words::one_line(label), 28) } else { String::new() };
            let text = value.map_or_else(|| values::NONE.to_owned(), |it| axis.written(it));
            bars.push(Bar { name, series, filled, rest: BAR - filled, text });
        }
    }
    bars
}
