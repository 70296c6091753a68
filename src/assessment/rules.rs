//! Assessment: the numbers of a profile that figures use (domain.md §6 ⚙). Its rule: exact decimals,
//! no binary fractions, so that equal scores are equal.

use serde::{Deserialize, Serialize};

use super::fraction::Fraction;
use super::interval::wilson;
use crate::limits::Profile;
use crate::limits::length::Thousandths;
use crate::limits::policy::{Composite, Curve};

/// What 1 is in numerators: weights have at most three decimals.
pub const UNIT: i64 = 1000;

/// How the three rates (response, resolution, satisfaction) become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// Σ weight·rate × 100.
    Weights([Thousandths; 3]),
    /// Σ of curves, in points.
    Curves([Curve; 3]),
}

impl From<&Composite> for Scoring {
    fn from(composite: &Composite) -> Self {
        match *composite {
            Composite::Weights { response, resolution, satisfaction } => {
                Self::Weights([response, resolution, satisfaction])
            }
            Composite::Curves { response, resolution, satisfaction } => {
                Self::Curves([response, resolution, satisfaction])
            }
        }
    }
}

/// As people write it: `0.9`, `100`.
pub fn shown(decimal: Thousandths) -> String {
    let text = format!("{}.{:03}", decimal.0 / UNIT, decimal.0 % UNIT);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Scoring {
    /// The points that one of the three rates brings, `num` in [`UNIT`]s over `den` > 0.
    pub fn part(&self, which: usize, num: i64, den: i64) -> Fraction {
        let (num, den) = (i128::from(num), i128::from(den));
        let unit = i128::from(UNIT);
        match self {
            Self::Weights(weights) => {
                Fraction::new(100 * i128::from(weights[which].0) * num, unit * unit * den)
            }
            Self::Curves(curves) => {
                let curve = curves[which];
                let [full, slope, target, floor] =
                    [curve.full, curve.slope, curve.target, curve.floor]
                        .map(|decimal| i128::from(decimal.0));
                let points = full * unit * den - slope * (target * den - num);
                let low = floor * unit * den;
                let high = full * unit * den;
                Fraction::new(points.max(low).min(high), unit * unit * den)
            }
        }
    }

    /// What one ticket of a rate brings to the score: by weights its own answer, by curves an equal
    /// part of the rate's points; `rate` is the numerator and the denominator (> 0) of all.
    pub fn portion(&self, which: usize, num: i64, rate: (i64, i64)) -> Fraction {
        match self {
            Self::Weights(_) => self.part(which, num, rate.1),
            Self::Curves(_) => self.part(which, rate.0, rate.1).over(rate.1),
        }
    }

    /// The sum of the three parts; none where a denominator is zero.
    pub fn score(&self, rates: [(i64, i64); 3]) -> Option<Fraction> {
        let mut sum = Fraction::ZERO;
        for (which, (num, den)) in rates.into_iter().enumerate() {
            if den <= 0 {
                return None;
            }
            sum = sum.plus(self.part(which, num, den));
        }
        Some(sum)
    }

    /// Between which scores the true one lies, as far as the intervals of its rates say: the score of their lower ends,
    /// and of their upper ends. A cautious one: not all three are at their ends at once.
    #[expect(clippy::cast_possible_truncation, reason = "within 0 and the denominator")]
    pub fn span(&self, rates: [(i64, i64); 3]) -> Option<(f64, f64)> {
        if rates.iter().any(|(_, den)| *den <= 0) {
            return None;
        }
        let of = |end: fn((f64, f64)) -> f64| {
            let at_end = |(num, den): (i64, i64)| {
                let interval = wilson(num as f64 / UNIT as f64, den as f64);
                ((end(interval) * (den * UNIT) as f64).round() as i64, den)
            };
            self.score(rates.map(at_end)).map(Fraction::as_f64)
        };
        of(|it| it.0).zip(of(|it| it.1))
    }

    /// In Chinese.
    pub fn formula(&self) -> String {
        const NAMES: [&str; 3] = ["响应率", "解决率", "满意率"];
        match self {
            Self::Weights(weights) => {
                let parts = NAMES
                    .iter()
                    .zip(weights)
                    .map(|(name, weight)| format!("{}×{name}", shown(*weight)));
                format!("（{}）×100", parts.collect::<Vec<_>>().join("＋"))
            }
            Self::Curves(curves) => {
                let parts = NAMES.iter().zip(curves).map(|(name, curve)| {
                    let [full, slope, target, floor] =
                        [curve.full, curve.slope, curve.target, curve.floor].map(shown);
                    format!("{name}得分（满分{full}，低于{target}每差1扣{slope}，最低{floor}）")
                });
                parts.collect::<Vec<_>>().join("＋")
            }
        }
    }
}

/// The profile's numbers for figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// `name@version` of the profile, printed with each definition.
    pub profile: String,
    /// b: what "basically solved" counts.
    pub basic_solved: Thousandths,
    /// w: what "basically satisfied" counts.
    pub basic_satisfied: Thousandths,
    pub scoring: Scoring,
    /// A response denominator below this is flagged and outside the ranks.
    pub small_n: i64,
    /// Natural days in which the same caller and matter is a repeat.
    pub repeat_days: i64,
    /// How many of a peer group stand on the red and on the black list; 0: there are none.
    #[serde(default)]
    pub listed: u32,
    /// Whether whoever cannot be told from a peer by the intervals has a band in place of a rank.
    #[serde(default)]
    pub bands: bool,
}

impl From<&Profile> for Rules {
    fn from(profile: &Profile) -> Self {
        let assessment = &profile.assessment;
        Self {
            profile: profile.id(),
            basic_solved: assessment.basic_solved,
            basic_satisfied: assessment.basic_satisfied,
            scoring: Scoring::from(&assessment.composite),
            small_n: i64::from(assessment.small_n),
            repeat_days: i64::from(profile.repeat_days),
            listed: if assessment.show.lists { assessment.show.list_length } else { 0 },
            bands: assessment.show.bands,
        }
    }
}

impl Default for Rules {
    /// The defaults of domain.md §6.
    fn default() -> Self {
        Self {
            profile: "default@1".to_owned(),
            basic_solved: Thousandths(1000),
            basic_satisfied: Thousandths(900),
            scoring: Scoring::Weights([Thousandths(100), Thousandths(500), Thousandths(400)]),
            small_n: 10,
            repeat_days: 90,
            listed: 0,
            bands: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_decimal_is_shown_without_needless_zeros() {
        let texts = [1000, 900, 25, 0, 12_500].map(|decimal| shown(Thousandths(decimal)));
        assert_eq!(texts, ["1", "0.9", "0.025", "0", "12.5"]);
    }

    #[test]
    fn the_default_profile_has_the_default_numbers() {
        let profile = crate::limits::profile::builtin("default").unwrap();
        assert_eq!(Rules::from(&profile), Rules::default());
    }

    #[test]
    fn the_lists_are_off_unless_a_profile_turns_them_on() {
        for name in crate::limits::profile::builtin_names() {
            let mut profile = crate::limits::profile::builtin(name).unwrap();
            assert_eq!(Rules::from(&profile).listed, 0, "{name}");
            profile.assessment.show.lists = true;
            assert_eq!(Rules::from(&profile).listed, 3, "{name}");
        }
    }

    #[test]
    fn the_default_composite_weighs_one_five_four() {
        let score = Rules::default().scoring.score([(1000, 1), (500, 1), (900, 1)]);
        assert_eq!(score, Some(Fraction::new(71, 1)));
    }

    #[test]
    fn a_score_lies_between_those_of_the_ends_of_its_rates() {
        let scoring = Rules::default().scoring;
        let (low, high) = scoring.span([(90_000, 100), (80_000, 100), (85_000, 100)]).unwrap();
        let score = scoring.score([(90_000, 100), (80_000, 100), (85_000, 100)]).unwrap();
        assert!(low < score.as_f64() && score.as_f64() < high && high - low < 17.0, "{low} {high}");
        assert_eq!(scoring.span([(1_000, 1), (0, 0), (1_000, 1)]), None);
    }

    #[test]
    fn a_composite_without_one_of_its_rates_is_none() {
        assert_eq!(Rules::default().scoring.score([(1000, 1), (0, 0), (900, 1)]), None);
    }

    /// In thousandths; a slope of 1 point for each percentage point is 100 for the whole.
    #[rstest]
    #[case((25_000, 100_000, 1000, 0), 8_982, 14.82)]
    #[case((25_000, 100_000, 1000, 0), 8_000, 5.0)]
    #[case((25_000, 100_000, 1000, 0), 6_667, 0.0)]
    #[case((25_000, 100_000, 1000, 0), 10_000, 25.0)]
    #[case((25_000, 50_000, 950, 12_500), 7_059, 12.795)]
    #[case((25_000, 50_000, 950, 12_500), 6_667, 12.5)]
    #[case((25_000, 50_000, 950, 12_500), 9_700, 25.0)]
    fn a_rate_has_the_points_that_its_curve_gives(
        #[case] (full, slope, target, floor): (i64, i64, i64, i64),
        #[case] rate: i64,
        #[case] points: f64,
    ) {
        let [full, slope, target, floor] = [full, slope, target, floor].map(Thousandths);
        let scoring = Scoring::Curves([Curve { full, slope, target, floor }; 3]);
        let part = scoring.part(0, rate * UNIT, 10_000);
        assert!((part.as_f64() - points).abs() < 1e-9, "{part:?}");
    }

    #[test]
    fn a_curve_ends_at_its_floor_and_at_its_full_score() {
        let curve = Curve {
            full: Thousandths(40_000),
            slope: Thousandths(100_000),
            target: Thousandths(900),
            floor: Thousandths(5000),
        };
        let scoring = Scoring::Curves([curve; 3]);
        assert_eq!(scoring.part(0, 95_000, 100), Fraction::new(40, 1)); // 95 %
        assert_eq!(scoring.part(0, 80_000, 100), Fraction::new(30, 1)); // ten points below
        assert_eq!(scoring.part(0, 10_000, 100), Fraction::new(5, 1)); // the floor
    }
}
