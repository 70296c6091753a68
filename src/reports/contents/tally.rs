//! Reports, contents: tickets counted by what no metric groups by. Its rule: each count names its tickets, and the earlier
//! windows are counted by the same words.

use super::columns::column;
use super::figure::ratio;
use super::part::{Part, listed, plain, text};
use crate::assessment::facts::{Facts, TicketFact};
use crate::assessment::likewise::Against;
use crate::reports::document::{Cell, Column, Format, Row, Value};
use crate::reports::material::Material;

/// One group of tickets, now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub key: String,
    pub name: String,
    pub ids: Vec<i64>,
    pub previous: Option<i64>,
    pub year: Option<i64>,
}

impl Tally {
    /// The tickets received that `keep` holds for.
    pub fn of(
        material: &Material<'_>,
        (key, name): (&str, &str),
        keep: impl Fn(&Facts, &TicketFact) -> bool + Copy,
    ) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            ids: material.ids(keep),
            previous: material.count_then(Against::Previous, keep),
            year: material.count_then(Against::Year, keep),
        }
    }

    pub fn count(&self) -> i64 {
        i64::try_from(self.ids.len()).unwrap_or(i64::MAX)
    }

    /// The row of [`columns`], of `all` tickets; the list is called `{family}.{key}`.
    pub fn row(&self, family: &str, all: i64, part: &mut Part) -> Row {
        let name = format!("{family}.{}", self.key);
        let count = self.count();
        let cells = vec![
            text(self.name.clone()),
            part.counted(&name, self.ids.clone()),
            Cell { value: ratio(count as f64, all), source: Some(listed(&name)) },
            known(self.previous),
            grown(count, self.previous),
            known(self.year),
            grown(count, self.year),
        ];
        Row { key: self.key.clone(), level: 0, cells }
    }
}

/// The columns of [`Tally::row`].
pub fn columns(heading: &str) -> Vec<Column> {
    vec![
        column("name", heading, Format::Text),
        column("count", "件数", Format::Count),
        column("share", "占比", Format::Percent),
        column("previous", "上期", Format::Count),
        column("previous.change", "环比", Format::Growth),
        column("year", "去年同期", Format::Count),
        column("year.change", "同比", Format::Growth),
    ]
}

/// A count of an earlier window.
pub fn known(count: Option<i64>) -> Cell {
    plain(count.map_or(Value::None, Value::Count))
}

/// The relative change since `then`; nothing from nothing.
pub fn grown(now: i64, then: Option<i64>) -> Cell {
    plain(growth(now, then).map_or(Value::None, Value::Number))
}

/// The same as a number.
pub fn growth(now: i64, then: Option<i64>) -> Option<f64> {
    let then = then.filter(|then| *then != 0)?;
    Some((now - then) as f64 / then as f64)
}
