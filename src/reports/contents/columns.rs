//! Reports, contents: which columns a table of figures has. Its rule: a column is named once, and its definition and
//! formula go with it.

use super::figure::{Figures, format, format_of_change};
use super::part::{plain, text};
use super::words::{self, signed};
use crate::assessment::likewise::Against;
use crate::assessment::metrics::Shape;
use crate::assessment::samemix::Fair;
use crate::assessment::{Metric, Row as Line, Rules as Scoring};
use crate::reports::document::{Cell, Column, Format, INTERVAL, Row, Table, Value};

/// What stands in a column.
#[derive(Debug, Clone, Copy)]
pub enum Col {
    /// The row's name, under this heading.
    Name(&'static str),
    Peers,
    Rank,
    Band,
    /// Red or black list.
    List,
    /// The response denominator.
    Answers,
    /// A figure.
    Of(Metric),
    /// The same in the other edition.
    Other(Metric),
    /// The numerator of a rate.
    Num(Metric),
    Then(Metric, Against),
    Change(Metric, Against),
    /// A count as a part of all.
    Share(Metric),
    /// Between which values the true one lies.
    Interval(Metric),
    /// The rate less what others get with the same matters, and between which values that lies.
    Fair(Metric),
    FairInterval(Metric),
    Median,
    P90,
    /// That n is small.
    Small,
}

/// What a table is made of.
pub struct Lines<'a> {
    pub main: &'a Figures,
    /// The other edition.
    pub other: Option<&'a Figures>,
    pub scoring: &'a Scoring,
    /// Each with its level.
    pub rows: Vec<(u8, &'a Line)>,
}

impl Lines<'_> {
    /// The table of `cols`.
    pub fn table(&self, id: &str, title: &str, cols: &[Col], note: &str) -> Table {
        let rows = self.rows.iter().map(|(level, line)| Row {
            key: line.key.clone().unwrap_or_else(|| "total".to_owned()),
            level: *level,
            cells: cols.iter().map(|col| self.cell(*col, line)).collect(),
        });
        Table {
            id: id.to_owned(),
            title: title.to_owned(),
            columns: cols.iter().map(|col| self.column(*col)).collect(),
            rows: rows.collect(),
            note: Some(format!("口径：{}。{note}", self.main.edition.zh())),
        }
    }

    fn column(&self, col: Col) -> Column {
        let of = |id: String, name: String, format, metric: Metric| {
            let definition = metric.define(self.scoring);
            let (definition, formula) = (Some(definition.id), Some(definition.formula));
            Column { id, name, format, definition, formula }
        };
        let zh = Metric::zh;
        match col {
            Col::Name(name) => column("name", name, Format::Text),
            Col::Peers => column("peers", "同类组", Format::Text),
            Col::Rank => column("rank", "名次", Format::Count),
            Col::Band => column("band", "档次", Format::Count),
            Col::List => column("list", "红黑榜", Format::Text),
            Col::Small => column("small", "备注", Format::Text),
            Col::Answers => {
                of("n".to_owned(), "有效回访".to_owned(), Format::Count, Metric::ResponseRate)
            }
            Col::Of(metric) => of(metric.to_string(), named(metric), format(metric), metric),
            Col::Other(metric) => {
                let other = self.other.map_or(self.main.edition, |other| other.edition);
                let name = format!("{}（{}）", named(metric), other.zh());
                of(format!("{metric}.{other}"), name, format(metric), metric)
            }
            Col::Num(metric) => {
                let name = format!("{}分子", zh(metric));
                of(format!("{metric}.num"), name, Format::Count, metric)
            }
            Col::Then(metric, against) => {
                let name = format!("{}{}", then(against), named(metric));
                of(format!("{metric}.{against}"), name, format(metric), metric)
            }
            Col::Change(metric, against) => {
                let name = format!("{}{}", zh(metric), against.zh());
                of(format!("{metric}.{against}.change"), name, format_of_change(metric), metric)
            }
            Col::Share(metric) => {
                let name = format!("{}占比", zh(metric));
                of(format!("{metric}.share"), name, Format::Percent, metric)
            }
            Col::Interval(metric) => {
                let name = format!("{}区间", zh(metric));
                of(format!("{metric}{INTERVAL}"), name, Format::Text, metric)
            }
            Col::Fair(metric) => {
                self.of_others(metric, "same_mix", "与同类诉求之差", Format::Points)
            }
            Col::FairInterval(metric) => {
                let id = format!("same_mix{INTERVAL}");
                self.of_others(metric, &id, "与同类诉求之差区间", Format::Text)
            }
            Col::Median => of_time("median", "办理时长中位数", &of),
            Col::P90 => of_time("p90", "办理时长P90", &of),
        }
    }

    fn of_others(&self, metric: Metric, id: &str, name: &str, format: Format) -> Column {
        Column {
            definition: Some(Fair::definition(metric)),
            formula: Some(Fair::formula(metric, self.scoring)),
            ..column(&format!("{metric}.{id}"), &format!("{}{name}", metric.zh()), format)
        }
    }

    fn cell(&self, col: Col, line: &Line) -> Cell {
        let main = self.main;
        let time = line.cell(Metric::HandlingTime);
        match col {
            Col::Name(_) => text(line.name.clone()),
            Col::Peers => line.peers.clone().map_or(plain(Value::None), text),
            Col::Rank if self.scoring.bands && line.rank.is_none() => banded(line.band),
            Col::Rank => counted(line.rank),
            Col::Band => counted(line.band),
            Col::List => line.list.map_or(plain(Value::None), |list| text(list.zh().to_owned())),
            Col::Answers => main.cell_den(line, Metric::ResponseRate),
            Col::Of(metric) => main.cell(line, metric),
            Col::Other(metric) => self.other_cell(line, metric),
            Col::Num(metric) => main.cell_num(line, metric),
            Col::Then(metric, against) => main.cell_then(line, metric, against),
            Col::Change(metric, against) => main.cell_change(line, metric, against),
            Col::Share(metric) => main.cell_share(line, metric),
            Col::Interval(metric) => interval(line, metric).map_or(plain(Value::None), text),
            Col::Fair(metric) => {
                let fair = main.fair(line, metric);
                plain(fair.map_or(Value::None, |fair| Value::Number(fair.difference)))
            }
            Col::FairInterval(metric) => {
                let span = |fair: Fair| format!("（{}至{}）", signed(fair.low), signed(fair.high));
                main.fair(line, metric).map_or(plain(Value::None), |fair| text(span(fair)))
            }
            Col::Median => hours(time.median),
            Col::P90 => hours(time.p90),
            Col::Small if line.flagged => text(small(line.n)),
            Col::Small => text(String::new()),
        }
    }

    fn other_cell(&self, line: &Line, metric: Metric) -> Cell {
        let Some(other) = self.other else { return plain(Value::None) };
        let there = match &line.key {
            Some(key) => other.row(key),
            None => Some(other.total()),
        };
        there.map_or(plain(Value::None), |there| other.cell(there, metric))
    }
}

fn of_time(id: &str, name: &str, of: &impl Fn(String, String, Format, Metric) -> Column) -> Column {
    of(format!("handling_time.{id}"), name.to_owned(), Format::Hours, Metric::HandlingTime)
}

/// A column that no metric describes.
pub fn column(id: &str, name: &str, format: Format) -> Column {
    Column { id: id.to_owned(), name: name.to_owned(), format, definition: None, formula: None }
}

fn named(metric: Metric) -> String {
    match metric.shape() {
        Shape::Ratio => format!("{}（每千条联系）", metric.zh()),
        Shape::Mean => format!("{}（小时）", metric.zh()),
        _ => metric.zh().to_owned(),
    }
}

const fn then(against: Against) -> &'static str {
    match against {
        Against::Previous => "上期",
        Against::Year => "去年同期",
    }
}

fn counted(place: Option<u32>) -> Cell {
    plain(place.map_or(Value::None, |place| Value::Count(place.into())))
}

/// What stands in place of a rank.
fn banded(band: Option<u32>) -> Cell {
    band.map_or(plain(Value::None), |band| text(format!("第{band}档")))
}

fn hours(time: Option<f64>) -> Cell {
    plain(time.map_or(Value::None, Value::Number))
}

/// Why a row has no rank.
pub fn small(n: i64) -> String {
    format!("样本少（有效回访{n}件），不排名")
}

/// `87.1%–95.0%`, or points of a score; nothing of no answers.
pub fn interval(line: &Line, metric: Metric) -> Option<String> {
    if metric == Metric::Composite {
        let (low, high) = line.span.filter(|_| line.score.is_some())?;
        return Some(format!("{}–{}", words::number(low), words::number(high)));
    }
    let cell = line.cell(metric);
    let (low, high) = cell.low.zip(cell.high)?;
    Some(format!("{}–{}", words::percent(low), words::percent(high)))
}
