//! Reports, printing: how a value is written. Its rule: one place; 四舍五入 of the exact decimal, never of a double, and
//! a fraction is rounded from both its sides where they are known.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::words;
use crate::reports::document::{Column, Format, Value};

/// For what has no value.
pub const NONE: &str = "—";

/// A number as a fraction of whole numbers, `den` > 0.
#[derive(Clone, Copy)]
struct Exact {
    num: i128,
    den: i128,
}

impl Exact {
    const fn whole(number: i64) -> Self {
        Self { num: number as i128, den: 1 }
    }

    /// The decimal that a double stands for, to fifteen digits and no more than twelve places; nothing for what is no
    /// number or beyond all figures.
    fn decimal(number: f64) -> Option<Self> {
        if !number.is_finite() || number.abs() >= 1e15 {
            return None;
        }
        let whole = format!("{:.0}", number.abs()).len();
        let places = 15_usize.saturating_sub(whole).min(12);
        let digits = format!("{number:.places$}").replace('.', "");
        Some(Self { num: digits.parse().ok()?, den: 10_i128.pow(u32::try_from(places).ok()?) })
    }

    fn ratio(num: f64, den: i64, value: f64) -> Option<Self> {
        let sides = num / den as f64;
        // A value per thousand, or of a formula of its own, is not its sides' quotient.
        if den > 0 && (sides - value).abs() <= 1e-9 * value.abs().max(1.0) {
            let num = Self::decimal(num)?;
            return Some(Self { num: num.num, den: num.den * i128::from(den) });
        }
        Self::decimal(value)
    }

    const fn times(self, factor: i128) -> Self {
        Self { num: self.num * factor, den: self.den }
    }

    /// In so many places, the half away from zero; a zero has no sign.
    fn written(self, places: usize, sign: Sign) -> String {
        let unit = 10_u128.pow(u32::try_from(places).unwrap_or(0));
        let den = self.den.unsigned_abs();
        let rounded = (2 * self.num.unsigned_abs() * unit + den) / (2 * den);
        let before = match (rounded, self.num < 0, sign) {
            (0, _, _) | (_, false, Sign::Minus) => "",
            (_, true, _) => "-",
            (_, false, Sign::Both) => "+",
        };
        let (whole, rest) = (rounded / unit, rounded % unit);
        if places == 0 {
            format!("{before}{whole}")
        } else {
            format!("{before}{whole}.{rest:0places$}")
        }
    }
}

#[derive(Clone, Copy)]
enum Sign {
    Minus,
    Both,
}

/// The value as people read it: `97.1%`, `+1.2`, `2026-10-01 09:00`, and [`NONE`] for none. A text comes clean.
pub fn written(value: &Value, format: Format, zone: Tz) -> String {
    let exact = match value {
        Value::None => None,
        Value::Text(text) => return words::clean(text),
        Value::Day(day) => return day.format("%Y-%m-%d").to_string(),
        Value::Instant(at) => {
            let form = if format == Format::Day { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
            return at.in_zone(zone).format(form).to_string();
        }
        Value::Count(number) => Some(Exact::whole(*number)),
        Value::Ratio { num, den, value } => Exact::ratio(*num, *den, *value),
        Value::Number(number) => Exact::decimal(*number),
    };
    let Some(exact) = exact else { return NONE.to_owned() };
    let is_whole = matches!(value, Value::Count(_));
    match format {
        Format::Percent => exact.times(100).written(1, Sign::Minus) + "%",
        Format::Points => exact.times(100).written(1, Sign::Both),
        Format::Growth => exact.times(100).written(1, Sign::Both) + "%",
        Format::Hours => exact.written(1, Sign::Minus),
        Format::Count => exact.written(0, Sign::Minus),
        Format::Text | Format::Day | Format::Instant if is_whole => exact.written(0, Sign::Minus),
        Format::Number | Format::Text | Format::Day | Format::Instant => {
            exact.written(2, Sign::Minus)
        }
    }
}

/// A number of a chart, written alike.
pub fn figure(number: f64, format: Format) -> String {
    written(&Value::Number(number), format, Tz::UTC)
}

/// What stands behind a column's name, where its values do not say it: `（个百分点）`.
pub fn unit(column: &Column) -> &'static str {
    match column.format {
        Format::Points if !column.name.contains("百分点") => "（个百分点）",
        Format::Hours if !column.name.contains("小时") => "（小时）",
        _ => "",
    }
}

/// The column's name with its unit, on one line.
pub fn heading(column: &Column) -> String {
    words::one_line(&column.name) + unit(column)
}

/// Whether the values of a column are numbers, which stand to the right.
pub const fn is_numeric(format: Format) -> bool {
    !matches!(format, Format::Text | Format::Day | Format::Instant)
}

/// A value as a sheet keeps it.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    Text(String),
    /// Unrounded, in the unit of its format, with how the sheet shows it.
    Number(f64, &'static str),
    Moment(NaiveDateTime, &'static str),
}

/// The value with its type; one that is none is the text [`NONE`].
pub fn typed(value: &Value, format: Format, zone: Tz) -> Typed {
    const DAY: &str = "yyyy-mm-dd";
    const MINUTE: &str = "yyyy-mm-dd hh:mm";
    let number = match value {
        Value::None => return Typed::Text(NONE.to_owned()),
        Value::Text(text) => return Typed::Text(words::clean(text)),
        Value::Day(day) => return Typed::Moment(day.and_time(chrono::NaiveTime::MIN), DAY),
        Value::Instant(at) => {
            let shown = if format == Format::Day { DAY } else { MINUTE };
            return Typed::Moment(at.in_zone(zone).naive_local(), shown);
        }
        Value::Count(number) => *number as f64,
        Value::Ratio { value, .. } | Value::Number(value) => *value,
    };
    if !number.is_finite() {
        return Typed::Text(NONE.to_owned());
    }
    let is_whole = matches!(value, Value::Count(_));
    match format {
        Format::Percent => Typed::Number(number, "0.0%"),
        Format::Points => Typed::Number(number * 100.0, "+0.0;-0.0;0.0"),
        Format::Growth => Typed::Number(number, "+0.0%;-0.0%;0.0%"),
        Format::Hours => Typed::Number(number, "0.0"),
        Format::Count => Typed::Number(number, "0"),
        Format::Text | Format::Day | Format::Instant if is_whole => Typed::Number(number, "0"),
        Format::Number | Format::Text | Format::Day | Format::Instant => {
            Typed::Number(number, "0.00")
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::time::Stamp;

    fn said(value: &Value, format: Format) -> String {
        written(value, format, Shanghai)
    }

    fn ratio(num: f64, den: i64) -> Value {
        Value::Ratio { num, den, value: num / den as f64 }
    }

    #[test]
    fn each_format_writes_its_own_way() {
        use Format::{Count, Day, Growth, Hours, Instant, Number, Percent, Points, Text};
        let at = Stamp::parse("2026-10-01T01:00:00Z").unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
        for (value, format, expected) in [
            (Value::None, Percent, "—"),
            (Value::None, Text, "—"),
            (Value::Text("市住建局\u{1}".into()), Text, "市住建局"),
            (Value::Count(12_345), Count, "12345"),
            (Value::Count(-3), Count, "-3"),
            (Value::Count(i64::MIN), Count, "-9223372036854775808"),
            (ratio(33.0, 34), Percent, "97.1%"),
            (ratio(0.0, 34), Percent, "0.0%"),
            (ratio(34.0, 34), Percent, "100.0%"),
            (Value::Number(0.012), Points, "+1.2"),
            (Value::Number(-0.012), Points, "-1.2"),
            (Value::Number(0.0), Points, "0.0"),
            (Value::Number(-0.000_4), Points, "0.0"),
            (Value::Number(0.123), Growth, "+12.3%"),
            (Value::Number(-1.0), Growth, "-100.0%"),
            (ratio(-12.0, 96), Growth, "-12.5%"),
            (Value::Number(2.344_9), Number, "2.34"),
            (Value::Number(0.005), Number, "0.01"),
            (Value::Number(-0.005), Number, "-0.01"),
            (Value::Number(26.25), Hours, "26.3"),
            (Value::Day(day), Day, "2026-10-01"),
            (Value::Instant(at), Instant, "2026-10-01 09:00"),
            (Value::Instant(at), Day, "2026-10-01"),
            (Value::Count(7), Text, "7"),
            (Value::Number(f64::NAN), Percent, "—"),
            (Value::Number(f64::INFINITY), Number, "—"),
            (Value::Number(1e300), Number, "—"),
        ] {
            assert_eq!(said(&value, format), expected, "{value:?} {format:?}");
        }
    }

    #[test]
    fn a_half_goes_up_whatever_a_double_makes_of_it() {
        // 0.9705, 0.0045 and 1.005 lie below themselves as doubles.
        for (num, den, expected) in [
            (1941.0, 2000, "97.1%"),
            (1943.0, 2000, "97.2%"),
            (1.0, 2000, "0.1%"),
            (9.0, 2000, "0.5%"),
            (1939.999, 2000, "97.0%"),
            (1940.999, 2000, "97.0%"),
            (0.9, 8, "11.3%"),
            (1.0, 3, "33.3%"),
            (2.0, 3, "66.7%"),
            (9_999_999.0, 10_000_000, "100.0%"),
        ] {
            assert_eq!(said(&ratio(num, den), Format::Percent), expected, "{num}/{den}");
            let number = Value::Number(num / den as f64);
            assert_eq!(said(&number, Format::Percent), expected, "{num}/{den} as a number");
        }
        assert_eq!(said(&Value::Number(1.005), Format::Number), "1.01");
        assert_eq!(said(&Value::Number(0.9714 - 0.9709), Format::Points), "+0.1");
        assert_eq!(said(&Value::Number(0.9709 - 0.9714), Format::Points), "-0.1");
    }

    #[test]
    fn a_ratio_of_a_formula_of_its_own_is_written_as_its_value() {
        let per_thousand = Value::Ratio { num: 3.0, den: 2400, value: 1.25 };
        assert_eq!(said(&per_thousand, Format::Number), "1.25");
        assert_eq!(said(&Value::Ratio { num: 0.0, den: 0, value: f64::NAN }, Format::Percent), "—");
    }

    #[test]
    fn a_sheet_keeps_types() {
        let sheet = |value, format| typed(&value, format, Shanghai);
        assert_eq!(sheet(ratio(1.0, 3), Format::Percent), Typed::Number(1.0 / 3.0, "0.0%"));
        assert_eq!(sheet(Value::Count(3), Format::Text), Typed::Number(3.0, "0"));
        assert_eq!(sheet(Value::Number(f64::NAN), Format::Hours), Typed::Text("—".into()));
        let at = Stamp::parse("2026-10-01T17:30:00Z").unwrap();
        let Typed::Moment(local, "yyyy-mm-dd hh:mm") = sheet(Value::Instant(at), Format::Instant)
        else {
            unreachable!()
        };
        assert_eq!(local.to_string(), "2026-10-02 01:30:00");
    }

    #[test]
    fn units_stand_in_the_heading_once() {
        let column = |name: &str, format| Column {
            id: "x".into(),
            name: name.into(),
            format,
            definition: None,
            formula: None,
        };
        assert_eq!(heading(&column("环比", Format::Points)), "环比（个百分点）");
        assert_eq!(heading(&column("环比百分点", Format::Points)), "环比百分点");
        assert_eq!(heading(&column("平均\n办理时长", Format::Hours)), "平均 办理时长（小时）");
        assert_eq!(heading(&column("响应率", Format::Percent)), "响应率");
    }
}
