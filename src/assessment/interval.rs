//! Assessment: how sure a rate is (domain.md §6 rule 3). Its rule: Wilson's interval at 95 %, of the
//! weighted numerator as it is.

/// The 97.5 % point of the normal distribution.
pub(super) const Z: f64 = 1.959_964;

/// The Wilson interval of `num` of `den`, both within 0–1; `den` > 0, `num` may be weighted.
pub fn wilson(num: f64, den: f64) -> (f64, f64) {
    let rate = num / den;
    let spread = Z * Z / den;
    let middle = rate + spread / 2.0;
    let half = Z * (rate * (1.0 - rate) / den + spread / (4.0 * den)).max(0.0).sqrt();
    let low = (middle - half) / (1.0 + spread);
    let high = (middle + half) / (1.0 + spread);
    (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(interval: (f64, f64), low: f64, high: f64) {
        assert!(
            (interval.0 - low).abs() < 5e-5 && (interval.1 - high).abs() < 5e-5,
            "{interval:?}"
        );
    }

    #[test]
    fn the_interval_is_that_of_the_textbook() {
        near(wilson(8.0, 10.0), 0.4902, 0.9433);
        near(wilson(0.0, 10.0), 0.0, 0.2775);
        near(wilson(10.0, 10.0), 0.7225, 1.0);
        near(wilson(98.0, 100.0), 0.9300, 0.9945);
    }

    #[test]
    fn a_weighted_numerator_is_taken_as_it_is() {
        let (low, high) = wilson(2.7, 3.0);
        assert!(low < 0.9 && 0.9 < high);
    }
}
