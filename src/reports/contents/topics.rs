//! Reports, contents: what was asked for most and what grows, 热点问题. Its rule: by the second level of the taxonomy; a
//! growth from a handful is no news.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::json;

use super::cases;
use super::columns::{Col, Lines, column};
use super::figure::Figures;
use super::part::{Part, text};
use super::sentences;
use super::structure::level;
use crate::assessment::facts::{Solved, Sym, TicketFact};
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row};
use crate::directory::{CategoryCode, EstateCode};
use crate::error::Result;
use crate::reports::document::{Block, Cell, Format, Table};
use crate::reports::material::Material;

/// How many hot topics there are at most.
const TOPICS: usize = 5;
/// How many categories that grow.
const GROWING: usize = 5;
/// Fewer tickets than this are no growth to speak of.
const LEAST: i64 = 10;
/// How many estates stand beside a topic.
const ESTATES: usize = 3;

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn topics(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("topics", "热点问题");
    let figures = Figures::of(material, GroupBy::Category, Depth::RollUp, Edition::All);
    let (hot, growing) = (hot(material, &figures), growing(material, &figures));
    let named = |row: &&Row| {
        json!({
            "name": row.name,
            "received": sentences::figure(&figures, row, Metric::Received),
            "share": share(&figures, row),
            "estates": estates(material, row).join("、"),
        })
    };
    let said = json!({
        "topics": hot.iter().map(named).collect::<Vec<_>>(),
        "growing": growing.iter().map(named).collect::<Vec<_>>(),
    });
    part.extend(material.sentences.paragraph("topics", &said)?);
    let table = hot_table(material, &figures, &hot, &mut part);
    part.push(Block::Table(table));
    let shown = cases::cases(material, &hot)?;
    part.extend(shown.map(Block::Table));
    part.open("cases", "典型案例剖析：从“待剖析”一列所列工单中选取，隐去诉求人信息后撰写");
    part.push(Block::Table(growing_table(material, &figures, &growing)));
    Ok(part)
}

fn share(figures: &Figures, row: &Row) -> f64 {
    let all = figures.total().cell(Metric::Received).exact.max(1);
    row.cell(Metric::Received).exact as f64 / all as f64
}

fn seconds<'a>(material: &'a Material<'_>, figures: &'a Figures) -> impl Iterator<Item = &'a Row> {
    let directory = &material.frame.directory;
    figures.rates.rows.iter().filter(move |row| level(directory, row) == Some(1))
}

fn hot<'a>(material: &'a Material<'_>, figures: &'a Figures) -> Vec<&'a Row> {
    let mut rows: Vec<&Row> =
        seconds(material, figures).filter(|row| row.cell(Metric::Received).exact > 0).collect();
    rows.sort_by_key(|row| (Reverse(row.cell(Metric::Received).exact), row.key.clone()));
    rows.truncate(TOPICS);
    rows
}

fn growing<'a>(material: &'a Material<'_>, figures: &'a Figures) -> Vec<&'a Row> {
    let growth = |row: &Row| figures.change(row, Metric::Received, Previous)?.growth;
    let mut rows: Vec<(f64, &Row)> = seconds(material, figures)
        .filter(|row| row.cell(Metric::Received).exact >= LEAST * Metric::Received.scale())
        .filter_map(|row| Some((growth(row)?, row)))
        .filter(|(growth, _)| *growth > 0.0)
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.key.cmp(&b.1.key)));
    rows.truncate(GROWING);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The tickets received of a category and all below it.
fn of_topic<'a>(material: &'a Material<'_>, row: &Row) -> impl Iterator<Item = &'a TicketFact> {
    let key = CategoryCode::new(row.key.clone().unwrap_or_default());
    let codes = material.frame.directory.category_subtree(&key);
    let keys = codes.iter().map(ToString::to_string).collect();
    let inside = crate::reports::scope::symbols(&material.facts.names, &keys);
    material.received().filter(move |it| inside[it.keys.category.index()])
}

/// `甲小区12件`, the most first.
fn estates(material: &Material<'_>, row: &Row) -> Vec<String> {
    let mut counts: BTreeMap<Sym, i64> = BTreeMap::new();
    for fact in of_topic(material, row).filter(|it| it.keys.estate != Sym::NONE) {
        *counts.entry(fact.keys.estate).or_default() += 1;
    }
    let mut counts: Vec<(Sym, i64)> = counts.into_iter().collect();
    let key = |sym: Sym| material.facts.names.text(sym);
    counts.sort_by_key(|(sym, count)| (Reverse(*count), key(*sym)));
    let name = |sym: Sym| {
        let code = EstateCode::new(key(sym));
        material
            .frame
            .directory
            .estate(&code)
            .map_or_else(|| key(sym).to_owned(), |it| it.name.clone())
    };
    counts.into_iter().take(ESTATES).map(|(sym, count)| format!("{}{count}件", name(sym))).collect()
}

/// Unsolved by the last answer, or brought again.
fn to_look_into(material: &Material<'_>, row: &Row) -> Vec<i64> {
    let is_case = |it: &&TicketFact| {
        it.survey.is_some_and(|survey| survey.solved == Solved::Unsolved) || it.earlier_at.is_some()
    };
    of_topic(material, row).filter(is_case).map(|it| it.id).collect()
}

fn hot_table(material: &Material<'_>, figures: &Figures, hot: &[&Row], part: &mut Part) -> Table {
    let cols = [
        Col::Name("热点"),
        Col::Of(Metric::Received),
        Col::Share(Metric::Received),
        Col::Then(Metric::Received, Previous),
        Col::Change(Metric::Received, Previous),
        Col::Change(Metric::Received, Year),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
    ];
    let mut table = lines(material, figures, hot).table("topics", "热点问题", &cols, "");
    table.columns.push(column("estates", "集中小区", Format::Text));
    table.columns.push(column("cases", "待剖析", Format::Count));
    for (line, row) in table.rows.iter_mut().zip(hot) {
        line.cells.push(text(estates(material, row).join("、")));
        let cases: Cell =
            part.counted(&format!("topic.{}.cases", line.key), to_look_into(material, row));
        line.cells.push(cases);
    }
    table.note = Some(
        "口径：全量，按二级类别。待剖析：最后一次有效回访未解决，或同一诉求人再次反映同一事项。"
            .to_owned(),
    );
    table
}

fn growing_table(material: &Material<'_>, figures: &Figures, growing: &[&Row]) -> Table {
    let cols = [
        Col::Name("类别"),
        Col::Of(Metric::Received),
        Col::Then(Metric::Received, Previous),
        Col::Change(Metric::Received, Previous),
        Col::Then(Metric::Received, Year),
        Col::Change(Metric::Received, Year),
    ];
    let note = format!("二级类别中本期不少于{LEAST}件、环比增长的，按增幅排列。");
    lines(material, figures, growing).table("growing", "增长较快的类别", &cols, &note)
}

fn lines<'a>(material: &'a Material<'_>, figures: &'a Figures, rows: &[&'a Row]) -> Lines<'a> {
    let rows = rows.iter().map(|row| (0, *row)).collect();
    Lines { main: figures, other: None, scoring: &material.frame.scoring, rows }
}
