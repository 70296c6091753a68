//! Web, `/rates?quarter=true`: what may be said of whom few answered (domain.md §6 rule 3). Its rule: three windows
//! in one sum, never a mean of three rates.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, CellView, figure};
use crate::assessment::figures::{Row, Table};
use crate::assessment::{Metric, Question, store};
use crate::db::Conn;
use crate::error::Result;
use crate::limits::Window;

/// From when to when, the end not included.
#[derive(Serialize, ToSchema)]
pub struct SpanView {
    from: String,
    to: String,
}

/// The rates of three windows.
#[derive(Serialize, ToSchema)]
pub struct QuarterView {
    /// The response denominator.
    n: i64,
    /// n is small even so.
    flagged: bool,
    /// The three rates and the score of them.
    metrics: BTreeMap<&'static str, CellView>,
}

/// The three windows that end with the one asked about.
pub(super) struct Quarter {
    window: Window,
    rows: BTreeMap<String, Row>,
    total: Row,
}

impl Quarter {
    /// # Errors
    /// The database's own.
    pub fn of(asked: &Asked, conn: &mut Conn) -> Result<Self> {
        let window = asked.window.with_two_before();
        // Not kept: it would push the months that everybody asks about off the shelf.
        let facts = store::load(conn, window.start, window.end, asked.scoring.repeat_days)?;
        let facts = asked.mine(asked.counted(facts.into()));
        let (start, end) = (window.start, window.end);
        let table = Table::compute(&facts, Question { start, end, ..asked.question() });
        let rates = table.rates(&asked.dims, asked.depth, |key| asked.shows(key));
        let keyed = rates.rows.into_iter().filter_map(|row| Some((row.key.clone()?, row)));
        Ok(Self { window, rows: keyed.collect(), total: rates.total })
    }

    pub fn span(&self, zone: Tz) -> SpanView {
        SpanView { from: self.window.start.rfc3339(zone), to: self.window.end.rfc3339(zone) }
    }

    /// The row of `key`, or the total.
    pub fn row(&self, key: Option<&str>) -> Option<QuarterView> {
        let row = match key {
            Some(key) => self.rows.get(key)?,
            None => &self.total,
        };
        let shown = Metric::THREE.into_iter().chain([Metric::Composite]);
        let figures =
            shown.map(|metric| (metric.as_str(), figure(row.cell(metric), BTreeMap::new())));
        Some(QuarterView { n: row.n, flagged: row.flagged, metrics: figures.collect() })
    }
}
