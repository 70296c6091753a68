//! Reports, contents: estates, property companies and the matters that a housing bureau looks at each month 物业专题. Its
//! rule: how many is told beside how large; what is many is the site's choice, and the table says it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::json;

use super::columns::{Col, Lines, column};
use super::figure::Figures;
use super::part::{Part, plain, text};
use super::sentences;
use super::sizes::{self, Per, Size};
use super::tally::{Tally, columns};
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row as Line};
use crate::directory::CategoryCode;
use crate::error::{Error, Result};
use crate::reports::document::{Block, Format, Table, Value};
use crate::reports::material::Material;
use crate::reports::scope::symbols;

/// How many estates of the window are listed.
const TOP: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    block: Vec<Matter>,
}

/// A matter of its own, whatever branches of the taxonomy it is spread over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matter {
    id: String,
    name: String,
    /// Each with all below it.
    categories: Vec<CategoryCode>,
}

static BLOCKS: LazyLock<Result<Blocks, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../config/reports/blocks.toml"))
        .map_err(|error| error.to_string())
});

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn housing(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("housing", "物业专题");
    let estates = Figures::of(material, GroupBy::Estate, Depth::Own, Edition::All);
    let companies = Figures::of(material, GroupBy::Company, Depth::Own, Edition::All);
    let blocks = BLOCKS.as_ref().map_err(|why| Error::internal(why.as_str()))?;
    let tallies = tallies(material, &blocks.block);
    part.extend(material.sentences.paragraph("housing", &said(material, &estates, &tallies))?);
    part.heading("高投诉小区");
    part.push(Block::Table(high(material, &estates)));
    part.push(Block::Table(top(material, &estates)));
    for per in Per::ALL.into_iter().filter(|_| has_whole_estates(material)) {
        part.push(Block::Table(sizes::estates(material, &estates, per)));
    }
    part.heading("物业服务企业");
    part.push(Block::Table(by_company(material, &companies)));
    for per in Per::ALL.into_iter().filter(|_| material.frame.scope.is_none()) {
        part.push(Block::Table(sizes::companies(material, &companies, per)));
    }
    part.heading("重点问题");
    let all = i64::try_from(material.received().count()).unwrap_or(i64::MAX);
    let rows = tallies.iter().map(|tally| tally.row("block", all, &mut part));
    let table = Table {
        id: "blocks".to_owned(),
        title: "电梯、漏水、停车、供暖".to_owned(),
        rows: rows.collect(),
        columns: columns("问题"),
        note: Some("口径：全量，周期内受理，按配置的类别归集。".to_owned()),
    };
    part.push(Block::Table(table));
    part.push(Block::Table(by_category(material, &blocks.block)));
    Ok(part)
}

fn tallies(material: &Material<'_>, blocks: &[Matter]) -> Vec<Tally> {
    let directory = &material.frame.directory;
    blocks
        .iter()
        .map(|block| {
            let codes = block.categories.iter().flat_map(|code| directory.category_subtree(code));
            let codes: BTreeSet<String> = codes.map(|code| code.to_string()).collect();
            let inside = |facts: &crate::assessment::facts::Facts| symbols(&facts.names, &codes);
            let now = inside(material.facts);
            let count = |against| {
                let inside = material.then(against).map(|(_, facts)| inside(facts))?;
                material.count_then(against, |_, it| inside[it.keys.category.index()])
            };
            Tally {
                key: block.id.clone(),
                name: block.name.clone(),
                ids: material.ids(|_, it| now[it.keys.category.index()]),
                previous: count(Previous),
                year: count(Year),
            }
        })
        .collect()
}

/// Whether the report has every ticket of an estate that it names: a part of them says nothing of its size.
fn has_whole_estates(material: &Material<'_>) -> bool {
    let by = material.frame.scope.as_ref().map(|scope| scope.by);
    matches!(by, None | Some(GroupBy::Region | GroupBy::Company))
}

/// In which time an estate has many tickets.
fn span(material: &Material<'_>) -> &'static str {
    if material.frame.window.is_named() { "近十二个周期" } else { "近一年" }
}

/// Estates with many tickets in a year.
fn high(material: &Material<'_>, figures: &Figures) -> Table {
    let (span, many) = (span(material), material.listing.estate_tickets);
    let count = |line: &&Line| {
        let key = line.key.as_deref().unwrap_or_default();
        material.extras.year_by_estate.get(key).copied().unwrap_or_default()
    };
    let mut rows: Vec<&Line> =
        figures.rates.rows.iter().filter(|line| count(line) >= many).collect();
    rows.sort_by_key(|line| (Reverse(count(line)), line.key.clone()));
    let title = format!("高投诉小区（{span}不少于{many}件）");
    let note = format!("{span}受理不少于{many}件的小区。");
    let mut table = of_estates(material, figures, &rows, ("estates_high", &title), &note);
    table.columns.insert(1, column("year_count", span, Format::Count));
    for (row, line) in table.rows.iter_mut().zip(&rows) {
        row.cells.insert(1, plain(Value::Count(count(line))));
    }
    table
}

fn top(material: &Material<'_>, figures: &Figures) -> Table {
    let received = |line: &Line| line.cell(Metric::Received).exact;
    let mut rows: Vec<&Line> = figures
        .rates
        .rows
        .iter()
        .filter(|line| received(line) > 0 && line.key.as_deref() != Some("-"))
        .collect();
    rows.sort_by_key(|line| (Reverse(received(line)), line.key.clone()));
    rows.truncate(TOP);
    of_estates(material, figures, &rows, ("estates", "本期受理较多的小区"), "")
}

fn by_company(material: &Material<'_>, figures: &Figures) -> Table {
    let sizes = sizes::of_companies(material);
    let received = |line: &Line| line.cell(Metric::Received).exact;
    let mut rows: Vec<&Line> = figures.rates.rows.iter().collect();
    if material.frame.scope.is_some() {
        rows.retain(|line| received(line) > 0);
    }
    let is_none = |line: &Line| line.key.as_deref() == Some("-");
    rows.sort_by_key(|line| (is_none(line), Reverse(received(line)), line.key.clone()));
    let cols = [
        Col::Name("物业服务企业"),
        Col::Of(Metric::Received),
        Col::Share(Metric::Received),
        Col::Change(Metric::Received, Previous),
        Col::Change(Metric::Received, Year),
        Col::Of(Metric::ResponseRate),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
        Col::Of(Metric::Composite),
        Col::Rank,
        Col::Small,
    ];
    let mut rows: Vec<(&Line, Size)> =
        rows.into_iter().map(|line| (line, sizes::of_row(&sizes, line))).collect();
    rows.push((figures.total(), Size::default()));
    let shown = (figures, &material.frame.scoring);
    sizes::table(shown, &rows, ("companies", "物业服务企业", sizes::RUN), &cols)
}

/// A table of estates with what each comes to for its size.
fn of_estates(
    material: &Material<'_>,
    figures: &Figures,
    rows: &[&Line],
    (id, title): (&str, &str),
    note: &str,
) -> Table {
    let size = |line: &Line| sizes::of_estate(material, line);
    let rows: Vec<(&Line, Size)> = rows.iter().map(|line| (*line, size(line))).collect();
    sizes::table((figures, &material.frame.scoring), &rows, (id, title, note), &sizes::ESTATE)
}

/// The categories of each block with their rates.
fn by_category(material: &Material<'_>, blocks: &[Matter]) -> Table {
    let figures = Figures::of(material, GroupBy::Category, Depth::RollUp, Edition::All);
    let listed: Vec<(&Matter, &Line)> = blocks
        .iter()
        .flat_map(|block| {
            let rows = block.categories.iter().filter_map(|code| figures.row(code.as_str()));
            rows.map(move |line| (block, line))
        })
        .collect();
    let cols = [
        Col::Name("类别"),
        Col::Of(Metric::Received),
        Col::Change(Metric::Received, Previous),
        Col::Change(Metric::Received, Year),
        Col::Of(Metric::ResponseRate),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
        Col::Of(Metric::HandlingTime),
    ];
    let scoring = &material.frame.scoring;
    let rows = listed.iter().map(|(_, line)| (0, *line)).collect();
    let lines = Lines { main: &figures, other: None, scoring, rows };
    let mut table = lines.table("block_categories", "重点问题各类别", &cols, "类别含其下各级。");
    table.columns.insert(0, column("block", "问题", Format::Text));
    for (row, (block, _)) in table.rows.iter_mut().zip(&listed) {
        row.cells.insert(0, text(block.name.clone()));
    }
    table
}

fn said(material: &Material<'_>, estates: &Figures, tallies: &[Tally]) -> serde_json::Value {
    let many = material.listing.estate_tickets;
    let high = material.extras.year_by_estate.values().filter(|count| **count >= many).count();
    let mut by_count: Vec<&Line> =
        estates.rates.rows.iter().filter(|line| line.key.as_deref() != Some("-")).collect();
    by_count.sort_by_key(|line| (Reverse(line.cell(Metric::Received).exact), line.key.clone()));
    let most = by_count.first().filter(|line| line.cell(Metric::Received).exact > 0);
    json!({
        "high": high,
        "many": many,
        "span": span(material),
        "most": most.map(|line| json!({
            "name": line.name,
            "received": sentences::figure(estates, line, Metric::Received),
        })),
        "blocks": tallies.iter().filter(|it| !it.ids.is_empty()).map(|it| json!({
            "name": it.name,
            "count": it.count(),
            "previous": it.previous,
            "growth": super::tally::growth(it.count(), it.previous),
        })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_name_categories_of_the_taxonomy() {
        let taxonomy = include_str!("../../../config/taxonomy/housing.csv");
        let known: BTreeSet<&str> =
            taxonomy.lines().filter_map(|line| line.split(',').next()).collect();
        for block in &BLOCKS.as_ref().unwrap().block {
            for code in &block.categories {
                assert!(known.contains(code.as_str()), "{}: {code}", block.id);
            }
        }
    }
}
