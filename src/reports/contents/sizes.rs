//! Reports, contents: what estates and property companies come to for their size: for 100 000 square metres and 1 000
//! households. Its rule: a size that is not known is none, and whoever is smaller than the floor ⚙ is in no ranking by size,
//! since one ticket would put it first.

use std::collections::BTreeMap;

use super::columns::{Col, Lines, column};
use super::figure::Figures;
use super::part::plain;
use crate::assessment::likewise::Against::{Previous, Year};
use crate::assessment::{Metric, Row as Line, Rules as Scoring, Side};
use crate::directory::EstateCode;
use crate::reports::document::{Cell, Column, Format, Table, Value};
use crate::reports::material::Material;

/// How many are listed of a ranking.
const TOP: usize = 20;

/// The columns of a table of estates.
pub const ESTATE: [Col; 6] = [
    Col::Name("小区"),
    Col::Of(Metric::Received),
    Col::Change(Metric::Received, Previous),
    Col::Change(Metric::Received, Year),
    Col::Of(Metric::ResolutionRate),
    Col::Of(Metric::SatisfactionRate),
];

/// What the sizes of companies are.
pub const RUN: &str =
    "面积、户数为周期末在管小区之和，有小区未登记的不折算；工单归受理时的在管企业。";

/// Floor space and households of what a row stands for; nothing where some part of it is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    m2: Option<i64>,
    households: Option<i64>,
}

/// By which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    Area,
    Households,
}

impl Per {
    pub const ALL: [Self; 2] = [Self::Area, Self::Households];

    const fn of(self, size: Size) -> Option<i64> {
        match self {
            Self::Area => size.m2,
            Self::Households => size.households,
        }
    }

    /// For how much.
    const fn unit(self) -> f64 {
        match self {
            Self::Area => 100_000.0,
            Self::Households => 1_000.0,
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::Area => "每10万平方米",
            Self::Households => "每千户",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Households => "households",
        }
    }

    /// Who is large enough, in words, and from which size on.
    fn floor(self, material: &Material<'_>) -> (String, i64) {
        let listing = material.listing;
        match self {
            Self::Area => (format!("面积不少于{}平方米", listing.least_m2), listing.least_m2),
            Self::Households => {
                (format!("户数不少于{}户", listing.least_households), listing.least_households)
            }
        }
    }

    fn column(self) -> Column {
        let id = match self {
            Self::Area => "per_100000_m2",
            Self::Households => "per_1000_households",
        };
        column(id, self.zh(), Format::Number)
    }

    fn cell(self, figures: &Figures, line: &Line, size: Size) -> Cell {
        let num = line.cell(Metric::Received).num.unwrap_or_default();
        let value = self.of(size).filter(|den| *den > 0).map_or(Value::None, |den| Value::Ratio {
            num,
            den,
            value: num * self.unit() / den as f64,
        });
        Cell { value, source: Some(figures.source(line, Metric::Received, Side::Num)) }
    }
}

/// The size of the estate that `line` is of.
pub fn of_estate(material: &Material<'_>, line: &Line) -> Size {
    let code = EstateCode::new(line.key.clone().unwrap_or_default());
    let estate = material.frame.directory.estate(&code);
    estate.map(|it| Size { m2: it.floor_space_m2, households: it.households }).unwrap_or_default()
}

/// The estates that each company runs on the last day, added up; unknown where one of them is.
pub fn of_companies(material: &Material<'_>) -> BTreeMap<String, Size> {
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

/// The size of the company that `line` is of.
pub fn of_row(sizes: &BTreeMap<String, Size>, line: &Line) -> Size {
    line.key.as_ref().and_then(|key| sizes.get(key)).copied().unwrap_or_default()
}

/// A table of `rows` with what each comes to for its size.
pub fn table(
    (figures, scoring): (&Figures, &Scoring),
    rows: &[(&Line, Size)],
    (id, title, note): (&str, &str, &str),
    cols: &[Col],
) -> Table {
    let lines = rows.iter().map(|(line, _)| (0, *line)).collect();
    let lines = Lines { main: figures, other: None, scoring, rows: lines };
    let mut table = lines.table(id, title, cols, note);
    for (row, (line, size)) in table.rows.iter_mut().zip(rows) {
        row.cells.extend(Per::ALL.map(|per| per.cell(figures, line, *size)));
    }
    table.columns.extend(Per::ALL.map(Per::column));
    table
}

/// Estates by their tickets for their size, the most first.
pub fn estates(material: &Material<'_>, figures: &Figures, per: Per) -> Table {
    let (floor, least) = per.floor(material);
    let lines = figures.rates.rows.iter().map(|line| (line, of_estate(material, line)));
    let title = format!("{}诉求较多的小区", per.zh());
    let note = format!("{floor}的小区，按{}受理件数排序。", per.zh());
    let id = format!("estates_by_{}", per.id());
    let shown = (figures, &material.frame.scoring);
    by_size(shown, per, ranked(lines, per, least), (&id, &title, &note), &ESTATE)
}

/// Property companies in the same order.
pub fn companies(material: &Material<'_>, figures: &Figures, per: Per) -> Table {
    let (floor, least) = per.floor(material);
    let sizes = of_companies(material);
    let lines = figures.rates.rows.iter().map(|line| (line, of_row(&sizes, line)));
    let title = format!("{}诉求较多的物业服务企业", per.zh());
    let note = format!("在管{floor}的企业，按{}受理件数排序。{RUN}", per.zh());
    let id = format!("companies_by_{}", per.id());
    let cols = [
        Col::Name("物业服务企业"),
        Col::Of(Metric::Received),
        Col::Change(Metric::Received, Previous),
        Col::Change(Metric::Received, Year),
        Col::Of(Metric::ResolutionRate),
        Col::Of(Metric::SatisfactionRate),
    ];
    let shown = (figures, &material.frame.scoring);
    by_size(shown, per, ranked(lines, per, least), (&id, &title, &note), &cols)
}

/// The ranking with each row's place: as many for the size are of one place.
fn by_size(
    shown: (&Figures, &Scoring),
    per: Per,
    rows: Vec<Placed<'_>>,
    said: (&str, &str, &str),
    cols: &[Col],
) -> Table {
    let (places, rows): (Vec<i64>, Vec<(&Line, Size)>) = rows.into_iter().unzip();
    let mut table = table(shown, &rows, said, cols);
    table.columns.insert(1, column("place", "位次", Format::Count));
    let heading = match per {
        Per::Area => "面积（平方米）",
        Per::Households => "户数",
    };
    table.columns.insert(2, column("size", heading, Format::Count));
    for ((row, place), (_, size)) in table.rows.iter_mut().zip(places).zip(&rows) {
        row.cells.insert(1, plain(Value::Count(place)));
        row.cells.insert(2, plain(per.of(*size).map_or(Value::None, Value::Count)));
    }
    table
}

/// A row with its place.
type Placed<'a> = (i64, (&'a Line, Size));

/// Those of at least the size `least` with a ticket, the most for their size first; compared as exact fractions.
fn ranked<'a>(
    lines: impl Iterator<Item = (&'a Line, Size)>,
    per: Per,
    least: i64,
) -> Vec<Placed<'a>> {
    let mut found: Vec<(i128, i128, (&Line, Size))> = lines
        .filter(|(line, _)| line.key.as_deref() != Some("-"))
        .filter_map(|(line, size)| {
            let whole = per.of(size).filter(|whole| *whole >= least.max(1))?;
            let received = line.cell(Metric::Received).exact;
            (received > 0).then_some((received.into(), whole.into(), (line, size)))
        })
        .collect();
    found.sort_by(|a, b| (b.0 * a.1).cmp(&(a.0 * b.1)).then_with(|| a.2.0.key.cmp(&b.2.0.key)));
    let mut placed: Vec<Placed<'a>> = Vec::new();
    let mut before: Option<(i128, i128, i64)> = None;
    for (at, (received, whole, row)) in (1_i64..).zip(found) {
        let same = before.filter(|it| it.0 * whole == received * it.1);
        let place = same.map_or(at, |it| it.2);
        before = Some((received, whole, place));
        placed.push((place, row));
    }
    placed.truncate(TOP);
    placed
}
