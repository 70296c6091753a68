//! Reports, contents: how each unit handled what it got, 办理质量. Its rule: ranked within its peers by the edition that is
//! assessed; whoever had few answers is listed with an interval and no rank.

use std::collections::BTreeMap;

use serde_json::json;

use super::chart;
use super::columns::{Col, Lines, column};
use super::figure::{Figures, ratio};
use super::part::{Part, plain, text};
use super::sentences;
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row as Line};
use crate::directory::UnitCode;
use crate::error::Result;
use crate::reports::document::{Block, ChartKind, Column, Format, Row, Table, Value, overdue_of};
use crate::reports::extras::Totals;
use crate::reports::material::Material;

/// Below this in any of the three rates a unit is named.
const BELOW: f64 = 0.9;

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn units(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("units", "办理质量");
    let assessed =
        Figures::of(material, GroupBy::Unit, Depth::Own, Edition::Assessed).beside_others(material);
    let all = Figures::of(material, GroupBy::Unit, Depth::Own, Edition::All);
    let ordered = ordered(&assessed);
    let below: Vec<&Line> = ordered.iter().copied().filter(|row| is_below(row)).collect();
    let flagged: Vec<&Line> =
        ordered.iter().copied().filter(|row| row.flagged && row.n > 0).collect();
    part.extend(
        material.sentences.paragraph("units", &said(&assessed, &ordered, &below, material))?,
    );
    part.heading("各单位三率与综合得分");
    let table = quality(material, "units", (&assessed, &all), &ordered, "承办单位");
    part.push(chart::of(&table, "各单位综合得分", ChartKind::Bar, &["composite"], 30));
    part.push(Block::Table(table));
    part.push(Block::Table(process(material, &assessed, &ordered)));
    part.heading("低于90%的单位");
    part.push(Block::Table(below_table(material, &assessed, &below)));
    part.heading("样本较少的单位");
    let small = match &material.extras.quarter {
        Some(quarter) => small_table(material, quarter, &flagged),
        None => small_alone(material, &assessed, &flagged),
    };
    part.push(Block::Table(small));
    part.heading("逾期单位");
    let overdue = overdue(material, &assessed, &mut part);
    part.push(Block::Table(overdue));
    part.heading("按一把手");
    let heads =
        Figures::of(material, GroupBy::Head, Depth::Own, Edition::Assessed).beside_others(material);
    let heads_all = Figures::of(material, GroupBy::Head, Depth::Own, Edition::All);
    let rows = busy(&heads);
    part.push(Block::Table(quality(material, "heads", (&heads, &heads_all), &rows, "一把手")));
    Ok(part)
}

/// By peers, then by band and rank; whoever has none comes last.
fn ordered(figures: &Figures) -> Vec<&Line> {
    let mut rows: Vec<&Line> = figures.rates.rows.iter().collect();
    rows.sort_by_key(|row| {
        let peers = (row.peers.is_none(), row.peers.clone());
        let place = [row.band, row.rank].map(|place| place.unwrap_or(u32::MAX));
        (row.key.as_deref() == Some("-"), peers, place)
    });
    rows
}

/// Those with anything in them.
fn busy(figures: &Figures) -> Vec<&Line> {
    let is_busy = |row: &&Line| row.cells.iter().any(|it| it.exact != 0 || it.den > Some(0));
    ordered(figures).into_iter().filter(is_busy).collect()
}

fn is_below(row: &Line) -> bool {
    let low = |metric: &Metric| row.cell(*metric).value.is_some_and(|value| value < BELOW);
    row.key.as_deref() != Some("-") && Metric::THREE.iter().any(low)
}

fn quality(
    material: &Material<'_>,
    id: &str,
    (assessed, all): (&Figures, &Figures),
    rows: &[&Line],
    heading: &'static str,
) -> Table {
    let mut cols = vec![
        Col::Name(heading),
        Col::Peers,
        Col::Rank,
        Col::Band,
        Col::Answers,
        Col::Of(Metric::ResponseRate),
        Col::Fair(Metric::ResponseRate),
        Col::FairInterval(Metric::ResponseRate),
        Col::Of(Metric::ResolutionRate),
        Col::Fair(Metric::ResolutionRate),
        Col::FairInterval(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
        Col::Fair(Metric::SatisfactionRate),
        Col::FairInterval(Metric::SatisfactionRate),
        Col::Of(Metric::Composite),
        Col::Interval(Metric::Composite),
        Col::Change(Metric::Composite, Previous),
        Col::Change(Metric::Composite, Year),
        Col::Other(Metric::Composite),
        Col::Small,
    ];
    let mut note = format!(
        "同类组内按综合得分排名，同分同名次；有效回访少于{}件的不排名；同档的区间相接，不宜区分高下。\
         与同类诉求之差为本行减去他人办理相同类别、相同小区诉求的期望值（百分点），区间含0的不能说好坏。",
        material.frame.scoring.small_n
    );
    if material.frame.scoring.bands {
        note += "同档不止一个单位的，只列档次，不列名次。";
    }
    let most = material.frame.scoring.listed;
    if most > 0 {
        cols.insert(4, Col::List);
        note += &format!("同类组前后各{most}名中，区间与其余单位不相接的列入红榜、黑榜。");
    }
    let lines = lines(material, assessed, Some(all), rows);
    lines.table(id, &format!("{heading}三率与综合得分"), &cols, &note)
}

fn process(material: &Material<'_>, figures: &Figures, rows: &[&Line]) -> Table {
    let cols = [
        Col::Name("承办单位"),
        Col::Of(Metric::Received),
        Col::Of(Metric::Finished),
        Col::Of(Metric::CarriedOver),
        Col::Of(Metric::OnTimeRate),
        Col::Of(Metric::AssistOnTimeRate),
        Col::Of(Metric::ContactRate),
        Col::Of(Metric::SignRate),
        Col::Of(Metric::ReturnRate),
        Col::Of(Metric::ReworkRate),
        Col::Of(Metric::ReworkOnTimeRate),
        Col::Of(Metric::UrgeRate),
        Col::Of(Metric::ExtensionRate),
        Col::Of(Metric::WithdrawalRate),
        Col::Of(Metric::RepeatRate),
        Col::Of(Metric::ReportInRate),
        Col::Of(Metric::HandlingTime),
        Col::Median,
        Col::P90,
    ];
    let lines = lines(material, figures, None, rows);
    lines.table("units_process", "各单位办理过程", &cols, "办理时长为工作小时。")
}

fn below_table(material: &Material<'_>, figures: &Figures, rows: &[&Line]) -> Table {
    let cols = [
        Col::Name("承办单位"),
        Col::Answers,
        Col::Of(Metric::ResponseRate),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
        Col::Interval(Metric::SatisfactionRate),
        Col::Small,
    ];
    let rows: Vec<(u8, &Line)> = rows.iter().map(|row| (0, *row)).collect();
    let lines = Lines { main: figures, other: None, scoring: &material.frame.scoring, rows };
    let note = "三率中任一项低于90%的单位；样本少的单位请看区间，不宜据此评判。";
    lines.table("units_below", "任一率低于90%的单位", &cols, note)
}

/// Of whom few answered, in this window alone: three windows in one are not told of every report.
fn small_alone(material: &Material<'_>, figures: &Figures, rows: &[&Line]) -> Table {
    let cols = [
        Col::Name("承办单位"),
        Col::Answers,
        Col::Of(Metric::ResponseRate),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
        Col::Interval(Metric::Composite),
    ];
    let rows: Vec<(u8, &Line)> = rows.iter().map(|row| (0, *row)).collect();
    let lines = Lines { main: figures, other: None, scoring: &material.frame.scoring, rows };
    let why = if material.frame.window.is_named() {
        "本报告不是按单位划定范围，不作三个周期合计"
    } else {
        "本期不是一个考核周期，不作三个周期合计"
    };
    lines.table("units_small", "样本较少的单位", &cols, &format!("{why}，请看区间。"))
}

/// The last three windows in one, of whom few answered.
fn small_table(
    material: &Material<'_>,
    quarter: &BTreeMap<String, Totals>,
    rows: &[&Line],
) -> Table {
    let scoring = &material.frame.scoring;
    let rows = rows.iter().map(|line| {
        let key = line.key.clone().unwrap_or_default();
        let quarter = quarter.get(&key).cloned().unwrap_or_default();
        let rate = |metric: Metric| {
            let (num, den) = quarter.of(metric);
            plain(ratio(num as f64 / metric.scale() as f64, den))
        };
        let cells = vec![
            text(line.name.clone()),
            plain(Value::Count(line.n)),
            plain(Value::Count(quarter.of(Metric::ResponseRate).1)),
            rate(Metric::ResponseRate),
            rate(Metric::ResolutionRate),
            rate(Metric::SatisfactionRate),
            plain(quarter.score(scoring).map_or(Value::None, Value::Number)),
        ];
        Row { key, level: 0, cells }
    });
    let of = |metric: Metric, format| {
        let definition = metric.define(scoring);
        let (id, name) = (format!("{metric}.quarter"), format!("三个周期{}", metric.zh()));
        let (definition, formula) = (Some(definition.id), Some(definition.formula));
        Column { id, name, format, definition, formula }
    };
    let columns = vec![
        column("name", "承办单位", Format::Text),
        column("n", "本期有效回访", Format::Count),
        column("n.quarter", "三个周期有效回访", Format::Count),
        of(Metric::ResponseRate, Format::Percent),
        of(Metric::ResolutionRate, Format::Percent),
        of(Metric::SatisfactionRate, Format::Percent),
        of(Metric::Composite, Format::Number),
    ];
    Table {
        id: "units_small".to_owned(),
        title: "样本较少的单位：本期及前两个周期合计".to_owned(),
        columns,
        rows: rows.collect(),
        note: Some("三个周期合计为全量口径，分子之和÷分母之和。".to_owned()),
    }
}

fn overdue(material: &Material<'_>, figures: &Figures, part: &mut Part) -> Table {
    let mut by_unit: BTreeMap<&str, Vec<&crate::reports::extras::Overdue>> = BTreeMap::new();
    for one in &material.extras.overdue {
        by_unit.entry(&one.unit).or_default().push(one);
    }
    let mut found: Vec<_> = by_unit.into_iter().collect();
    found.sort_by_key(|(unit, all)| (std::cmp::Reverse(all.len()), *unit));
    let mut rows = Vec::new();
    for (unit, all) in found {
        let known = material.frame.directory.unit(&UnitCode::new(unit));
        let name = known.map_or_else(|| unit.to_owned(), |it| it.name.clone());
        let ids = all.iter().map(|it| it.ticket).collect();
        let longest = all.iter().map(|it| it.due_at).min();
        let on_time = figures.row(unit).map(|row| figures.cell(row, Metric::OnTimeRate));
        let cells = vec![
            text(name),
            part.counted(&overdue_of(unit), ids),
            plain(longest.map_or(Value::None, Value::Instant)),
            on_time.unwrap_or(plain(Value::None)),
        ];
        rows.push(Row { key: unit.to_owned(), level: 0, cells });
    }
    let definition = Metric::OnTimeRate.define(&material.frame.scoring);
    let mut columns = vec![
        column("name", "承办单位", Format::Text),
        column("count", "逾期未办结子单", Format::Count),
        column("longest", "最早到期", Format::Instant),
        column("on_time_rate", "按时办结率", Format::Percent),
    ];
    columns[3].definition = Some(definition.id);
    columns[3].formula = Some(definition.formula);
    Table {
        id: "units_overdue".to_owned(),
        title: "逾期未办结".to_owned(),
        columns,
        rows,
        note: Some(
            "统计时点（周期结束时；未结束的为取数时）在办、最近一次时限已过的主办和协办子单。"
                .to_owned(),
        ),
    }
}

fn lines<'a>(
    material: &'a Material<'_>,
    main: &'a Figures,
    other: Option<&'a Figures>,
    rows: &[&'a Line],
) -> Lines<'a> {
    let mut rows: Vec<(u8, &Line)> = rows.iter().map(|row| (0, *row)).collect();
    rows.push((0, main.total()));
    Lines { main, other, scoring: &material.frame.scoring, rows }
}

fn said(
    figures: &Figures,
    ordered: &[&Line],
    below: &[&Line],
    material: &Material<'_>,
) -> serde_json::Value {
    let mut firsts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in ordered.iter().filter(|row| row.rank == Some(1)) {
        firsts.entry(row.peers.as_deref().unwrap_or_default()).or_default().push(&row.name);
    }
    let firsts =
        firsts.iter().map(|(peers, names)| json!({"peers": peers, "names": names.join("、")}));
    let sure = below.iter().filter(|row| !row.flagged);
    let mut late: Vec<&str> = material.extras.overdue.iter().map(|it| it.unit.as_str()).collect();
    late.sort_unstable();
    late.dedup();
    json!({
        "ranked": ordered.iter().filter(|row| row.band.is_some()).count(),
        "small": ordered.iter().filter(|row| row.flagged && row.n > 0).count(),
        "small_n": material.frame.scoring.small_n,
        "firsts": firsts.collect::<Vec<_>>(),
        "below": sure.map(|row| row.name.as_str()).collect::<Vec<_>>(),
        "late_units": late.len(),
        "overdue": material.extras.overdue.len(),
        "on_time": sentences::figure(figures, figures.total(), Metric::OnTimeRate),
        "contact": sentences::figure(figures, figures.total(), Metric::ContactRate),
        "return": sentences::figure(figures, figures.total(), Metric::ReturnRate),
        "rework": sentences::figure(figures, figures.total(), Metric::ReworkRate),
    })
}
