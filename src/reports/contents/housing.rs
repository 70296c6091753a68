//! Reports, contents: estates, property companies and the matters that a housing bureau looks at each month 物业专题. Its
//! rule: how many is told beside how large: for 100 000 square metres and 1 000 households.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::json;

use super::columns::{Col, Lines, column};
use super::figure::Figures;
use super::part::{Part, plain, text};
use super::sentences;
use super::tally::{Tally, columns};
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row as Line, Side};
use crate::directory::{CategoryCode, EstateCode};
use crate::error::{Error, Result};
use crate::reports::document::{Block, Cell, Format, Table, Value};
use crate::reports::material::Material;
use crate::reports::scope::symbols;

/// An estate with so many tickets in twelve windows is listed ⚙.
const MANY: i64 = 31;
/// How many estates of the window are listed.
const TOP: usize = 20;
const SQUARE_METRES: f64 = 100_000.0;
const HOUSEHOLDS: f64 = 1_000.0;

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

/// Floor space and households of what a row stands for; nothing where some part of it is not known.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    m2: Option<i64>,
    households: Option<i64>,
}

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
    part.heading("物业服务企业");
    part.push(Block::Table(by_company(material, &companies)));
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

const ESTATE: [Col; 6] = [
    Col::Name("小区"),
    Col::Of(Metric::Received),
    Col::Change(Metric::Received, Previous),
    Col::Change(Metric::Received, Year),
    Col::Of(Metric::ResolutionRate),
    Col::Of(Metric::SatisfactionRate),
];

/// Estates with many tickets in twelve windows.
fn high(material: &Material<'_>, figures: &Figures) -> Table {
    let count = |line: &&Line| {
        let key = line.key.as_deref().unwrap_or_default();
        material.extras.year_by_estate.get(key).copied().unwrap_or_default()
    };
    let mut rows: Vec<&Line> =
        figures.rates.rows.iter().filter(|line| count(line) >= MANY).collect();
    rows.sort_by_key(|line| (Reverse(count(line)), line.key.clone()));
    let note = format!("近十二个周期受理不少于{MANY}件的小区。");
    let mut table = sized(material, figures, &rows, ("estates_high", "高投诉小区"), &note);
    table.columns.insert(1, column("year_count", "近十二个周期", Format::Count));
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
    sized(material, figures, &rows, ("estates", "本期受理较多的小区"), "")
}

/// A table of estates with what each comes to for its size.
fn sized(
    material: &Material<'_>,
    figures: &Figures,
    rows: &[&Line],
    (id, title): (&str, &str),
    note: &str,
) -> Table {
    let lines = Lines {
        main: figures,
        other: None,
        scoring: &material.frame.scoring,
        rows: rows.iter().map(|line| (0, *line)).collect(),
    };
    let mut table = lines.table(id, title, &ESTATE, note);
    for (row, line) in table.rows.iter_mut().zip(rows) {
        let code = EstateCode::new(line.key.clone().unwrap_or_default());
        let estate = material.frame.directory.estate(&code);
        let size = estate.map(|it| Size { m2: it.floor_space_m2, households: it.households });
        row.cells.extend(per_size(figures, line, size.unwrap_or_default()));
    }
    table.columns.extend(size_columns());
    table
}

fn size_columns() -> [crate::reports::document::Column; 2] {
    [
        column("per_100000_m2", "每10万平方米", Format::Number),
        column("per_1000_households", "每千户", Format::Number),
    ]
}

fn per_size(figures: &Figures, line: &Line, size: Size) -> [Cell; 2] {
    let num = line.cell(Metric::Received).num.unwrap_or_default();
    let of = |whole: Option<i64>, unit: f64| {
        let whole = whole.filter(|whole| *whole > 0);
        let value = whole.map_or(Value::None, |den| Value::Ratio {
            num,
            den,
            value: num * unit / den as f64,
        });
        Cell { value, source: Some(figures.source(line, Metric::Received, Side::Num)) }
    };
    [of(size.m2, SQUARE_METRES), of(size.households, HOUSEHOLDS)]
}

fn by_company(material: &Material<'_>, figures: &Figures) -> Table {
    let sizes = companies(material);
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
    let mut lines: Vec<(u8, &Line)> = rows.iter().map(|line| (0, *line)).collect();
    lines.push((0, figures.total()));
    let scoring = &material.frame.scoring;
    let lines = Lines { main: figures, other: None, scoring, rows: lines };
    let note = "面积、户数为周期末在管小区之和，有小区未登记的不折算；工单归受理时的在管企业。";
    let mut table = lines.table("companies", "物业服务企业", &cols, note);
    table.columns.extend(size_columns());
    for (row, line) in table.rows.iter_mut().zip(rows.into_iter().chain([figures.total()])) {
        let size = line.key.as_ref().and_then(|key| sizes.get(key)).copied();
        row.cells.extend(per_size(figures, line, size.unwrap_or_default()));
    }
    table
}

/// The estates that each company runs on the last day, added up; unknown where one of them is.
fn companies(material: &Material<'_>) -> BTreeMap<String, Size> {
    let frame = material.frame;
    let last = frame.window.end.min(frame.now).plus_millis(-1).day(frame.zone);
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    for estate in frame.directory.estates().filter(|it| it.span.holds_on(last)) {
        let Some(company) = estate.company_on(last) else { continue };
        let own = Size { m2: estate.floor_space_m2, households: estate.households };
        let sum = |a: Option<i64>, b: Option<i64>| a.zip(b).map(|(a, b)| a + b);
        sizes
            .entry(company.to_string())
            .and_modify(|size| {
                *size = Size {
                    m2: sum(size.m2, own.m2),
                    households: sum(size.households, own.households),
                };
            })
            .or_insert(own);
    }
    sizes
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
    let high = material.extras.year_by_estate.values().filter(|count| **count >= MANY).count();
    let mut by_count: Vec<&Line> =
        estates.rates.rows.iter().filter(|line| line.key.as_deref() != Some("-")).collect();
    by_count.sort_by_key(|line| (Reverse(line.cell(Metric::Received).exact), line.key.clone()));
    let most = by_count.first().filter(|line| line.cell(Metric::Received).exact > 0);
    json!({
        "high": high,
        "many": MANY,
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
