//! Reports, contents: the first page: what changed beyond noise, and which decision is asked. Its rule: a rate changed
//! where its interval and the earlier one do not meet, a count where it differs by more than three times the root of both.

use serde_json::json;

use super::columns::column;
use super::figure::Figures;
use super::overview::Editions;
use super::part::{Part, plain, text};
use super::structure::level;
use super::{sentences, words};
use crate::assessment::likewise::Against::Previous;
use crate::assessment::{Depth, Edition, GroupBy, Metric, Row as Line};
use crate::error::Result;
use crate::reports::document::{Block, Cell, DEFINITION, Format, Row, Table, Value};
use crate::reports::material::Material;

/// No more than so many lines: it is one page.
const MOST: usize = 12;
/// How many times the root a count must differ.
const ROOTS: f64 = 3.0;
const RATES: [Metric; 6] = [
    Metric::ResponseRate,
    Metric::ResolutionRate,
    Metric::SatisfactionRate,
    Metric::ContactRate,
    Metric::OnTimeRate,
    Metric::RepeatRate,
];

/// A figure that changed.
struct Shift<'a> {
    subject: String,
    metric: Metric,
    figures: &'a Figures,
    line: &'a Line,
    /// How far beyond noise, to sort by.
    strength: f64,
}

/// The section.
///
/// # Errors
/// As [`Sentences::paragraph`](crate::reports::Sentences::paragraph).
pub fn first_page(material: &Material<'_>) -> Result<Part> {
    let mut part = Part::new("first_page", "本期要点");
    let Editions { all, .. } = Editions::of(material);
    let units = Figures::of(material, GroupBy::Unit, Depth::Own, Edition::All);
    let categories = Figures::of(material, GroupBy::Category, Depth::RollUp, Edition::All);
    let estates = Figures::of(material, GroupBy::Estate, Depth::Own, Edition::All);
    let mut rates: Vec<Shift<'_>> =
        RATES.iter().filter_map(|metric| rate("全部", &all, all.total(), *metric)).collect();
    for line in keyed(&units) {
        let of_unit = Metric::THREE.into_iter();
        rates.extend(of_unit.filter_map(|metric| rate(&line.name, &units, line, metric)));
    }
    let mut counts: Vec<Shift<'_>> = count("全部", &all, all.total()).into_iter().collect();
    let directory = &material.frame.directory;
    let second = keyed(&categories).filter(|line| level(directory, line) == Some(1));
    counts.extend(second.filter_map(|line| count(&line.name, &categories, line)));
    counts.extend(keyed(&estates).filter_map(|line| count(&line.name, &estates, line)));
    for shifts in [&mut rates, &mut counts] {
        // What is of everything stands first.
        shifts.sort_by(|a, b| {
            let is_part = |it: &Shift<'_>| it.line.key.is_some();
            is_part(a).cmp(&is_part(b)).then(b.strength.total_cmp(&a.strength))
        });
        shifts.truncate(MOST);
    }
    let known = material.then(Previous).is_some();
    let said = said(material, &all, &rates, &counts, known);
    part.extend(material.sentences.paragraph("first_page", &said)?);
    part.push(Block::Table(rate_table(&rates)));
    part.push(Block::Table(count_table(&counts)));
    part.open("decision", "请写明提请领导决定的事项：一件事、几种办法、各有什么代价");
    Ok(part)
}

fn keyed(figures: &Figures) -> impl Iterator<Item = &Line> {
    figures.rates.rows.iter().filter(|line| line.key.as_deref() != Some("-"))
}

/// A rate whose interval does not meet the earlier one's.
fn rate<'a>(
    subject: &str,
    figures: &'a Figures,
    line: &'a Line,
    metric: Metric,
) -> Option<Shift<'a>> {
    let (now, then) = (line.cell(metric), figures.then(line, metric, Previous)?);
    let gap = (now.low? - then.high?).max(then.low? - now.high?);
    (gap > 0.0).then(|| Shift { subject: subject.to_owned(), metric, figures, line, strength: gap })
}

/// A count that differs from the earlier one, taken for as long a time, by more than three roots of both.
fn count<'a>(subject: &str, figures: &'a Figures, line: &'a Line) -> Option<Shift<'a>> {
    let metric = Metric::Received;
    let now = line.cell(metric).num?;
    let (then, longer) = (figures.then(line, metric, Previous)?.num?, figures.longer(Previous)?);
    let strength = roots(now, then, longer);
    (strength > ROOTS).then(|| Shift {
        subject: subject.to_owned(),
        metric,
        figures,
        line,
        strength,
    })
}

/// By how many roots of its variance `now` differs from `then`, had the earlier time been `longer` times as long.
fn roots(now: f64, then: f64, longer: f64) -> f64 {
    let variance = (now + then * longer * longer).max(1.0);
    (now - then * longer).abs() / variance.sqrt()
}

fn rate_table(shifts: &[Shift<'_>]) -> Table {
    let interval = |low: Option<f64>, high: Option<f64>| match low.zip(high) {
        Some((low, high)) => text(format!("{}–{}", words::percent(low), words::percent(high))),
        None => plain(Value::None),
    };
    let rows = shifts.iter().map(|shift| {
        let Shift { subject, metric, figures, line, .. } = shift;
        let now = line.cell(*metric);
        let then = figures.then(line, *metric, Previous);
        let cells = vec![
            text(subject.clone()),
            text(metric.zh()),
            figures.cell_then(line, *metric, Previous),
            figures.cell(line, *metric),
            figures.cell_change(line, *metric, Previous),
            then.map_or(plain(Value::None), |it| interval(it.low, it.high)),
            interval(now.low, now.high),
            text(now.definition),
        ];
        Row { key: key(shift), level: 0, cells }
    });
    Table {
        id: "changed_rates".to_owned(),
        title: "超出波动范围的比率变化".to_owned(),
        columns: vec![
            column("name", "对象", Format::Text),
            column("metric", "指标", Format::Text),
            column("previous", "上期", Format::Percent),
            column("value", "本期", Format::Percent),
            column("change", "环比", Format::Points),
            column("interval.previous", "上期区间", Format::Text),
            column("interval", "本期区间", Format::Text),
            column(DEFINITION, "定义", Format::Text),
        ],
        rows: rows.collect(),
        note: Some(format!("口径：全量。本期与上期的Wilson 95%区间不相接；最多列{MOST}项。")),
    }
}

fn count_table(shifts: &[Shift<'_>]) -> Table {
    let rows = shifts.iter().map(|shift| {
        let Shift { subject, metric, figures, line, .. } = shift;
        let longer = figures.longer(Previous).unwrap_or(1.0);
        let then = figures.then(line, *metric, Previous).and_then(|it| it.num);
        let expected = then.map_or(Value::None, |then| Value::Number(then * longer));
        let cells: Vec<Cell> = vec![
            text(subject.clone()),
            figures.cell_then(line, *metric, Previous),
            plain(expected),
            figures.cell(line, *metric),
            figures.cell_change(line, *metric, Previous),
        ];
        Row { key: key(shift), level: 0, cells }
    });
    Table {
        id: "changed_counts".to_owned(),
        title: "超出波动范围的受理量变化".to_owned(),
        columns: vec![
            column("name", "对象", Format::Text),
            column("previous", "上期", Format::Count),
            column("expected", "上期按本期天数折算", Format::Number),
            column("value", "本期", Format::Count),
            column("change", "环比", Format::Growth),
        ],
        rows: rows.collect(),
        note: Some(format!(
            "口径：全量（received@1）。与折算后的上期相差超过3倍标准差；最多列{MOST}项。"
        )),
    }
}

fn key(shift: &Shift<'_>) -> String {
    let key = shift.line.key.as_deref().unwrap_or("total");
    format!("{}.{key}.{}", shift.figures.by, shift.metric)
}

fn said(
    material: &Material<'_>,
    all: &Figures,
    rates: &[Shift<'_>],
    counts: &[Shift<'_>],
    known: bool,
) -> serde_json::Value {
    let shift = |it: &Shift<'_>| {
        json!({
            "subject": it.subject,
            "metric": it.metric.zh(),
            "figure": sentences::figure(it.figures, it.line, it.metric),
        })
    };
    json!({
        "known": known,
        "received": sentences::figure(all, all.total(), Metric::Received),
        "composite": sentences::figure(all, all.total(), Metric::Composite),
        "rates": rates.iter().map(shift).collect::<Vec<_>>(),
        "counts": counts.iter().map(shift).collect::<Vec<_>>(),
        "overdue": material.extras.overdue.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_month_is_no_fall() {
        // 31 days with 3 100 tickets, then 28 with 2 800.
        assert!(roots(2_800.0, 3_100.0, 28.0 / 31.0) < 0.1);
        assert!(roots(2_800.0, 3_100.0, 1.0) > ROOTS);
        assert!(roots(3.0, 0.0, 1.0) < ROOTS && roots(10.0, 0.0, 1.0) > ROOTS);
    }
}
