//! Web, console: the server's own pictures of tables, for print and for whoever runs no script. Its rule: a picture says
//! nothing that its table does not say; `charts.js` draws the same from the table.

use minijinja::Value;

use crate::error::Result;
use crate::reports::document::{Chart, ChartKind, Format, Series};
use crate::reports::print::chart::svg;

/// A column of a table: its heading, and a value for each row.
pub type Column = (&'static str, Vec<Option<f64>>);

/// A picture in the making.
pub struct Picture<'a> {
    pub title: &'a str,
    pub kind: ChartKind,
    pub format: Format,
    pub labels: Vec<String>,
    /// One of which nothing is known is left out.
    pub columns: Vec<Column>,
}

impl Picture<'_> {
    /// As it stands in a page, which the printer has escaped; `number` makes its names unique there. Nothing where there
    /// is nothing to draw.
    ///
    /// # Errors
    /// `internal`.
    pub fn drawn(self, number: usize) -> Result<Option<Value>> {
        let is_known = |(_, values): &Column| values.iter().any(Option::is_some);
        let columns = self.columns.into_iter().filter(is_known);
        let series = columns.map(|(name, values)| Series { name: name.to_owned(), values });
        let series: Vec<Series> = series.collect();
        if series.is_empty() {
            return Ok(None);
        }
        let chart = Chart {
            id: String::new(),
            title: self.title.to_owned(),
            kind: self.kind,
            labels: self.labels,
            series,
            format: self.format,
            table: String::new(),
        };
        Ok(Some(Value::from_safe_string(svg(&chart, number)?)))
    }
}
