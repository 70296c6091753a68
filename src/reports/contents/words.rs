//! Reports, contents: numbers in words. Its rule: rounded half up, and only here: a value stays what it is.

/// `97.1%` of a part of 1.
pub fn percent(value: f64) -> String {
    format!("{}%", tenths(value * 100.0))
}

/// `上升1.2个百分点` of a difference of two parts of 1.
pub fn points(change: f64) -> String {
    moved(change * 100.0, "上升", "下降", "个百分点")
}

/// `+1.2` or `-1.2`: percentage points of a difference of two parts of 1.
pub fn signed(change: f64) -> String {
    let size = tenths(change * 100.0);
    if size.starts_with('-') || size == "0.0" { size } else { format!("+{size}") }
}

/// `增长12.3%` of a relative change.
pub fn growth(change: f64) -> String {
    moved(change * 100.0, "增长", "下降", "%")
}

/// `上升1.2分` of a difference of scores.
pub fn score_change(change: f64) -> String {
    moved(change, "上升", "下降", "分")
}

/// A whole number.
pub fn count(value: f64) -> String {
    format!("{value:.0}")
}

/// `12.3` of hours.
pub fn hours(value: f64) -> String {
    tenths(value)
}

/// `93.42`: two decimals.
pub fn number(value: f64) -> String {
    rounded(value, 100.0, 2)
}

fn moved(by: f64, up: &str, down: &str, unit: &str) -> String {
    let size = tenths(by.abs());
    if size == "0.0" {
        return "持平".to_owned();
    }
    format!("{}{size}{unit}", if by > 0.0 { up } else { down })
}

fn tenths(value: f64) -> String {
    rounded(value, 10.0, 1)
}

/// Half up by its size; what a double misses by its last bits is no reason to round down.
fn rounded(value: f64, parts: f64, decimals: usize) -> String {
    let size = (value.abs() * parts + 0.5 + 1e-9).floor() / parts;
    let sign = if value < 0.0 && size > 0.0 { "-" } else { "" };
    format!("{sign}{size:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_rounded_up_and_a_change_has_its_direction() {
        assert_eq!(percent(99.0 / 102.0), "97.1%");
        assert_eq!([percent(0.8765), percent(0.0005), percent(1.0)], ["87.7%", "0.1%", "100.0%"]);
        assert_eq!([points(0.0125), points(-0.0125)], ["上升1.3个百分点", "下降1.3个百分点"]);
        assert_eq!([points(0.0), growth(-0.5), growth(0.123)], ["持平", "下降50.0%", "增长12.3%"]);
        assert_eq!([signed(0.0125), signed(-0.0125), signed(-0.0001)], ["+1.3", "-1.3", "0.0"]);
        assert_eq!([number(93.415), number(-0.001)], ["93.42", "0.00"]);
    }
}
