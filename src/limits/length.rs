//! Limits: lengths and exact decimals as a profile's author writes them. Its rule: one way to
//! write each, and nothing is rounded silently.

use serde::{Deserialize, Serialize};

use super::span::{DAY_MS, HOUR_MS, MINUTE_MS, Span};

/// A span in a profile: `30min`, `4h`, `7d` (natural time) or `5 workdays`, `1 workday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Length(pub Span);

impl TryFrom<String> for Length {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let n: u32 = number.parse().ok().filter(|n| (1..=3660).contains(n)).ok_or_else(|| {
            format!("`{text}` is no length; write 30min, 4h, 7d or 5 workdays (1 to 3660)")
        })?;
        let natural = |unit: i64| Ok(Self(Span::Elapsed { ms: i64::from(n) * unit }));
        match unit.trim() {
            "min" => natural(MINUTE_MS),
            "h" => natural(HOUR_MS),
            "d" => natural(DAY_MS),
            "workday" | "workdays" => Ok(Self(Span::Workdays { n })),
            other => Err(format!("`{other}` is no unit; write min, h, d or workdays")),
        }
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        match length.0 {
            Span::Workdays { n: 1 } => "1 workday".to_owned(),
            Span::Workdays { n } => format!("{n} workdays"),
            Span::Elapsed { ms } if ms % DAY_MS == 0 && ms > DAY_MS => format!("{}d", ms / DAY_MS),
            Span::Elapsed { ms } if ms % HOUR_MS == 0 => format!("{}h", ms / HOUR_MS),
            Span::Elapsed { ms } | Span::ElapsedThenDay { ms } => {
                format!("{}min", ms / MINUTE_MS)
            }
            Span::Until { at } => at.to_string(),
        }
    }
}

/// A decimal with at most three places, exact in thousandths: weights such as 0.9, so that ranks
/// can compare exact fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Thousandths(pub i64);

impl Thousandths {
    pub const ONE: Self = Self(1000);
    pub const fn as_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl TryFrom<f64> for Thousandths {
    type Error = String;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 10^9")]
    fn try_from(value: f64) -> Result<Self, String> {
        let scaled = (value * 1000.0).round();
        if !(0.0..=1e9).contains(&scaled) || (value - scaled / 1000.0).abs() > 1e-9 {
            return Err(format!("{value} is not a number from 0 with at most three decimals"));
        }
        Ok(Self(scaled as i64))
    }
}

impl From<Thousandths> for f64 {
    fn from(value: Thousandths) -> Self {
        value.as_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_and_written_the_same() {
        for text in ["30min", "24h", "7d", "1 workday", "15 workdays"] {
            let length = Length::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(length), text);
        }
        for bad in ["", "5", "h", "5 weeks", "-1h", "0 workdays", "99999999999h"] {
            assert!(Length::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_decimal_that_is_not_exact_is_refused() {
        assert_eq!(Thousandths::try_from(0.9), Ok(Thousandths(900)));
        assert_eq!(Thousandths::try_from(0.333), Ok(Thousandths(333)));
        for bad in [0.3333, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Thousandths::try_from(bad).is_err());
        }
    }
}
