//! Web, console: figures in words. Its rule: rounded and written as the report prints them, at one place; what has no
//! value is "—", never 0.

use chrono_tz::Tz;
use minijinja::{Environment, Error, ErrorKind, Value};

use crate::assessment::Metric;
use crate::assessment::metrics::Shape;
use crate::reports::document::{Format, Value as Printed};
use crate::reports::print::values::{NONE, written};

/// How many contact entries the bottom line is counted by.
const CONTACTS: f64 = 1_000.0;

/// Gives templates their filters.
pub fn teach(all: &mut Environment<'static>) {
    all.add_filter("figure", figure);
    all.add_filter("change", change);
    all.add_filter("interval", interval);
    all.add_filter("percent", percent);
    all.add_filter("plain", plain);
    all.add_filter("is_rate", is_rate);
    all.add_filter("urlencode", escaped);
}

/// What a cell of the interface says, by name.
fn number(cell: &Value, name: &str) -> Option<f64> {
    f64::try_from(cell.get_attr(name).ok()?).ok()
}

fn known(metric: &str) -> Result<Metric, Error> {
    metric.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, metric.to_owned()))
}

/// How a metric's values are written.
pub const fn format(metric: Metric) -> Format {
    match metric.shape() {
        Shape::Count => Format::Count,
        Shape::Rate => Format::Percent,
        Shape::Ratio | Shape::Score => Format::Number,
        Shape::Mean => Format::Hours,
    }
}

/// `cell|figure("response_rate")`: the value as people read it.
fn figure(cell: &Value, metric: &str) -> Result<String, Error> {
    let metric = known(metric)?;
    let (num, value) = (number(cell, "num"), number(cell, "value"));
    let den = cell.get_attr("den").ok().and_then(|den| i64::try_from(den).ok());
    let Some(value) = value else { return Ok(NONE.to_owned()) };
    let (num, den) = (num.unwrap_or_default(), den.unwrap_or_default());
    let printed = match metric.shape() {
        Shape::Count | Shape::Score => Printed::Number(value),
        Shape::Ratio => Printed::Ratio { num, den, value: value * CONTACTS },
        Shape::Rate | Shape::Mean => Printed::Ratio { num, den, value },
    };
    Ok(written(&printed, format(metric), Tz::UTC))
}

/// `then|change("response_rate")`: how it moved since: a rate by points, a count by its part.
fn change(then: &Value, metric: &str) -> Result<String, Error> {
    let shape = known(metric)?.shape();
    let (name, format, unit) = match shape {
        Shape::Count | Shape::Mean | Shape::Ratio => ("growth", Format::Growth, ""),
        Shape::Rate => ("by", Format::Points, "个百分点"),
        Shape::Score => ("by", Format::Number, "分"),
    };
    let moved = number(then, name);
    Ok(moved.map_or_else(
        || NONE.to_owned(),
        |by| format!("{}{unit}", written(&Printed::Number(by), format, Tz::UTC)),
    ))
}

/// `cell|interval`: between which ends a rate lies; nothing where that cannot be said.
fn interval(cell: &Value) -> String {
    let ends = number(cell, "low").zip(number(cell, "high"));
    ends.map_or_else(String::new, |(low, high)| format!("{}–{}", share(low), share(high)))
}

/// `0.971|percent`: `97.1%`; of nothing `—`.
fn percent(value: &Value) -> String {
    f64::try_from(value.clone()).map_or_else(|_| NONE.to_owned(), share)
}

fn share(value: f64) -> String {
    written(&Printed::Number(value), Format::Percent, Tz::UTC)
}

/// `1.0|plain`: `1`; a weight as it is counted.
fn plain(value: &Value) -> String {
    f64::try_from(value.clone()).map_or_else(|_| NONE.to_owned(), |number| number.to_string())
}

/// `metric|is_rate`: whether it is a part of a whole.
fn is_rate(metric: &str) -> bool {
    known(metric).is_ok_and(|metric| metric.shape() == Shape::Rate)
}

/// `text|urlencode`: as it stands in an address.
fn escaped(value: &Value) -> String {
    let text = value.to_string();
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn figures_read_as_the_report_prints_them() {
        let rate =
            context! { num => 34.0, den => 35, value => 34.0 / 35.0, low => 0.854, high => 0.995 };
        assert_eq!(figure(&rate, "response_rate").unwrap(), "97.1%");
        assert_eq!(interval(&rate), "85.4%–99.5%");
        let none = context! { num => 0.0, den => 0, value => () };
        assert_eq!(figure(&none, "response_rate").unwrap(), "—");
        assert_eq!(interval(&none), "");
        let count = context! { num => 120.0, value => 120.0 };
        assert_eq!(figure(&count, "received").unwrap(), "120");
        assert!(figure(&count, "no such metric").is_err());
        let then = context! { by => -0.012, growth => 0.1 };
        assert_eq!(change(&then, "response_rate").unwrap(), "-1.2个百分点");
        assert_eq!(change(&then, "received").unwrap(), "+10.0%");
        assert_eq!(plain(&Value::from(0.9)), "0.9");
        assert_eq!(plain(&Value::from(1.0)), "1");
        assert_eq!(percent(&Value::from(())), "—");
        assert_eq!(escaped(&Value::from("小区:a&b")), "%E5%B0%8F%E5%8C%BA%3Aa%26b");
    }
}
