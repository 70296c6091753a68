//! Reports, contents: the overview 总体情况. Its rule: both editions side by side, with the number excluded per reason.

use std::collections::BTreeMap;

use serde_json::json;

use super::columns::{column, interval};
use super::figure::{Figures, ratio};
use super::part::{Part, plain, text};
use super::sentences;
use super::tally::{self, Tally};
use crate::assessment::facts::Sym;
use crate::assessment::likewise::{Against, Change};
use crate::assessment::{Depth, Edition, GroupBy, Metric, Side};
use crate::error::Result;
use crate::reports::document::{
    Block, Cell, Column, DEFINITION, FORMULA, Format, Row, Table, Value,
};
use crate::reports::material::Material;
use crate::reports::scope::OBJECTION;
use crate::ticket::overlay::ExclusionReason;

const COUNTS: [Metric; 7] = [
    Metric::Received,
    Metric::Finished,
    Metric::CarriedOver,
    Metric::Declined,
    Metric::Diverted,
    Metric::Withdrawn,
    Metric::Merged,
];
const RATES: [Metric; 10] = [
    Metric::ResponseRate,
    Metric::ResolutionRate,
    Metric::SatisfactionRate,
    Metric::FirstResolutionRate,
    Metric::ContactRate,
    Metric::SignRate,
    Metric::OnTimeRate,
    Metric::ReworkRate,
    Metric::RepeatRate,
    Metric::DirectRate,
];

/// Both editions of the figures of everything.
pub(super) struct Editions {
    pub all: Figures,
    pub assessed: Figures,
}

impl Editions {
    pub(super) fn of(material: &Material<'_>) -> Self {
        // By what the scope is about, so that a total holds what is inside and nothing else.
        let by = material.frame.scope.as_ref().map_or(GroupBy::Unit, |scope| scope.by);
        let of = |edition| Figures::of(material, by, Depth::Own, edition);
        Self { all: of(Edition::All), assessed: of(Edition::Assessed) }
    }

    fn cells(&self, metric: Metric, show: impl Fn(&Figures) -> Cell) -> Vec<Cell> {
        let all = &self.all;
        let then = |against| all.cell_then(all.total(), metric, against);
        let change = |against| all.cell_change(all.total(), metric, against);
        vec![
            show(all),
            show(&self.assessed),
            then(Against::Previous),
            change(Against::Previous),
            then(Against::Year),
            change(Against::Year),
        ]
    }
}

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn overview(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("overview", "总体情况");
    let editions = Editions::of(material);
    let excluded = excluded(material, &mut part);
    let counts = counts(material, &editions, &mut part);
    let said = said(material, &editions, &excluded);
    part.extend(material.sentences.paragraph("overview", &said)?);
    part.push(Block::Table(counts));
    part.push(Block::Table(rates(material, &editions)));
    part.push(Block::Table(score(material, &editions)));
    part.push(Block::Table(time(material, &editions)));
    part.push(Block::Table(excluded));
    Ok(part)
}

fn compared(format: Format, change: Format) -> Vec<Column> {
    vec![
        column("name", "指标", Format::Text),
        column("all", "全量", format),
        column("assessed", "考核", format),
        column("previous", "上期", format),
        column("previous.change", "环比", change),
        column("year", "去年同期", format),
        column("year.change", "同比", change),
    ]
}

fn defined(mut columns: Vec<Column>) -> Vec<Column> {
    columns.push(column(DEFINITION, "定义", Format::Text));
    columns.push(column(FORMULA, "公式", Format::Text));
    columns
}

fn definition(material: &Material<'_>, metric: Metric) -> [Cell; 2] {
    let definition = metric.define(&material.frame.scoring);
    [text(definition.id), text(definition.formula)]
}

fn table(id: &str, title: &str, columns: Vec<Column>, rows: Vec<Row>, note: &str) -> Table {
    let note = (!note.is_empty()).then(|| note.to_owned());
    Table { id: id.to_owned(), title: title.to_owned(), columns, rows, note }
}

fn row(key: &str, cells: Vec<Cell>) -> Row {
    Row { key: key.to_owned(), level: 0, cells }
}

fn counts(material: &Material<'_>, editions: &Editions, part: &mut Part) -> Table {
    let mut columns = compared(Format::Count, Format::Growth);
    columns.push(column("per_day", "日均", Format::Number));
    let days = material.frame.days();
    let mut rows = Vec::new();
    for metric in COUNTS {
        let mut cells = vec![text(metric.zh())];
        cells.extend(editions.cells(metric, |it| it.cell(it.total(), metric)));
        let per_day = match metric {
            Metric::Received | Metric::Finished => {
                let cell = editions.all.cell(editions.all.total(), metric);
                let count = editions.all.total().cell(metric).num.unwrap_or_default();
                Cell { value: ratio(count, days), ..cell }
            }
            _ => plain(Value::None),
        };
        cells.push(per_day);
        cells.extend(definition(material, metric));
        rows.push(row(metric.as_str(), cells));
    }
    rows.insert(1, direct(material, editions));
    rows.insert(2, dispatched(material, part));
    rows.push(overdue(material, part));
    let note = "已派单：现有主办单位的工单。逾期未办结：统计时点（周期结束时；未结束的为取数时）在办、最近一次时限已过的主办和协办子单。";
    table("overview_counts", "受理与办理", defined(columns), rows, note)
}

fn direct(material: &Material<'_>, editions: &Editions) -> Row {
    let metric = Metric::DirectRate;
    let is_direct = Tally::of(material, ("direct", "直接答复"), |_, it| it.direct);
    let num = |it: &Figures| it.cell_num(it.total(), metric);
    let mut cells = vec![text("直接答复量"), num(&editions.all), num(&editions.assessed)];
    cells.extend(earlier(&is_direct));
    cells.push(plain(Value::None));
    cells.extend(definition(material, metric));
    row("direct", cells)
}

fn dispatched(material: &Material<'_>, part: &mut Part) -> Row {
    let tally = Tally::of(material, ("dispatched", "已派单"), |_, it| it.keys.unit != Sym::NONE);
    let counted = material.ids(|_, it| it.keys.unit != Sym::NONE && it.excluded == Sym::NONE);
    let mut cells = vec![
        text("派单量"),
        part.counted("dispatched", tally.ids.clone()),
        part.counted("dispatched.assessed", counted),
    ];
    cells.extend(earlier(&tally));
    cells.extend([plain(Value::None), text(""), text("现有主办单位的工单")]);
    row("dispatched", cells)
}

fn earlier(tally: &Tally) -> [Cell; 4] {
    let now = tally.count();
    [
        tally::known(tally.previous),
        tally::grown(now, tally.previous),
        tally::known(tally.year),
        tally::grown(now, tally.year),
    ]
}

fn overdue(material: &Material<'_>, part: &mut Part) -> Row {
    let ids = material.extras.overdue.iter().map(|it| it.ticket).collect();
    let mut cells = vec![text("逾期未办结子单"), part.counted("overdue", ids)];
    cells.extend(std::iter::repeat_n(plain(Value::None), 6));
    cells.extend([text(""), text("统计时点在办、最近一次时限已过的主办和协办子单")]);
    row("overdue", cells)
}

fn rates(material: &Material<'_>, editions: &Editions) -> Table {
    let mut columns = compared(Format::Percent, Format::Points);
    columns.push(column("interval", "区间（全量）", Format::Text));
    let of = |metric: Metric| {
        let mut cells = vec![text(metric.zh())];
        cells.extend(editions.cells(metric, |it| it.cell(it.total(), metric)));
        cells.push(interval(editions.all.total(), metric).map_or(plain(Value::None), text));
        cells.extend(definition(material, metric));
        row(metric.as_str(), cells)
    };
    let note = "合计为分子之和÷分母之和，不是各单位比率的平均；区间为Wilson 95%置信区间。";
    table("overview_rates", "各项比率", defined(columns), RATES.map(of).into(), note)
}

fn score(material: &Material<'_>, editions: &Editions) -> Table {
    let metric = Metric::Composite;
    let mut columns = compared(Format::Number, Format::Number);
    columns.push(column("interval", "区间（全量）", Format::Text));
    let mut cells = vec![text(metric.zh())];
    cells.extend(editions.cells(metric, |it| it.cell(it.total(), metric)));
    cells.push(interval(editions.all.total(), metric).map_or(plain(Value::None), text));
    cells.extend(definition(material, metric));
    let rows = vec![row(metric.as_str(), cells)];
    table("overview_score", "综合得分", defined(columns), rows, "")
}

fn time(material: &Material<'_>, editions: &Editions) -> Table {
    type Pick = fn(&crate::assessment::Cell) -> Option<f64>;
    let picks: [(&str, &str, Pick); 3] = [
        ("mean", "平均", |it| it.value),
        ("median", "中位数", |it| it.median),
        ("p90", "P90", |it| it.p90),
    ];
    let metric = Metric::HandlingTime;
    let rows = picks.map(|(key, name, pick)| {
        let all = &editions.all;
        let show = |it: &Figures| {
            if key == "mean" {
                return it.cell(it.total(), metric);
            }
            let source = Some(it.source(it.total(), metric, Side::Num));
            let value = pick(it.total().cell(metric)).map_or(Value::None, Value::Number);
            Cell { value, source }
        };
        let now = pick(all.total().cell(metric));
        let then = |against| all.then(all.total(), metric, against).and_then(pick);
        let number = |it: Option<f64>| plain(it.map_or(Value::None, Value::Number));
        let grown = |then: Option<f64>| {
            let both = now.zip(then.filter(|then| *then > 0.0));
            number(both.map(|(now, then)| (now - then) / then))
        };
        let (previous, year) = (then(Against::Previous), then(Against::Year));
        let mut cells = vec![
            text(name),
            show(all),
            show(&editions.assessed),
            number(previous),
            grown(previous),
            number(year),
            grown(year),
        ];
        cells.extend(definition(material, metric));
        row(key, cells)
    });
    let note =
        "周期内办结工单自受理至首次审核通过或直接答复的工作小时，扣除挂账（handling_time@1）。";
    let columns = defined(compared(Format::Hours, Format::Growth));
    table("overview_time", "办理时长（工作小时）", columns, rows.into(), note)
}

fn excluded(material: &Material<'_>, part: &mut Part) -> Table {
    let mut by_reason: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for fact in material.received().filter(|it| it.excluded != Sym::NONE) {
        let reason = material.facts.names.text(fact.excluded).to_owned();
        by_reason.entry(reason).or_default().push(fact.id);
    }
    let all: Vec<i64> = by_reason.values().flatten().copied().collect();
    let mut rows: Vec<Row> = Vec::new();
    for (reason, ids) in by_reason {
        let name = match reason.parse::<ExclusionReason>() {
            Ok(known) => known.zh(),
            Err(_) if reason == OBJECTION => "核对期异议成立",
            Err(_) => reason.as_str(),
        };
        let cells = vec![text(name), part.counted(&format!("excluded.{reason}"), ids)];
        rows.push(row(&reason, cells));
    }
    let sum = part.counted("excluded", all);
    rows.push(row("total", vec![text("合计"), sum]));
    let columns =
        vec![column("name", "剔除原因", Format::Text), column("count", "件数", Format::Count)];
    let note = "周期内受理、已批准剔除的工单：计入全量口径，不计入考核口径的任何指标。";
    table("excluded", "剔除工单", columns, rows, note)
}

fn said(material: &Material<'_>, editions: &Editions, excluded: &Table) -> serde_json::Value {
    let all = &editions.all;
    let of = |metric| sentences::figure(all, all.total(), metric);
    let assessed =
        |metric| sentences::figure(&editions.assessed, editions.assessed.total(), metric);
    let time = all.total().cell(Metric::HandlingTime);
    let received = all.total().cell(Metric::Received);
    let previous = all.then(all.total(), Metric::Received, Against::Previous);
    let excluded = excluded.rows.last().and_then(|row| row.cells.get(1)).map(|it| &it.value);
    json!({
        "received": of(Metric::Received),
        "received_change": previous.map(|then| Change::of(then, received).growth),
        "per_day": received.num.map(|num| num / material.frame.days() as f64),
        "direct": of(Metric::DirectRate),
        "dispatched": material.ids(|_, it| it.keys.unit != Sym::NONE).len(),
        "finished": of(Metric::Finished),
        "carried_over": of(Metric::CarriedOver),
        "overdue": material.extras.overdue.len(),
        "contact": of(Metric::ContactRate),
        "on_time": of(Metric::OnTimeRate),
        "response": of(Metric::ResponseRate),
        "resolution": of(Metric::ResolutionRate),
        "satisfaction": of(Metric::SatisfactionRate),
        "composite": of(Metric::Composite),
        "assessed": {
            "composite": assessed(Metric::Composite),
            "response": assessed(Metric::ResponseRate),
            "resolution": assessed(Metric::ResolutionRate),
            "satisfaction": assessed(Metric::SatisfactionRate),
        },
        "time": {"mean": time.value, "median": time.median, "p90": time.p90},
        "excluded": match excluded { Some(Value::Count(count)) => *count, _ => 0 },
    })
}
