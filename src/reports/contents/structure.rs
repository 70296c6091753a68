//! Reports, contents: what was asked for and how it came, 诉求结构. Its rule: letters and visits are counted apart, and a
//! share is of everything received.

use serde_json::json;

use super::chart;
use super::columns::{Col, Lines};
use super::figure::Figures;
use super::part::Part;
use super::tally::{Tally, columns};
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row};
use crate::directory::{CategoryCode, Directory, Kind};
use crate::error::Result;
use crate::reports::document::{Block, ChartKind, Table};
use crate::reports::material::Material;

const COLUMNS: [Metric; 1] = [Metric::Received];

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn structure(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("structure", "诉求结构");
    let channels = Figures::of(material, GroupBy::Channel, Depth::RollUp, Edition::All);
    let categories = Figures::of(material, GroupBy::Category, Depth::RollUp, Edition::All);
    part.extend(
        material.sentences.paragraph("structure", &said(material, &channels, &categories))?,
    );
    part.heading("按诉求性质");
    let kinds = kinds(material, &mut part);
    part.push(Block::Table(kinds));
    part.heading("按来源渠道");
    part.push(Block::Table(by_channel(material, &channels)));
    part.heading("按诉求类别");
    let table = by_category(material, &categories);
    let firsts = Table {
        rows: table.rows.iter().filter(|row| row.level == 0).cloned().collect(),
        ..table.clone()
    };
    part.push(chart::of(&firsts, "各类别受理量", ChartKind::Bar, &["received"], 10));
    part.push(Block::Table(table));
    Ok(part)
}

fn cols(heading: &'static str) -> Vec<Col> {
    let mut cols = vec![Col::Name(heading)];
    for metric in COLUMNS {
        cols.extend([
            Col::Of(metric),
            Col::Share(metric),
            Col::Then(metric, Previous),
            Col::Change(metric, Previous),
            Col::Then(metric, Year),
            Col::Change(metric, Year),
        ]);
    }
    cols
}

fn kinds(material: &Material<'_>, part: &mut Part) -> Table {
    let all = i64::try_from(material.received().count()).unwrap_or(i64::MAX);
    let rows = Kind::ALL.iter().map(|kind| {
        let tally = Tally::of(material, (kind.as_str(), kind.zh()), |_, it| it.kind == *kind);
        tally.row("kind", all, part)
    });
    Table {
        id: "kinds".to_owned(),
        title: "按诉求性质".to_owned(),
        rows: rows.collect(),
        columns: columns("性质"),
        note: Some("口径：全量，周期内受理。".to_owned()),
    }
}

fn by_channel(material: &Material<'_>, figures: &Figures) -> Table {
    let (sums, own): (Vec<&Row>, Vec<&Row>) =
        figures.rates.rows.iter().partition(|row| is_sum(row));
    let is_petition = |row: &&&Row| matches!(row.key.as_deref(), Some("letter" | "visit"));
    let mut rows: Vec<(u8, &Row)> = Vec::new();
    for sum in sums {
        let petitions = sum.key.as_deref() == Some("petitions");
        rows.push((0, sum));
        let below = own.iter().filter(|row| is_petition(row) == petitions);
        rows.extend(below.map(|row| (1, *row)));
    }
    rows.push((0, figures.total()));
    let scoring = &material.frame.scoring;
    let lines = Lines { main: figures, other: None, scoring, rows };
    lines.table("channels", "按来源渠道", &cols("渠道"), "来信、来访单独计列。")
}

fn is_sum(row: &Row) -> bool {
    matches!(row.key.as_deref(), Some("petitions" | "others"))
}

/// First and second level, with what happened in any of the windows, in the order of the tree.
fn by_category(material: &Material<'_>, figures: &Figures) -> Table {
    let directory = &material.frame.directory;
    let mut rows: Vec<(u8, &Row)> = figures
        .rates
        .rows
        .iter()
        .filter(|row| happened(figures, row))
        .filter_map(|row| Some((level(directory, row)?, row)))
        .filter(|(level, _)| *level <= 1)
        .collect();
    rows.push((0, figures.total()));
    let scoring = &material.frame.scoring;
    let lines = Lines { main: figures, other: None, scoring, rows };
    let note = "一级类别含其下各级；二级类别列于其后。";
    lines.table("categories", "按诉求类别", &cols("类别"), note)
}

/// Whether anything was received now or then.
pub(super) fn happened(figures: &Figures, row: &Row) -> bool {
    let then = |against| figures.then(row, Metric::Received, against).map_or(0, |it| it.exact);
    row.cell(Metric::Received).exact > 0 || then(Previous) > 0 || then(Year) > 0
}

/// How deep a category lies, 0 for the first level and for what has none; nothing where nobody knows it.
pub(super) fn level(directory: &Directory, row: &Row) -> Option<u8> {
    let key = row.key.as_deref()?;
    if key == "-" {
        return Some(0);
    }
    let code = CategoryCode::new(key);
    directory.category(&code).map(|category| category.level.saturating_sub(1))
}

fn said(material: &Material<'_>, channels: &Figures, categories: &Figures) -> serde_json::Value {
    let all = material.received().count();
    let mut kinds: Vec<(&Kind, usize)> = Kind::ALL
        .iter()
        .map(|kind| (kind, material.received().filter(|it| it.kind == *kind).count()))
        .collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let top_kind = kinds.first().filter(|(_, count)| *count > 0).map(|(kind, count)| {
        json!({"name": kind.zh(), "count": count, "share": *count as f64 / all as f64})
    });
    let directory = &material.frame.directory;
    let firsts = categories
        .rates
        .rows
        .iter()
        .filter(|row| row.key.as_deref() != Some("-") && level(directory, row) == Some(0));
    let mut firsts: Vec<&Row> = firsts.filter(|row| row.cell(Metric::Received).exact > 0).collect();
    firsts.sort_by_key(|row| std::cmp::Reverse(row.cell(Metric::Received).exact));
    let firsts = firsts.iter().take(3).map(|row| {
        let count = row.cell(Metric::Received).num.unwrap_or_default();
        json!({"name": row.name, "count": count, "share": count / all.max(1) as f64})
    });
    let petitions = channels.row("petitions").and_then(|row| row.cell(Metric::Received).num);
    json!({
        "received": all,
        "top_kind": top_kind,
        "petitions": petitions.unwrap_or_default(),
        "categories": firsts.collect::<Vec<_>>(),
    })
}
