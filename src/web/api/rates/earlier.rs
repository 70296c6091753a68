//! Web, `/rates?compare=`: the figures of earlier windows beside those asked for (domain.md §6 rule 6). Its rule:
//! asked with the same words, and where the site kept nothing yet there is no figure but the reason.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, RatesQuery};
use crate::assessment::figures::{Cell, Row};
use crate::assessment::likewise::{Against, Change, Earlier};
use crate::assessment::{Question, Shelf, store};
use crate::db::Conn;
use crate::error::{Error, Result, sentence};
use crate::time::Stamp;

/// An earlier window.
#[derive(Serialize, ToSchema)]
pub struct EarlierView {
    against: Against,
    name: &'static str,
    from: String,
    to: String,
    /// The window asked about still runs: only as much of the earlier one is compared.
    part: bool,
    /// Why there is nothing to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

/// A figure of an earlier window.
#[derive(Serialize, ToSchema)]
pub struct ThenView {
    pub num: Option<f64>,
    pub den: Option<i64>,
    pub value: Option<f64>,
    /// The figure now less this one: a rate moves by 0.01 where it moves by one percentage point.
    by: Option<f64>,
    /// The same as a part of this one; null where this one is 0.
    growth: Option<f64>,
}

/// The figures of an earlier window, where they are known.
pub(super) struct Beside {
    earlier: Earlier,
    first: Option<Stamp>,
    rows: BTreeMap<String, Row>,
    total: Option<Row>,
}

impl Beside {
    /// What `query` wants set beside its figures.
    ///
    /// # Errors
    /// 422 at `/compare`; the database's own.
    pub fn of(
        asked: &Asked,
        query: &RatesQuery,
        shelf: &Shelf,
        conn: &mut Conn,
    ) -> Result<Vec<Self>> {
        let wanted = read(query.compare.as_deref())?;
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let first = store::first_received(conn)?;
        let mut all = Vec::new();
        for against in wanted {
            if let Some(earlier) = Earlier::of(against, &asked.window, asked.now) {
                all.push(Self::computed(asked, earlier, first, shelf, conn)?);
            }
        }
        Ok(all)
    }

    fn computed(
        asked: &Asked,
        earlier: Earlier,
        first: Option<Stamp>,
        shelf: &Shelf,
        conn: &mut Conn,
    ) -> Result<Self> {
        let mut beside = Self { earlier, first, rows: BTreeMap::new(), total: None };
        if !earlier.is_known(first) {
            return Ok(beside);
        }
        // The facts of all of it: while the window runs each question cuts it elsewhere.
        let whole = (earlier.whole.start, earlier.whole.end);
        let facts = shelf.facts(conn, whole, asked.scoring.repeat_days)?;
        let facts = asked.mine(asked.counted(facts));
        let (start, end) = (earlier.window.start, earlier.window.end);
        let table = shelf.table(&facts, Question { start, end, ..asked.question() });
        let rates = table.rates(&asked.dims, asked.depth, |key| asked.shows(key));
        let keyed = rates.rows.into_iter().filter_map(|row| Some((row.key.clone()?, row)));
        beside.rows = keyed.collect();
        beside.total = Some(rates.total);
        Ok(beside)
    }

    /// The figure then of `cell`, which stands in the row of `key`, or in the total.
    pub fn then(&self, key: Option<&str>, cell: &Cell) -> Option<(&'static str, ThenView)> {
        let row = match key {
            Some(key) => self.rows.get(key),
            None => self.total.as_ref(),
        };
        let then = row?.cell(cell.metric);
        let Change { by, growth } = Change::of(then, cell);
        let Cell { num, den, value, .. } = *then;
        Some((self.earlier.against.as_str(), ThenView { num, den, value, by, growth }))
    }

    pub fn view(&self, zone: Tz) -> EarlierView {
        let Earlier { against, window, is_part, .. } = self.earlier;
        let since = self.first.map(|first| first.day(zone).to_string()).unwrap_or_default();
        let missing = self.total.is_none().then(|| match self.first {
            Some(_) => sentence("rates.no_history", &[("since", &since)]),
            None => sentence("rates.no_tickets", &[]),
        });
        EarlierView {
            against,
            name: against.zh(),
            from: window.start.rfc3339(zone),
            to: window.end.rfc3339(zone),
            part: is_part,
            missing,
        }
    }
}

fn read(text: Option<&str>) -> Result<Vec<Against>> {
    let parts = text.into_iter().flat_map(|text| text.split(','));
    let read = |part: &str| {
        let wrong = || Error::field("/compare", "field.unknown_code");
        part.trim().parse::<Against>().map_err(|_| wrong())
    };
    let mut all = parts.map(read).collect::<Result<Vec<_>>>()?;
    all.dedup();
    Ok(all)
}
