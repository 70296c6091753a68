//! Learning: margins as chances. Its rule: what turns one into the other is fitted on rows that the
//! margins' model has not seen.

use super::stable::narrow;

/// How margins become chances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// One over the softmax's temperature, above 0.
    pub sharpness: f32,
    /// The share of rows that no margin explains (labels given in error, texts of two matters), 0–1:
    /// however far a text lies on one side, the chance stays below 1 − doubt.
    pub doubt: f32,
}

/// Where nothing could be held out.
pub const UNKNOWN: Calibration = Calibration { sharpness: 1.0, doubt: 0.1 };

/// Between these, as logarithms, the two are sought.
const SHARPNESS: (f64, f64) = (0.05, 50.0);
const DOUBT: (f64, f64) = (0.001, 0.5);
/// Golden section: each step leaves 0.618 of what was left.
const STEPS: u32 = 16;
/// One is sought with the other fixed, so often in turn.
const TURNS: u32 = 3;

impl Calibration {
    /// The chance of each label: (1 − doubt) × softmax(margins × sharpness) + doubt ÷ labels; they add
    /// up to 1.
    pub fn chances(self, margins: &[f32]) -> Vec<f64> {
        let sharp = |margin: &f32| f64::from(*margin) * f64::from(self.sharpness);
        let most = margins.iter().map(sharp).fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = margins.iter().map(|margin| (sharp(margin) - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let doubt = f64::from(self.doubt);
        let even = doubt / margins.len().max(1) as f64;
        powers.iter().map(|power| (1.0 - doubt) * power / sum + even).collect()
    }

    /// What makes the right labels of held-out rows likeliest: temperature scaling (Guo et al. 2017,
    /// "On calibration of modern neural networks") with a floor for wrong labels. Each row: margins,
    /// and which of them is the right one.
    pub fn fit(held_out: &[(Vec<f32>, usize)]) -> Self {
        if held_out.is_empty() {
            return UNKNOWN;
        }
        let mut best = UNKNOWN;
        for _ in 0..TURNS {
            let with = |sharpness: f32| Self { sharpness, ..best };
            best = with(valley(SHARPNESS, |sharpness| with(sharpness).surprise(held_out)));
            let with = |doubt: f32| Self { doubt, ..best };
            best = with(valley(DOUBT, |doubt| with(doubt).surprise(held_out)));
        }
        best
    }

    /// Minus the logarithm of the right labels' chances, summed.
    fn surprise(self, held_out: &[(Vec<f32>, usize)]) -> f64 {
        let of = |(margins, right): &(Vec<f32>, usize)| {
            let chance = self.chances(margins).get(*right).copied().unwrap_or_default();
            -chance.max(1e-12).ln()
        };
        held_out.iter().map(of).sum()
    }
}

/// The lowest point of `height` between two positive bounds, sought by golden section on a scale of
/// logarithms.
fn valley((low, high): (f64, f64), height: impl Fn(f32) -> f64) -> f32 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (low.ln(), high.ln());
    for _ in 0..STEPS {
        let step = (high - low) * golden;
        let (left, right) = (high - step, low + step);
        if height(narrow(left.exp())) <= height(narrow(right.exp())) {
            high = right;
        } else {
            low = left;
        }
    }
    narrow(f64::midpoint(low, high).exp())
}
